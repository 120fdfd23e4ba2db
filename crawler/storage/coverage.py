"""What was looked at in a span of time, and what was not."""

from datetime import datetime, timedelta
from itertools import pairwise

from crawler.database import Connection, from_text, rows, to_text
from crawler.nouns import Coverage

SILENT = timedelta(days=2)  # an outlet that answers and lists nothing new for so long is silent
ASLEEP = timedelta(hours=1)  # without a single look: we were not watching


class Survey:
    """The archive's answers about its own sight, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def coverage(self, since: datetime, until: datetime) -> Coverage:
        """Return what was looked at after ``since`` and not after ``until``."""
        span = {"since": to_text(since), "until": to_text(until), "silent": to_text(until - SILENT)}
        outlets = rows(
            self._db,
            "SELECT source.outlet, max(coalesce(looked.ok, 0)) AS ok, "
            "max(coalesce(source.last_fresh, '')) AS fresh "
            "FROM source LEFT JOIN (SELECT source_id, max(outcome IN ('ok', 'unchanged')) AS ok FROM poll "
            # Rows stand in the order of their time: only those of the span are walked, from the end.
            "WHERE id > coalesce((SELECT id FROM poll WHERE started_at <= :since ORDER BY id DESC LIMIT 1), 0) "
            "AND started_at <= :until GROUP BY source_id) AS looked ON looked.source_id = source.id "
            "WHERE source.watched = 1 GROUP BY source.outlet ORDER BY source.outlet",
            span,
        )
        pages = rows(
            self._db,
            # One that is to be looked at again waits with its article: it was read.
            "SELECT count(DISTINCT article_id) AS read, "
            "count(*) FILTER (WHERE state = 'pending' AND article_id IS NULL) AS waiting, "
            "count(*) FILTER (WHERE state = 'given_up') AS given_up FROM entry "
            "WHERE id > coalesce((SELECT id FROM entry WHERE seen_at <= :since ORDER BY id DESC LIMIT 1), 0) "
            "AND seen_at <= :until",
            span,
        )[0]
        return Coverage(
            checked=sum(row["ok"] for row in outlets),
            failing=tuple(row["outlet"] for row in outlets if not row["ok"]),
            silent=tuple(row["outlet"] for row in outlets if row["ok"] and row["fresh"] <= span["silent"]),
            articles=pages["read"],
            waiting=pages["waiting"],
            given_up=pages["given_up"],
            asleep=self._asleep(since, until),
        )

    def _asleep(self, since: datetime, until: datetime) -> tuple[tuple[datetime, datetime], ...]:
        looks = rows(
            self._db,
            "SELECT started_at FROM poll "
            "WHERE id > coalesce((SELECT id FROM poll WHERE started_at <= :since ORDER BY id DESC LIMIT 1), 0) "
            "AND started_at <= :until ORDER BY started_at",
            {"since": to_text(since), "until": to_text(until)},
        )
        moments = [since, *(from_text(row["started_at"]) for row in looks), until]
        return tuple((one, other) for one, other in pairwise(moments) if other - one > ASLEEP)
