"""What operators are told of delivery: each trouble is opened once and closed when it is over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.nouns import Delivery, Subscriber, SubscriberState
from alerts.storage import Logbook

LONG_WAIT = timedelta(minutes=10)  # that a server asks for: somebody may miss something
SILENT_FOR = timedelta(minutes=2)  # without one message accepted: a restart is not worth a word


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something an operator must know of a channel or a subscriber."""

    kind: str
    subject: str
    cause: str
    evidence: Mapping[str, str] = field(default_factory=dict)


def unauthorised(channel: str) -> Trouble:
    """The channel's server refuses our credentials."""
    cause = "its server refuses our credentials; nothing is sent, the queue is kept"
    return Trouble("channel_unauthorised", channel, cause)


def down(channel: str, since: datetime, said: str) -> Trouble:
    """Nothing goes through a channel: no network, no name, a certificate, a captive portal, a blocked country."""
    cause = f"nothing was accepted since {since:%Y-%m-%d %H:%M} UTC; the queue is kept"
    return Trouble("channel_down", channel, cause, {"said": said})


def elsewhere(channel: str) -> Trouble:
    """Another process, perhaps on another host, sends through the channel from the same store."""
    cause = "another process sends through it; this one sends nothing"
    return Trouble("sending_elsewhere", channel, cause)


def flooded(channel: str, wait: timedelta) -> Trouble:
    """The channel's server made us wait in several chats at once."""
    cause = f"its server asks us in several chats to wait; all sending rests for {wait.total_seconds():.0f} s"
    return Trouble("flood_control", channel, cause)


def made_to_wait(subscriber: Subscriber, wait: timedelta) -> Trouble:
    """The server makes one subscriber wait long."""
    cause = f"its server asks us to wait for {wait}; what is critical takes another way where there is one"
    return Trouble("flood_control", _named(subscriber), cause)


def degraded(subscriber: Subscriber, error: str) -> Trouble:
    """We may not write to a subscriber just now."""
    cause = f"we may not write there just now ({error}); tried once a day for a week"
    return Trouble("subscriber_degraded", _named(subscriber), cause)


def topic_gone(subscriber: Subscriber, error: str) -> Trouble:
    """A topic of a forum is closed or was deleted: its messages go to the general one."""
    cause = f"its topic is gone ({error}); messages go to the group's general topic"
    return Trouble("topic_gone", _named(subscriber), cause)


def tell(logbook: Logbook, trouble: Trouble, now: datetime) -> bool:
    """Open the trouble's event; False when it is open already."""
    return logbook.open_event(
        trouble.kind, trouble.subject, cause=trouble.cause, now=now, evidence=trouble.evidence
    )


def over(logbook: Logbook, delivery: Delivery, subscriber: Subscriber, now: datetime) -> None:
    """A message was accepted: close what that proves to be over."""
    for kind in ("channel_unauthorised", "channel_down", "sending_elsewhere", "flood_control"):
        logbook.close_event(kind, delivery.channel, now)
    for kind in ("flood_control", "topic_gone"):
        logbook.close_event(kind, _named(subscriber), now)
    if subscriber.state is SubscriberState.DEGRADED:
        logbook.close_event("subscriber_degraded", _named(subscriber), now)


def _named(subscriber: Subscriber) -> str:
    # The number, not the address: events are shown, sent and kept.
    return f"subscriber {subscriber.id}"
