"""Entries: every line an outlet listed, waiting until its page is read or given up."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawler.database import Connection, rows, to_text
from crawler.nouns import Entry
from crawler.urls import url_key


@dataclass(frozen=True, slots=True)
class EntryClaim:
    """An entry whose page this process may fetch until the lease ends."""

    id: int
    outlet: str
    lease: str
    attempts: int  # before this one
    entry: Entry
    article: int | None  # set when it was read before and is looked at again
    cause: str  # why its page was not read the last time; empty where it was, or was never tried


class Entries:
    """The table of entries, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, outlet: str, source_id: int, entries: Iterable[Entry], seen_at: datetime) -> None:
        """Have the pages of entries read; one that is known already stays as it is."""
        seen = to_text(seen_at)
        for entry in entries:
            self._db.execute(
                "INSERT INTO entry (url_key, outlet, source_id, url, title, guid, published, summary, seen_at, due) "
                "VALUES (:url_key, :outlet, :source_id, :url, :title, :guid, :published, :summary, :seen_at, :seen_at) "
                "ON CONFLICT (url_key) DO NOTHING",
                {
                    "url_key": url_key(entry.url),
                    "outlet": outlet,
                    "source_id": source_id,
                    "url": entry.url,
                    "title": entry.title,
                    "guid": entry.guid,
                    "published": entry.published,
                    "summary": entry.summary,
                    "seen_at": seen,
                },
            )

    def unknown(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return the entries whose address was never listed, each once, in their order."""
        by_key: dict[str, Entry] = {}
        for entry in entries:
            by_key.setdefault(url_key(entry.url), entry)
        known = rows(
            self._db,
            "SELECT url_key FROM entry WHERE url_key IN (SELECT value FROM json_each(:keys))",
            {"keys": json.dumps(list(by_key))},
        )
        for row in known:
            del by_key[row["url_key"]]
        return list(by_key.values())

    def listed_by(self, entries: Iterable[Entry], moment: datetime) -> list[bool]:
        """Return of each of some entries, in their order, whether any source had listed it by a moment."""
        keys = [url_key(entry.url) for entry in entries]
        found = rows(
            self._db,
            "SELECT url_key FROM entry WHERE url_key IN (SELECT value FROM json_each(:keys)) AND seen_at <= :moment",
            {"keys": json.dumps(keys), "moment": to_text(moment)},
        )
        known = {row["url_key"] for row in found}
        return [key in known for key in keys]

    def pending_outlets(self, now: datetime) -> list[str]:
        """Return the outlets with pages due to be fetched."""
        found = rows(
            self._db,
            "SELECT DISTINCT outlet FROM entry WHERE state = 'pending' AND due <= :now",
            {"now": to_text(now)},
        )
        return [row["outlet"] for row in found]

    def claim(
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

    def fail(self, claim: EntryClaim, cause: str, next_try: datetime | None) -> bool:
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

    def close(self, claim: EntryClaim, article_id: int) -> None:
        """Note which article a claimed entry led to."""
        self._db.execute(
            "UPDATE entry SET state = 'read', lease = '', cause = '', article_id = :article WHERE id = :id",
            {"article": article_id, "id": claim.id},
        )

    def holds(self, claim: EntryClaim) -> bool:
        """Whether a claim is still its holder's."""
        found = rows(
            self._db,
            "SELECT id FROM entry WHERE id = :id AND lease = :lease",
            {"id": claim.id, "lease": claim.lease},
        )
        return bool(found)

    def release(self, holder: str, now: datetime) -> None:
        """Give back at once what a holder that is known to be dead had claimed."""
        self._db.execute(
            "UPDATE entry SET lease = '', due = :now WHERE state = 'pending' AND lease LIKE :mine",
            {"mine": f"{holder}-%", "now": to_text(now)},
        )

    def look_again(self, article_id: int, due: datetime) -> None:
        """Have the page of a kept article fetched once more at ``due``: it may be corrected or taken down."""
        self._db.execute(
            "UPDATE entry SET state = 'pending', due = :due, attempts = 0 WHERE id = "
            "(SELECT min(id) FROM entry WHERE article_id = :article) AND state = 'read'",
            {"article": article_id, "due": to_text(due)},
        )


def _entry_claim(row: dict[str, Any]) -> EntryClaim:
    entry = Entry(row["url"], row["title"], row["guid"], row["published"], row["summary"])
    return EntryClaim(
        row["id"], row["outlet"], row["lease"], row["attempts"], entry, row["article_id"], row["cause"]
    )
