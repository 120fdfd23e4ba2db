"""The parts that operators' pages are made of: lines in English, foreign words cleaned, within one message. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from alerts.bot.nouns import Incoming
from alerts.messages import Button, Line, Message, Run
from alerts.messages.cleaning import clean_title, within
from alerts.messages.message import cut, fitting
from alerts.nouns import RecipientKind
from alerts.operators.nouns import Event
from alerts.operators.wording import spoken

NAME: Final = 60  # of a name in a line
CAUSE: Final = 300  # of a sentence
LABEL: Final = 40  # of a button
SILENCE_HOURS: Final = (1, 8, 24)

Rows = Sequence[Sequence[Button]]


def page(lines: Iterable[Line], rows: Rows = ()) -> Message:
    """A page of lines and rows of buttons; what does not fit is left out, and said to be."""
    return Message(fitting(lines, plain("… and more")), tuple(tuple(row) for row in rows if row), rtl=False)


def plain(*texts: str) -> Line:
    """A line of our own words and of foreign ones that went through ``foreign``."""
    return Line(tuple(map(Run, texts)))


def heading(text: str) -> Line:
    """A line that stands out."""
    return Line((Run(text, bold=True),))


def labelled(label: str, text: str) -> Line:
    """A line that begins with a word that stands out."""
    return Line((Run(label, bold=True), Run(text)))


def foreign(text: str, limit: int = NAME) -> str:
    """Words of others, as they may stand in a line: one line, harmless, cut to ``limit`` UTF-16 units."""
    return within(cut(clean_title(text), limit), rtl=False)


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago something was."""
    return f"{spoken(now - at)} ago" if at else "never"


def clock(at: datetime) -> str:
    """A moment."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def named(event: Event) -> str:
    """An event in a few words: "#12 outbox_stuck telegram"."""
    return f"#{event.id} {foreign(event.name)}"


def actor(incoming: Incoming) -> str:
    """Who did something, for the audit trail and for colleagues: a number, for no names are kept."""
    if incoming.masked:
        return f"an administrator of {incoming.chat} (Telegram)"
    where = "" if incoming.kind is RecipientKind.PRIVATE_CHAT else f" in {incoming.chat}"
    return f"user {incoming.user}{where} (Telegram)"
