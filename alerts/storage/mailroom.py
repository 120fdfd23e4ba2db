"""The deliveries to subscribers: the outbox's rows."""

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from alerts.nouns import (
    Alert,
    Cargo,
    Delivery,
    DeliveryState,
    Level,
    Subscriber,
)
from alerts.storage.subscribers import subscriber_of
from crawler.database import Connection, first, from_text, rows, to_text

OPEN = "('queued', 'leased', 'unknown', 'held')"
WITH_SUBSCRIBER = (  # what both tables have is the delivery's
    "SELECT delivery.*, subscriber.*, subscriber.state AS whom_state, subscriber.created_at AS whom_since "
    "FROM delivery JOIN subscriber ON subscriber.id = delivery.subscriber_id"
)
GRACE = timedelta(hours=1)  # in which an alert that was held goes out before it counts as old


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process may send until the lease ends, with whom it goes to."""

    delivery: Delivery
    subscriber: Subscriber
    reply_to: str = ""  # receipt of the story's first message to this subscriber; empty when there is none


class Mailroom:
    """What is sent to whom, and how that goes, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

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
            made += self._db.execute(
                "INSERT INTO delivery (alert_id, subscriber_id, channel, level, state, due, created_at, fresh_until) "
                "VALUES (:alert, :subscriber, :channel, :level, :state, :due, :now, :fresh) "
                "ON CONFLICT DO NOTHING",
                {
                    "alert": alert.id,
                    "subscriber": subscriber.id,
                    "channel": channel,
                    "level": alert.level,
                    "state": "braked" if subscriber.id in braked else "held" if morning else "queued",
                    "due": to_text(morning or now),
                    "fresh": to_text(morning + GRACE) if morning else "",
                    "now": to_text(now),
                },
            ).rowcount
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
        found = rows(
            self._db,
            "UPDATE delivery SET state = 'leased', lease = :lease, due = :until, attempts = attempts + 1 "  # noqa: S608
            "WHERE id IN (SELECT delivery.id FROM delivery JOIN subscriber ON subscriber.id = subscriber_id "
            f"WHERE channel = :channel AND delivery.state IN {OPEN} AND due <= :now "
            # A request for consent is the one thing that is sent to somebody who did not yet ask for anything.
            "AND (subscriber.state IN ('active', 'degraded') "
            "OR consent_id IS NOT NULL AND subscriber.state IN ('pending', 'removed')) "
            "AND subscriber.not_before <= :now AND (NOT :operators OR bulletin_id IS NOT NULL) "
            "AND address NOT IN (SELECT value FROM json_each(:without)) "
            # Walks the queue in order and stops at the first rows that fit, however long it is.
            "AND NOT EXISTS (SELECT 1 FROM delivery AS other WHERE other.subscriber_id = delivery.subscriber_id "
            f"AND other.state IN {OPEN} AND (other.due <= :now AND other.id < delivery.id "
            "OR other.due > :now AND other.state = 'leased')) "
            "ORDER BY level DESC, delivery.id LIMIT :most) RETURNING *",
            {
                "now": to_text(now),
                "until": to_text(until),
                "lease": lease,
                "most": most,
                "channel": channel,
                "operators": int(operators_only),
                "without": json.dumps(list(without)),
            },
        )
        ordered = sorted((delivery_of(row) for row in found), key=lambda one: (-one.level, one.id))
        return [self._claim(one) for one in ordered]

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

    def release(self, now: datetime) -> int:
        """Make due at once what a dead service had in flight; returns how many. Some of it may have arrived."""
        done = self._db.execute(
            "UPDATE delivery SET due = :now WHERE state = 'leased'", {"now": to_text(now)}
        )
        return done.rowcount

    def cancel_deliveries(self, subscriber_id: int) -> int:
        """Send a subscriber nothing of what is queued; returns how many. What is under way just now still goes."""
        done = self._db.execute(
            "UPDATE delivery SET state = 'cancelled' "
            "WHERE subscriber_id = :id AND state IN ('queued', 'unknown', 'held')",
            {"id": subscriber_id},
        )
        return done.rowcount

    def settle(self, delivery: Delivery) -> bool:
        """Keep how a claimed delivery went (its state, due time, receipt and error); False when the lease was lost."""
        done = self._db.execute(
            "UPDATE delivery SET state = :state, due = :due, receipt = :receipt, error = :error, "
            "lost = :lost, defects = :defects, sent_at = :sent, lease = '', "
            # What was held on purpose is still news when it is let go.
            "fresh_until = CASE :state WHEN 'held' THEN :fresh ELSE fresh_until END "
            "WHERE id = :id AND lease = :lease",
            {
                "id": delivery.id,
                "lease": delivery.lease,
                "state": delivery.state,
                "due": to_text(delivery.due),
                "fresh": to_text(delivery.due + GRACE),
                "receipt": delivery.receipt,
                "lost": delivery.lost,
                "defects": delivery.defects,
                "error": delivery.error,
                "sent": to_text(delivery.sent_at) if delivery.sent_at else None,
            },
        )
        return done.rowcount > 0

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


def delivery_of(row: dict[str, Any]) -> Delivery:
    """Return the delivery of a row."""
    cargo = next(each for each in Cargo if row[f"{each}_id"])  # each row has one
    return Delivery(
        cargo=cargo,
        number=row[f"{cargo}_id"],
        subscriber=row["subscriber_id"],
        channel=row["channel"],
        due=from_text(row["due"]),
        level=Level(row["level"]),
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        lost=row["lost"],
        defects=row["defects"],
        receipt=row["receipt"],
        error=row["error"],
        lease=row["lease"],
        sent_at=from_text(row["sent_at"]) if row["sent_at"] else None,
        created_at=from_text(row["created_at"]),
        id=row["id"],
    )
