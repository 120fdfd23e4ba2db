"""The shell that queues an alert for all who want it, past the storm brake.

In steps, each a short transaction that keeps how far it came: 50,000 readers do not hold up the crawl, and a
crash in between goes on where it stopped. The first step is part of the transaction that makes the alert.
"""

from collections.abc import Iterable
from datetime import datetime

from alerts.bursts import READER_STORM, STORM_SPAN, is_braked
from alerts.nouns import Alert, Hold, Story
from alerts.quieting import quiet
from alerts.storage import Alerts, Brake, DeliveryQueue, Newsdesk, Subscribers
from alerts.wanting import recipients
from crawler.database import Connection
from crawler.nouns import Article
from crawler.storage import Archive

STEP = 500  # subscribers looked at in one transaction: some twenty milliseconds
_UNTOLD = frozenset({Hold.CAP, Hold.STALE})


def tell(connection: Connection, alert: Alert, story: Story, article: Article, now: datetime) -> int:
    """Queue a kept alert, which ``article`` caused, for the first of its recipients.

    What its outlet's storm holds, and what would be too much at once for a subscriber, waits for a summary.

    Returns:
        How many deliveries that made; ``tell_further`` queues those of the other recipients.
    """
    return 0 if alert.hold in _UNTOLD else _step(connection, alert, story, article, now, after=0)


def tell_further(connection: Connection, now: datetime) -> bool:
    """Queue an alert for further recipients, the most urgent one first; False when all were told of all."""
    newsdesk = Newsdesk(connection)
    half_told = Alerts(connection).half_told()
    if half_told is None:
        return False
    alert, after = half_told
    story, article = newsdesk.story(alert.story), Archive(connection).article(alert.article)
    if story is None or article is None:
        Alerts(connection).fanned_out(alert.id, None)
    else:
        _step(connection, alert, story, article, now, after=after)
    return True


def _step(
    connection: Connection, alert: Alert, story: Story, article: Article, now: datetime, *, after: int
) -> int:
    people = Subscribers(connection)
    page = people.told_after(after, STEP)
    Alerts(connection).fanned_out(alert.id, page[-1] if len(page) == STEP else None)
    told = recipients(people.subscriptions(page), alert, story, article, now)
    nights = {one.id: quiet(one, alert.level, now).until for one, _ in told}
    asleep = {number: morning for number, morning in nights.items() if morning}
    return DeliveryQueue(connection).fan_out(
        alert, told, now, _braked(connection, alert, nights.keys(), now), asleep
    )


def _braked(connection: Connection, alert: Alert, everyone: Iterable[int], now: datetime) -> set[int]:
    if alert.hold is Hold.STORM:
        return set(everyone)
    brake, since = Brake(connection), now - STORM_SPAN
    if brake.told_since(since) < READER_STORM:
        return set()  # nobody was sent as many
    return {subscriber for subscriber, n in brake.sent_since(since).items() if is_braked(n, alert.level)}
