"""What operators and their dashboards ask of the crawler's rows, in figures."""

from datetime import datetime

from crawler.database import Connection, from_text, rows, to_text


class Figures:
    """Counts and ages, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def done_since(self, moment: datetime) -> dict[str, int]:
        """Return what was done since ``moment``, for a person: polls, and articles that came new."""
        (found,) = rows(
            self._db,
            "SELECT (SELECT count(*) FROM poll WHERE started_at > :since) AS polls, "
            "(SELECT count(*) FROM article WHERE first_seen > :since) AS articles",
            {"since": to_text(moment)},
        )
        return found

    def outlets(self) -> dict[str, tuple[str, str]]:
        """Return when each watched outlet was last read, and when it last listed something new; empty: never."""
        found = rows(
            self._db,
            "SELECT outlet, coalesce(max(last_ok), '') AS ok, coalesce(max(last_fresh), '') AS fresh "
            "FROM source WHERE watched = 1 GROUP BY outlet ORDER BY outlet",
        )
        return {row["outlet"]: (row["ok"], row["fresh"]) for row in found}

    def newest_time(self) -> datetime | None:
        """Return the latest moment that a poll wrote: what the clock must not be behind."""
        latest = rows(
            self._db, "SELECT max(started_at) AS at FROM poll WHERE id > (SELECT max(id) - 100 FROM poll)"
        )
        return from_text(latest[0]["at"]) if latest[0]["at"] else None

    def last_article(self) -> datetime | None:
        """Return when the last article came."""
        found = rows(self._db, "SELECT first_seen AS at FROM article ORDER BY id DESC LIMIT 1")
        return from_text(found[0]["at"]) if found else None

    def newest_article(self) -> int:
        """Return the archive's newest sequence number: where a reader of it should be."""
        return int(rows(self._db, "SELECT coalesce(max(seq), 0) AS seq FROM article")[0]["seq"])
