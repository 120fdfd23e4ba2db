"""A bulletin in words. English: causes are written for whoever reads the log beside it. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from alerts.messages import Line, LineKind, Message, Run
from alerts.messages.cleaning import clean
from alerts.messages.message import cut
from alerts.operators.nouns import Bulletin, BulletinKind, Event, Severity

HEADINGS = {
    BulletinKind.OPENED: "Trouble",
    BulletinKind.REMINDER: "Still open, and nobody acknowledged it",
    BulletinKind.CLOSED: "Over",
    BulletinKind.ALL_WELL: "All well",
    BulletinKind.TEST: "Test",
}
MOST_EVENTS = 12  # in one message; `marsad events` shows all
LONGEST = 300  # characters of a cause


def render(bulletin: Bulletin, now: datetime) -> Message:
    """Return what an operator reads; foreign words in causes are cleaned and shortened."""
    heading = Line((Run(HEADINGS[bulletin.kind], bold=True),))
    lines = [heading, *(_line(event, now) for event in bulletin.events[:MOST_EVENTS])]
    if more := len(bulletin.events) - MOST_EVENTS:
        lines += [_plain(f"… and {more} more: marsad events")] if more > 0 else []
    lines += [_plain(part) for part in bulletin.text.splitlines()]
    pages = dict.fromkeys(event.runbook for event in bulletin.events if not event.closed_at)
    lines += [_plain(f"Runbook: docs/runbooks/{page}.md") for page in list(pages)[:3]]
    silent = bulletin.kind is BulletinKind.ALL_WELL or not any(map(_pages, bulletin.events))
    return Message(tuple(lines), rtl=False, silent=silent and bulletin.kind is not BulletinKind.TEST)


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with what it counts: 1 article, 2 articles; ``many`` where that is not ``one`` and an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def spoken(span: timedelta) -> str:
    """A span as an operator says it: 40 s, 12 min, 5 h, 3 d."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{seconds // size} {unit}"
    return f"{max(seconds, 0)} s"


def _line(event: Event, now: datetime) -> Line:
    age = spoken((event.closed_at or now) - event.opened_at)
    when = f"after {age}" if event.closed_at else f"for {age}"
    number = f"#{event.id} " if event.id else ""
    return Line(
        (
            Run(f"{number}{event.severity} "),
            Run(clean(event.name), bold=True),
            Run(f": {cut(clean(event.cause), LONGEST)} ({when})"),
        ),
        LineKind.PLAIN,
    )


def _plain(text: str) -> Line:
    return Line((Run(clean(text)),))


def _pages(event: Event) -> bool:
    return event.severity is Severity.PAGE and not event.closed_at


def all_well(figures: Iterable[tuple[str, int]], open_events: int) -> str:
    """The daily line: what was done since the last one, so that silence is seen to be health."""
    done = ", ".join(f"{count:,} {name}" for name, count in figures)
    return f"{done}. {open_events} events open." if open_events else f"{done}. No event is open."
