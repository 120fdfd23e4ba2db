"""Digests: who wants one when, what was decided about each slot, and what each told."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from cattrs.preconf.json import make_converter

from alerts.digests.nouns import Digest, DigestKind, DigestSettings, Edition, Known, Outcome
from alerts.nouns import Cargo, DeliveryState, Level
from alerts.storage.deliveries import Deliveries
from crawler.database import Connection, first, from_text, rows, to_text

CONTENT_VERSION = 1
_json = make_converter(forbid_extra_keys=True)


@dataclass(frozen=True, slots=True)
class Touched:
    """A story that something was added to in a window."""

    story: int
    placed_at: datetime | None  # of the first article that the window added; None: it was only told of
    article: int | None


class Digests:
    """The digests' rows, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # Settings

    def settings(self, subscriber_id: int, kind: DigestKind = DigestKind.DAILY) -> DigestSettings:
        """Return when and how a subscriber wants the digest of a kind; the defaults where it never said."""
        row = first(
            self._db,
            "SELECT * FROM digest_settings WHERE subscriber_id = :id AND kind = :kind",
            {"id": subscriber_id, "kind": kind},
        )
        return _settings(row) if row else DigestSettings(subscriber_id, kind)

    def all_settings(self) -> dict[tuple[int, DigestKind], DigestSettings]:
        """Return what subscribers set, by subscriber and kind."""
        kept = [_settings(row) for row in rows(self._db, "SELECT * FROM digest_settings")]
        return {(each.subscriber, each.kind): each for each in kept}

    def keep_settings(self, settings: DigestSettings) -> None:
        """Keep when and how a subscriber wants the digest of a kind. The next slot is decided by it."""
        self._db.table("digest_settings").upsert(
            {
                "subscriber_id": settings.subscriber,
                "kind": settings.kind,
                "at": settings.at.isoformat("minutes"),
                "weekdays": json.dumps(sorted(settings.weekdays)),
                "all_quiet": int(settings.all_quiet),
                "picture": int(settings.picture),
            },
            pk=("subscriber_id", "kind"),
        )

    # Editions

    def history(self, now: datetime) -> dict[tuple[int, DigestKind], list[Edition]]:
        """Return, by subscriber and kind, what the next decision looks at of all that was decided until ``now``.

        That is the newest edition, and the newest that was sent.
        """
        found = rows(
            self._db,
            "SELECT * FROM edition WHERE id IN (SELECT max(id) FROM edition WHERE decided_at <= :now "
            "GROUP BY subscriber_id, kind) OR id IN (SELECT max(id) FROM edition WHERE decided_at <= :now "
            "AND outcome = 'sent' GROUP BY subscriber_id, kind)",
            {"now": to_text(now)},
        )
        editions: dict[tuple[int, DigestKind], list[Edition]] = {}
        for edition in map(_edition, found):
            editions.setdefault((edition.subscriber, edition.kind), []).append(edition)
        return editions

    def decide(self, edition: Edition, digest: Digest | None = None) -> int | None:
        """Keep what was decided about a slot, with what it tells; None when it was decided already."""
        content = {"v": CONTENT_VERSION} | _json.unstructure(digest) if digest else None
        made = rows(
            self._db,
            "INSERT INTO edition (subscriber_id, kind, slot, zone, due, decided_at, since, until, outcome, content) "
            "VALUES (:subscriber, :kind, :slot, :zone, :due, :decided, :since, :until, :outcome, :content) "
            "ON CONFLICT DO NOTHING RETURNING id",
            {
                "subscriber": edition.subscriber,
                "kind": edition.kind,
                "slot": edition.slot,
                "zone": edition.zone,
                "due": to_text(edition.due),
                "decided": to_text(edition.decided_at),
                "since": to_text(edition.since),
                "until": to_text(edition.until),
                "outcome": edition.outcome,
                "content": json.dumps(content, ensure_ascii=False) if content else "",
            },
        )
        return int(made[0]["id"]) if made else None

    def keep_told(self, edition_id: int, told: Iterable[tuple[int, Known]]) -> None:
        """Remember what an edition tells of each story."""
        for story, known in told:
            self._db.execute(
                "INSERT INTO edition_story (edition_id, story_id, version, articles) "
                "VALUES (:edition, :story, :version, :articles) ON CONFLICT DO NOTHING",
                {
                    "edition": edition_id,
                    "story": story,
                    "version": known.version,
                    "articles": known.articles,
                },
            )

    def queue(self, edition_id: int, subscriber_id: int, channel: str, now: datetime) -> None:
        """Hand an edition to the outbox."""
        Deliveries(self._db).queue(Cargo.EDITION, edition_id, subscriber_id, channel, Level.NOTICE, now)

    def unsent(self, edition: Edition) -> list[Edition]:
        """Return what was merged or too soon inside the window of ``edition``, which tells it; oldest first."""
        found = rows(
            self._db,
            "SELECT * FROM edition WHERE subscriber_id = :subscriber AND kind = :kind AND decided_at > :since "
            "AND decided_at <= :until AND outcome IN ('merged', 'too_soon') ORDER BY slot",
            {
                "subscriber": edition.subscriber,
                "kind": edition.kind,
                "since": to_text(edition.since),
                "until": to_text(edition.until),
            },
        )
        return [_edition(row) for row in found]

    def edition(self, edition_id: int) -> Edition | None:
        """Return an edition by its id."""
        row = first(self._db, "SELECT * FROM edition WHERE id = :id", {"id": edition_id})
        return _edition(row) if row else None

    def content(self, edition_id: int) -> Digest | None:
        """Return what an edition tells; None where it tells nothing, or its content was forgotten."""
        row = first(self._db, "SELECT content FROM edition WHERE id = :id", {"id": edition_id})
        if row is None or not row["content"]:
            return None
        content = json.loads(row["content"])
        del content["v"]
        return _json.structure(content, Digest)

    def editions(self, subscriber_id: int | None = None, most: int = 50) -> list[tuple[Edition, str]]:
        """Return the newest editions, each with the state of its delivery ("" where it has none)."""
        found = rows(
            self._db,
            "SELECT edition.*, delivery.state AS delivered FROM edition "
            "LEFT JOIN delivery ON delivery.edition_id = edition.id "
            "WHERE edition.subscriber_id = coalesce(:subscriber, edition.subscriber_id) "
            "ORDER BY edition.id DESC LIMIT :most",
            {"subscriber": subscriber_id, "most": most},
        )
        return [(_edition(row), row["delivered"] or "") for row in found]

    def give_up(
        self, due_before: datetime, kind: DigestKind, subscriber_id: int | None = None
    ) -> list[Edition]:
        """Merge into the next what was due before ``due_before`` and no server took; returns the merged.

        Only a newest edition is merged: the window of an older one ends where the next one's begins. What may have
        been accepted stays as it is.
        """
        found = rows(
            self._db,
            "SELECT id, edition_id FROM delivery WHERE edition_id IN (SELECT id FROM edition AS one "
            "WHERE kind = :kind AND subscriber_id = coalesce(:subscriber, subscriber_id) "
            "AND outcome = 'sent' AND due <= :before AND NOT EXISTS (SELECT 1 FROM edition AS newer WHERE "
            "newer.subscriber_id = one.subscriber_id AND newer.kind = one.kind AND newer.id > one.id))",
            {"before": to_text(due_before), "kind": kind, "subscriber": subscriber_id},
        )
        editions = {row["id"]: row["edition_id"] for row in found}
        stopped = Deliveries(self._db).shift(
            editions,
            DeliveryState.CANCELLED,
            among={DeliveryState.QUEUED, DeliveryState.HELD},
            error="merged into the next digest",
        )
        merged = rows(
            self._db,
            "UPDATE edition SET outcome = 'merged', content = '' "
            "WHERE id IN (SELECT value FROM json_each(:ids)) RETURNING *",
            {"ids": json.dumps([editions[each] for each in stopped])},
        )
        return [_edition(row) for row in merged]

    def forget(self, before: datetime) -> None:
        """Let go of the content of what was decided before ``before``; the decisions stay."""
        self._db.execute(
            "UPDATE edition SET content = '' WHERE decided_at < :before AND content != ''",
            {"before": to_text(before)},
        )

    # What a window holds

    def touched(self, since: datetime, until: datetime) -> list[Touched]:
        """Return the stories that got an article, or were told of, after ``since`` and not after ``until``."""
        found = rows(
            self._db,
            "SELECT story_id AS story, min(placed_at) AS placed_at, article_id AS article FROM story_article "
            "WHERE placed_at > :since AND placed_at <= :until AND story_id IS NOT NULL GROUP BY story_id "
            "UNION ALL SELECT DISTINCT coalesce(story.merged_into, story.id), NULL, NULL "
            "FROM alert JOIN story ON story.id = story_id WHERE created_at > :since AND created_at <= :until",
            {"since": to_text(since), "until": to_text(until)},
        )
        stories: dict[int, Touched] = {}
        for row in found:
            placed = from_text(row["placed_at"]) if row["placed_at"] else None
            stories.setdefault(row["story"], Touched(row["story"], placed, row["article"]))
        return list(stories.values())

    def opened(self, since: datetime, until: datetime) -> list[int]:
        """Return the stories whose first article was placed after ``since`` and not after ``until``."""
        found = rows(
            self._db,
            "SELECT story_id FROM story_article WHERE story_id IN "
            "(SELECT story_id FROM story_article WHERE placed_at > :since AND placed_at <= :until) "
            "GROUP BY story_id HAVING min(placed_at) > :since ORDER BY story_id",
            {"since": to_text(since), "until": to_text(until)},
        )
        return [row["story_id"] for row in found]

    def said(self, story_id: int, since: datetime, until: datetime) -> list[int]:
        """Return the alerts of a story, and of those merged into it, in a window; oldest first.

        What was said of many stories at once was said of none of them alone.
        """
        found = rows(
            self._db,
            "SELECT alert.id FROM alert JOIN story ON story.id = story_id "
            "WHERE (story.id = :story OR story.merged_into = :story) AND alert.kind NOT IN ('summary', 'spike') "
            "AND created_at > :since AND created_at <= :until ORDER BY alert.id",
            {"story": story_id, "since": to_text(since), "until": to_text(until)},
        )
        return [row["id"] for row in found]

    def known(self, subscriber_id: int, stories: Iterable[int]) -> dict[int, Known]:
        """Return what a subscriber was told of each of ``stories``, on the phone or in a digest."""
        found = rows(
            self._db,
            "SELECT story, max(version) AS version, max(articles) AS articles FROM ("
            "SELECT coalesce(story.merged_into, story.id) AS story, alert.version, "
            "json_array_length(alert.facts, '$.knew') AS articles FROM delivery "
            "JOIN alert ON alert.id = delivery.alert_id JOIN story ON story.id = alert.story_id "
            "WHERE delivery.subscriber_id = :subscriber AND delivery.state IN ('sent', 'unknown') "
            "AND alert.kind NOT IN ('summary', 'spike') "
            # A summary told each of its stories as it stood then.
            "UNION ALL SELECT coalesce(story.merged_into, story.id), earlier.version, "
            "json_array_length(earlier.facts, '$.knew') FROM delivery JOIN alert ON alert.id = delivery.alert_id "
            "JOIN json_each(alert.facts, '$.stories') AS listed JOIN alert AS earlier "
            "ON earlier.story_id = listed.value AND earlier.id <= alert.id JOIN story ON story.id = listed.value "
            "WHERE delivery.subscriber_id = :subscriber AND delivery.state IN ('sent', 'unknown') "
            "AND alert.kind IN ('summary', 'spike') "
            "UNION ALL SELECT coalesce(story.merged_into, story.id), edition_story.version, edition_story.articles "
            "FROM edition_story JOIN edition ON edition.id = edition_id JOIN story ON story.id = story_id "
            "WHERE edition.subscriber_id = :subscriber AND edition.outcome = 'sent') "
            "WHERE story IN (SELECT value FROM json_each(:stories)) GROUP BY story",
            {"subscriber": subscriber_id, "stories": json.dumps(list(stories))},
        )
        return {row["story"]: Known(row["version"], row["articles"] or 0) for row in found}

    def folded(self, subscriber_id: int, since: datetime) -> set[int]:
        """Return the stories of alerts that grew too old on their way to a subscriber, made after ``since``."""
        found = rows(
            self._db,
            "SELECT DISTINCT coalesce(story.merged_into, story.id) AS story FROM delivery "
            "JOIN alert ON alert.id = delivery.alert_id JOIN story ON story.id = alert.story_id "
            "WHERE delivery.subscriber_id = :subscriber AND delivery.state = 'folded' "
            "AND delivery.created_at > :since",
            {"subscriber": subscriber_id, "since": to_text(since)},
        )
        return {row["story"] for row in found}


def _settings(row: dict[str, Any]) -> DigestSettings:
    return DigestSettings(
        subscriber=row["subscriber_id"],
        kind=DigestKind(row["kind"]),
        at=time.fromisoformat(row["at"]),
        weekdays=frozenset(json.loads(row["weekdays"])),
        all_quiet=bool(row["all_quiet"]),
        picture=bool(row["picture"]),
    )


def _edition(row: dict[str, Any]) -> Edition:
    return Edition(
        subscriber=row["subscriber_id"],
        kind=DigestKind(row["kind"]),
        slot=row["slot"],
        zone=row["zone"],
        due=from_text(row["due"]),
        decided_at=from_text(row["decided_at"]),
        since=from_text(row["since"]),
        until=from_text(row["until"]),
        outcome=Outcome(row["outcome"]),
        id=row["id"],
    )
