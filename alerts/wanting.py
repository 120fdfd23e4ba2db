"""Who wants to be told of what. Pure decisions."""

from collections.abc import Iterable
from datetime import datetime

from alerts.nouns import Alert, RecipientKind, Story, Subscriber, Subscription

# Which channel reaches which kind of recipient. A kind that is not here is told by the digest alone.
CHANNEL_OF = {
    RecipientKind.PRIVATE_CHAT: "telegram",
    RecipientKind.GROUP: "telegram",
    RecipientKind.CHANNEL: "telegram",
    RecipientKind.CONSOLE: "console",
}


def wants(subscription: Subscription, alert: Alert, story: Story, outlet: str, now: datetime) -> bool:
    """Whether a subscription asks to be told of ``alert`` at once. ``outlet`` published the article that caused it."""
    return (
        subscription.cadence == "instant"
        and alert.level >= subscription.level
        and _any(subscription.topics, story.topics)
        and _any(subscription.places, story.places)
        and _any(subscription.outlets, (outlet,))
        and not (subscription.muted_until and subscription.muted_until > now)
    )


def _any(wanted: tuple[str, ...], there: tuple[str, ...]) -> bool:
    return not wanted or not set(wanted).isdisjoint(there)


def recipients(
    everyone: Iterable[tuple[Subscriber, Subscription]],
    alert: Alert,
    story: Story,
    outlet: str,
    now: datetime,
) -> list[tuple[Subscriber, str]]:
    """Return who is told of ``alert``, each once, with the channel that reaches it."""
    told = {
        subscriber.id: (subscriber, CHANNEL_OF[subscriber.kind])
        for subscriber, subscription in everyone
        if subscriber.kind in CHANNEL_OF and wants(subscription, alert, story, outlet, now)
    }
    return list(told.values())
