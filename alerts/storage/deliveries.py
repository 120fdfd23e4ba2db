"""The outbox's rows: the one place that writes a delivery, whatever it carries and wherever it stands."""

import json
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from alerts.nouns import Cargo, Delivery, DeliveryState, Level
from crawler.database import Connection, from_text, rows, to_text

OPEN = "('queued', 'leased', 'unknown', 'held')"  # as the indexes of the queue say it
# Of a delivery beside its subscriber: whether it is sent at all, now or later. A request for consent is the one
# thing that is sent to somebody who did not yet ask for anything.
MAY_GO = (
    "(subscriber.state IN ('active', 'degraded') "
    "OR consent_id IS NOT NULL AND subscriber.state IN ('pending', 'removed'))"
)
GRACE = timedelta(hours=1)  # in which an alert that was held goes out before it counts as old
WAITING_FOR = (  # the deliveries of a subscriber that are not done, by the indexes
    f"SELECT id FROM delivery WHERE subscriber_id = :id AND state IN {OPEN} "  # noqa: S608
    "UNION ALL SELECT id FROM delivery WHERE subscriber_id = :id AND state = 'braked'"
)
WAITING = frozenset({DeliveryState.QUEUED, DeliveryState.UNKNOWN, DeliveryState.HELD})
_TRIED_AGAIN = WAITING | {
    DeliveryState.BRAKED,
    DeliveryState.DEAD,
    DeliveryState.CANCELLED,
    DeliveryState.FOLDED,
}


class Deliveries:
    """Deliveries, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def queue(
        self,
        cargo: Cargo,
        number: int,
        subscriber_id: int,
        channel: str,
        level: Level,
        now: datetime,
        *,
        state: DeliveryState = DeliveryState.QUEUED,
        due: datetime | None = None,
        fresh_until: datetime | None = None,
    ) -> bool:
        """Make the delivery of a cargo, by its number, to a subscriber; False when there is one already.

        It is due at once unless ``due`` says otherwise, and still news at ``fresh_until`` however long it waited.
        """
        done = self._db.execute(
            f"INSERT INTO delivery ({cargo}_id, subscriber_id, channel, level, state, due, created_at, fresh_until) "  # noqa: S608
            "VALUES (:number, :subscriber, :channel, :level, :state, :due, :now, :fresh) ON CONFLICT DO NOTHING",
            {
                "number": number,
                "subscriber": subscriber_id,
                "channel": channel,
                "level": int(level),
                "state": state,
                "due": to_text(due or now),
                "fresh": to_text(fresh_until) if fresh_until else "",
                "now": to_text(now),
            },
        )
        return done.rowcount > 0

    def claim(
        self,
        now: datetime,
        *,
        channel: str,
        until: datetime,
        lease: str,
        most: int,
        without: Iterable[str],
        operators_only: bool,
    ) -> list[Delivery]:
        """Lease due deliveries of a channel until ``until``; see ``DeliveryQueue.claim_deliveries``."""
        found = rows(
            self._db,
            "UPDATE delivery SET state = :leased, lease = :lease, due = :until, attempts = attempts + 1 "  # noqa: S608
            "WHERE id IN (SELECT delivery.id FROM delivery JOIN subscriber ON subscriber.id = subscriber_id "
            f"WHERE channel = :channel AND delivery.state IN {OPEN} AND due <= :now AND {MAY_GO} "
            "AND subscriber.not_before <= :now AND (NOT :operators OR bulletin_id IS NOT NULL) "
            "AND address NOT IN (SELECT value FROM json_each(:without)) "
            # Walks the queue in order and stops at the first rows that fit, however long it is. What may not go
            # itself, to this subscriber or on hold, is before nothing.
            "AND NOT EXISTS (SELECT 1 FROM delivery AS other WHERE other.subscriber_id = delivery.subscriber_id "
            f"AND other.state IN {OPEN} AND (other.due <= :now AND other.id < delivery.id "
            "AND (subscriber.state IN ('active', 'degraded') OR other.consent_id IS NOT NULL) "
            "AND (NOT :operators OR other.bulletin_id IS NOT NULL) "
            "OR other.due > :now AND other.state = 'leased')) "
            "ORDER BY level DESC, delivery.id LIMIT :most) RETURNING *",
            {
                "now": to_text(now),
                "leased": DeliveryState.LEASED,
                "until": to_text(until),
                "lease": lease,
                "most": most,
                "channel": channel,
                "operators": int(operators_only),
                "without": json.dumps(list(without)),
            },
        )
        return sorted((delivery_of(row) for row in found), key=lambda one: (-one.level, one.id))

    def settle(self, delivery: Delivery) -> bool:
        """Keep how a claimed delivery went (its state, due time, receipt and error); False when the lease was lost.

        What is to be tried again goes no further where its subscriber left meanwhile.
        """
        done = self._db.execute(
            "UPDATE delivery SET state = CASE WHEN :open AND NOT EXISTS (SELECT 1 FROM subscriber "  # noqa: S608
            f"WHERE subscriber.id = subscriber_id AND {MAY_GO}) THEN 'cancelled' ELSE :state END, "
            "due = :due, receipt = :receipt, error = :error, lost = :lost, defects = :defects, sent_at = :sent, "
            # What was held on purpose is still news when it is let go.
            "fresh_until = CASE :state WHEN 'held' THEN :fresh ELSE fresh_until END, lease = '' "
            "WHERE id = :id AND lease = :lease",
            {
                "id": delivery.id,
                "lease": delivery.lease,
                "state": delivery.state,
                "open": int(delivery.state in WAITING),
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

    def shift(
        self,
        ids: Iterable[int],
        to: DeliveryState,
        *,
        among: Collection[DeliveryState],
        due: datetime | None = None,
        error: str | None = None,
        fresh_until: datetime | None = None,
    ) -> list[int]:
        """Let deliveries stand elsewhere, those that stand ``among`` some states; returns which.

        What is under way is left alone unless it is named: its answer decides. ``due``, ``error`` and ``fresh_until``
        stay as they are where they are not given.
        """
        found = rows(
            self._db,
            "UPDATE delivery SET state = :to, lease = '', due = coalesce(:due, due), error = coalesce(:error, error), "
            "fresh_until = coalesce(:fresh, fresh_until) "
            "WHERE id IN (SELECT value FROM json_each(:ids)) AND state IN (SELECT value FROM json_each(:among)) "
            "RETURNING id",
            {
                "ids": json.dumps(list(ids)),
                "among": json.dumps(list(among)),
                "to": to,
                "due": to_text(due) if due else None,
                "error": error,
                "fresh": to_text(fresh_until) if fresh_until else None,
            },
        )
        return [row["id"] for row in found]

    def requeue(self, delivery_id: int, now: datetime, fresh_until: datetime) -> bool:
        """Queue anew what waits, or will not be sent, as if it was never tried; False for anything else."""
        done = self._db.execute(
            "UPDATE delivery SET state = :queued, due = :now, fresh_until = :fresh, attempts = 0, lost = 0, "
            "defects = 0, lease = '' WHERE id = :id AND state IN (SELECT value FROM json_each(:among))",
            {
                "id": delivery_id,
                "now": to_text(now),
                "fresh": to_text(fresh_until),
                "queued": DeliveryState.QUEUED,
                "among": json.dumps(list(_TRIED_AGAIN)),
            },
        )
        return done.rowcount > 0

    def release(self, now: datetime) -> int:
        """Make due at once what a dead service had in flight; returns how many. Some of it may have arrived.

        What went, or would go, to somebody who left meanwhile is let go.
        """
        self._db.execute(
            f"UPDATE delivery SET state = 'cancelled', lease = '' WHERE state IN {OPEN} AND NOT EXISTS "  # noqa: S608
            f"(SELECT 1 FROM subscriber WHERE subscriber.id = subscriber_id AND {MAY_GO})"
        )
        done = self._db.execute(
            "UPDATE delivery SET due = :now WHERE state = :leased",
            {"now": to_text(now), "leased": DeliveryState.LEASED},
        )
        return done.rowcount

    def hasten(self, subscriber_id: int, now: datetime, among: DeliveryState) -> int:
        """Make due what was put off of a subscriber's deliveries in a state, at once or when no mute of all holds.

        Returns how many there are.
        """
        done = self._db.execute(
            "UPDATE delivery SET due = max(:now, coalesce((SELECT until FROM mute WHERE subscriber_id = :id "  # noqa: S608
            "AND kind = 'all'), '')) WHERE subscriber_id = :id AND state = :among AND due > :now "
            f"AND state IN {OPEN}",  # says which index
            {"id": subscriber_id, "now": to_text(now), "among": among},
        )
        return done.rowcount

    def cancel_deliveries(self, subscriber_id: int) -> int:
        """Send a subscriber nothing of what is queued; returns how many. What is under way just now still goes."""
        waiting = rows(self._db, f"SELECT id FROM ({WAITING_FOR})", {"id": subscriber_id})  # noqa: S608
        among = WAITING | {DeliveryState.BRAKED}
        stopped = self.shift([row["id"] for row in waiting], DeliveryState.CANCELLED, among=among)
        return len(stopped)


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
