"""The console channel: what a subscriber would read, on a terminal."""

from collections.abc import Mapping
from itertools import count

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from alerts.messages import Line, LineKind, Message


class ConsoleChannel:
    """Prints messages, the matched words marked."""

    name = "console"

    def __init__(self, console: Console | None = None) -> None:
        """Print to ``console``, or to the standard output."""
        self._console = console or Console()
        self._numbers = count(1)

    async def send(self, address: str, message: Message, *, key: str = "", reply_to: str = "") -> str:
        """Print a message; its receipt is its number on this console."""
        del key  # a terminal shows every try
        receipt = str(next(self._numbers))
        self._print(message, f"{address} · {receipt}" + (f" ↩ {reply_to}" if reply_to else ""))
        return receipt

    async def edit(self, address: str, receipt: str, message: Message) -> None:
        """Print the message again, marked as a change of ``receipt``."""
        self._print(message, f"{address} · {receipt} ✎")

    async def check(self) -> str:
        """A terminal is always there."""
        return ""

    async def close(self) -> None:
        """Nothing to let go of."""

    def _print(self, message: Message, caption: str) -> None:
        body = Text("\n", justify="right" if message.rtl else "left").join(map(_dressed, message.lines))
        # What is no terminal has no edge to fill the frame up to.
        fills = self._console.is_terminal
        self._console.print(Panel(body, subtitle=Text(caption), subtitle_align="left", expand=fills))


def _dressed(line: Line) -> Text:
    mark = "bold reverse" if line.kind is LineKind.QUOTE else "bold"
    text = Text()
    for run in line.runs:
        text.append(run.text, style=" ".join(filter(None, [mark if run.bold else "", _link(run.link)])))
    return text


def _link(url: str) -> str:
    # A style is parsed at spaces; a cleaned link has none.
    return f"link {url}" if url else ""


def open_channel(settings: Mapping[str, str]) -> ConsoleChannel:
    """Open the console; it has no settings."""
    if settings:
        raise ValueError(f"console: unknown setting {next(iter(settings))!r}")
    return ConsoleChannel()
