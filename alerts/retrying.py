"""What becomes of a delivery that failed. Pure decisions."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.channels.failures import (
    ChannelError,
    Down,
    Moved,
    TryLater,
    Unauthorised,
    Unknown,
    Unreachable,
)
from alerts.nouns import Delivery, DeliveryState, Level, SubscriberState

LONGEST = timedelta(minutes=10)  # between two tries of a delivery that nobody refused
DEFECT_TRIES = 5  # of a delivery that breaks our own code
DEGRADED_WAIT = timedelta(days=1)  # between tries of a place that lets us not write just now
DEGRADED_FOR = timedelta(days=7)  # until it counts as gone
OLD = timedelta(hours=12)  # an alert that waited so long is no news: it is told in the digest or in a summary
OUTAGE = 3  # failures in a row, whoever they were meant for: the channel is in trouble, not a message
LONGEST_OUTAGE = timedelta(minutes=1)  # between two looks whether it still is
STUCK = timedelta(
    minutes=10
)  # a critical message that waits longer is told to operators and the outside check
OTHER_WAY = timedelta(minutes=10)  # what is critical and would wait longer takes another way


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a channel's readers and servers want us to wait."""

    # Before we send again what may have arrived: loss is worse than a double.
    unknown_wait: timedelta = timedelta(seconds=60)
    unknown_tries: int = 5  # answers lost in a row until we believe that it arrived
    waits: tuple[timedelta, ...] = ()  # after a "not now", by attempts; empty: backoff
    most: int = 0  # attempts after which a "not now" is a never; 0: there is no end


_MINUTE = timedelta(minutes=1)
# Servers that greylist want to be asked again after five minutes; a relay that was slow to answer delivers first.
PATIENCE = {
    "mail": Patience(15 * _MINUTE, 2, (5 * _MINUTE, 15 * _MINUTE, 60 * _MINUTE)),
    # It does not say whether a refusal passes.
    "apprise": Patience(most=6),
}
ORDINARY = Patience()


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after the ``attempts``-th try: 2 s, 4 s, 8 s … up to ten minutes."""
    return min(timedelta(seconds=2 << min(attempts - 1, 12)), LONGEST)


def after_failure(
    delivery: Delivery, failure: ChannelError, now: datetime, degraded_at: datetime | None = None
) -> Delivery:
    """Return the delivery as it stands after ``failure``: when it is tried again, or that it never is.

    ``degraded_at`` is since when its subscriber lets us not write, where it does.
    """
    patience = PATIENCE.get(delivery.channel, ORDINARY)
    lost = delivery.lost + 1 if isinstance(failure, Unknown) else 0
    tried = replace(delivery, error=str(failure)[:300], lost=lost, defects=0)
    match failure:
        case TryLater(asked=True):
            return replace(tried, state=DeliveryState.QUEUED, due=now + failure.after)
        case TryLater():
            wait = max(failure.after, _wait(patience, delivery.attempts))
            ended = 0 < patience.most <= delivery.attempts
            return replace(tried, state=DeliveryState.DEAD if ended else DeliveryState.QUEUED, due=now + wait)
        case Moved() | Down() | Unauthorised():  # of the last two, the whole channel rests
            return replace(tried, state=DeliveryState.QUEUED, due=now)
        case Unknown() if lost < patience.unknown_tries:
            return replace(tried, state=DeliveryState.UNKNOWN, due=now + patience.unknown_wait)
        case Unknown():
            return replace(
                tried, state=DeliveryState.SENT, sent_at=now, error=f"believed sent: {tried.error}"
            )
        case Unreachable(state=SubscriberState.DEGRADED) if now - (degraded_at or now) < DEGRADED_FOR:
            return replace(tried, state=DeliveryState.QUEUED, due=now + DEGRADED_WAIT)
        case Unreachable():
            return replace(tried, state=DeliveryState.CANCELLED)
        case _:
            return replace(tried, state=DeliveryState.DEAD)


def _wait(patience: Patience, attempts: int) -> timedelta:
    if not patience.waits:
        return backoff(attempts)
    return patience.waits[min(attempts, len(patience.waits)) - 1]


def may_be_outage(channel: str, failure: ChannelError) -> bool:
    """Whether a failure may be the channel's own. What a relay says of one mailbox says nothing of the others."""
    if isinstance(failure, TryLater):
        return not failure.asked and not PATIENCE.get(channel, ORDINARY).waits
    return isinstance(failure, Down)


def outage_pause(failures: int) -> timedelta:
    """Return how long the whole channel rests after so many failures in a row; zero while they are few.

    Then the rows need not wait themselves, and go out in their order when the channel is back.
    """
    return min(backoff(failures - OUTAGE + 1), LONGEST_OUTAGE) if failures >= OUTAGE else timedelta(0)


def takes_other_way(after: Delivery, wait: timedelta, now: datetime) -> bool:
    """Whether a failed delivery is told another way too: it is critical, and the next try comes late or never."""
    if after.level is not Level.CRITICAL:
        return False
    if after.state is DeliveryState.CANCELLED:
        return True
    late = max(after.due, now + wait) - (after.created_at or now)
    return after.state is DeliveryState.QUEUED and late >= OTHER_WAY


def after_defect(delivery: Delivery, error: Exception, now: datetime) -> Delivery:
    """Return the delivery after our own code broke on it: tried a few times, then dead, never for ever."""
    tried = replace(delivery, error=f"defect {type(error).__name__}", defects=delivery.defects + 1, lost=0)
    if tried.defects >= DEFECT_TRIES:
        return replace(tried, state=DeliveryState.DEAD)
    return replace(tried, state=DeliveryState.QUEUED, due=now + backoff(tried.defects))
