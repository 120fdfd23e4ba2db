"""What the crawler did since it was last asked, for whoever judges how the outlets are; and their histories."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crawler.database import Connection, first, from_text, rows, to_text
from crawler.nouns import Gap, Outcome, Poll

SAMPLED = 4_000  # characters of a body that are looked at for damage


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry that was never listed before."""

    outlet: str
    seen_at: datetime
    title: str
    published: str  # as printed


@dataclass(frozen=True, slots=True)
class Sample:
    """What matters of an article that was kept."""

    outlet: str
    first_seen: datetime
    title: str
    opening: str  # of the body, up to SAMPLED characters
    length: int  # of the body, in characters
    dated: bool
    signed: bool
    extractor: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class News:
    """All that is new, in the order it came, and the cursors behind it."""

    polls: tuple[Poll, ...] = ()
    entries: tuple[Listed, ...] = ()
    samples: tuple[Sample, ...] = ()
    seen: Mapping[str, int] | None = None

    def __len__(self) -> int:
        """How many rows are new."""
        return len(self.polls) + len(self.entries) + len(self.samples)

    @property
    def outlets(self) -> set[str]:
        """Whom it is about."""
        named = ({each.outlet for each in kind} for kind in (self.polls, self.entries, self.samples))
        return set().union(*named)


class Watchbook:
    """The tables of source health, and what they are fed from, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def news(self, most: int) -> News:
        """Return up to ``most`` polls, entries and articles each that were not yet taken in."""
        seen = {row["name"]: row["seen"] for row in rows(self._db, "SELECT * FROM health_cursor")}
        found = {
            name: rows(self._db, sql, {"seen": seen.get(name, 0), "most": most, "sampled": SAMPLED})
            for name, sql in _NEW.items()
        }
        latest = seen | {name: new[-1]["id"] for name, new in found.items() if new}
        return News(
            tuple(map(_poll, found["poll"])),
            tuple(map(_listed, found["entry"])),
            tuple(map(_sample, found["article"])),
            latest,
        )

    def histories(self, outlets: Collection[str]) -> dict[str, str]:
        """Return what is remembered of some outlets, as ``keep`` was given it."""
        found = rows(
            self._db,
            "SELECT outlet, history FROM health WHERE outlet IN (SELECT value FROM json_each(:outlets))",
            {"outlets": json.dumps(list(outlets))},
        )
        return {row["outlet"]: row["history"] for row in found}

    def keep(self, histories: Mapping[str, str], seen: Mapping[str, int]) -> None:
        """Remember histories, and up to where they tell: in one transaction, so that nothing counts twice."""
        for outlet, history in histories.items():
            self._db.execute(
                "INSERT INTO health (outlet, history) VALUES (:outlet, :history) "
                "ON CONFLICT (outlet) DO UPDATE SET history = excluded.history",
                {"outlet": outlet, "history": history},
            )
        for name, last in seen.items():
            self._db.execute(
                "INSERT INTO health_cursor (name, seen) VALUES (:name, :last) "
                "ON CONFLICT (name) DO UPDATE SET seen = excluded.seen",
                {"name": name, "last": last},
            )

    def failing_pages(self, since: datetime) -> dict[str, dict[str, int]]:
        """Return by outlet and cause how many of the pages listed since then could not be read so far."""
        found = rows(
            self._db,
            "SELECT outlet, cause, count(*) AS pages FROM entry "
            "WHERE cause <> '' AND article_id IS NULL AND seen_at >= :since GROUP BY outlet, cause",
            {"since": to_text(since)},
        )
        failing: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for row in found:
            failing[row["outlet"]][row["cause"]] = row["pages"]
        return dict(failing)

    def pages_with(self, causes: Collection[str], since: datetime) -> dict[str, str]:
        """Return by outlet one of the pages listed since then that could not be read so far for one of the causes."""
        found = rows(
            self._db,
            "SELECT outlet, max(url) AS url FROM entry WHERE cause IN (SELECT value FROM json_each(:causes)) "
            "AND article_id IS NULL AND seen_at >= :since GROUP BY outlet",
            {"causes": json.dumps(list(causes)), "since": to_text(since)},
        )
        return {row["outlet"]: row["url"] for row in found}

    def articles_since(self, outlets: Iterable[str], since: datetime) -> dict[str, int]:
        """Return how many articles of each outlet were kept since then."""
        found = rows(
            self._db,
            "SELECT value AS outlet, (SELECT count(*) FROM article WHERE outlet = value AND first_seen >= :since) "
            "AS articles FROM json_each(:outlets)",
            {"outlets": json.dumps(list(outlets)), "since": to_text(since)},
        )
        return {row["outlet"]: row["articles"] for row in found}

    def overdue(self, since: datetime) -> tuple[int, datetime | None]:
        """Return how many watched sources should have been polled before ``since``, and when the oldest was due."""
        found = first(
            self._db,
            "SELECT count(*) AS late, min(next_due) AS oldest FROM source WHERE watched = 1 AND next_due < :since",
            {"since": to_text(since)},
        )
        return (found["late"], from_text(found["oldest"])) if found and found["late"] else (0, None)


_NEW = {
    "poll": "SELECT poll.*, source.outlet, source.url FROM poll JOIN source ON source.id = poll.source_id "
    "WHERE poll.id > :seen ORDER BY poll.id LIMIT :most",
    "entry": "SELECT id, outlet, seen_at, title, published FROM entry WHERE id > :seen ORDER BY id LIMIT :most",
    "article": "SELECT id, outlet, first_seen, title, substr(body, 1, :sampled) AS opening, length(body) AS length, "
    "published_at IS NOT NULL AS dated, author <> '' AS signed, extractor, remarks FROM article "
    "WHERE id > :seen ORDER BY id LIMIT :most",
}


def _poll(row: dict[str, Any]) -> Poll:
    return Poll(
        outlet=row["outlet"],
        source=row["url"],
        started_at=from_text(row["started_at"]),
        took=timedelta(milliseconds=row["took_ms"]),
        outcome=Outcome(row["outcome"]),
        cause=row["cause"],
        detail=row["detail"],
        status=row["status"],
        entries=row["entries"],
        fresh=row["fresh"],
        undated=row["undated"],
        gap=Gap(row["gap"]),
        recovered=row["recovered"],
    )


def _listed(row: dict[str, Any]) -> Listed:
    return Listed(row["outlet"], from_text(row["seen_at"]), row["title"], row["published"])


def _sample(row: dict[str, Any]) -> Sample:
    return Sample(
        outlet=row["outlet"],
        first_seen=from_text(row["first_seen"]),
        title=row["title"],
        opening=row["opening"],
        length=row["length"],
        dated=bool(row["dated"]),
        signed=bool(row["signed"]),
        extractor=row["extractor"],
        remarks=tuple(json.loads(row["remarks"])),
    )
