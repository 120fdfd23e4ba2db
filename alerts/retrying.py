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
    error = str(failure)[:300]
    match failure:
        case TryLater():
            wait = max(failure.after, backoff(delivery.attempts))
            return replace(delivery, state=DeliveryState.QUEUED, due=now + wait, error=error)
        case Moved():
            return replace(delivery, state=DeliveryState.QUEUED, due=now, error=error)
        case Unknown() if delivery.attempts < UNKNOWN_TRIES:
            return replace(delivery, state=DeliveryState.UNKNOWN, due=now + UNKNOWN_WAIT, error=error)
        case Unknown():
            return replace(delivery, state=DeliveryState.SENT, sent_at=now, error=f"believed sent: {error}")
        case Unreachable():
            return replace(delivery, state=DeliveryState.CANCELLED, error=error)
        case _:
            return replace(delivery, state=DeliveryState.DEAD, error=error)


def after_defect(delivery: Delivery, error: Exception, now: datetime) -> Delivery:
    """Return the delivery after our own code broke on it: tried a few times, then dead, never for ever."""
    text = f"defect {type(error).__name__}"
    if delivery.attempts >= DEFECT_TRIES:
        return replace(delivery, state=DeliveryState.DEAD, error=text)
    return replace(delivery, state=DeliveryState.QUEUED, due=now + backoff(delivery.attempts), error=text)
