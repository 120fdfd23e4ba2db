"""What people say of articles: the ground on which rules are measured and the opinion is taught."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from alerts.matching.trials import Fired, Labelled, Text
from alerts.nouns import Finding
from crawler.database import Connection, rows, to_text

# The newest word of each reader on an article, summed: above 0 more found it useful than not.
_SAID = """SELECT alert.article_id, sum(CASE feedback.verdict WHEN 'useful' THEN 1 ELSE -1 END) AS said
FROM feedback JOIN alert ON alert.id = alert_id GROUP BY alert.article_id"""


class Labels:
    """Labels of articles, imported lessons and near misses, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def judge(
        self, article_id: int, topics: Iterable[str], places: Iterable[str], *, by: str, now: datetime
    ) -> None:
        """Keep what an operator says of an article; no topics: nothing to tell. The newest word counts."""
        self._db.execute(
            "INSERT INTO label (article_id, topics, places, judged_by, judged_at) "
            "VALUES (:article, :topics, :places, :by, :now) ON CONFLICT (article_id) DO UPDATE SET "
            "topics = :topics, places = :places, judged_by = :by, judged_at = :now",
            {
                "article": article_id,
                "topics": json.dumps(sorted(topics)),
                "places": json.dumps(sorted(places)),
                "by": by,
                "now": to_text(now),
            },
        )

    def take_in(self, items: Iterable[Labelled], now: datetime) -> int:
        """Keep labelled texts that came from elsewhere, by their id; returns how many."""
        taken = 0
        for item in items:
            self._db.execute(
                "INSERT INTO lesson (id, title, body, topics, places, borderline, taken_at) VALUES "
                "(:id, :title, :body, :topics, :places, :borderline, :now) ON CONFLICT (id) DO UPDATE SET "
                "title = :title, body = :body, topics = :topics, places = :places, borderline = :borderline",
                {
                    "id": item.text.id,
                    "title": item.text.title,
                    "body": item.text.body,
                    "topics": json.dumps(sorted(item.topics)),
                    "places": json.dumps(sorted(item.places)),
                    "borderline": item.borderline,
                    "now": to_text(now),
                },
            )
            taken += 1
        return taken

    def labelled(self) -> Iterator[Labelled]:
        """All labelled texts: operators' words, then readers' on other articles, then what was taken in."""
        for row in rows(
            self._db,
            "SELECT article.id, title, body, topics, places FROM label JOIN article ON article.id = article_id",
        ):
            yield _labelled(row)
        for row in rows(
            self._db,
            f"SELECT article.id, title, body, said, verdict FROM ({_SAID}) JOIN article ON article.id = article_id "  # noqa: S608
            "JOIN flag USING (article_id) WHERE said != 0 AND article_id NOT IN (SELECT article_id FROM label)",
        ):
            verdict = json.loads(row["verdict"]) if row["said"] > 0 else {"topics": [], "places": []}
            yield _labelled(row | {key: json.dumps(verdict[key]) for key in ("topics", "places")})
        for row in rows(self._db, "SELECT * FROM lesson"):
            yield _labelled(row)

    def fired(self, since: datetime) -> Iterator[Fired]:
        """Each finding on an article flagged since then, and whether people found it right (None: nobody said)."""
        found = rows(
            self._db,
            "SELECT flag.verdict, label.topics AS label, said FROM flag LEFT JOIN label USING (article_id) "  # noqa: S608
            f"LEFT JOIN ({_SAID}) USING (article_id) WHERE flagged_at >= :since",
            {"since": to_text(since)},
        )
        for row in found:
            verdict = json.loads(row["verdict"])
            for finding in verdict["findings"]:
                yield Fired(
                    finding["rule"], finding["topic"], tuple(verdict["places"]), _right(row, finding["topic"])
                )

    def keep_near_misses(
        self, article_id: int, misses: Iterable[Finding], *, ruleset: str, now: datetime
    ) -> None:
        """Keep rules that held for an article but for their threshold: for tuning."""
        self._db.execute("DELETE FROM near_miss WHERE article_id = :article", {"article": article_id})
        for miss in misses:
            self._db.execute(
                "INSERT INTO near_miss (article_id, rule, score, why, ruleset, seen_at) "
                "VALUES (:article, :rule, :score, :why, :ruleset, :now)",
                {
                    "article": article_id,
                    "rule": miss.rule,
                    "score": miss.score,
                    "why": miss.why,
                    "ruleset": ruleset,
                    "now": to_text(now),
                },
            )

    def near_misses(self, since: datetime, most: int) -> list[dict[str, Any]]:
        """Return the newest near misses on articles that were not flagged: rule, score, why, title, url."""
        return rows(
            self._db,
            "SELECT rule, score, why, title, url FROM near_miss JOIN article ON article.id = article_id "
            "WHERE seen_at >= :since ORDER BY seen_at DESC, near_miss.rowid DESC LIMIT :most",
            {"since": to_text(since), "most": most},
        )


def _right(row: dict[str, Any], topic: str) -> bool | None:
    if row["label"] is not None:
        return topic in json.loads(row["label"])
    return row["said"] > 0 if row["said"] else None


def _labelled(row: dict[str, Any]) -> Labelled:
    return Labelled(
        Text(str(row["id"]), row["title"], row["body"]),
        frozenset(json.loads(row["topics"])),
        frozenset(json.loads(row["places"])),
        bool(row.get("borderline", False)),
    )
