"""What comes to the bot, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.messages import Message
from alerts.nouns import RecipientKind
from crawler.database import Connection


class Access(StrEnum):
    """Who may subscribe."""

    OPEN = "open"  # anybody
    INVITE = "invite"  # whoever has a one-time link
    ALLOWED = "allowed"  # whoever the operator lists


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that somebody wrote, pressed, or did to the bot. Names and texts are foreign."""

    update: int
    kind: RecipientKind
    chat: int
    user: int  # 0: nobody in person, as in a channel
    topic: int = 0  # of a forum; 0: the whole chat
    message: int = 0
    at: datetime | None = None  # None: Telegram does not say when a button was pressed
    masked: bool = False  # an administrator who writes in the name of the group
    title: str = ""
    language: str = ""  # of the user's client, as IETF tag
    command: str = ""  # without its slash; empty for what is none
    text: str = ""  # what follows the command, or the whole message
    written: str = ""  # the whole message, where it begins with a command
    press: str = ""  # what a button carries
    query: str = ""  # Telegram's id of the press, to be answered
    answers_us: bool = False  # a reply to a message of the bot
    membership: str = ""  # what the bot is in the chat from now on: member, administrator, left, kicked
    moved_to: int = 0  # the group became this supergroup

    @property
    def address(self) -> str:
        """The chat, or the topic of a forum, as channels write it."""
        return f"{self.chat}/{self.topic}" if self.topic else str(self.chat)


@dataclass(frozen=True, slots=True)
class Press:
    """What a button means."""

    verb: str
    target: int  # the subscriber whose button it is
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A file to send."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot does in answer."""

    message: Message | None = None
    edit: bool = False  # the message takes the place of the one that was pressed
    toast: str = ""  # a few words over the pressed button
    to: str = ""  # another address than the one it came from
    document: Document | None = None  # a file to send along
    leave: bool = False  # leave the chat
    look: "Callable[[Connection], Reply] | None" = None  # reads at length: called outside the transaction
