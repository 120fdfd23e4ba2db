"""Who operators are, what they were told, and what they silenced."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from alerts.nouns import Cargo, Level, Subscriber, SubscriberState
from alerts.operators.nouns import Bulletin, BulletinKind, Event, Severity, Silence
from alerts.operators.routing import ToldEvent
from alerts.storage.deliveries import Deliveries
from alerts.storage.logbook import Logbook
from alerts.storage.subscribers import subscriber_of
from alerts.wanting import CHANNEL_OF
from crawler.database import Connection, first, from_text, rows, to_text

# Who is suspended is told once it is back: of what is open then, not of days that are over.
REACHABLE = frozenset({SubscriberState.ACTIVE, SubscriberState.DEGRADED})


class Bulletins:
    """Bulletins to operators, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # Operators

    def appoint(self, subscriber_id: int, now: datetime) -> bool:
        """Send bulletins to a subscriber from now on; False when it gets them already."""
        done = self._db.execute(
            "INSERT INTO operator (subscriber_id, since) VALUES (:id, :now) ON CONFLICT DO NOTHING",
            {"id": subscriber_id, "now": to_text(now)},
        )
        return done.rowcount > 0

    def dismiss(self, subscriber_id: int) -> bool:
        """Send a subscriber no more bulletins; False when it got none."""
        done = self._db.execute("DELETE FROM operator WHERE subscriber_id = :id", {"id": subscriber_id})
        return done.rowcount > 0

    def operators(self) -> list[Subscriber]:
        """Return whom bulletins go to."""
        found = rows(
            self._db,
            "SELECT subscriber.* FROM operator JOIN subscriber ON subscriber.id = subscriber_id "
            "WHERE state NOT IN ('removed', 'pending') ORDER BY subscriber_id",
        )
        return [subscriber_of(row) for row in found]

    def reachable(self) -> list[Subscriber]:
        """Return those operators whom a bulletin can reach, now or within days."""
        return [one for one in self.operators() if one.state in REACHABLE]

    # What they are told

    def untold(self) -> list[Event]:
        """Return the events that may need a word: those open, and those that ended after they were told of."""
        numbers = rows(
            self._db,
            "SELECT id FROM event WHERE closed_at IS NULL UNION "
            "SELECT event.id FROM event JOIN bulletin_event ON event_id = event.id WHERE closed_at IS NOT NULL "
            "AND NOT EXISTS (SELECT 1 FROM bulletin_event AS said JOIN bulletin ON bulletin.id = said.bulletin_id "
            "WHERE said.event_id = event.id AND kind = 'closed') ORDER BY 1",
        )
        logbook = Logbook(self._db)
        return [event for row in numbers if (event := logbook.event(row["id"]))]

    def told(self, events: Sequence[Event]) -> dict[int, ToldEvent]:
        """Return what operators were told of events, by number; of the others, nothing."""
        found = rows(
            self._db,
            "SELECT event_id, max(kind = 'closed') AS closed, max(created_at) AS last FROM bulletin_event "
            "JOIN bulletin ON bulletin.id = bulletin_id "
            "WHERE event_id IN (SELECT value FROM json_each(:ids)) GROUP BY event_id",
            {"ids": json.dumps([event.id for event in events])},
        )
        return {
            row["event_id"]: ToldEvent(opened=True, closed=bool(row["closed"]), last=from_text(row["last"]))
            for row in found
        }

    def was_issued(self, key: str) -> bool:
        """Whether a bulletin with that key was told before."""
        return first(self._db, "SELECT 1 FROM bulletin WHERE key = :key", {"key": key}) is not None

    def issue(self, bulletin: Bulletin, to: Iterable[Subscriber]) -> int:
        """Keep a bulletin, queued for whom of ``to`` it can reach; returns its number, 0: its key was told before."""
        made = rows(
            self._db,
            "INSERT INTO bulletin (kind, created_at, text, key) VALUES (:kind, :at, :text, :key) "
            "ON CONFLICT DO NOTHING RETURNING id",
            {
                "kind": bulletin.kind,
                "at": to_text(bulletin.created_at),
                "text": bulletin.text,
                "key": bulletin.key or None,
            },
        )
        if not made:
            return 0
        number = int(made[0]["id"])
        for event in bulletin.events:
            self._db.table("bulletin_event").insert({"bulletin_id": number, "event_id": event.id})
        paged = any(event.severity is Severity.PAGE for event in bulletin.events)
        level = Level.CRITICAL if paged else Level.NOTICE
        for one in to:
            if one.state not in REACHABLE:
                continue
            Deliveries(self._db).queue(
                Cargo.BULLETIN, number, one.id, CHANNEL_OF[one.kind], level, bulletin.created_at
            )
        return number

    def bulletin(self, number: int) -> Bulletin | None:
        """Return a bulletin with its events as they are now."""
        row = first(self._db, "SELECT * FROM bulletin WHERE id = :id", {"id": number})
        if row is None:
            return None
        found = rows(
            self._db,
            "SELECT event_id FROM bulletin_event WHERE bulletin_id = :id ORDER BY event_id",
            {"id": number},
        )
        logbook = Logbook(self._db)
        events = tuple(event for each in found if (event := logbook.event(each["event_id"])))
        return Bulletin(
            BulletinKind(row["kind"]),
            from_text(row["created_at"]),
            events,
            row["text"],
            row["key"] or "",
            number,
        )

    # Silences

    def silence(self, silence: Silence, now: datetime) -> int:
        """Keep a silence; returns its number."""
        made = rows(
            self._db,
            "INSERT INTO silence (kind, subject, since, until, author, reason) "
            "VALUES (:kind, :subject, :now, :until, :author, :reason) RETURNING id",
            {
                "kind": silence.kind,
                "subject": silence.subject,
                "now": to_text(now),
                "until": to_text(silence.until),
                "author": silence.author,
                "reason": silence.reason,
            },
        )
        return int(made[0]["id"])

    def end_silence(self, number: int, now: datetime) -> bool:
        """Listen again; False when no such silence is in force."""
        done = self._db.execute(
            "UPDATE silence SET until = :now WHERE id = :id AND until > :now",
            {"id": number, "now": to_text(now)},
        )
        return done.rowcount > 0

    def silences(self, now: datetime) -> list[Silence]:
        """Return the silences in force, the first to end first."""
        found = rows(
            self._db, "SELECT * FROM silence WHERE until > :now ORDER BY until", {"now": to_text(now)}
        )
        return [_silence(row) for row in found]


def _silence(row: dict[str, Any]) -> Silence:
    return Silence(
        row["kind"], row["subject"], from_text(row["until"]), row["author"], row["reason"], row["id"]
    )
