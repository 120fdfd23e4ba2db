"""What operators and their dashboards ask of the outbox's and the events' rows, in figures."""

from datetime import datetime
from typing import Any

from alerts.storage.deliveries import MAY_GO, OPEN
from crawler.database import Connection, from_text, rows, to_text


class DeskFigures:
    """Counts and ages, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def deliveries(self) -> list[tuple[str, str, int]]:
        """Return (channel, state, how many) of all deliveries."""
        found = rows(self._db, "SELECT channel, state, count(*) AS n FROM delivery GROUP BY channel, state")
        return [(row["channel"], row["state"], row["n"]) for row in found]

    def oldest_waiting(self, now: datetime) -> list[tuple[str, int, float]]:
        """Return (channel, level, seconds that the oldest delivery waits) of what could be sent now, and is not.

        What waits because its own recipient's server says so (rights taken, a limit, a full mailbox) is no sign of
        ours; nor what goes to somebody who is not told any more.
        """
        found = rows(
            self._db,
            "SELECT channel, level, min(delivery.created_at) AS oldest FROM delivery "  # noqa: S608
            "JOIN subscriber ON subscriber.id = subscriber_id "
            f"WHERE delivery.state IN {OPEN} AND delivery.state != 'held' AND due <= :now AND {MAY_GO} "
            "AND subscriber.state != 'degraded' AND not_before <= :now GROUP BY channel, level",
            {"now": to_text(now)},
        )
        return [
            (row["channel"], row["level"], (now - from_text(row["oldest"])).total_seconds()) for row in found
        ]

    def last_done(self) -> tuple[datetime | None, datetime | None]:
        """Return when the last alert was made, and when readers last got a message (operators' do not count)."""
        (found,) = rows(
            self._db,
            "SELECT (SELECT created_at FROM alert ORDER BY id DESC LIMIT 1) AS alert, "
            "(SELECT max(sent_at) FROM (SELECT sent_at FROM delivery WHERE state = 'sent' AND bulletin_id IS NULL "
            # Not all of them: what was sent last was queued lately.
            "ORDER BY id DESC LIMIT 1000)) AS sent",
        )
        return _moment(found["alert"]), _moment(found["sent"])

    def open_events(self) -> list[dict[str, Any]]:
        """Return kind and n of the events that are open."""
        return rows(self._db, "SELECT kind, count(*) AS n FROM event WHERE closed_at IS NULL GROUP BY kind")


def _moment(text: str | None) -> datetime | None:
    return from_text(text) if text else None
