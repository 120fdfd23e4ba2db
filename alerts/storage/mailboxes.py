"""What only mail needs: the signing key, consent, bounces, and who is never written to again."""

import json
from datetime import datetime
from typing import Any

from alerts.mail.nouns import Bounce, Consent, Door
from alerts.nouns import Cargo, Level, Subscriber, Subscription
from alerts.storage.deliveries import Deliveries
from alerts.storage.subscribers import subscriber_of
from crawler.database import Connection, first, from_text, rows, to_text


class Mailboxes:
    """Mail's own rows, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def key(self, fresh: bytes, now: datetime) -> bytes:
        """Return what signs our tokens; ``fresh`` from the first time on."""
        self._db.execute(
            "INSERT INTO mail_key (id, secret, made_at) VALUES (1, :fresh, :now) ON CONFLICT DO NOTHING",
            {"fresh": fresh, "now": to_text(now)},
        )
        return bytes(rows(self._db, "SELECT secret FROM mail_key")[0]["secret"])

    # Consent

    def ask(self, consent: Consent) -> int:
        """Keep a question and queue the letter that asks it; returns the consent's id."""
        at = to_text(consent.asked_at)
        (made,) = rows(
            self._db,
            "INSERT INTO consent (subscriber_id, wanted, asked_at, mailbox) "
            "VALUES (:subscriber, :wanted, :at, :mailbox) RETURNING id",
            {
                "subscriber": consent.subscriber,
                "wanted": _wanted_text(consent),
                "at": at,
                "mailbox": consent.mailbox,
            },
        )
        # Somebody waits for it before an open mailbox; but whoever types addresses must not delay what is critical.
        Deliveries(self._db).queue(
            Cargo.CONSENT, made["id"], consent.subscriber, "mail", Level.HIGH, consent.asked_at
        )
        return int(made["id"])

    def consent(self, consent_id: int) -> Consent | None:
        """Return a question, answered or not."""
        row = first(self._db, "SELECT * FROM consent WHERE id = :id", {"id": consent_id})
        return _consent(row) if row else None

    def asked(self, subscriber_id: int, since: datetime, mailbox: str = "") -> int:
        """Return how often a subscriber was asked from ``since`` on, and whoever else reads at its mailbox."""
        found = rows(
            self._db,
            "SELECT count(*) AS n FROM consent WHERE asked_at >= :since "
            "AND (subscriber_id = :id OR mailbox != '' AND mailbox = :mailbox)",
            {"id": subscriber_id, "since": to_text(since), "mailbox": mailbox},
        )
        return int(found[0]["n"])

    def unasked_since(self, moment: datetime) -> list[Subscriber]:
        """Return the mail readers still known that never said yes, and were asked nothing since ``moment``."""
        found = rows(
            self._db,
            "SELECT * FROM subscriber WHERE kind = 'mail' AND created_at < :since "
            "AND address NOT LIKE 'forgotten:%' AND EXISTS "
            "(SELECT 1 FROM consent WHERE subscriber_id = subscriber.id) AND NOT EXISTS (SELECT 1 FROM consent "
            "WHERE subscriber_id = subscriber.id AND (given_at IS NOT NULL OR asked_at >= :since)) ORDER BY id",
            {"since": to_text(moment)},
        )
        return [subscriber_of(row) for row in found]

    def keep_try(self, door: Door, asker: str, now: datetime) -> None:
        """Note that somebody, known by a keyed hash, typed an address, whatever becomes of that."""
        self._db.execute(
            "INSERT INTO asking (door, asker, at) VALUES (:door, :asker, :now)",
            {"door": door, "asker": asker, "now": to_text(now)},
        )

    def tries(self, door: Door, since: datetime, asker: str = "") -> int:
        """Return how many addresses were typed at a door after ``since``; by one asker, where it is named."""
        found = rows(
            self._db,
            "SELECT count(*) AS n FROM asking WHERE door = :door AND at > :since AND :asker IN ('', asker)",
            {"door": door, "since": to_text(since), "asker": asker},
        )
        return int(found[0]["n"])

    def forget_counts(self, tries: datetime, mailboxes: datetime) -> None:
        """Forget who typed addresses before ``tries``, and which mailboxes were asked before ``mailboxes``."""
        self._db.execute("DELETE FROM asking WHERE at < :before", {"before": to_text(tries)})
        self._db.execute(
            "UPDATE consent SET mailbox = '' WHERE mailbox != '' AND asked_at < :before",
            {"before": to_text(mailboxes)},
        )

    def give(self, consent_id: int, now: datetime) -> None:
        """Keep that the owner of the address said yes; the first time is what counts."""
        self._db.execute(
            "UPDATE consent SET given_at = :now WHERE id = :id AND given_at IS NULL",
            {"id": consent_id, "now": to_text(now)},
        )

    # Bounces

    def keep_bounce(self, bounce: Bounce) -> bool:
        """Keep a mail that came back; False when its report was read before."""
        done = self._db.execute(
            "INSERT INTO bounce (subscriber_id, at, kind, status, message_id, hash) "
            "VALUES (:subscriber, :at, :kind, :status, :message, :hash) ON CONFLICT DO NOTHING",
            {
                "subscriber": bounce.subscriber,
                "at": to_text(bounce.at),
                "kind": bounce.kind,
                "status": bounce.status,
                "message": bounce.message_id,
                "hash": bounce.hash,
            },
        )
        return done.rowcount > 0

    def bounces(self, subscriber_id: int, since: datetime) -> int:
        """Return how many mails to a subscriber came back from ``since`` on."""
        found = rows(
            self._db,
            "SELECT count(*) AS n FROM bounce WHERE subscriber_id = :id AND at >= :since",
            {"id": subscriber_id, "since": to_text(since)},
        )
        return int(found[0]["n"])

    def returned(self, since: datetime) -> tuple[int, int]:
        """Return how many mails came back from ``since`` on, and how many were sent."""
        found = rows(
            self._db,
            "SELECT (SELECT count(*) FROM bounce WHERE at >= :since) AS back, (SELECT count(*) FROM delivery "
            "WHERE channel = 'mail' AND state = 'sent' AND sent_at >= :since) AS sent",
            {"since": to_text(since)},
        )
        return int(found[0]["back"]), int(found[0]["sent"])

    # Suppression

    def suppress(self, address_hash: str, reason: str, now: datetime) -> None:
        """Never write to an address again."""
        self._db.execute(
            "INSERT INTO suppression (hash, reason, since) VALUES (:hash, :reason, :now) ON CONFLICT DO NOTHING",
            {"hash": address_hash, "reason": reason, "now": to_text(now)},
        )

    def suppressed(self, address_hash: str) -> bool:
        """Whether an address is never written to again."""
        found = first(self._db, "SELECT 1 FROM suppression WHERE hash = :hash", {"hash": address_hash})
        return found is not None

    def allow(self, address_hash: str) -> bool:
        """Take an address off the list; False when it was not on it."""
        done = self._db.execute("DELETE FROM suppression WHERE hash = :hash", {"hash": address_hash})
        return done.rowcount > 0


def _wanted_text(consent: Consent) -> str:
    wanted = [
        {
            "topics": one.topics,
            "places": one.places,
            "outlets": one.outlets,
            "level": int(one.level),
            "cadence": one.cadence,
        }
        for one in consent.wanted
    ]
    return json.dumps({"v": 1, "wanted": wanted, "language": consent.language, "timezone": consent.timezone})


def _consent(row: dict[str, Any]) -> Consent:
    kept = json.loads(row["wanted"])
    wanted = tuple(
        Subscription(
            subscriber=row["subscriber_id"],
            topics=tuple(one["topics"]),
            places=tuple(one["places"]),
            outlets=tuple(one["outlets"]),
            level=Level(one["level"]),
            cadence=one["cadence"],
        )
        for one in kept["wanted"]
    )
    return Consent(
        subscriber=row["subscriber_id"],
        wanted=wanted,
        asked_at=from_text(row["asked_at"]),
        language=kept["language"],
        timezone=kept["timezone"],
        given_at=from_text(row["given_at"]) if row["given_at"] else None,
        mailbox=row["mailbox"],
        id=row["id"],
    )
