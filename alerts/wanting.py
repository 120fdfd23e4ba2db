"""Who wants to be told of what. Pure decisions."""

from collections.abc import Collection, Iterable
from datetime import datetime

from alerts.filters import holding
from alerts.nouns import Alert, Mute, MuteKind, RecipientKind, Story, Subscriber, Subscription
from crawler.nouns import Article

# Which channel reaches which kind of recipient. A kind that is not here is told by the digest alone.
CHANNEL_OF = {
    RecipientKind.PRIVATE_CHAT: "telegram",
    RecipientKind.GROUP: "telegram",
    RecipientKind.CHANNEL: "telegram",
    RecipientKind.MAIL: "mail",
    RecipientKind.WEBHOOK: "webhook",
    RecipientKind.CONSOLE: "console",
    RecipientKind.APPRISE: "apprise",
}
OPERATORS_ONLY = frozenset({RecipientKind.APPRISE})  # nothing that was sent there can be edited or taken back
READERS = tuple(kind for kind in CHANNEL_OF if kind not in OPERATORS_ONLY)


def wants(
    subscription: Subscription,
    alert: Alert,
    story: Story,
    outlet: str,
    now: datetime,
    holds: Collection[str] = (),
) -> bool:
    """Whether a subscription asks to be told of ``alert`` at once.

    Args:
        subscription: what is asked for.
        alert: what there is to tell.
        story: what it is about.
        outlet: who published the article that caused it.
        now: the moment of telling.
        holds: the subscriber's filters that hold for that article.
    """
    if any(covers(mute, story.id, outlet, now) for mute in subscription.mutes):
        return False
    if story.id in subscription.follows:
        return True
    return subscription.cadence == "instant" and asks_for(subscription, alert, story, outlet, holds)


def asks_for(
    subscription: Subscription, alert: Alert, story: Story, outlet: str, holds: Collection[str] = ()
) -> bool:
    """Whether a subscription asks for ``alert`` by its topics, places, outlets, level and filters."""
    return (
        alert.level >= subscription.level
        and _any(subscription.topics, story.topics)
        and _any(subscription.places, story.places)
        and _any(subscription.outlets, (outlet,))
        and _any(subscription.filters, tuple(holds))
    )


def covers(mute: Mute, story: int, outlet: str, now: datetime) -> bool:
    """Whether a mute silences what ``outlet`` says of ``story`` (an id) at ``now``."""
    if mute.until is not None and mute.until <= now:
        return False
    return mute.subject == {MuteKind.ALL: "", MuteKind.STORY: str(story), MuteKind.OUTLET: outlet}[mute.kind]


def _any(wanted: tuple[str, ...], there: tuple[str, ...]) -> bool:
    return not wanted or not set(wanted).isdisjoint(there)


def recipients(
    everyone: Iterable[tuple[Subscriber, Subscription]],
    alert: Alert,
    story: Story,
    article: Article,
    now: datetime,
) -> list[tuple[Subscriber, str]]:
    """Return who is told of ``alert``, each once, with the channel that reaches it.

    ``article`` caused the alert: outlets and filters are asked of it.
    """
    everyone = list(everyone)
    filters = {each for _, subscription in everyone for each in subscription.filters}
    holds = holding(frozenset(filters), article.title, article.body)
    told = {
        subscriber.id: (subscriber, CHANNEL_OF[subscriber.kind])
        for subscriber, subscription in everyone
        if subscriber.kind in READERS and wants(subscription, alert, story, article.outlet, now, holds)
    }
    return list(told.values())
