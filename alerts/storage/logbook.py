"""What operators must know, and what they did."""

import json
from datetime import datetime
from typing import Any

from crawler.database import Connection, rows, to_text


class Logbook:
    """Operator events and the audit trail, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def open_event(
        self,
        kind: str,
        subject: str,
        *,
        severity: str,
        cause: str,
        evidence: dict[str, Any],
        runbook: str,
        now: datetime,
    ) -> bool:
        """Tell operators of a condition; False when it is open already."""
        done = self._db.execute(
            "INSERT INTO event (kind, subject, severity, cause, evidence, opened_at, runbook) VALUES "
            "(:kind, :subject, :severity, :cause, :evidence, :now, :runbook) ON CONFLICT DO NOTHING",
            {
                "kind": kind,
                "subject": subject,
                "severity": severity,
                "cause": cause,
                "evidence": json.dumps({"v": 1} | evidence, ensure_ascii=False),
                "now": to_text(now),
                "runbook": runbook,
            },
        )
        return done.rowcount > 0

    def close_event(self, kind: str, subject: str, now: datetime) -> bool:
        """Say that a condition is over; False when none was open."""
        done = self._db.execute(
            "UPDATE event SET closed_at = :now WHERE kind = :kind AND subject = :subject AND closed_at IS NULL",
            {"kind": kind, "subject": subject, "now": to_text(now)},
        )
        return done.rowcount > 0

    def open_events(self) -> list[dict[str, Any]]:
        """Return the conditions that are open, oldest first."""
        return rows(self._db, "SELECT * FROM event WHERE closed_at IS NULL ORDER BY id")

    def audit(self, now: datetime, actor: str, action: str, subject: str, detail: str = "") -> None:
        """Keep who changed what by hand."""
        self._db.table("audit").insert(
            {"at": to_text(now), "actor": actor, "action": action, "subject": subject, "detail": detail}
        )
