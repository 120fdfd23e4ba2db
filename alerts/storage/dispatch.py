"""What surrounds the queue: who may send, what stops it, what grew old in it, and edits of what was sent."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.nouns import Cargo, Delivery, DeliveryState, Subscriber
from alerts.storage.deliveries import OPEN, WAITING, Deliveries
from alerts.storage.delivery_queue import WITH_SUBSCRIBER, with_subscriber
from alerts.storage.subscribers import subscriber_of
from crawler.database import Connection, first, from_text, rows, to_text

# What is not on its way, and may still go one day.
NOT_YET = frozenset({DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.BRAKED, DeliveryState.FOLDED})
FOLDED_AT_ONCE = 500  # a transaction: the crawler's commits wait some milliseconds


@dataclass(frozen=True, slots=True)
class Halt:
    """Sending is stopped by hand."""

    channel: str  # empty: all
    since: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who sends through a channel, and until when unless it says so again."""

    channel: str
    holder: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """A sent message that this process may bring up to date until the lease ends."""

    delivery: Delivery
    subscriber: Subscriber
    lease: str
    attempts: int  # claims


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits before one channel."""

    channel: str
    waiting: int
    oldest: datetime
    next_due: datetime


class Dispatch:
    """The outbox's order of work, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # Who may send

    def may_send(self, channel: str, holder: str, now: datetime, until: datetime) -> bool:
        """Hold a channel as the one process that sends through it; False while another does."""
        self._db.execute(
            "INSERT INTO sender (channel, holder, until) VALUES (:channel, :holder, :until) "
            "ON CONFLICT (channel) DO UPDATE SET holder = :holder, until = :until "
            # Written again at half-time only: an idle queue costs no commits.
            "WHERE sender.until <= :now OR sender.holder = :holder AND sender.until <= :half",
            {
                "channel": channel,
                "holder": holder,
                "now": to_text(now),
                "half": to_text(now + (until - now) / 2),
                "until": to_text(until),
            },
        )
        row = first(self._db, "SELECT holder FROM sender WHERE channel = :channel", {"channel": channel})
        return row is not None and row["holder"] == holder

    def senders(self) -> list[Holder]:
        """Return who sends through each channel."""
        found = rows(self._db, "SELECT * FROM sender ORDER BY channel")
        return [Holder(row["channel"], row["holder"], from_text(row["until"])) for row in found]

    def give_up_sending(self, holder: str) -> None:
        """Let another process send at once."""
        self._db.execute("DELETE FROM sender WHERE holder = :holder", {"holder": holder})

    # What stops it

    def halt(self, channel: str, now: datetime, actor: str, reason: str) -> bool:
        """Stop sending through a channel, through all with an empty name; False when it is stopped already."""
        done = self._db.execute(
            "INSERT INTO halt (channel, since, actor, reason) VALUES (:channel, :now, :actor, :reason) "
            "ON CONFLICT DO NOTHING",
            {"channel": channel, "now": to_text(now), "actor": actor, "reason": reason},
        )
        return done.rowcount > 0

    def resume(self, channel: str) -> bool:
        """Send again through a channel; False when it was not stopped by that name."""
        done = self._db.execute("DELETE FROM halt WHERE channel = :channel", {"channel": channel})
        return done.rowcount > 0

    def halts(self) -> list[Halt]:
        """Return what is stopped by hand."""
        return [
            Halt(row["channel"], from_text(row["since"]), row["actor"], row["reason"])
            for row in rows(self._db, "SELECT * FROM halt ORDER BY channel")
        ]

    def is_halted(self, channel: str) -> bool:
        """Whether nothing may leave through a channel."""
        return any(each.channel in ("", channel) for each in self.halts())

    # What grew old

    def fold(self, now: datetime, age: timedelta) -> int:
        """Send alerts that waited longer than ``age`` no more by themselves; returns how many, so many at once.

        They are left to the next digest, and to a summary where their subscriber gets no digest. What puts an earlier
        alert right never grows old, nor a summary that no digest would tell, nor what may have arrived. A bulletin
        lapses: what is still open is told again.
        """
        old = rows(
            self._db,
            "SELECT delivery.id, EXISTS (SELECT 1 FROM subscription "
            "WHERE subscription.subscriber_id = delivery.subscriber_id AND cadence != 'instant') AS digest "
            "FROM delivery JOIN alert ON alert.id = alert_id "
            "WHERE delivery.state = 'queued' AND delivery.created_at <= :before "
            "AND fresh_until <= :now AND kind NOT IN ('correction', 'withdrawal') AND (digest OR kind != 'summary') "
            "ORDER BY delivery.created_at LIMIT :most",
            {"now": to_text(now), "before": to_text(now - age), "most": FOLDED_AT_ONCE},
        )
        queued = {DeliveryState.QUEUED}
        self._shift(
            rows(
                self._db,
                "SELECT id FROM delivery WHERE state = 'queued' AND created_at <= :before "
                "AND fresh_until <= :now AND bulletin_id IS NOT NULL",
                {"now": to_text(now), "before": to_text(now - age)},
            ),
            DeliveryState.CANCELLED,
            queued,
        )
        left = self._shift([row for row in old if row["digest"]], DeliveryState.FOLDED, queued)
        summed = self._shift([row for row in old if not row["digest"]], DeliveryState.BRAKED, queued)
        return len(left) + len(summed)

    # Edits

    def plan_edits(self, story_id: int, due: datetime, *, since: datetime) -> int:
        """Bring up to date, at ``due``, what was sent of a story's first alert since then.

        A message that waits for that already waits no longer: many changes are one edit.
        """
        done = self._db.execute(
            "INSERT INTO edit (delivery_id, due) SELECT delivery.id, :due FROM delivery "
            "JOIN alert ON alert.id = alert_id WHERE story_id = :story AND version = 1 "
            "AND delivery.state = 'sent' AND receipt != '' AND sent_at >= :since ON CONFLICT DO NOTHING",
            {"story": story_id, "due": to_text(due), "since": to_text(since)},
        )
        return done.rowcount

    def edit_all(self, alert_id: int, due: datetime) -> int:
        """Bring up to date all that was sent of an alert, whenever that was; returns how many messages."""
        done = self._db.execute(
            "INSERT INTO edit (delivery_id, due) SELECT id, :due FROM delivery WHERE alert_id = :alert "
            "AND state = 'sent' AND receipt != '' ON CONFLICT (delivery_id) DO UPDATE SET due = :due, lease = ''",
            {"alert": alert_id, "due": to_text(due)},
        )
        return done.rowcount

    def cancel_waiting(self, alert_id: int) -> int:
        """Send nothing more of an alert; returns how many deliveries that were. What is under way still goes."""
        waiting = rows(self._db, "SELECT id FROM delivery WHERE alert_id = :alert", {"alert": alert_id})
        return len(self._shift(waiting, DeliveryState.CANCELLED, NOT_YET))

    def claim_edit(
        self, now: datetime, *, channel: str, until: datetime, lease: str, without: Iterable[str] = ()
    ) -> Edit | None:
        """Take the edit of a channel that is due longest, none for the addresses in ``without``."""
        claimed = rows(
            self._db,
            "UPDATE edit SET due = :until, lease = :lease, attempts = attempts + 1 WHERE delivery_id = "
            "(SELECT delivery_id FROM edit JOIN delivery ON delivery.id = delivery_id "
            "JOIN subscriber ON subscriber.id = subscriber_id WHERE edit.due <= :now AND channel = :channel "
            "AND subscriber.state = 'active' AND not_before <= :now "
            "AND address NOT IN (SELECT value FROM json_each(:without)) ORDER BY edit.due LIMIT 1) RETURNING *",
            {
                "now": to_text(now),
                "until": to_text(until),
                "lease": lease,
                "channel": channel,
                "without": json.dumps(list(without)),
            },
        )
        if not claimed:
            return None
        of = {"id": claimed[0]["delivery_id"]}
        (row,) = rows(self._db, f"{WITH_SUBSCRIBER} WHERE delivery.id = :id", of)
        return Edit(*with_subscriber(row), lease, claimed[0]["attempts"])

    def edited(self, edit: Edit) -> None:
        """An edit is done, or never will be."""
        self._db.execute(
            "DELETE FROM edit WHERE delivery_id = :id AND lease = :lease",
            {"id": edit.delivery.id, "lease": edit.lease},
        )

    def put_off_edit(self, edit: Edit, due: datetime) -> None:
        """Try an edit again."""
        self._db.execute(
            "UPDATE edit SET due = :due, lease = '' WHERE delivery_id = :id AND lease = :lease",
            {"id": edit.delivery.id, "lease": edit.lease, "due": to_text(due)},
        )

    def edits_waiting(self) -> int:
        """Return how many sent messages wait to be edited."""
        return int(rows(self._db, "SELECT count(*) AS n FROM edit")[0]["n"])

    # Another way

    def set_fallback(self, subscriber_id: int, other: int | None) -> None:
        """Tell ``other`` what is critical and does not reach a subscriber in time; None: nobody."""
        self._db.execute(
            "UPDATE subscriber SET fallback_id = :other WHERE id = :id", {"other": other, "id": subscriber_id}
        )

    def fallback_of(self, subscriber_id: int) -> Subscriber | None:
        """Return who is told what is critical and does not reach a subscriber in time."""
        row = first(
            self._db,
            "SELECT other.* FROM subscriber JOIN subscriber AS other ON other.id = subscriber.fallback_id "
            "WHERE subscriber.id = :id AND other.state = 'active'",
            {"id": subscriber_id},
        )
        return subscriber_of(row) if row else None

    def queue_also(self, delivery: Delivery, other: Subscriber, channel: str, now: datetime) -> bool:
        """Queue the alert of a delivery for another subscriber; False when it has it already."""
        return Deliveries(self._db).queue(
            Cargo.ALERT, delivery.number, other.id, channel, delivery.level, now
        )

    # What operators see and do

    def backlog(self) -> list[Backlog]:
        """Return what waits before each channel."""
        found = rows(
            self._db,
            "SELECT channel, count(*) AS n, min(created_at) AS oldest, min(due) AS next FROM delivery "  # noqa: S608
            f"WHERE state IN {OPEN} GROUP BY channel ORDER BY channel",
        )
        return [
            Backlog(row["channel"], row["n"], from_text(row["oldest"]), from_text(row["next"]))
            for row in found
        ]

    def deliveries(
        self,
        *,
        states: Iterable[DeliveryState] = (),
        channel: str = "",
        subscriber: int = 0,
        alert: int = 0,
        most: int = 50,
    ) -> list[tuple[Delivery, Subscriber]]:
        """Return deliveries that fit, the newest first."""
        found = rows(
            self._db,
            f"{WITH_SUBSCRIBER} WHERE (:channel = '' OR channel = :channel) "  # noqa: S608
            "AND (:states = '[]' OR delivery.state IN (SELECT value FROM json_each(:states))) "
            "AND (:subscriber = 0 OR subscriber_id = :subscriber) AND (:alert = 0 OR alert_id = :alert) "
            "ORDER BY delivery.id DESC LIMIT :most",
            {
                "states": json.dumps([state.value for state in states]),
                "channel": channel,
                "subscriber": subscriber,
                "alert": alert,
                "most": most,
            },
        )
        return [with_subscriber(row) for row in found]

    def delivery(self, delivery_id: int) -> tuple[Delivery, Subscriber] | None:
        """Return one delivery and whom it goes to."""
        row = first(self._db, f"{WITH_SUBSCRIBER} WHERE delivery.id = :id", {"id": delivery_id})
        return with_subscriber(row) if row else None

    def dead_alerts(self, since: datetime, until: datetime) -> list[int]:
        """Return the dead deliveries, queued in a span of time, of alerts that stand, to whoever is still told."""
        found = rows(
            self._db,
            "SELECT delivery.id FROM delivery JOIN alert ON alert.id = alert_id "
            "JOIN subscriber ON subscriber.id = subscriber_id WHERE delivery.state = 'dead' AND recalled_at IS NULL "
            "AND subscriber.state IN ('active', 'degraded') "
            "AND delivery.created_at >= :since AND delivery.created_at < :until ORDER BY delivery.id",
            {"since": to_text(since), "until": to_text(until)},
        )
        return [row["id"] for row in found]

    def retry(self, delivery_id: int, now: datetime, fresh_until: datetime) -> bool:
        """Queue anew what is dead, folded, braked, held or waits; False for anything else."""
        return Deliveries(self._db).requeue(delivery_id, now, fresh_until)

    def drop(self, delivery_id: int) -> bool:
        """Never send what waits or is dead; False for anything else."""
        among = WAITING | {DeliveryState.DEAD, DeliveryState.FOLDED, DeliveryState.BRAKED}
        return bool(self._shift([{"id": delivery_id}], DeliveryState.CANCELLED, among))

    def _shift(
        self, found: Iterable[dict[str, Any]], to: DeliveryState, among: Collection[DeliveryState]
    ) -> list[int]:
        return Deliveries(self._db).shift([row["id"] for row in found], to, among=among)
