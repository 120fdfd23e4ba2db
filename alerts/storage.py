"""The newsdesk: flags, stories, alerts, subscribers, deliveries, and what operators must know.

The only SQL of this package. A ``Newsdesk`` wraps one connection inside one transaction (see ``crawler.database``);
an ``Archive`` on the same connection takes part in the same transaction.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import cattrs

from alerts.nouns import (
    Alert,
    AlertKind,
    Delivery,
    DeliveryState,
    Flag,
    Level,
    RecipientKind,
    Story,
    Subscriber,
    SubscriberState,
    Subscription,
    Verdict,
)
from alerts.planning import Told
from crawler.database import Connection, first, from_text, rows, to_text

VERDICT_VERSION = 1
_json = cattrs.Converter()

OPEN = "('queued', 'leased', 'unknown')"


@dataclass(frozen=True, slots=True)
class Placed:
    """A flagged article in its story, as the placing decision sees it."""

    article: int
    story: int
    fingerprint: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process may send until the lease ends, with whom it goes to."""

    delivery: Delivery
    subscriber: Subscriber
    reply_to: str  # receipt of the story's first message to this subscriber; empty when there is none


class Newsdesk:
    """The alerts' tables, through one connection."""

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
            "INSERT INTO story (opened_at, last_at, title, topics, places, level) "
            "VALUES (:opened, :last, :title, :topics, :places, :level) RETURNING id",
            _story_row(story),
        )

    def change_story(self, story: Story) -> None:
        """Keep what a story is now, and that its articles are in it."""
        self._db.execute(
            "UPDATE story SET opened_at = :opened, last_at = :last, title = :title, topics = :topics, "
            "places = :places, level = :level WHERE id = :id",
            _story_row(story) | {"id": story.id},
        )
        self._db.execute(
            "UPDATE story_article SET story_id = :id WHERE article_id IN (SELECT value FROM json_each(:articles))",
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

    def merge(self, stories: Iterable[int], into: int) -> None:
        """Let stories go on under another one: what was told of them counts as told of it."""
        for story in stories:
            self._db.execute(
                "UPDATE story SET merged_into = :into WHERE id = :id OR merged_into = :id",
                {"into": into, "id": story},
            )

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

    # Alerts

    def keep_alert(self, alert: Alert, knew: Iterable[int]) -> int:
        """Keep an alert with the articles it knew, and return its id."""
        return _id(
            self._db,
            "INSERT INTO alert (story_id, version, kind, level, created_at, article_id, reason, facts) "
            "VALUES (:story, :version, :kind, :level, :at, :article, :reason, :facts) RETURNING id",
            {
                "story": alert.story,
                "version": alert.version,
                "kind": alert.kind,
                "level": alert.level,
                "at": to_text(alert.created_at),
                "article": alert.article,
                "reason": alert.reason,
                "facts": json.dumps({"v": 1, "knew": sorted(knew)}),
            },
        )

    def told(self, story_id: int) -> list[Told]:
        """Return what was said of a story, and of those merged into it, with what each alert knew; oldest first."""
        found = rows(
            self._db,
            "SELECT alert.* FROM alert JOIN story ON story.id = story_id "
            "WHERE :id IN (story.id, story.merged_into) ORDER BY alert.id",
            {"id": story_id},
        )
        return [Told(_alert(row), frozenset(json.loads(row["facts"])["knew"])) for row in found]

    def alert(self, alert_id: int) -> Alert | None:
        """Return an alert by its id."""
        row = first(self._db, "SELECT * FROM alert WHERE id = :id", {"id": alert_id})
        return _alert(row) if row else None

    def alerts_of(self, story_id: int) -> list[Alert]:
        """Return what was said of a story, oldest first."""
        found = rows(self._db, "SELECT * FROM alert WHERE story_id = :id ORDER BY version", {"id": story_id})
        return [_alert(row) for row in found]

    # Subscribers

    def subscribe(self, subscriber: Subscriber, wanted: Sequence[Subscription]) -> int:
        """Keep a subscriber with what it wants, in place of what it wanted before; returns its id."""
        subscriber_id = _id(
            self._db,
            "INSERT INTO subscriber (kind, address, state, language, timezone, digits, quiet_from, quiet_to, "
            "created_at) VALUES (:kind, :address, :state, :language, :timezone, :digits, :from, :to, :at) "
            "ON CONFLICT (kind, address) DO UPDATE SET state = :state, language = :language, timezone = :timezone, "
            "digits = :digits, quiet_from = :from, quiet_to = :to RETURNING id",
            {
                "kind": subscriber.kind,
                "address": subscriber.address,
                "state": subscriber.state,
                "language": subscriber.language,
                "timezone": subscriber.timezone,
                "digits": subscriber.digits,
                "from": subscriber.quiet_from.isoformat("minutes") if subscriber.quiet_from else None,
                "to": subscriber.quiet_to.isoformat("minutes") if subscriber.quiet_to else None,
                "at": to_text(subscriber.created_at),
            },
        )
        self._db.execute("DELETE FROM subscription WHERE subscriber_id = :id", {"id": subscriber_id})
        for one in wanted:
            self._db.table("subscription").insert(
                {
                    "subscriber_id": subscriber_id,
                    "topics": json.dumps(one.topics),
                    "places": json.dumps(one.places),
                    "outlets": json.dumps(one.outlets),
                    "level": int(one.level),
                    "cadence": one.cadence,
                    "muted_until": to_text(one.muted_until) if one.muted_until else None,
                }
            )
        return subscriber_id

    def subscribers(self) -> list[Subscriber]:
        """Return everybody who was not removed."""
        return [
            _subscriber(r)
            for r in rows(self._db, "SELECT * FROM subscriber WHERE state != 'removed' ORDER BY id")
        ]

    def subscriptions(self) -> list[tuple[Subscriber, Subscription]]:
        """Return what every active subscriber wants."""
        found = rows(
            self._db,
            "SELECT subscription.id AS subscription_id, subscription.level AS wanted_level, subscriber.*, "
            "subscription.* FROM subscription JOIN subscriber ON subscriber.id = subscription.subscriber_id "
            "WHERE subscriber.state = 'active' ORDER BY subscription.id",
        )
        return [(_subscriber(row | {"id": row["subscriber_id"]}), _subscription(row)) for row in found]

    def set_subscriber_state(self, subscriber_id: int, state: SubscriberState) -> bool:
        """Suspend, revive or remove a subscriber; False when there is none."""
        done = self._db.execute(
            "UPDATE subscriber SET state = :state WHERE id = :id", {"state": state, "id": subscriber_id}
        )
        return done.rowcount > 0

    # Deliveries

    def fan_out(self, alert: Alert, to: Iterable[tuple[Subscriber, str]], now: datetime) -> int:
        """Queue an alert for every (subscriber, channel); returns how many rows that made."""
        made = 0
        for subscriber, channel in to:
            made += self._db.execute(
                "INSERT INTO delivery (alert_id, subscriber_id, channel, level, state, due, created_at) "
                "VALUES (:alert, :subscriber, :channel, :level, 'queued', :now, :now) ON CONFLICT DO NOTHING",
                {
                    "alert": alert.id,
                    "subscriber": subscriber.id,
                    "channel": channel,
                    "level": alert.level,
                    "now": to_text(now),
                },
            ).rowcount
        return made

    def claim_deliveries(
        self, now: datetime, *, until: datetime, lease: str, most: int, channels: Sequence[str]
    ) -> list[Claim]:
        """Take up to ``most`` due deliveries of ``channels``, most urgent first, one a subscriber, in their order.

        A row whose lease ran out was in flight when its process died; it is taken again.
        """
        found = rows(
            self._db,
            "UPDATE delivery SET state = 'leased', lease = :lease, due = :until, attempts = attempts + 1 "  # noqa: S608
            "WHERE id IN (SELECT id FROM (SELECT delivery.id, delivery.level, "
            "row_number() OVER (PARTITION BY subscriber_id ORDER BY delivery.id) AS place "
            "FROM delivery JOIN subscriber ON subscriber.id = subscriber_id "
            f"WHERE delivery.state IN {OPEN} AND due <= :now "
            "AND channel IN (SELECT value FROM json_each(:channels)) "
            "AND subscriber.state = 'active' AND subscriber.not_before <= :now "
            "AND NOT EXISTS (SELECT 1 FROM delivery AS other WHERE other.subscriber_id = delivery.subscriber_id "
            "AND other.state = 'leased' AND other.due > :now)) "
            "AS waiting WHERE place = 1 ORDER BY level DESC, id LIMIT :most) RETURNING *",
            {
                "now": to_text(now),
                "until": to_text(until),
                "lease": lease,
                "most": most,
                "channels": json.dumps(list(channels)),
            },
        )
        ordered = sorted((_delivery(row) for row in found), key=lambda one: (-one.level, one.id))
        return [self._claim(one) for one in ordered]

    def _claim(self, delivery: Delivery) -> Claim:
        subscriber = rows(self._db, "SELECT * FROM subscriber WHERE id = :id", {"id": delivery.subscriber})[0]
        earlier = first(
            self._db,
            "SELECT receipt FROM delivery JOIN alert ON alert.id = alert_id WHERE subscriber_id = :subscriber "
            "AND delivery.state = 'sent' AND story_id IN (SELECT story.id FROM story JOIN alert AS this "
            "ON this.story_id IN (story.id, story.merged_into) WHERE this.id = :alert) "
            "ORDER BY delivery.id LIMIT 1",
            {"subscriber": delivery.subscriber, "alert": delivery.alert},
        )
        return Claim(delivery, _subscriber(subscriber), earlier["receipt"] if earlier else "")

    def release(self, now: datetime) -> int:
        """Make due at once what a dead service had in flight; returns how many. Some of it may have arrived."""
        done = self._db.execute(
            "UPDATE delivery SET due = :now WHERE state = 'leased'", {"now": to_text(now)}
        )
        return done.rowcount

    def settle(self, delivery: Delivery) -> bool:
        """Keep how a claimed delivery went (its state, due time, receipt and error); False when the lease was lost."""
        done = self._db.execute(
            "UPDATE delivery SET state = :state, due = :due, receipt = :receipt, error = :error, sent_at = :sent, "
            "lease = '' WHERE id = :id AND lease = :lease",
            {
                "id": delivery.id,
                "lease": delivery.lease,
                "state": delivery.state,
                "due": to_text(delivery.due),
                "receipt": delivery.receipt,
                "error": delivery.error,
                "sent": to_text(delivery.sent_at) if delivery.sent_at else None,
            },
        )
        return done.rowcount > 0

    def hold_subscriber(self, subscriber_id: int, until: datetime) -> None:
        """Send a subscriber nothing before ``until``: its server asked for that."""
        self._db.execute(
            "UPDATE subscriber SET not_before = :until WHERE id = :id",
            {"until": to_text(until), "id": subscriber_id},
        )

    def move_subscriber(self, subscriber_id: int, address: str) -> None:
        """Follow a chat that became another one; where the new address subscribes already, the two become one."""
        same = first(
            self._db,
            "SELECT id FROM subscriber WHERE address = :address AND id != :id "
            "AND kind IN (SELECT kind FROM subscriber WHERE id = :id UNION SELECT 'group')",
            {"address": address, "id": subscriber_id},
        )
        if same is None:
            self._db.execute(
                "UPDATE subscriber SET address = :address WHERE id = :id",
                {"address": address, "id": subscriber_id},
            )
            return
        both = {"old": subscriber_id, "new": same["id"]}
        self._db.execute(
            "UPDATE OR IGNORE delivery SET subscriber_id = :new WHERE subscriber_id = :old", both
        )
        self._db.execute(
            "UPDATE delivery SET state = 'cancelled' WHERE subscriber_id = :old AND state != 'sent'", both
        )
        self._db.execute("UPDATE subscription SET subscriber_id = :new WHERE subscriber_id = :old", both)
        self.set_subscriber_state(subscriber_id, SubscriberState.REMOVED)

    def deliveries_of(self, alert_id: int) -> list[tuple[Delivery, Subscriber]]:
        """Return who was to be told of an alert and how that went."""
        found = rows(self._db, "SELECT * FROM delivery WHERE alert_id = :id ORDER BY id", {"id": alert_id})
        people = {one.id: one for one in (_subscriber(r) for r in rows(self._db, "SELECT * FROM subscriber"))}
        return [(_delivery(row), people[row["subscriber_id"]]) for row in found]

    def next_delivery(self) -> datetime | None:
        """Return when the next open delivery is due; None when nothing waits."""
        row = first(self._db, f"SELECT min(due) AS due FROM delivery WHERE state IN {OPEN}")  # noqa: S608 (a constant)
        return from_text(row["due"]) if row and row["due"] else None

    # Search

    def index(self, documents: Iterable[tuple[int, str, str]]) -> None:
        """Make folded (seq, title, body) texts findable."""
        for seq, title, body in documents:
            self._db.execute(
                "INSERT INTO search (rowid, title, body) VALUES (:seq, :title, :body)",
                {"seq": seq, "title": title, "body": body},
            )

    def search(self, words: Sequence[str], most: int) -> list[int]:
        """Return ids of the articles that hold all folded ``words``, newest first."""
        query = " ".join('"' + word.replace('"', '""') + '"' for word in words)
        found = rows(
            self._db,
            "SELECT article.id FROM search JOIN article ON article.seq = search.rowid "
            "WHERE search MATCH :query ORDER BY search.rowid DESC LIMIT :most",
            {"query": query, "most": most},
        )
        return [row["id"] for row in found]

    # What an operator asks, and what an operator did

    def counts(self) -> dict[str, int]:
        """Return how many rows each state of things has."""
        tables = rows(
            self._db,
            "SELECT (SELECT count(*) FROM flag) AS flags, (SELECT count(*) FROM story) AS stories, "
            "(SELECT count(*) FROM alert) AS alerts",
        )[0]
        states = rows(self._db, "SELECT state, count(*) AS n FROM delivery GROUP BY state")
        return (
            tables | {state.value: 0 for state in DeliveryState} | {row["state"]: row["n"] for row in states}
        )

    def open_event(
        self,
        kind: str,
        subject: str,
        *,
        severity: str,
        cause: str,
        evidence: dict[str, Any],
        runbook: str,
        now: datetime,
    ) -> bool:
        """Tell operators of a condition; False when it is open already."""
        done = self._db.execute(
            "INSERT INTO event (kind, subject, severity, cause, evidence, opened_at, runbook) VALUES "
            "(:kind, :subject, :severity, :cause, :evidence, :now, :runbook) ON CONFLICT DO NOTHING",
            {
                "kind": kind,
                "subject": subject,
                "severity": severity,
                "cause": cause,
                "evidence": json.dumps({"v": 1} | evidence, ensure_ascii=False),
                "now": to_text(now),
                "runbook": runbook,
            },
        )
        return done.rowcount > 0

    def close_event(self, kind: str, subject: str, now: datetime) -> bool:
        """Say that a condition is over; False when none was open."""
        done = self._db.execute(
            "UPDATE event SET closed_at = :now WHERE kind = :kind AND subject = :subject AND closed_at IS NULL",
            {"kind": kind, "subject": subject, "now": to_text(now)},
        )
        return done.rowcount > 0

    def open_events(self) -> list[dict[str, Any]]:
        """Return the conditions that are open, oldest first."""
        return rows(self._db, "SELECT * FROM event WHERE closed_at IS NULL ORDER BY id")

    def audit(self, now: datetime, actor: str, action: str, subject: str, detail: str = "") -> None:
        """Keep who changed what by hand."""
        self._db.table("audit").insert(
            {"at": to_text(now), "actor": actor, "action": action, "subject": subject, "detail": detail}
        )


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
        id=row["id"],
    )


def _alert(row: dict[str, Any]) -> Alert:
    return Alert(
        story=row["story_id"],
        version=row["version"],
        kind=AlertKind(row["kind"]),
        level=Level(row["level"]),
        created_at=from_text(row["created_at"]),
        article=row["article_id"],
        reason=row["reason"],
        id=row["id"],
    )


def _subscriber(row: dict[str, Any]) -> Subscriber:
    return Subscriber(
        kind=RecipientKind(row["kind"]),
        address=row["address"],
        created_at=from_text(row["created_at"]),
        state=SubscriberState(row["state"]),
        language=row["language"],
        timezone=row["timezone"],
        digits=row["digits"],
        quiet_from=time.fromisoformat(row["quiet_from"]) if row["quiet_from"] else None,
        quiet_to=time.fromisoformat(row["quiet_to"]) if row["quiet_to"] else None,
        id=row["id"],
    )


def _subscription(row: dict[str, Any]) -> Subscription:
    return Subscription(
        subscriber=row["subscriber_id"],
        topics=tuple(json.loads(row["topics"])),
        places=tuple(json.loads(row["places"])),
        outlets=tuple(json.loads(row["outlets"])),
        level=Level(row["wanted_level"]),
        cadence=row["cadence"],
        muted_until=from_text(row["muted_until"]) if row["muted_until"] else None,
        id=row["subscription_id"],
    )


def _delivery(row: dict[str, Any]) -> Delivery:
    return Delivery(
        alert=row["alert_id"],
        subscriber=row["subscriber_id"],
        channel=row["channel"],
        due=from_text(row["due"]),
        level=Level(row["level"]),
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        receipt=row["receipt"],
        error=row["error"],
        lease=row["lease"],
        sent_at=from_text(row["sent_at"]) if row["sent_at"] else None,
        id=row["id"],
    )
