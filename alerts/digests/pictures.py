"""The trend as a picture: stories a day, stacked by topic. The adapter to matplotlib."""

from collections.abc import Sequence
from io import BytesIO

from alerts.digests.nouns import Day
from alerts.messages import Reader
from alerts.messages.words import speech

INK, MUTED, PAPER = "#1f2a30", "#5b6469", "#fdfcf9"
COLOURS = ("#2f7f7f", "#c98a1b", "#a1483f", "#5d5fa8", "#7b8a3a")
WIDTH, HEIGHT, DOTS = 5.84, 2.3, 200  # inches, and dots an inch: sharp on a telephone, some 30 kB


def trend_picture(days: Sequence[Day], reader: Reader) -> bytes:
    """A PNG of stories a day, oldest at the left. What it shows in words, the page's ``trend_alt`` says."""
    # Imported where it is used: nothing else in the service needs it, and it takes half a second.
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    voice = speech(reader.language, reader.timezone, reader.digits)
    topics = sorted({topic for day in days for topic, _ in day.topics})
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS, facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot()
    axes.set_facecolor(PAPER)
    base = [0] * len(days)
    for topic, colour in zip(topics, _colours(len(topics)), strict=True):
        heights = [dict(day.topics).get(topic, 0) for day in days]
        axes.bar(range(len(days)), heights, bottom=base, color=colour, width=0.72, label=voice.topic(topic))
        base = [below + height for below, height in zip(base, heights, strict=True)]
    step = 7 if len(days) > 14 else 2
    ticks = list(range(len(days) - 1, -1, -step))
    axes.set_xticks(ticks, [voice.number(f"{days[n].date:%-d/%-m}") for n in ticks])
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(lambda value, _: voice.number(f"{value:.0f}"))
    axes.set_ylim(0, max(*base, 1) * 1.15)
    axes.tick_params(colors=MUTED, length=0, labelsize=9)
    axes.grid(axis="y", color="#e4dfd3", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    if topics:
        axes.legend(
            loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False, fontsize=10, labelcolor=INK,
            handlelength=0.9, handleheight=0.9,
        )  # fmt: skip
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _colours(n: int) -> list[str]:
    return [COLOURS[each % len(COLOURS)] for each in range(n)]
