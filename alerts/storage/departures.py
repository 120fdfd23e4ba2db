"""Who left: carried over when an older archive takes the place of a newer one, so that nobody comes back unasked."""

from dataclasses import dataclass
from typing import Any

from alerts.nouns import SubscriberState
from alerts.storage.deliveries import Deliveries
from alerts.storage.mailboxes import Mailboxes
from alerts.storage.personal import Personal
from alerts.storage.subscribers import Subscribers
from crawler.database import Connection, first, from_text, rows


@dataclass(frozen=True, slots=True)
class Left:
    """What an archive knows of subscribers that are not told any more."""

    secret: bytes  # what its hashes are made with; empty where there are none
    people: tuple[dict[str, Any], ...]  # id, kind, created_at, state and whether it is forgotten
    suppressed: tuple[dict[str, Any], ...]


class Departures:
    """Subscribers that left, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def left(self) -> Left:
        """Return who left, whenever that was."""
        people = rows(
            self._db,
            "SELECT id, kind, created_at, state, address LIKE 'forgotten:%' AS forgotten FROM subscriber "
            "WHERE state IN ('removed', 'suspended') ORDER BY id",
        )
        return Left(self._secret(), tuple(people), tuple(rows(self._db, "SELECT * FROM suppression")))

    def keep(self, left: Left) -> int:
        """Let go here, too, of who ``left`` another copy of this archive; returns how many were still told here."""
        if left.secret == self._secret():
            for row in left.suppressed:
                Mailboxes(self._db).suppress(row["hash"], row["reason"], from_text(row["since"]))
        return sum(self._let_go(row) for row in left.people)

    def _let_go(self, gone: dict[str, Any]) -> bool:
        # An archive that went another way may have given the number to somebody else.
        here = first(
            self._db,
            "SELECT state, address LIKE 'forgotten:%' AS forgotten FROM subscriber "
            "WHERE id = :id AND kind = :kind AND created_at = :created_at",
            gone,
        )
        if here is None or here["forgotten"]:
            return False
        told = here["state"] in {SubscriberState.ACTIVE, SubscriberState.DEGRADED}
        if gone["forgotten"]:
            Personal(self._db).forget(gone["id"])
        elif here["state"] != SubscriberState.REMOVED:
            Subscribers(self._db).set_state(gone["id"], SubscriberState(gone["state"]))
            Deliveries(self._db).cancel_deliveries(gone["id"])
        return told

    def _secret(self) -> bytes:
        row = first(self._db, "SELECT secret FROM mail_key")
        return bytes(row["secret"]) if row else b""
