"""What operators must know, and what they did."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.operators.nouns import EVENTS, Event
from crawler.database import Connection, first, from_text, rows, to_text


class Logbook:
    """Operator events and the audit trail, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def open_event(
        self, kind: str, subject: str, *, cause: str, now: datetime, evidence: Mapping[str, Any] | None = None
    ) -> bool:
        """Tell operators of a condition; False when it is open already.

        Args:
            kind: one of ``alerts.operators.nouns.EVENTS``, which says how urgent it is.
            subject: what it is about; with the kind it names the condition.
            cause: a sentence for a person.
            now: the moment.
            evidence: figures that go with it, as JSON values.

        Raises:
            KeyError: there is no such kind; it would have no runbook.
        """
        EVENTS[kind]
        done = self._db.execute(
            "INSERT INTO event (kind, subject, cause, evidence, opened_at) VALUES "
            "(:kind, :subject, :cause, :evidence, :now) ON CONFLICT DO NOTHING",
            {
                "kind": kind,
                "subject": subject,
                "cause": cause,
                "evidence": _evidence(evidence),
                "now": to_text(now),
            },
        )
        return done.rowcount > 0

    def restate(
        self, kind: str, subject: str, *, cause: str, evidence: Mapping[str, Any] | None = None
    ) -> None:
        """Say what an open condition has come to."""
        self._db.execute(
            "UPDATE event SET cause = :cause, evidence = :evidence "
            "WHERE kind = :kind AND subject = :subject AND closed_at IS NULL",
            {"kind": kind, "subject": subject, "cause": cause, "evidence": _evidence(evidence)},
        )

    def close_event(self, kind: str, subject: str, now: datetime) -> bool:
        """Say that a condition is over; False when none was open."""
        done = self._db.execute(
            "UPDATE event SET closed_at = :now WHERE kind = :kind AND subject = :subject AND closed_at IS NULL",
            {"kind": kind, "subject": subject, "now": to_text(now)},
        )
        return done.rowcount > 0

    def open_events(self) -> list[Event]:
        """Return the conditions that are open, oldest first."""
        return [
            _event(row) for row in rows(self._db, "SELECT * FROM event WHERE closed_at IS NULL ORDER BY id")
        ]

    def recent_events(self, most: int) -> list[Event]:
        """Return the newest conditions, open or over, newest first."""
        found = rows(self._db, "SELECT * FROM event ORDER BY id DESC LIMIT :most", {"most": most})
        return [_event(row) for row in found]

    def event(self, event_id: int) -> Event | None:
        """Return a condition by its number."""
        row = first(self._db, "SELECT * FROM event WHERE id = :id", {"id": event_id})
        return _event(row) if row else None

    def acknowledge(self, event_id: int, who: str) -> bool:
        """Keep that somebody knows of a condition; False when it is over, or there is none."""
        done = self._db.execute(
            "UPDATE event SET acknowledged_by = :who WHERE id = :id AND closed_at IS NULL",
            {"id": event_id, "who": who},
        )
        return done.rowcount > 0

    def audit(self, now: datetime, actor: str, action: str, subject: str, detail: str = "") -> None:
        """Keep who changed what by hand."""
        self._db.table("audit").insert(
            {"at": to_text(now), "actor": actor, "action": action, "subject": subject, "detail": detail}
        )

    def audited(self, most: int) -> list[dict[str, Any]]:
        """Return what was changed by hand, newest first: at, actor, action, subject, detail."""
        return rows(self._db, "SELECT * FROM audit ORDER BY id DESC LIMIT :most", {"most": most})


def _evidence(evidence: Mapping[str, Any] | None) -> str:
    return json.dumps({"v": 1, **(evidence or {})}, ensure_ascii=False)


def _event(row: dict[str, Any]) -> Event:
    evidence = json.loads(row["evidence"])
    evidence.pop("v", None)
    return Event(
        kind=row["kind"],
        subject=row["subject"],
        cause=row["cause"],
        opened_at=from_text(row["opened_at"]),
        evidence=evidence,
        closed_at=from_text(row["closed_at"]) if row["closed_at"] else None,
        acknowledged_by=row["acknowledged_by"],
        id=row["id"],
    )
