"""The shell that queues an alert for all who want it, past the storm brake."""

from datetime import datetime

from alerts.bursts import READER_STORM, STORM_SPAN, is_braked
from alerts.nouns import Alert, Hold, Story
from alerts.storage import Brake, Mailroom
from alerts.wanting import recipients
from crawler.database import Connection
from crawler.nouns import Article

_UNTOLD = frozenset({Hold.CAP, Hold.STALE})


def tell(connection: Connection, alert: Alert, story: Story, article: Article, now: datetime) -> int:
    """Queue a kept alert, which ``article`` caused, for its recipients; returns how many deliveries that made.

    What its outlet's storm holds, and what would be too much at once for a subscriber, waits for a summary.
    """
    if alert.hold in _UNTOLD:
        return 0
    mailroom = Mailroom(connection)
    told = recipients(mailroom.subscriptions(), alert, story, article, now)
    return mailroom.fan_out(alert, told, now, _braked(connection, alert, {one.id for one, _ in told}, now))


def _braked(connection: Connection, alert: Alert, everyone: set[int], now: datetime) -> set[int]:
    if alert.hold is Hold.STORM:
        return everyone
    brake, since = Brake(connection), now - STORM_SPAN
    if brake.told_since(since) < READER_STORM:
        return set()  # nobody was sent as many
    return {subscriber for subscriber, n in brake.sent_since(since).items() if is_braked(n, alert.level)}
