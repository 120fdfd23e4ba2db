"""What becomes of a delivery that failed. Pure decisions."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.channels.failures import ChannelError, Moved, TryLater, Unknown, Unreachable
from alerts.nouns import Delivery, DeliveryState

LONGEST = timedelta(minutes=10)  # between two tries of a delivery that nobody refused
DEFECT_TRIES = 5  # of a delivery that breaks our own code


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a channel's readers and servers want us to wait."""

    unknown_wait: timedelta = timedelta(
        seconds=60
    )  # before we send again what may have arrived: loss is worse
    unknown_tries: int = 3  # answers lost in a row until we believe that it arrived
    waits: tuple[timedelta, ...] = ()  # after a "not now", by attempts; empty: backoff


_MINUTE = timedelta(minutes=1)
# Servers that greylist want to be asked again after five minutes; a relay that was slow to answer delivers first.
PATIENCE = {"mail": Patience(15 * _MINUTE, 2, (5 * _MINUTE, 15 * _MINUTE, 60 * _MINUTE))}
ORDINARY = Patience()


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after the ``attempts``-th try: 2 s, 4 s, 8 s … up to ten minutes."""
    return min(timedelta(seconds=2 << min(attempts - 1, 12)), LONGEST)


def after_failure(delivery: Delivery, failure: ChannelError, now: datetime) -> Delivery:
    """Return the delivery as it stands after ``failure``: when it is tried again, or that it never is."""
    patience = PATIENCE.get(delivery.channel, ORDINARY)
    lost = delivery.lost + 1 if isinstance(failure, Unknown) else 0
    tried = replace(delivery, error=str(failure)[:300], lost=lost, defects=0)
    match failure:
        case TryLater():
            wait = max(failure.after, _wait(patience, delivery.attempts))
            return replace(tried, state=DeliveryState.QUEUED, due=now + wait)
        case Moved():
            return replace(tried, state=DeliveryState.QUEUED, due=now)
        case Unknown() if lost < patience.unknown_tries:
            return replace(tried, state=DeliveryState.UNKNOWN, due=now + patience.unknown_wait)
        case Unknown():
            return replace(
                tried, state=DeliveryState.SENT, sent_at=now, error=f"believed sent: {tried.error}"
            )
        case Unreachable():
            return replace(tried, state=DeliveryState.CANCELLED)
        case _:
            return replace(tried, state=DeliveryState.DEAD)


def _wait(patience: Patience, attempts: int) -> timedelta:
    if not patience.waits:
        return backoff(attempts)
    return patience.waits[min(attempts, len(patience.waits)) - 1]


def after_defect(delivery: Delivery, error: Exception, now: datetime) -> Delivery:
    """Return the delivery after our own code broke on it: tried a few times, then dead, never for ever."""
    tried = replace(delivery, error=f"defect {type(error).__name__}", defects=delivery.defects + 1, lost=0)
    if tried.defects >= DEFECT_TRIES:
        return replace(tried, state=DeliveryState.DEAD)
    return replace(tried, state=DeliveryState.QUEUED, due=now + backoff(tried.defects))
