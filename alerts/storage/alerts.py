"""Alerts: what was decided to be said, and how far each was queued."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import cattrs

from alerts.nouns import Alert, AlertKind, Hold, Level, Reason
from alerts.planning import Told
from crawler.database import Connection, first, from_text, rows, to_text

_json = cattrs.Converter()


class Alerts:
    """What is said of stories, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def keep(self, alert: Alert, knew: Iterable[int]) -> int:
        """Keep an alert with the articles it knew, and return its id."""
        found = rows(
            self._db,
            "INSERT INTO alert (story_id, version, kind, level, created_at, article_id, reason, hold, facts) "
            "VALUES (:story, :version, :kind, :level, :at, :article, :reason, :hold, :facts) RETURNING id",
            {
                "story": alert.story,
                "version": alert.version,
                "kind": alert.kind,
                "level": alert.level,
                "at": to_text(alert.created_at),
                "article": alert.article,
                "reason": json.dumps(_json.unstructure(alert.reasons), ensure_ascii=False),
                "hold": alert.hold,
                "facts": json.dumps({"v": 1, "knew": sorted(knew), "stories": alert.stories}),
            },
        )
        return int(found[0]["id"])

    def recall(self, alert_id: int, reason: str, now: datetime) -> None:
        """Keep that an alert was taken back, and why."""
        self._db.execute(
            "UPDATE alert SET recalled_at = :now, recall_reason = :reason WHERE id = :id",
            {"id": alert_id, "reason": reason, "now": to_text(now)},
        )

    def fanned_out(self, alert_id: int, after: int | None) -> None:
        """Keep up to which subscriber an alert was queued; None: for all."""
        self._db.execute(
            "UPDATE alert SET fan_after = :after WHERE id = :id", {"id": alert_id, "after": after}
        )

    def half_told(self) -> tuple[Alert, int] | None:
        """Return the most urgent alert that was not yet queued for everybody, and up to whom it was."""
        row = first(
            self._db,
            "SELECT * FROM alert WHERE fan_after IS NOT NULL AND recalled_at IS NULL ORDER BY level DESC, id LIMIT 1",
        )
        return (_alert(row), row["fan_after"]) if row else None

    def told(self, story_id: int) -> list[Told]:
        """Return what was said of a story, of those merged into it and of the one it was split from; oldest first."""
        found = rows(
            self._db,
            "SELECT alert.* FROM alert JOIN story ON story.id = story_id "
            "WHERE story.id IN (SELECT value FROM json_each(:ids)) "
            "OR story.merged_into IN (SELECT value FROM json_each(:ids)) ORDER BY alert.id",
            {"ids": json.dumps([story_id, *self._split_from(story_id)])},
        )
        return [Told(_alert(row), frozenset(json.loads(row["facts"])["knew"])) for row in found]

    def get(self, alert_id: int) -> Alert | None:
        """Return an alert by its id."""
        row = first(self._db, "SELECT * FROM alert WHERE id = :id", {"id": alert_id})
        return _alert(row) if row else None

    def of(self, story_id: int) -> list[Alert]:
        """Return what was said of a story, oldest first."""
        found = rows(self._db, "SELECT * FROM alert WHERE story_id = :id ORDER BY version", {"id": story_id})
        return [_alert(row) for row in found]

    def since(self, since: datetime, most: int) -> list[Alert]:
        """Return the newest alerts since a moment, newest first."""
        found = rows(
            self._db,
            "SELECT * FROM alert WHERE created_at >= :since ORDER BY id DESC LIMIT :most",
            {"since": to_text(since), "most": most},
        )
        return [_alert(row) for row in found]

    def _split_from(self, story: int) -> list[int]:
        found = rows(
            self._db,
            "WITH RECURSIVE origin (id) AS (SELECT split_from FROM story WHERE id = :id "
            "UNION SELECT story.split_from FROM story JOIN origin ON story.id = origin.id) "
            "SELECT id FROM origin WHERE id IS NOT NULL",
            {"id": story},
        )
        return [row["id"] for row in found]


def _alert(row: dict[str, Any]) -> Alert:
    return Alert(
        story=row["story_id"],
        version=row["version"],
        kind=AlertKind(row["kind"]),
        level=Level(row["level"]),
        created_at=from_text(row["created_at"]),
        article=row["article_id"],
        reasons=tuple(_json.structure(json.loads(row["reason"]), list[Reason])),
        hold=Hold(row["hold"]),
        stories=tuple(json.loads(row["facts"]).get("stories", ())),
        recalled_at=from_text(row["recalled_at"]) if row["recalled_at"] else None,
        recall_reason=row["recall_reason"],
        id=row["id"],
    )
