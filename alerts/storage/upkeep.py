"""What was done to keep the archive safe, and what may be thrown away."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawler.database import Connection, first, from_text, to_text


@dataclass(frozen=True, slots=True)
class Done:
    """The last time something was done, and what came of it."""

    at: datetime
    detail: Mapping[str, Any]


class Upkeep:
    """Backups, drills and prunings, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def note(self, kind: str, at: datetime, detail: Mapping[str, Any]) -> None:
        """Keep that something was done: "backup", "drill", "drill_failed" or "prune"."""
        self._db.table("upkeep").insert(
            {"kind": kind, "at": to_text(at), "detail": json.dumps({"v": 1, **detail}, ensure_ascii=False)}
        )

    def alive(self, at: datetime) -> None:
        """Keep that the archive could be written just now: one row, so that a full disk is found by it."""
        done = self._db.execute("UPDATE upkeep SET at = :at WHERE kind = 'alive'", {"at": to_text(at)})
        if not done.rowcount:
            self.note("alive", at, {})

    def last(self, kind: str) -> Done | None:
        """Return when something was last done."""
        row = first(
            self._db, "SELECT * FROM upkeep WHERE kind = :kind ORDER BY at DESC LIMIT 1", {"kind": kind}
        )
        return Done(from_text(row["at"]), json.loads(row["detail"])) if row else None

    def counted(self, name: str) -> dict[str, int] | None:
        """Return the rows that were counted when the backup file of that name was made; None where nobody knows."""
        row = first(
            self._db,
            "SELECT detail FROM upkeep WHERE kind = 'backup' AND '/' || (detail ->> '$.file') LIKE '%/' || :name "
            "ORDER BY at DESC LIMIT 1",
            {"name": name},
        )
        return dict(json.loads(row["detail"])["counts"]) if row else None

    def prune(self, before: datetime, most: int) -> int:
        """Forget the bodies of up to ``most`` articles read before then that no rule ever flagged; returns how many.

        Title, address and hash stay: an article that comes again is known again.
        """
        return self._db.execute(
            "UPDATE article SET body = '' WHERE id IN (SELECT article.id FROM article "
            "LEFT JOIN flag ON flag.article_id = article.id "
            "WHERE first_seen < :before AND body != '' AND flag.id IS NULL LIMIT :most)",
            {"before": to_text(before), "most": most},
        ).rowcount
