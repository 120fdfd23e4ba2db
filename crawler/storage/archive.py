"""The archive: sources and when they are due, polls, entries, articles and their earlier texts.

The only SQL of this package. An ``Archive`` wraps one connection inside one transaction (see ``database.Database``).
"""

import hashlib
import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from crawler.database import Connection, first, from_text, rows, to_text
from crawler.nouns import Article, Entry, Outcome, Outlet, Poll, Precision, Revision, Source, Stamp
from crawler.reading.profile import Profile
from crawler.urls import url_key


@dataclass(frozen=True, slots=True)
class Validators:
    """What lets a server say "unchanged", and what lets us see it when the server does not."""

    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""


@dataclass(frozen=True, slots=True)
class SourceClaim:
    """A source that this process may poll until the lease ends."""

    id: int
    outlet: str
    url: str
    lease: str
    failures: int
    validators: Validators
    unchanged: int  # answers in a row that said so
    rhythm: str  # as ``finish_poll`` was given it


@dataclass(frozen=True, slots=True)
class EntryClaim:
    """An entry whose page this process may fetch until the lease ends."""

    id: int
    outlet: str
    lease: str
    attempts: int  # before this one
    entry: Entry
    article: int | None  # set when it was read before and is looked at again


class Kept(StrEnum):
    """What keeping an article changed."""

    NEW = "new"
    REVISED = "revised"
    SAME = "same"


def content_hash(title: str, body: str) -> str:
    """Return the identity of a text: two articles with the same one say the same, letter by letter."""
    return hashlib.sha256(f"{title}\x00{body}".encode(errors="surrogatepass")).hexdigest()


def new_lease(holder: str) -> str:
    """Return the token of one claim. It begins with who holds it, so that a dead holder's can be given back."""
    return f"{holder}-{uuid.uuid4().hex}"


class Archive:
    """The crawler's tables, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # Sources

    def watch(
        self, outlets: Iterable[Outlet], now: datetime, first_due: dict[str, datetime] | None = None
    ) -> None:
        """Make the rows follow the registry. A source that left it keeps its history and is no longer due.

        ``first_due`` names, by source URL, when a source never seen before is due; ``now`` where it is silent.
        """
        due = first_due or {}
        self._db.execute("UPDATE source SET watched = 0")
        for outlet in outlets:
            for source in outlet.sources:
                if outlet.enabled and source.enabled:
                    self._watch_one(outlet, source, due.get(source.url, now))

    def watch_also(self, outlet: Outlet, now: datetime) -> None:
        """Make an outlet's sources known, and leave all others as they are: another process may watch them."""
        for source in outlet.sources:
            if outlet.enabled and source.enabled:
                self._watch_one(outlet, source, now)

    def _watch_one(self, outlet: Outlet, source: Source, due: datetime) -> None:
        self._db.execute(
            "INSERT INTO source (outlet, url, next_due) VALUES (:outlet, :url, :due) "
            "ON CONFLICT (outlet, url) DO UPDATE SET watched = 1",
            {"outlet": outlet.id, "url": source.url, "due": to_text(due)},
        )

    def claim_sources(
        self,
        now: datetime,
        *,
        until: datetime,
        lease: str,
        most: int,
        outlets: Collection[str],
        due: bool = True,
    ) -> list[SourceClaim]:
        """Take up to ``most`` sources of ``outlets``, the longest waiting first: due ones, or all that are free."""
        found = rows(
            self._db,
            "UPDATE source SET lease = :lease, lease_until = :until WHERE id IN ("
            "SELECT id FROM source WHERE watched = 1 AND (next_due <= :now OR NOT :due) AND lease_until < :now "
            "AND outlet IN (SELECT value FROM json_each(:outlets)) ORDER BY next_due LIMIT :most) RETURNING *",
            {
                "lease": lease,
                "until": to_text(until),
                "now": to_text(now),
                "most": most,
                "outlets": json.dumps(list(outlets)),
                "due": due,
            },
        )
        return [_source_claim(row) for row in found]

    def finish_poll(
        self,
        claim: SourceClaim,
        poll: Poll,
        *,
        fresh: Sequence[Entry],
        validators: Validators,
        next_due: datetime,
        rhythm: str = "",
    ) -> bool:
        """Keep what a poll saw and when the next is due, all at once; False, and nothing, when the lease was lost.

        The validators stand in the same transaction as the entries they stand for:
        otherwise a crash in between turns "seen" into "304" for ever.
        """
        succeeded = poll.outcome in (Outcome.OK, Outcome.UNCHANGED)
        done = self._db.execute(
            "UPDATE source SET lease = '', lease_until = '', next_due = :next_due, etag = :etag, "
            "last_modified = :last_modified, body_hash = :body_hash, "
            "failures = CASE WHEN :ok THEN 0 ELSE failures + 1 END, rhythm = :rhythm, "
            "unchanged = CASE WHEN :same THEN unchanged + 1 ELSE 0 END, "
            "last_ok = CASE WHEN :ok THEN :now ELSE last_ok END, "
            "last_fresh = CASE WHEN :fresh > 0 THEN :now ELSE last_fresh END "
            "WHERE id = :id AND lease = :lease",
            {
                "id": claim.id,
                "lease": claim.lease,
                "next_due": to_text(next_due),
                "etag": validators.etag,
                "last_modified": validators.last_modified,
                "body_hash": validators.body_hash,
                "ok": succeeded,
                "same": poll.outcome is Outcome.UNCHANGED,
                "rhythm": rhythm,
                "fresh": len(fresh),
                "now": to_text(poll.started_at),
            },
        )
        if done.rowcount == 0:
            return False
        self._keep_poll(claim.id, poll)
        self._keep_entries(claim, fresh, poll.started_at)
        return True

    def _keep_poll(self, source_id: int, poll: Poll) -> None:
        self._db.table("poll").insert(
            {
                "source_id": source_id,
                "started_at": to_text(poll.started_at),
                "took_ms": round(poll.took.total_seconds() * 1000),
                "outcome": poll.outcome,
                "cause": poll.cause,
                "detail": poll.detail,
                "status": poll.status,
                "entries": poll.entries,
                "fresh": poll.fresh,
                "undated": poll.undated,
            }
        )

    def _keep_entries(self, claim: SourceClaim, entries: Sequence[Entry], seen_at: datetime) -> None:
        seen = to_text(seen_at)
        for entry in entries:
            self._db.execute(
                "INSERT INTO entry (url_key, outlet, source_id, url, title, guid, published, summary, seen_at, due) "
                "VALUES (:url_key, :outlet, :source_id, :url, :title, :guid, :published, :summary, :seen_at, :seen_at) "
                "ON CONFLICT (url_key) DO NOTHING",
                {
                    "url_key": url_key(entry.url),
                    "outlet": claim.outlet,
                    "source_id": claim.id,
                    "url": entry.url,
                    "title": entry.title,
                    "guid": entry.guid,
                    "published": entry.published,
                    "summary": entry.summary,
                    "seen_at": seen,
                },
            )

    def release(self, holder: str, now: datetime) -> int:
        """Give back at once what a holder that is known to be dead had claimed; returns how many rows."""
        mine = {"mine": f"{holder}-%", "now": to_text(now)}
        sources = self._db.execute(
            "UPDATE source SET lease = '', lease_until = '' WHERE lease LIKE :mine", mine
        )
        entries = self._db.execute(
            "UPDATE entry SET lease = '', due = :now WHERE state = 'pending' AND lease LIKE :mine", mine
        )
        return sources.rowcount + entries.rowcount

    # Entries

    def unknown(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return the entries whose address was never listed, each once, in their order."""
        by_key = {url_key(entry.url): entry for entry in reversed(list(entries))}
        known = rows(
            self._db,
            "SELECT url_key FROM entry WHERE url_key IN (SELECT value FROM json_each(:keys))",
            {"keys": json.dumps(list(by_key))},
        )
        for row in known:
            del by_key[row["url_key"]]
        return list(reversed(by_key.values()))

    def pending_outlets(self, now: datetime) -> list[str]:
        """Return the outlets with pages due to be fetched."""
        found = rows(
            self._db,
            "SELECT DISTINCT outlet FROM entry WHERE state = 'pending' AND due <= :now",
            {"now": to_text(now)},
        )
        return [row["outlet"] for row in found]

    def claim_entries(
        self, outlet: str, now: datetime, *, until: datetime, lease: str, most: int
    ) -> list[EntryClaim]:
        """Take up to ``most`` due entries of an outlet, newest first; each is due again at ``until`` if we die."""
        found = rows(
            self._db,
            "UPDATE entry SET lease = :lease, due = :until WHERE id IN ("
            "SELECT id FROM entry WHERE state = 'pending' AND outlet = :outlet AND due <= :now "
            "ORDER BY attempts, id DESC LIMIT :most) RETURNING *",
            {"lease": lease, "until": to_text(until), "outlet": outlet, "now": to_text(now), "most": most},
        )
        return [_entry_claim(row) for row in found]

    def fail_entry(self, claim: EntryClaim, cause: str, next_try: datetime | None) -> bool:
        """Note why a page was not read and when to try again; never, when ``next_try`` is None."""
        done = self._db.execute(
            "UPDATE entry SET lease = '', attempts = attempts + 1, cause = :cause, due = coalesce(:due, due), "
            "state = CASE WHEN :due IS NOT NULL THEN state WHEN article_id IS NULL THEN 'given_up' ELSE 'read' END "
            "WHERE id = :id AND lease = :lease",
            {
                "id": claim.id,
                "lease": claim.lease,
                "cause": cause,
                "due": to_text(next_try) if next_try else None,
            },
        )
        return done.rowcount > 0

    def look_again(self, article_id: int, due: datetime) -> None:
        """Have the page of a kept article fetched once more at ``due``: it may be corrected or taken down."""
        self._db.execute(
            "UPDATE entry SET state = 'pending', due = :due, attempts = 0 WHERE id = "
            "(SELECT min(id) FROM entry WHERE article_id = :article) AND state = 'read'",
            {"article": article_id, "due": to_text(due)},
        )

    # Articles

    def keep(self, article: Article, claim: EntryClaim | None = None) -> tuple[int, Kept]:
        """Keep an article once and close its entry; a changed text moves the old one to ``revision``."""
        article_id, kept = self._keep_article(article)
        if claim:
            self._db.execute(
                "UPDATE entry SET state = 'read', lease = '', cause = '', article_id = :article WHERE id = :id",
                {"article": article_id, "id": claim.id},
            )
        return article_id, kept

    def _keep_article(self, article: Article) -> tuple[int, Kept]:
        digest = content_hash(article.title, article.body)
        known = first(self._db, "SELECT * FROM article WHERE url_key = :key", {"key": url_key(article.url)})
        if known is None:
            row = _article_row(article) | {"content_hash": digest, "seq": self._next_seq()}
            self._db.table("article").insert(row)
            return int(self._db.execute("SELECT last_insert_rowid()").fetchone()[0]), Kept.NEW
        if known["content_hash"] == digest:
            return known["id"], Kept.SAME
        self._db.table("revision").insert(
            {
                "article_id": known["id"],
                "title": known["title"],
                "body": known["body"],
                "replaced_at": to_text(article.first_seen),
            }
        )
        changed = _article_row(article) | {"content_hash": digest, "seq": self._next_seq()}
        del changed["first_seen"], changed["outlet"], changed["url"], changed["url_key"]
        self._db.table("article").update(known["id"], changed)
        return known["id"], Kept.REVISED

    def remove(self, article_id: int, now: datetime) -> None:
        """Note that an outlet took an article down; its text is kept, and readers by cursor see it again."""
        self._db.execute(
            "UPDATE article SET removed_at = :now, seq = :seq WHERE id = :id AND removed_at IS NULL",
            {"now": to_text(now), "seq": self._next_seq(), "id": article_id},
        )

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

    def article(self, article_id: int) -> Article | None:
        """Return an article by its id."""
        row = first(self._db, "SELECT * FROM article WHERE id = :id", {"id": article_id})
        return _article(row) if row else None

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

    # Reading profiles

    def profiles(self) -> dict[str, Profile]:
        """Return what was learned of how to read each outlet; a profile of another version is left out."""
        found = rows(self._db, "SELECT outlet, learned FROM profile")
        read = {row["outlet"]: Profile.from_json(json.loads(row["learned"])) for row in found}
        return {outlet: profile for outlet, profile in read.items() if profile}

    def keep_profile(self, outlet: str, profile: Profile | None) -> None:
        """Keep an outlet's profile, or that it has none."""
        self._db.execute("DELETE FROM profile WHERE outlet = :outlet", {"outlet": outlet})
        if profile:
            learned = json.dumps(profile.to_json(), ensure_ascii=False)
            self._db.table("profile").insert({"outlet": outlet, "learned": learned})

    # What an operator asks

    def last_polls(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the newest poll of every watched source by (outlet, url), with its source's due time and dates."""
        found = rows(
            self._db,
            "SELECT source.outlet, source.url, source.next_due, source.last_ok, source.last_fresh, source.failures, "
            "poll.* FROM source LEFT JOIN poll ON poll.id = (SELECT max(id) FROM poll WHERE source_id = source.id) "
            "WHERE source.watched = 1 ORDER BY source.outlet, source.url",
        )
        return {(row["outlet"], row["url"]): row for row in found}

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


def _source_claim(row: dict[str, Any]) -> SourceClaim:
    return SourceClaim(
        id=row["id"],
        outlet=row["outlet"],
        url=row["url"],
        lease=row["lease"],
        failures=row["failures"],
        validators=Validators(row["etag"], row["last_modified"], row["body_hash"]),
        unchanged=row["unchanged"],
        rhythm=row["rhythm"],
    )


def _entry_claim(row: dict[str, Any]) -> EntryClaim:
    entry = Entry(row["url"], row["title"], row["guid"], row["published"], row["summary"])
    return EntryClaim(row["id"], row["outlet"], row["lease"], row["attempts"], entry, row["article_id"])


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
