"""What operators and their dashboards ask of the crawler's rows, in figures."""

from datetime import datetime

from crawler.database import Connection, rows, to_text


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
