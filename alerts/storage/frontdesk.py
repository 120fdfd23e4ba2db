"""The conversation with subscribers: updates that were acted on, drafts, invitations, what Telegram knows of us."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.database import Connection, first, rows, to_text

UPDATES_KEPT = timedelta(days=2)  # Telegram itself forgets them after one
DRAFTS_KEPT = timedelta(days=1)
_PRUNE_EVERY = 256


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wrote and a later press refers to."""

    subscriber: int
    author: int
    kind: str
    text: str
    id: int = 0


class Frontdesk:
    """The conversation's rows, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def take(self, update_id: int, now: datetime) -> bool:
        """Note that an update is acted on; False when it was before."""
        if update_id % _PRUNE_EVERY == 0:
            self._db.execute(
                "DELETE FROM bot_update WHERE at < :before", {"before": to_text(now - UPDATES_KEPT)}
            )
            self._db.execute(
                "DELETE FROM draft WHERE made_at < :before", {"before": to_text(now - DRAFTS_KEPT)}
            )
        done = self._db.execute(
            "INSERT INTO bot_update (update_id, at) VALUES (:id, :now) ON CONFLICT DO NOTHING",
            {"id": update_id, "now": to_text(now)},
        )
        return done.rowcount > 0

    # Drafts

    def keep_draft(self, draft: Draft, now: datetime) -> int:
        """Keep what somebody wrote, and return its number, which is nobody's again once it is forgotten."""
        made = rows(
            self._db,
            "INSERT INTO draft (id, subscriber_id, author, kind, text, made_at) "
            "SELECT max(:second, coalesce(max(id) + 1, 0)), :subscriber, :author, :kind, :text, :now FROM draft "
            "RETURNING id",
            {
                "second": int(now.timestamp()),  # a button may be older than all drafts that are kept
                "subscriber": draft.subscriber,
                "author": draft.author,
                "kind": draft.kind,
                "text": draft.text,
                "now": to_text(now),
            },
        )
        return int(made[0]["id"])

    def draft(self, number: int, subscriber_id: int, kind: str) -> Draft | None:
        """Return a draft of this subscriber and kind."""
        row = first(
            self._db,
            "SELECT * FROM draft WHERE id = :id AND subscriber_id = :subscriber AND kind = :kind",
            {"id": number, "subscriber": subscriber_id, "kind": kind},
        )
        return (
            Draft(row["subscriber_id"], row["author"], row["kind"], row["text"], row["id"]) if row else None
        )

    def drop_draft(self, number: int) -> None:
        """Forget a draft: what it was made for is done."""
        self._db.execute("DELETE FROM draft WHERE id = :id", {"id": number})

    def await_answer(self, subscriber_id: int, author: int, asked: str, now: datetime) -> None:
        """Take the author's next message as the answer to ``asked``, a command's name."""
        self.answered(subscriber_id, author)
        self.keep_draft(Draft(subscriber_id, author, "awaits", asked), now)

    def awaited(self, subscriber_id: int, author: int, since: datetime) -> str:
        """Return the command that the author was asked about since then; empty when there is none."""
        row = first(
            self._db,
            "SELECT text FROM draft WHERE kind = 'awaits' AND subscriber_id = :subscriber AND author = :author "
            "AND made_at >= :since ORDER BY id DESC LIMIT 1",
            {"subscriber": subscriber_id, "author": author, "since": to_text(since)},
        )
        return row["text"] if row else ""

    def answered(self, subscriber_id: int, author: int) -> None:
        """Wait for no answer of the author any more."""
        self._db.execute(
            "DELETE FROM draft WHERE kind = 'awaits' AND subscriber_id = :subscriber AND author = :author",
            {"subscriber": subscriber_id, "author": author},
        )

    # Invitations

    def invite(self, token_hash: str, now: datetime, expires: datetime) -> None:
        """Keep an invitation."""
        self._db.execute(
            "INSERT INTO invitation (hash, made_at, expires_at) VALUES (:hash, :now, :expires)",
            {"hash": token_hash, "now": to_text(now), "expires": to_text(expires)},
        )

    def invites(self, token_hash: str, now: datetime) -> bool:
        """Whether an invitation is good: known, not used up and not too old."""
        found = first(
            self._db,
            "SELECT 1 FROM invitation WHERE hash = :hash AND used_by IS NULL AND expires_at > :now",
            {"hash": token_hash, "now": to_text(now)},
        )
        return found is not None

    def redeem(self, token_hash: str, subscriber_id: int, now: datetime) -> bool:
        """Use an invitation up; False when it is unknown, used or too old."""
        done = self._db.execute(
            "UPDATE invitation SET used_by = :by WHERE hash = :hash AND used_by IS NULL AND expires_at > :now",
            {"by": subscriber_id, "hash": token_hash, "now": to_text(now)},
        )
        return done.rowcount > 0

    # What the Bot API knows of us

    def state(self, name: str) -> str:
        """Return what was kept under a name; empty when nothing was."""
        row = first(self._db, "SELECT value FROM bot_state WHERE name = :name", {"name": name})
        return row["value"] if row else ""

    def keep_state(self, name: str, value: str) -> None:
        """Keep something under a name."""
        self._db.execute(
            "INSERT INTO bot_state (name, value) VALUES (:name, :value) "
            "ON CONFLICT (name) DO UPDATE SET value = :value",
            {"name": name, "value": value},
        )
