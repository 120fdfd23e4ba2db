"""What becomes of a delivery that failed. Pure decisions."""

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.channels.failures import ChannelError, Moved, TryLater, Unknown, Unreachable
from alerts.nouns import Delivery, DeliveryState

UNKNOWN_WAIT = timedelta(
    seconds=60
)  # before we send again what may have arrived: loss is worse than a double
UNKNOWN_TRIES = 3  # answers lost in a row until we believe that it arrived
LONGEST = timedelta(minutes=10)  # between two tries of a delivery that nobody refused
DEFECT_TRIES = 5  # of a delivery that breaks our own code


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after the ``attempts``-th try: 2 s, 4 s, 8 s … up to ten minutes."""
    return min(timedelta(seconds=2 << min(attempts - 1, 12)), LONGEST)


def after_failure(delivery: Delivery, failure: ChannelError, now: datetime) -> Delivery:
    """Return the delivery as it stands after ``failure``: when it is tried again, or that it never is."""
    lost = delivery.lost + 1 if isinstance(failure, Unknown) else 0
    tried = replace(delivery, error=str(failure)[:300], lost=lost, defects=0)
    match failure:
        case TryLater():
            return replace(
                tried, state=DeliveryState.QUEUED, due=now + max(failure.after, backoff(delivery.attempts))
            )
        case Moved():
            return replace(tried, state=DeliveryState.QUEUED, due=now)
        case Unknown() if lost < UNKNOWN_TRIES:
            return replace(tried, state=DeliveryState.UNKNOWN, due=now + UNKNOWN_WAIT)
        case Unknown():
            return replace(
                tried, state=DeliveryState.SENT, sent_at=now, error=f"believed sent: {tried.error}"
            )
        case Unreachable():
            return replace(tried, state=DeliveryState.CANCELLED)
        case _:
            return replace(tried, state=DeliveryState.DEAD)


def after_defect(delivery: Delivery, error: Exception, now: datetime) -> Delivery:
    """Return the delivery after our own code broke on it: tried a few times, then dead, never for ever."""
    tried = replace(delivery, error=f"defect {type(error).__name__}", defects=delivery.defects + 1, lost=0)
    if tried.defects >= DEFECT_TRIES:
        return replace(tried, state=DeliveryState.DEAD)
    return replace(tried, state=DeliveryState.QUEUED, due=now + backoff(tried.defects))
