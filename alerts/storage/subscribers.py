"""Subscribers: who they are, how they want to read, and what they ask for."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from alerts.nouns import (
    Level,
    QuietMode,
    RecipientKind,
    Subscriber,
    SubscriberState,
    Subscription,
)
from alerts.storage.members import Members
from crawler.database import Connection, first, from_text, rows, to_text

_SETTINGS = (
    "language = :language, timezone = :timezone, digits = :digits, quiet_from = :from, "
    "quiet_to = :to, quiet_mode = :mode, quiet_critical = :critical, title = :title"
)
# Who may be written to again is not made to wait for what is over; a pause that its server asked for still holds.
_STATE = (
    "state = :state, degraded_at = NULL, not_before = CASE state WHEN 'degraded' THEN '' ELSE not_before END"
)


class Subscribers:
    """Who is told, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def subscribe(self, subscriber: Subscriber, wanted: Sequence[Subscription]) -> int:
        """Keep a subscriber with what it wants, in place of what it wanted before; returns its id."""
        (made,) = rows(
            self._db,
            "INSERT INTO subscriber (kind, address, state, language, timezone, digits, quiet_from, quiet_to, "  # noqa: S608
            "quiet_mode, quiet_critical, title, created_at) VALUES (:kind, :address, :state, :language, :timezone, "
            ":digits, :from, :to, :mode, :critical, :title, :at) "
            f"ON CONFLICT (kind, address) DO UPDATE SET {_SETTINGS}, {_STATE} RETURNING id",
            _settings(subscriber)
            | {"kind": subscriber.kind, "address": subscriber.address, "at": to_text(subscriber.created_at)},
        )
        subscriber_id = int(made["id"])
        self.want(subscriber_id, wanted)
        return subscriber_id

    def change(self, subscriber: Subscriber) -> None:
        """Keep a subscriber's settings; its state is ``set_state``'s."""
        self._db.execute(
            f"UPDATE subscriber SET {_SETTINGS} WHERE id = :id",  # noqa: S608
            _settings(subscriber) | {"id": subscriber.id},
        )

    def want(self, subscriber_id: int, wanted: Iterable[Subscription]) -> None:
        """Keep what a subscriber wants, in place of what it wanted before."""
        self._db.execute("DELETE FROM subscription WHERE subscriber_id = :id", {"id": subscriber_id})
        for one in wanted:
            self._db.table("subscription").insert(
                {
                    "subscriber_id": subscriber_id,
                    "topics": json.dumps(one.topics),
                    "places": json.dumps(one.places),
                    "outlets": json.dumps(one.outlets),
                    "level": int(one.level),
                    "cadence": one.cadence,
                }
            )

    def wanted(self, subscriber_id: int) -> list[Subscription]:
        """Return what a subscriber wants, whatever its state."""
        found = rows(
            self._db,
            "SELECT id AS subscription_id, level AS wanted_level, subscription.* FROM subscription "
            "WHERE subscriber_id = :id ORDER BY id",
            {"id": subscriber_id},
        )
        choices = Members(self._db).choices([subscriber_id])
        return [_subscription(row, choices) for row in found]

    def all(self) -> list[Subscriber]:
        """Return everybody who was not removed."""
        return [
            subscriber_of(r)
            for r in rows(self._db, "SELECT * FROM subscriber WHERE state != 'removed' ORDER BY id")
        ]

    def get(self, subscriber_id: int) -> Subscriber | None:
        """Return a subscriber, removed or not."""
        row = first(self._db, "SELECT * FROM subscriber WHERE id = :id", {"id": subscriber_id})
        return subscriber_of(row) if row else None

    def at(self, kind: RecipientKind, address: str) -> Subscriber | None:
        """Return who reads at an address, removed or not."""
        row = first(
            self._db,
            "SELECT * FROM subscriber WHERE kind = :kind AND address = :address",
            {"kind": kind, "address": address},
        )
        return subscriber_of(row) if row else None

    def told_after(self, subscriber_id: int, most: int) -> list[int]:
        """Return the next subscribers who are told, or wait to be, in the order of their ids."""
        found = rows(
            self._db,
            "SELECT id FROM subscriber WHERE id > :after AND state IN ('active', 'degraded') ORDER BY id LIMIT :most",
            {"after": subscriber_id, "most": most},
        )
        return [row["id"] for row in found]

    def subscriptions(self, only: Sequence[int] | None = None) -> list[tuple[Subscriber, Subscription]]:
        """Return what everybody wants who is told, or waits to be; of ``only`` these."""
        found = rows(
            self._db,
            "SELECT subscription.id AS subscription_id, subscription.level AS wanted_level, subscriber.*, "
            "subscription.* FROM subscription JOIN subscriber ON subscriber.id = subscription.subscriber_id "
            "WHERE subscriber.state IN ('active', 'degraded') "
            "AND (:only IS NULL OR subscriber.id IN (SELECT value FROM json_each(:only))) "
            "ORDER BY subscription.id",
            {"only": None if only is None else json.dumps(only)},
        )
        choices = Members(self._db).choices(only)
        return [
            (subscriber_of(row | {"id": row["subscriber_id"]}), _subscription(row, choices)) for row in found
        ]

    def set_state(self, subscriber_id: int, state: SubscriberState) -> bool:
        """Suspend, revive or remove a subscriber; False when there is none."""
        done = self._db.execute(
            f"UPDATE subscriber SET {_STATE} WHERE id = :id",  # noqa: S608
            {"state": state, "id": subscriber_id},
        )
        return done.rowcount > 0

    def degrade(self, subscriber_id: int, now: datetime, until: datetime) -> None:
        """Write to a subscriber only now and then, next at ``until``: it lets us not."""
        self._db.execute(
            "UPDATE subscriber SET state = 'degraded', not_before = :until, "
            "degraded_at = coalesce(degraded_at, :now) WHERE id = :id",
            {"id": subscriber_id, "now": to_text(now), "until": to_text(until)},
        )

    def hold(self, subscriber_id: int, until: datetime) -> None:
        """Send a subscriber nothing before ``until``: its server asked for that."""
        self._db.execute(
            "UPDATE subscriber SET not_before = :until WHERE id = :id",
            {"until": to_text(until), "id": subscriber_id},
        )


def _settings(subscriber: Subscriber) -> dict[str, Any]:
    return {
        "state": subscriber.state,
        "language": subscriber.language,
        "timezone": subscriber.timezone,
        "digits": subscriber.digits,
        "from": subscriber.quiet_from.isoformat("minutes") if subscriber.quiet_from else None,
        "to": subscriber.quiet_to.isoformat("minutes") if subscriber.quiet_to else None,
        "mode": subscriber.quiet_mode,
        "critical": int(subscriber.quiet_critical),
        "title": subscriber.title,
    }


def subscriber_of(row: dict[str, Any]) -> Subscriber:
    """Return the subscriber of a row."""
    return Subscriber(
        kind=RecipientKind(row["kind"]),
        address=row["address"],
        created_at=from_text(row["created_at"]),
        state=SubscriberState(row["state"]),
        language=row["language"],
        timezone=row["timezone"],
        digits=row["digits"],
        quiet_from=time.fromisoformat(row["quiet_from"]) if row["quiet_from"] else None,
        quiet_to=time.fromisoformat(row["quiet_to"]) if row["quiet_to"] else None,
        quiet_mode=QuietMode(row["quiet_mode"]),
        quiet_critical=bool(row["quiet_critical"]),
        title=row["title"],
        degraded_at=from_text(row["degraded_at"]) if row["degraded_at"] else None,
        id=row["id"],
    )


def _subscription(row: dict[str, Any], choices: Mapping[int, Subscription]) -> Subscription:
    number = row["subscriber_id"]
    return replace(
        choices.get(number, Subscription(number)),
        topics=tuple(json.loads(row["topics"])),
        places=tuple(json.loads(row["places"])),
        outlets=tuple(json.loads(row["outlets"])),
        level=Level(row["wanted_level"]),
        cadence=row["cadence"],
        id=row["subscription_id"],
    )
