"""How a channel fails, and what comes next.

ChannelError
├── TryLater      not accepted, for now: send again after the wait
├── Moved         the recipient has another address: send again there
├── Unreachable   the recipient will not take it: stop writing to it
├── Unsendable    this message will never be accepted: ours to fix
├── Unknown       the answer was lost after the message may have been accepted
├── Down          the channel's server is not there: send nobody anything for a while, keep the queue
└── Unauthorised  the channel itself is refused: stop all sending, keep the queue
"""

# ruff: noqa: N818  (a failure is named by what comes next)

from datetime import timedelta

from alerts.nouns import SubscriberState


class ChannelError(Exception):
    """A message that was not, or perhaps not, delivered."""


class TryLater(ChannelError):
    """Not accepted for now.

    Attributes:
        after: the shortest wait before the next attempt.
        asked: whether the other side named its wait (flood control): such a wait holds back the whole address
            and is not an attempt.
    """

    def __init__(self, after: timedelta, why: str = "", *, asked: bool = False) -> None:
        super().__init__(why or f"try again after {after}")
        self.after = after
        self.asked = asked


class Moved(ChannelError):
    """The recipient is reached at ``address`` from now on."""

    def __init__(self, address: str, why: str = "") -> None:
        super().__init__(why or f"moved to {address}")
        self.address = address


class Unreachable(ChannelError):
    """The recipient does not take our messages.

    Attributes:
        state: what the subscriber becomes: suspended (blocked, left, gone) or degraded (rights are missing
            just now; worth one attempt a day).
    """

    def __init__(self, why: str, *, state: SubscriberState = SubscriberState.SUSPENDED) -> None:
        super().__init__(why)
        self.state = state


class Unsendable(ChannelError):
    """The message itself is refused, and would be refused again."""


class Unknown(ChannelError):
    """The message may have been accepted: the connection ended before the answer."""


class Down(ChannelError):
    """The channel's server cannot be reached, or is closing, for every recipient. Not an attempt."""


class Unauthorised(ChannelError):
    """The channel's credentials are refused, for every recipient."""
