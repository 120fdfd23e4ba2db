"""One file a channel: how a delivery leaves the house.

A channel is a module of this folder with a function ``open_channel(settings) -> Channel``; its name is the
file's. Nothing else needs to know it: copy a file, and the conformance tests find it.
"""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from alerts.channels.failures import (
    ChannelError,
    Down,
    Moved,
    TryLater,
    Unauthorised,
    Unknown,
    Unreachable,
    Unsendable,
)
from alerts.messages import Message

__all__ = [
    "Channel",
    "ChannelError",
    "Down",
    "Moved",
    "TryLater",
    "Unauthorised",
    "Unknown",
    "Unreachable",
    "Unsendable",
    "channel_names",
    "open_channel",
]

# What is no channel in this folder.
_SUPPORT = frozenset({"failures", "secrets"})


class Channel(Protocol):
    """A way to recipients. Both verbs raise a ``ChannelError``, and nothing else."""

    @property
    def name(self) -> str:
        """The name deliveries carry."""
        ...

    async def send(self, address: str, message: Message, *, key: str, reply_to: str = "") -> str:
        """Send a message and return its receipt.

        Args:
            address: the recipient's.
            message: what to say.
            key: names what is told and to whom (``Delivery.key``), the same for every try, for channels whose
                servers or readers can tell a second copy by it.
            reply_to: receipt of an earlier message, or empty.
        """
        ...

    async def edit(self, address: str, receipt: str, message: Message) -> None:
        """Put ``message`` in the place of what was sent; done already, or gone, is success."""
        ...

    async def check(self) -> str:
        """What keeps its server from taking messages of ours, for a person; empty when nothing does."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class _Module(Protocol):
    def open_channel(self, settings: Mapping[str, str]) -> Channel: ...


def channel_names() -> tuple[str, ...]:
    """Every channel there is, in order."""
    return tuple(sorted({m.name for m in pkgutil.iter_modules(__path__)} - _SUPPORT))


def open_channel(name: str, settings: Mapping[str, str]) -> Channel:
    """Open a channel by name.

    Args:
        name: one of ``channel_names()``.
        settings: what the channel's file asks for.

    Raises:
        ValueError: there is no such channel, or a setting is missing or unknown; the text names it.
    """
    if name not in channel_names():
        raise ValueError(f"no channel {name!r}: there are {', '.join(channel_names())}")
    # Imported when it is opened: a command that sends nothing does not load a Telegram library.
    module = cast("_Module", import_module(f"{__name__}.{name}"))
    return module.open_channel(settings)
