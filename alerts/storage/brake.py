"""What is held back for a summary, and how much was told lately."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.nouns import DeliveryState, Hold, Level
from alerts.storage.deliveries import GRACE, OPEN, Deliveries
from alerts.stories import Fingerprint
from crawler.database import Connection, first, from_text, rows, to_text


@dataclass(frozen=True, slots=True)
class Braked:
    """A delivery that waits for a summary."""

    delivery: int
    subscriber: int
    channel: str
    alert: int
    story: int
    level: Level
    outlet: str  # that caused the alert
    since: datetime
    told: bool  # its story was told in the meantime, by somebody else


class Brake:
    """The storm brake's view of alerts and deliveries, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def caused_by(self, outlet: str, since: datetime) -> int:
        """Return how many alerts the articles of an outlet caused since a moment."""
        row = first(
            self._db,
            "SELECT count(*) AS n FROM alert JOIN article ON article.id = article_id WHERE created_at > :since "
            "AND outlet = :outlet AND kind NOT IN ('summary', 'spike') AND hold IN ('', 'storm')",
            {"outlet": outlet, "since": to_text(since)},
        )
        return int(row["n"]) if row else 0

    def sent_since(self, since: datetime) -> dict[int, int]:
        """Return how many alerts each subscriber was sent since a moment."""
        found = rows(
            self._db,
            "SELECT subscriber_id, count(*) AS n FROM delivery WHERE created_at > :since "
            "AND state NOT IN ('braked', 'folded', 'cancelled') GROUP BY subscriber_id",
            {"since": to_text(since)},
        )
        return {row["subscriber_id"]: row["n"] for row in found}

    def told_since(self, since: datetime) -> int:
        """Return how many alerts were told since a moment: no subscriber had more."""
        sql = "SELECT count(*) AS n FROM alert WHERE created_at > :since AND hold = ''"
        row = first(self._db, sql, {"since": to_text(since)})
        return int(row["n"]) if row else 0

    def braked(self, old: datetime, before: datetime) -> list[Braked]:
        """Return what waits for a summary, oldest first; nothing for who is not told.

        What was queued before ``old`` waits on while anything that was queued ``before`` is still on its way to its
        subscriber: a channel that is down for days ends in one summary.
        """
        found = rows(
            self._db,
            "SELECT delivery.id, subscriber_id, channel, alert.id AS alert_id, alert.story_id, alert.level, outlet, "  # noqa: S608
            "delivery.created_at, hold = 'storm' AND EXISTS (SELECT 1 FROM alert AS later "
            "WHERE later.story_id = alert.story_id AND later.id > alert.id AND later.hold = '' "
            "AND later.kind NOT IN ('summary', 'spike')) AS told "
            "FROM delivery JOIN alert ON alert.id = alert_id JOIN article ON article.id = alert.article_id "
            "JOIN subscriber ON subscriber.id = subscriber_id "
            "WHERE delivery.state = 'braked' AND subscriber.state IN ('active', 'degraded') "
            "AND (delivery.created_at > :old OR NOT EXISTS (SELECT 1 FROM delivery AS other "
            f"WHERE other.subscriber_id = subscriber.id AND other.state IN {OPEN} "
            "AND other.state != 'held' AND other.created_at <= :before)) "
            "ORDER BY delivery.id",
            {"old": to_text(old), "before": to_text(before)},
        )
        return [_braked(row) for row in found]

    def release(self, waiting: Sequence[Braked], now: datetime) -> None:
        """Let what waited be sent one by one after all."""
        self._settle(waiting, DeliveryState.QUEUED, now, now + GRACE)

    def fold(self, waiting: Sequence[Braked], now: datetime) -> None:
        """Keep that a summary tells what waited; what was told in the meantime is cancelled."""
        self._settle([each for each in waiting if not each.told], DeliveryState.FOLDED, now)
        self._settle([each for each in waiting if each.told], DeliveryState.CANCELLED, now)

    def _settle(
        self,
        waiting: Sequence[Braked],
        state: DeliveryState,
        now: datetime,
        fresh_until: datetime | None = None,
    ) -> None:
        Deliveries(self._db).shift(
            [each.delivery for each in waiting],
            state,
            among={DeliveryState.BRAKED},
            due=now,
            fresh_until=fresh_until,
        )
        self._db.execute(
            "UPDATE alert SET hold = '' WHERE hold = 'storm' AND id IN (SELECT value FROM json_each(:alerts))",
            {"alerts": json.dumps([each.alert for each in waiting])},
        )

    def on_hold(self, hold: Hold) -> list[int]:
        """Return the ids of alerts that were decided and not told, oldest first."""
        found = rows(self._db, "SELECT id FROM alert WHERE hold = :hold ORDER BY id", {"hold": hold})
        return [row["id"] for row in found]

    def drop(self, alert_id: int) -> None:
        """Forget an alert that was held and never told."""
        self._db.execute("DELETE FROM alert WHERE id = :id AND hold = 'cap'", {"id": alert_id})

    def next_version(self, story_id: int) -> int:
        """Return the version of the next alert of a story."""
        sql = "SELECT max(version) AS last FROM alert WHERE story_id = :id"
        row = first(self._db, sql, {"id": story_id})
        return int(row["last"] or 0) + 1 if row else 1

    def spikes_since(self, since: datetime) -> set[str]:
        """Return the topics and places whose spike was told since a moment."""
        found = rows(
            self._db,
            "SELECT reason FROM alert WHERE created_at > :since AND kind = 'spike'",
            {"since": to_text(since)},
        )
        return {reason["about"] for row in found for reason in json.loads(row["reason"])}

    def first_placed(self) -> datetime | None:
        """Return when the first flagged article was placed: history begins there."""
        row = first(self._db, "SELECT min(placed_at) AS first FROM story_article")
        return from_text(row["first"]) if row and row["first"] else None

    def placed_between(self, start: datetime, end: datetime) -> Iterable[tuple[int, Fingerprint]]:
        """Return (story, article) pairs that came in a span of time; what was backfilled then came earlier."""
        found = rows(
            self._db,
            "SELECT story_id, fingerprint FROM story_article WHERE placed_at > :start AND placed_at <= :end",
            {"start": to_text(start), "end": to_text(end)},
        )
        marks = ((row["story_id"], Fingerprint.from_json(json.loads(row["fingerprint"]))) for row in found)
        return [(story, mark) for story, mark in marks if start < mark.seen]


def _braked(row: dict[str, Any]) -> Braked:
    return Braked(
        delivery=row["id"],
        subscriber=row["subscriber_id"],
        channel=row["channel"],
        alert=row["alert_id"],
        story=row["story_id"],
        level=Level(row["level"]),
        outlet=row["outlet"],
        since=from_text(row["created_at"]),
        told=bool(row["told"]),
    )
