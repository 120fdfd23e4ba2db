"""What subscribers choose for themselves: mutes, followed stories, filters, and what they say of alerts."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from alerts.nouns import DeliveryState, Mute, MuteKind, Subscription
from alerts.storage.deliveries import WAITING_FOR, Deliveries
from crawler.database import Connection, from_text, rows, to_text

# A story that went on under another one is meant by that one's id.
_FOLLOWED = "coalesce((SELECT merged_into FROM story WHERE story.id = story_id), story_id)"
_MUTED = (
    "coalesce((SELECT CAST(merged_into AS TEXT) FROM story WHERE kind = 'story' AND CAST(story.id AS TEXT) = subject), "
    "subject)"
)

# What waits and is silenced by a mute of each kind. Of many stories in one message, none is that one's.
_SILENCED = {
    MuteKind.ALL: "alert.kind NOT IN ('correction', 'withdrawal') AND (:until IS NULL OR due < :until)",
    MuteKind.OUTLET: "alert.kind IN ('new', 'update') AND outlet = :subject",
    MuteKind.STORY: "alert.kind NOT IN ('summary', 'spike') AND story_id = CAST(:subject AS INTEGER)",
}
_NOT_UNDER_WAY = frozenset({DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.BRAKED})


class Members:
    """Subscribers' own choices, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def choices(self, only: Iterable[int] | None = None) -> dict[int, Subscription]:
        """Return the mutes, followed stories and filters of subscribers that have any; of ``only`` these."""
        limits = {"only": json.dumps(list(only)) if only is not None else None}
        within = "(:only IS NULL OR subscriber_id IN (SELECT value FROM json_each(:only)))"
        made: dict[int, Subscription] = {}

        def of(row: dict[str, Any]) -> Subscription:
            return made.get(row["subscriber_id"], Subscription(row["subscriber_id"]))

        muted = f"SELECT subscriber_id, kind, until, {_MUTED} AS subject FROM mute WHERE {within}"  # noqa: S608
        for row in rows(self._db, muted, limits):
            made[row["subscriber_id"]] = replace(of(row), mutes=(*of(row).mutes, _mute(row)))
        followed = f"SELECT subscriber_id, {_FOLLOWED} AS story FROM follow WHERE {within}"  # noqa: S608
        for row in rows(self._db, followed, limits):
            made[row["subscriber_id"]] = replace(of(row), follows=of(row).follows | {row["story"]})
        for row in rows(self._db, f"SELECT * FROM filter WHERE {within} ORDER BY id", limits):  # noqa: S608
            made[row["subscriber_id"]] = replace(of(row), filters=(*of(row).filters, row["text"]))
        return made

    # Mutes and followed stories

    def mute(self, subscriber_id: int, mute: Mute) -> None:
        """Keep a mute, in place of an earlier one of the same thing; what waits and it silences is cancelled.

        What puts an earlier alert right is told in spite of a mute, but for its story's.
        """
        self._db.execute(
            "INSERT INTO mute (subscriber_id, kind, subject, until) VALUES (:id, :kind, :subject, :until) "
            "ON CONFLICT (subscriber_id, kind, subject) DO UPDATE SET until = :until",
            {
                "id": subscriber_id,
                "kind": mute.kind,
                "subject": mute.subject,
                "until": to_text(mute.until) if mute.until else None,
            },
        )
        if mute.kind is MuteKind.STORY:
            self.unfollow(subscriber_id, int(mute.subject))
        found = rows(
            self._db,
            "SELECT delivery.id FROM delivery JOIN alert ON alert.id = alert_id "  # noqa: S608
            f"JOIN article ON article.id = article_id WHERE delivery.id IN ({WAITING_FOR}) AND {_SILENCED[mute.kind]}",
            {
                "id": subscriber_id,
                "subject": mute.subject,
                "until": to_text(mute.until) if mute.until else None,
            },
        )
        Deliveries(self._db).shift(
            [row["id"] for row in found], DeliveryState.CANCELLED, among=_NOT_UNDER_WAY
        )

    def unmute(self, subscriber_id: int, kind: MuteKind, subject: str = "") -> None:
        """Take a mute back."""
        self._db.execute(
            f"DELETE FROM mute WHERE subscriber_id = :id AND kind = :kind AND {_MUTED} = :subject",  # noqa: S608
            {"id": subscriber_id, "kind": kind, "subject": subject},
        )

    def follow(self, subscriber_id: int, story: int) -> None:
        """Tell a subscriber of a story whatever else it asks for."""
        self.unmute(subscriber_id, MuteKind.STORY, str(story))
        self._db.execute(
            "INSERT INTO follow (subscriber_id, story_id) VALUES (:id, :story) ON CONFLICT DO NOTHING",
            {"id": subscriber_id, "story": story},
        )

    def unfollow(self, subscriber_id: int, story: int) -> None:
        """Follow a story no longer."""
        self._db.execute(
            f"DELETE FROM follow WHERE subscriber_id = :id AND {_FOLLOWED} = :story",  # noqa: S608
            {"id": subscriber_id, "story": story},
        )

    # Filters

    def add_filter(self, subscriber_id: int, text: str) -> None:
        """Keep a filter; the same one is kept once."""
        self._db.execute(
            "INSERT INTO filter (subscriber_id, text) VALUES (:id, :text) ON CONFLICT DO NOTHING",
            {"id": subscriber_id, "text": text},
        )

    def drop_filter(self, subscriber_id: int, text: str) -> None:
        """Forget a filter."""
        self._db.execute(
            "DELETE FROM filter WHERE subscriber_id = :id AND text = :text",
            {"id": subscriber_id, "text": text},
        )

    # What readers say of alerts

    def judge(self, subscriber_id: int, alert_id: int, verdict: str, now: datetime) -> None:
        """Keep what a reader says of an alert: useful or not_relevant. The rules that flagged it are kept with it."""
        self._db.execute(
            "INSERT INTO feedback (alert_id, subscriber_id, verdict, given_at, ruleset) SELECT :alert, :id, :verdict, "
            ":now, coalesce((SELECT ruleset FROM flag JOIN alert ON alert.article_id = flag.article_id "
            "WHERE alert.id = :alert), '') WHERE true ON CONFLICT (alert_id, subscriber_id) DO UPDATE SET "
            "verdict = :verdict, given_at = :now",
            {"alert": alert_id, "id": subscriber_id, "verdict": verdict, "now": to_text(now)},
        )


def _mute(row: dict[str, Any]) -> Mute:
    until = from_text(row["until"]) if row["until"] else None
    return Mute(MuteKind(row["kind"]), str(row["subject"]), until)
