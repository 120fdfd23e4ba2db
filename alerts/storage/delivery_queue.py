"""Deliveries with the subscribers that they go to: who is told, what is claimed for whom, how that went."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from alerts.nouns import (
    Alert,
    Cargo,
    Delivery,
    DeliveryState,
    Subscriber,
)
from alerts.storage.deliveries import GRACE, Deliveries, delivery_of
from alerts.storage.subscribers import subscriber_of
from crawler.database import first, rows, to_text

WITH_SUBSCRIBER = (  # what both tables have is the delivery's
    "SELECT delivery.*, subscriber.*, subscriber.state AS whom_state, subscriber.created_at AS whom_since "
    "FROM delivery JOIN subscriber ON subscriber.id = delivery.subscriber_id"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process may send until the lease ends, with whom it goes to."""

    delivery: Delivery
    subscriber: Subscriber
    reply_to: str = ""  # receipt of the story's first message to this subscriber; empty when there is none


class DeliveryQueue(Deliveries):
    """What is sent to whom, and how that goes, through one connection."""

    def fan_out(
        self,
        alert: Alert,
        to: Iterable[tuple[Subscriber, str]],
        now: datetime,
        braked: Container[int] = frozenset(),
        asleep: Mapping[int, datetime] = MappingProxyType({}),
    ) -> int:
        """Queue an alert for every (subscriber, channel); returns how many rows that made.

        For the subscribers in ``braked`` it waits for a summary, for those ``asleep`` for the end of their night.
        """
        made = 0
        for subscriber, channel in to:
            morning = asleep.get(subscriber.id)
            state = DeliveryState.HELD if morning else DeliveryState.QUEUED
            made += self.queue(
                Cargo.ALERT,
                alert.id,
                subscriber.id,
                channel,
                alert.level,
                now,
                state=DeliveryState.BRAKED if subscriber.id in braked else state,
                due=morning or now,
                fresh_until=morning + GRACE if morning else None,
            )
        return made

    def claim_deliveries(
        self,
        now: datetime,
        *,
        channel: str,
        until: datetime,
        lease: str,
        most: int = 1,
        without: Iterable[str] = (),
        operators_only: bool = False,
    ) -> list[Claim]:
        """Take up to ``most`` due deliveries of a channel: the most urgent first, each chat's in their order.

        Nothing is taken for the addresses in ``without``, nor for a subscriber with one in flight. A row whose lease
        ran out was in flight when its process died; it is taken again.
        """
        found = self.claim(
            now,
            channel=channel,
            until=until,
            lease=lease,
            most=most,
            without=without,
            operators_only=operators_only,
        )
        return [self._claim(one) for one in found]

    def _claim(self, delivery: Delivery) -> Claim:
        subscriber = rows(self._db, "SELECT * FROM subscriber WHERE id = :id", {"id": delivery.subscriber})[0]
        earlier = first(
            self._db,
            "SELECT receipt FROM delivery JOIN alert ON alert.id = alert_id WHERE subscriber_id = :subscriber "
            "AND delivery.state = 'sent' AND story_id IN (SELECT story.id FROM story JOIN alert AS this "
            "ON this.story_id IN (story.id, story.merged_into) WHERE this.id = :alert) "
            "ORDER BY delivery.id LIMIT 1",
            {"subscriber": delivery.subscriber, "alert": delivery.number},
        )
        return Claim(delivery, subscriber_of(subscriber), earlier["receipt"] if earlier else "")

    def deliveries_of(self, alert_id: int) -> list[tuple[Delivery, Subscriber]]:
        """Return who was to be told of an alert and how that went."""
        found = rows(
            self._db, f"{WITH_SUBSCRIBER} WHERE alert_id = :id ORDER BY delivery.id", {"id": alert_id}
        )
        return [with_subscriber(row) for row in found]

    def done_since(self, moment: datetime) -> dict[str, int]:
        """Return what was done since ``moment``, for a person: alerts, and messages that were sent."""
        found = rows(
            self._db,
            "SELECT (SELECT count(*) FROM alert WHERE created_at > :since) AS alerts, "
            "(SELECT count(*) FROM delivery WHERE sent_at > :since) AS messages",
            {"since": to_text(moment)},
        )
        return found[0]

    def counts(self, to: int = 0) -> dict[str, int]:
        """Return how many deliveries are in each state; of one subscriber's, where ``to`` is its id."""
        found = rows(
            self._db,
            "SELECT state, count(*) AS n FROM delivery WHERE :to IN (0, subscriber_id) GROUP BY state",
            {"to": to},
        )
        return {state.value: 0 for state in DeliveryState} | {row["state"]: row["n"] for row in found}


def with_subscriber(row: dict[str, Any]) -> tuple[Delivery, Subscriber]:
    """Return the delivery of a row of ``WITH_SUBSCRIBER``, and whom it goes to."""
    whom = row | {"id": row["subscriber_id"], "state": row["whom_state"], "created_at": row["whom_since"]}
    return delivery_of(row), subscriber_of(whom)
