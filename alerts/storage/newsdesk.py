"""Flags and stories, and how far each reader of the archive has come."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import cattrs

from alerts.nouns import Flag, Level, Story, Verdict
from crawler.database import Connection, first, from_text, rows, to_text
from crawler.nouns import Article
from crawler.storage import content_hash

VERDICT_VERSION = 1
REGROUPED = "stories.changed"  # a cursor that counts what operators did: whoever holds a desk restores it
_json = cattrs.Converter()


@dataclass(frozen=True, slots=True)
class Placed:
    """A flagged article in its story, as the placing decision sees it."""

    article: int
    story: int
    fingerprint: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The text of an article as it stood when it was flagged."""

    taken_at: datetime
    hash: str  # SHA-256 of title, NUL, body
    title: str
    body: str


class Newsdesk:
    """What was flagged and the stories that it makes, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # Cursors

    def cursor(self, name: str) -> int:
        """Return how far a reader of the archive has come."""
        row = first(self._db, "SELECT seq FROM cursor WHERE name = :name", {"name": name})
        return int(row["seq"]) if row else 0

    def advance(self, name: str, seq: int) -> None:
        """Move a reader on."""
        self._db.execute(
            "INSERT INTO cursor (name, seq) VALUES (:name, :seq) ON CONFLICT (name) DO UPDATE SET seq = :seq",
            {"name": name, "seq": seq},
        )

    # Flags

    def keep_flag(self, flag: Flag) -> int:
        """Keep an article's newest verdict; returns the flag's id, the same for all verdicts on one article."""
        verdict = json.dumps({"v": VERDICT_VERSION} | _json.unstructure(flag.verdict), ensure_ascii=False)
        return _id(
            self._db,
            "INSERT INTO flag (article_id, flagged_at, ruleset, level, score, verdict) "
            "VALUES (:article, :at, :ruleset, :level, :score, :verdict) ON CONFLICT (article_id) DO UPDATE SET "
            "flagged_at = :at, ruleset = :ruleset, level = :level, score = :score, verdict = :verdict RETURNING id",
            {
                "article": flag.article,
                "at": to_text(flag.flagged_at),
                "ruleset": flag.verdict.ruleset,
                "level": flag.verdict.level,
                "score": flag.verdict.score,
                "verdict": verdict,
            },
        )

    def flag_of(self, article_id: int) -> Flag | None:
        """Return what the rules said of an article, if they said anything."""
        row = first(self._db, "SELECT * FROM flag WHERE article_id = :id", {"id": article_id})
        return _flag(row) if row else None

    def flagged_since(self, moment: str) -> list[int]:
        """Return the ids of articles flagged since then (ISO 8601 text; empty: ever), oldest first."""
        found = rows(
            self._db,
            "SELECT article_id FROM flag WHERE flagged_at >= :moment ORDER BY flagged_at, id",
            {"moment": moment},
        )
        return [row["article_id"] for row in found]

    def keep_snapshot(self, article: Article, now: datetime) -> None:
        """Keep the text of a flagged article as it stands now, once a text."""
        self._db.execute(
            "INSERT INTO snapshot (article_id, taken_at, hash, title, body) "
            "VALUES (:article, :now, :hash, :title, :body) ON CONFLICT DO NOTHING",
            {
                "article": article.id,
                "now": to_text(now),
                "hash": content_hash(article.title, article.body),
                "title": article.title,
                "body": article.body,
            },
        )

    def snapshots(self, article_id: int) -> list[Snapshot]:
        """Return the texts that were kept of an article, oldest first."""
        found = rows(
            self._db, "SELECT * FROM snapshot WHERE article_id = :id ORDER BY id", {"id": article_id}
        )
        return [Snapshot(from_text(row["taken_at"]), row["hash"], row["title"], row["body"]) for row in found]

    # Stories

    def placed_since(self, moment: datetime) -> list[Placed]:
        """Return the flagged articles placed since ``moment``, oldest first."""
        found = rows(
            self._db,
            "SELECT * FROM story_article WHERE placed_at >= :moment ORDER BY placed_at, article_id",
            {"moment": to_text(moment)},
        )
        return [_placed(row) for row in found]

    def placed_in(self, story_id: int) -> list[Placed]:
        """Return the articles of a story in the order they were placed."""
        found = rows(
            self._db,
            "SELECT * FROM story_article WHERE story_id = :id ORDER BY placed_at, article_id",
            {"id": story_id},
        )
        return [_placed(row) for row in found]

    def open_story(self, story: Story) -> int:
        """Keep a new story and return its id; its articles are placed one by one."""
        return _id(
            self._db,
            "INSERT INTO story (opened_at, last_at, title, topics, places, level, voices) "
            "VALUES (:opened, :last, :title, :topics, :places, :level, :voices) RETURNING id",
            _story_row(story),
        )

    def change_story(self, story: Story) -> None:
        """Keep what a story is now, and that its articles are in it."""
        self._db.execute(
            "UPDATE story SET opened_at = :opened, last_at = :last, title = :title, topics = :topics, "
            "places = :places, level = :level, voices = :voices WHERE id = :id",
            _story_row(story) | {"id": story.id},
        )
        self._db.execute(
            "UPDATE story_article SET story_id = :id WHERE article_id IN (SELECT value FROM json_each(:articles)) "
            "AND story_id IS NOT :id",
            {"id": story.id, "articles": json.dumps(story.articles)},
        )

    def place(self, article: int, at: datetime, fingerprint: dict[str, Any], why: str) -> None:
        """Keep what an article looks like to stories, and why it was placed; ``change_story`` says where."""
        self._db.execute(
            "INSERT INTO story_article (article_id, placed_at, fingerprint, why) "
            "VALUES (:article, :at, :fingerprint, :why) ON CONFLICT (article_id) DO UPDATE SET "
            "fingerprint = :fingerprint, why = :why",
            {
                "article": article,
                "at": to_text(at),
                "fingerprint": json.dumps(fingerprint, ensure_ascii=False),
                "why": why,
            },
        )

    def merge(self, story: int, into: int) -> None:
        """Let a story go on under another one: what was told of it counts as told of that."""
        self._db.execute(
            "UPDATE story SET merged_into = :into WHERE id = :id OR merged_into = :id",
            {"into": into, "id": story},
        )

    def split(self, story: int, parent: int) -> None:
        """Let a story be one that left another: what was told of that one counts as told of it."""
        self._db.execute(
            "UPDATE story SET split_from = :parent WHERE id = :id", {"parent": parent, "id": story}
        )

    def rule(self, story: int) -> None:
        """Keep that an operator put the articles of a story together: no evidence parts or joins them again."""
        self._db.execute(
            "UPDATE story_article SET fingerprint = json_set(fingerprint, '$.ruled', story_id) "
            "WHERE story_id = :id",
            {"id": story},
        )
        self.advance(REGROUPED, self.cursor(REGROUPED) + 1)

    def merged_into(self, story: int) -> int | None:
        """Return the story that a story goes on under, if it does."""
        row = first(self._db, "SELECT merged_into FROM story WHERE id = :id", {"id": story})
        return row["merged_into"] if row else None

    def story(self, story_id: int) -> Story | None:
        """Return a story with the ids of its articles in the order they were placed."""
        row = first(self._db, "SELECT * FROM story WHERE id = :id", {"id": story_id})
        if row is None:
            return None
        members = rows(
            self._db,
            "SELECT article_id FROM story_article WHERE story_id = :id ORDER BY placed_at, article_id",
            {"id": story_id},
        )
        return _story(row, tuple(member["article_id"] for member in members))

    def story_of(self, article_id: int) -> Story | None:
        """Return the story an article was placed in."""
        row = first(self._db, "SELECT story_id FROM story_article WHERE article_id = :id", {"id": article_id})
        return self.story(row["story_id"]) if row else None

    def why_placed(self, article_id: int) -> str:
        """Return the gates and distances that put an article where it is."""
        row = first(self._db, "SELECT why FROM story_article WHERE article_id = :id", {"id": article_id})
        return row["why"] if row else ""

    def counts(self) -> dict[str, int]:
        """Return how many rows there are of each."""
        return rows(
            self._db,
            "SELECT (SELECT count(*) FROM flag) AS flags, (SELECT count(*) FROM story) AS stories, "
            "(SELECT count(*) FROM alert) AS alerts",
        )[0]


def _id(connection: Connection, sql: str, params: dict[str, Any]) -> int:
    return int(rows(connection, sql, params)[0]["id"])


def _flag(row: dict[str, Any]) -> Flag:
    verdict = json.loads(row["verdict"])
    del verdict["v"]
    return Flag(row["article_id"], from_text(row["flagged_at"]), _json.structure(verdict, Verdict), row["id"])


def _placed(row: dict[str, Any]) -> Placed:
    return Placed(row["article_id"], row["story_id"], json.loads(row["fingerprint"]))


def _story_row(story: Story) -> dict[str, Any]:
    return {
        "opened": to_text(story.opened_at),
        "last": to_text(story.last_at),
        "title": story.title,
        "topics": json.dumps(story.topics),
        "places": json.dumps(story.places),
        "level": story.level,
        "voices": story.voices,
    }


def _story(row: dict[str, Any], articles: tuple[int, ...]) -> Story:
    return Story(
        opened_at=from_text(row["opened_at"]),
        last_at=from_text(row["last_at"]),
        title=row["title"],
        topics=tuple(json.loads(row["topics"])),
        places=tuple(json.loads(row["places"])),
        level=Level(row["level"]),
        articles=articles,
        voices=row["voices"],
        id=row["id"],
    )
