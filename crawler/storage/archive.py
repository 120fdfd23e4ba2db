"""The archive: articles and their earlier texts."""

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from typing import Any

from crawler.database import Connection, first, from_text, rows, to_text
from crawler.nouns import Article, Precision, Revision, Stamp
from crawler.urls import url_key


class Kept(StrEnum):
    """What keeping an article changed."""

    NEW = "new"
    REVISED = "revised"
    SAME = "same"
    BACK = "back"  # the same text, which had been taken down


def content_hash(title: str, body: str) -> str:
    """Return the identity of a text: two articles with the same one say the same, letter by letter."""
    return hashlib.sha256(f"{title}\x00{body}".encode(errors="surrogatepass")).hexdigest()


class Archive:
    """The tables of articles and revisions, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def keep(self, article: Article) -> tuple[int, Kept]:
        """Keep an article once; a changed text moves the old one to ``revision``. What is read is not removed."""
        digest = content_hash(article.title, article.body)
        known = first(self._db, "SELECT * FROM article WHERE url_key = :key", {"key": url_key(article.url)})
        if known is None:
            row = _article_row(article) | {"content_hash": digest, "seq": self._next_seq()}
            self._db.table("article").insert(row)
            return int(self._db.execute("SELECT last_insert_rowid()").fetchone()[0]), Kept.NEW
        if known["content_hash"] == digest:
            return known["id"], self._put_back(known["id"])
        self._db.table("revision").insert(
            {
                "article_id": known["id"],
                "title": known["title"],
                "body": known["body"],
                "replaced_at": to_text(article.first_seen),
            }
        )
        changed = _article_row(article) | {
            "content_hash": digest,
            "seq": self._next_seq(),
            "removed_at": None,
        }
        del changed["first_seen"], changed["outlet"], changed["url"], changed["url_key"]
        self._db.table("article").update(known["id"], changed)
        return known["id"], Kept.REVISED

    def remove(self, article_id: int, now: datetime) -> None:
        """Note that an outlet took an article down; its text is kept, and readers by cursor see it again."""
        self._db.execute(
            "UPDATE article SET removed_at = :now, seq = :seq WHERE id = :id AND removed_at IS NULL",
            {"now": to_text(now), "seq": self._next_seq(), "id": article_id},
        )

    def _put_back(self, article_id: int) -> Kept:
        """Note that the text of an article stands there: readers by cursor see again what had been taken down."""
        done = self._db.execute(
            "UPDATE article SET removed_at = NULL, seq = :seq WHERE id = :id AND removed_at IS NOT NULL",
            {"seq": self._next_seq(), "id": article_id},
        )
        return Kept.BACK if done.rowcount else Kept.SAME

    def _next_seq(self) -> int:
        return int(rows(self._db, "SELECT coalesce(max(seq), 0) + 1 AS seq FROM article")[0]["seq"])

    def after(self, seq: int, most: int) -> list[tuple[int, Article]]:
        """Return the articles that came or changed after ``seq``, oldest first, each with its own ``seq``."""
        found = rows(
            self._db,
            "SELECT * FROM article WHERE seq > :seq ORDER BY seq LIMIT :most",
            {"seq": seq, "most": most},
        )
        return [(row["seq"], _article(row)) for row in found]

    def seen_since(self, moment: datetime) -> tuple[int, int]:
        """Return the ``seq`` after which everything lies that was first seen since, and how many articles that is."""
        (row,) = rows(
            self._db,
            "SELECT coalesce(min(seq), 1) AS seq, count(*) AS n FROM article WHERE first_seen >= :moment",
            {"moment": to_text(moment)},
        )
        return row["seq"] - 1, row["n"]

    def between(
        self, since: datetime, until: datetime, *, after: int, end: int, most: int
    ) -> list[tuple[int, Article]]:
        """Return articles first seen in a span of time, of those with ``after`` < seq <= ``end``; each with its seq."""
        found = rows(
            self._db,
            "SELECT * FROM article WHERE seq > :after AND seq <= :end AND first_seen >= :since AND first_seen < :until "
            "ORDER BY seq LIMIT :most",
            {"after": after, "end": end, "since": to_text(since), "until": to_text(until), "most": most},
        )
        return [(row["seq"], _article(row)) for row in found]

    def count_between(self, since: datetime, until: datetime, *, end: int) -> int:
        """Return how many articles ``between`` gives in all."""
        sql = "SELECT count(*) AS n FROM article WHERE seq <= :end AND first_seen >= :since AND first_seen < :until"
        found = rows(self._db, sql, {"end": end, "since": to_text(since), "until": to_text(until)})
        return int(found[0]["n"])

    def article(self, article_id: int) -> Article | None:
        """Return an article by its id."""
        row = first(self._db, "SELECT * FROM article WHERE id = :id", {"id": article_id})
        return _article(row) if row else None

    def newest(self, outlet: str, most: int) -> list[Article]:
        """Return an outlet's last articles, newest first."""
        found = rows(
            self._db,
            "SELECT * FROM article WHERE outlet = :outlet ORDER BY first_seen DESC LIMIT :most",
            {"outlet": outlet, "most": most},
        )
        return [_article(row) for row in found]

    def article_at(self, url: str) -> Article | None:
        """Return the article at an address: its canonical one, or one that an entry led from."""
        row = first(
            self._db,
            "SELECT * FROM article WHERE url_key = :key OR id = (SELECT article_id FROM entry WHERE url_key = :key)",
            {"key": url_key(url)},
        )
        return _article(row) if row else None

    def revisions(self, article_id: int) -> list[Revision]:
        """Return the earlier texts of an article, oldest first."""
        found = rows(
            self._db, "SELECT * FROM revision WHERE article_id = :id ORDER BY id", {"id": article_id}
        )
        return [
            Revision(row["article_id"], row["title"], row["body"], from_text(row["replaced_at"]))
            for row in found
        ]

    def counts(self) -> dict[str, int]:
        """Return how many rows each state of things has."""
        return rows(
            self._db,
            "SELECT (SELECT count(*) FROM article) AS articles, (SELECT count(*) FROM poll) AS polls, "
            "(SELECT count(*) FROM entry WHERE state = 'pending' AND article_id IS NULL) AS pending, "
            "(SELECT count(*) FROM entry WHERE state = 'pending' AND article_id IS NOT NULL) AS to_look_at_again, "
            "(SELECT count(*) FROM entry WHERE state = 'given_up') AS given_up, "
            "(SELECT count(*) FROM article WHERE remarks LIKE '%\"future\"%') AS future_dates_put_right",
        )[0]


PLAIN = (
    *("outlet", "url", "title", "body", "author", "section"),
    *("image", "language", "wire", "extractor", "charset", "page_hash"),
)


def _article_row(article: Article) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(article, name) for name in PLAIN}
    row |= {"url_key": url_key(article.url), "first_seen": to_text(article.first_seen)}
    row |= {"tags": json.dumps(article.tags, ensure_ascii=False), "remarks": json.dumps(article.remarks)}
    return row | _stamp_row("published", article.published) | _stamp_row("modified", article.modified)


def _stamp_row(name: str, stamp: Stamp | None) -> dict[str, Any]:
    parts = (stamp.at.isoformat(), stamp.precision, stamp.source, stamp.raw) if stamp else (None,) * 4
    return dict(zip((f"{name}_{part}" for part in ("at", "precision", "source", "raw")), parts, strict=True))


def _article(row: dict[str, Any]) -> Article:
    plain = {name: row[name] for name in PLAIN}
    return Article(
        **plain,
        id=row["id"],
        first_seen=from_text(row["first_seen"]),
        published=_stamp("published", row),
        modified=_stamp("modified", row),
        tags=tuple(json.loads(row["tags"])),
        remarks=tuple(json.loads(row["remarks"])),
        removed_at=from_text(row["removed_at"]) if row["removed_at"] else None,
    )


def _stamp(name: str, row: dict[str, Any]) -> Stamp | None:
    if row[f"{name}_at"] is None:
        return None
    precision = Precision(row[f"{name}_precision"])
    return Stamp(from_text(row[f"{name}_at"]), precision, row[f"{name}_source"], row[f"{name}_raw"])
