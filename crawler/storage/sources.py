"""Sources and their polls: when each is due, who holds it, what its server told us to send back."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawler.database import Connection, from_text, rows, to_text
from crawler.nouns import Entry, Outcome, Outlet, Poll, Source
from crawler.storage.entries import Entries


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
    last_ok: datetime | None  # the last look that was answered


class Sources:
    """The tables of sources and polls, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

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
                    self._insert(outlet, source, due.get(source.url, now))
                    self._db.execute(
                        "UPDATE source SET watched = 1 WHERE outlet = :outlet AND url = :url",
                        {"outlet": outlet.id, "url": source.url},
                    )

    def make_known(self, outlet: Outlet, now: datetime) -> None:
        """Give an outlet's sources their rows without having them watched: that is for the service to do."""
        for source in outlet.sources:
            self._insert(outlet, source, now)

    def _insert(self, outlet: Outlet, source: Source, due: datetime) -> None:
        self._db.execute(
            "INSERT INTO source (outlet, url, watched, next_due) VALUES (:outlet, :url, 0, :due) "
            "ON CONFLICT (outlet, url) DO NOTHING",
            {"outlet": outlet.id, "url": source.url, "due": to_text(due)},
        )

    def claim_due(self, now: datetime, *, until: datetime, lease: str, most: int) -> list[SourceClaim]:
        """Take up to ``most`` due sources, the longest waiting first.

        Of one outlet one at a time: its sources share a host, and would only wait for each other there.
        """
        found = rows(
            self._db,
            "UPDATE source SET lease = :lease, lease_until = :until WHERE id IN ("
            "SELECT id FROM source AS one WHERE watched = 1 AND next_due <= :now AND lease_until < :now "
            "AND NOT EXISTS (SELECT 1 FROM source AS other WHERE other.outlet = one.outlet AND other.watched = 1 "
            "AND (other.lease_until >= :now OR (other.next_due, other.id) < (one.next_due, one.id))) "
            "ORDER BY next_due LIMIT :most) RETURNING *",
            {"lease": lease, "until": to_text(until), "now": to_text(now), "most": most},
        )
        return [_source_claim(row) for row in found]

    def claim_all(self, outlet: Outlet, now: datetime, *, until: datetime, lease: str) -> list[SourceClaim]:
        """Take an outlet's enabled sources, due or not, but for those that somebody holds."""
        found = rows(
            self._db,
            "UPDATE source SET lease = :lease, lease_until = :until WHERE outlet = :outlet AND lease_until < :now "
            "AND url IN (SELECT value FROM json_each(:urls)) RETURNING *",
            {
                "lease": lease,
                "until": to_text(until),
                "now": to_text(now),
                "outlet": outlet.id,
                "urls": json.dumps(
                    [source.url for source in outlet.sources if outlet.enabled and source.enabled]
                ),
            },
        )
        return [_source_claim(row) for row in found]

    def release(self, holder: str) -> None:
        """Give back at once what a holder that is known to be dead had claimed."""
        self._db.execute(
            "UPDATE source SET lease = '', lease_until = '' WHERE lease LIKE :mine", {"mine": f"{holder}-%"}
        )

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
        Entries(self._db).add(claim.outlet, claim.id, fresh, poll.started_at)
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
                "gap": poll.gap,
                "recovered": poll.recovered,
            }
        )

    def last_polls(self, outlet: str = "") -> dict[tuple[str, str], dict[str, Any]]:
        """Return the newest poll of every watched source by (outlet, url), with its source's due time and dates.

        ``outlet`` asks for the sources of one.
        """
        found = rows(
            self._db,
            "SELECT source.outlet, source.url, source.next_due, source.last_ok, source.last_fresh, source.failures, "
            "poll.* FROM source LEFT JOIN poll ON poll.id = (SELECT max(id) FROM poll WHERE source_id = source.id) "
            "WHERE source.watched = 1 AND (:outlet = '' OR source.outlet = :outlet) "
            "ORDER BY source.outlet, source.url",
            {"outlet": outlet},
        )
        return {(row["outlet"], row["url"]): row for row in found}


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
        last_ok=from_text(row["last_ok"]) if row["last_ok"] else None,
    )
