"""The shell that takes alerts back: readers see it in the message itself and in a reply; what waits is not sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.nouns import Alert, AlertKind, Delivery, DeliveryState, Reason, Subscriber
from alerts.storage import Alerts, DeliveryQueue, Dispatch, Newsdesk
from crawler.database import Connection

# It arrived, or may have: its reader is told that it was wrong.
TOLD = frozenset({DeliveryState.SENT, DeliveryState.LEASED, DeliveryState.UNKNOWN})


class RecallError(Exception):
    """There is nothing to take back; one line for a person."""


@dataclass(frozen=True, slots=True)
class Recall:
    """What taking back alerts of one story means, or meant."""

    alerts: tuple[Alert, ...]
    told: tuple[tuple[Delivery, Subscriber], ...]  # each reader once, by its first message
    waiting: int  # deliveries that will not be sent


def plan_recall(connection: Connection, *, story: int = 0, alert: int = 0) -> Recall:
    """Return whom it concerns to take back one alert, or all that was told of a story; nothing is changed.

    Raises:
        RecallError: there is no such alert or story, or it was taken back already.
    """
    kept, queue = Alerts(connection), DeliveryQueue(connection)
    one = kept.get(alert) if alert else None
    found = kept.of(story) if story else [one] if one else []
    alerts = tuple(each for each in found if not each.recalled_at and each.kind is not AlertKind.WITHDRAWAL)
    if not alerts:
        raise RecallError("nothing was told of it, or it was taken back already")
    told: dict[int, tuple[Delivery, Subscriber]] = {}
    waiting = 0
    for delivery, subscriber in (pair for each in alerts for pair in queue.deliveries_of(each.id)):
        if delivery.state in TOLD:
            told.setdefault(subscriber.id, (delivery, subscriber))
        else:
            waiting += delivery.state not in (DeliveryState.CANCELLED, DeliveryState.DEAD)
    return Recall(alerts, tuple(told.values()), waiting)


def recall(connection: Connection, planned: Recall, reason: str, now: datetime) -> Alert:
    """Take back what was planned: edit what was sent, reply to it with the reason, send nothing of what waits.

    Returns:
        The withdrawal: the story's next alert, which its digests tell too.
    """
    dispatch = Dispatch(connection)
    for each in planned.alerts:
        Alerts(connection).recall(each.id, reason, now)
        dispatch.cancel_waiting(each.id)
        dispatch.edit_all(each.id, now)
    withdrawal = _withdrawal(connection, planned.alerts, reason, now)
    DeliveryQueue(connection).fan_out(withdrawal, _readers(planned.told), now)
    return withdrawal


def _withdrawal(connection: Connection, alerts: Sequence[Alert], reason: str, now: datetime) -> Alert:
    last = alerts[-1]
    alert = Alert(
        story=last.story,
        version=1 + max(each.version for each in Alerts(connection).of(last.story)),
        kind=AlertKind.WITHDRAWAL,
        level=max(each.level for each in alerts),
        created_at=now,
        article=last.article,
        reasons=(Reason("words", about=reason),),
    )
    story = Newsdesk(connection).story(last.story)
    return replace(alert, id=Alerts(connection).keep(alert, story.articles if story else ()))


def _readers(told: Iterable[tuple[Delivery, Subscriber]]) -> list[tuple[Subscriber, str]]:
    return [(subscriber, delivery.channel) for delivery, subscriber in told]
