"""What is kept of one subscriber, in whatever table: one list, for its copy, its end and its move."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alerts.nouns import SubscriberState
from alerts.storage.subscribers import Subscribers
from crawler.database import Connection, first, rows


@dataclass(frozen=True, slots=True)
class Trace:
    """The rows of a table that say something of a subscriber."""

    table: str
    column: str = "subscriber_id"  # that refers to it
    through: str = ""  # the table whose rows ``column`` refers to, where that is not the subscriber
    # What is left when it is forgotten, an SQL expression a column: a count without a name. Empty: the rows go.
    left: Mapping[str, str] = field(default_factory=dict)
    own: bool = True  # False: the rows are another subscriber's, and only name this one

    @property
    def where(self) -> str:
        """The rows' condition; it takes ``:id``."""
        if self.through:
            return f"{self.column} IN (SELECT id FROM {self.through} WHERE subscriber_id = :id)"  # noqa: S608
        return f"{self.column} = :id"


# All that refers to a subscriber, what refers to other rows before those (tests/alerts/test_personal.py reads the
# tables and finds what is missing here).
TRACES = (
    Trace("subscription"),
    Trace("mute"),
    Trace("follow"),
    Trace("filter"),
    Trace("draft"),
    Trace("digest_settings"),
    Trace("operator"),
    Trace("feedback"),
    Trace("invitation", "used_by"),  # used up: without its row it is no more good than with it
    Trace("edition_story", "edition_id", through="edition"),
    Trace("edit", "delivery_id", through="delivery"),
    Trace("edition", left={"content": "''", "zone": "'UTC'"}),
    # That somebody was asked, and when, is what limits how many letters we send in a day.
    Trace("consent", left={
        "wanted": """'{"v": 1, "wanted": [], "language": "ar", "timezone": "UTC"}'""", "mailbox": "''",
    }),
    Trace("bounce", left={"message_id": "''", "status": "''"}),
    Trace("delivery", left={
        "state": "CASE WHEN state IN ('sent', 'dead', 'cancelled', 'folded') THEN state ELSE 'cancelled' END",
        "lease": "''",  # what is on its way just now must not write its receipt here
        "receipt": "''",
        "error": "''",
    }),
    Trace("subscriber", "fallback_id", left={"fallback_id": "NULL"}, own=False),
    Trace("subscriber", "id", left={
        "state": "'removed'", "address": "'forgotten:' || id", "title": "''", "language": "'ar'",
        "timezone": "'UTC'", "digits": "'latn'", "quiet_from": "NULL", "quiet_to": "NULL", "quiet_mode": "'hold'",
        "quiet_critical": "0", "not_before": "''", "degraded_at": "NULL", "fallback_id": "NULL",
    }),
)  # fmt: skip

# Who wrote in a group is that person's own; a lease is the sender's.
_NOT_COPIED = frozenset({"author", "lease"})
_SETTINGS = "language, timezone, digits, quiet_from, quiet_to, quiet_mode, quiet_critical, title"
_TOLD = "state IN ('active', 'degraded')"


class Personal:
    """One subscriber's rows in all tables, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def copy(self, subscriber_id: int) -> dict[str, list[dict[str, Any]]]:
        """Return all that is kept of a subscriber, its rows by table, as JSON can hold it."""
        kept = {}
        for trace in TRACES:
            if trace.own:
                sql = f"SELECT * FROM {trace.table} WHERE {trace.where}"  # noqa: S608
                found = rows(self._db, sql, {"id": subscriber_id})
                kept[trace.table] = [_copied(row, trace) for row in found]
        return kept

    def forget(self, subscriber_id: int) -> None:
        """Remove a subscriber's address and all it chose, read and said; what is left are counts without a name."""
        self._db.execute(  # what somebody wrote in a group stands there under the number of the own chat
            "DELETE FROM draft WHERE CAST(author AS TEXT) = "
            "(SELECT address FROM subscriber WHERE id = :id AND kind = 'private_chat')",
            {"id": subscriber_id},
        )
        for trace in TRACES:
            if trace.left:
                left = ", ".join(f"{column} = {value}" for column, value in trace.left.items())
                change = f"UPDATE {trace.table} SET {left}"  # noqa: S608
            else:
                change = f"DELETE FROM {trace.table}"  # noqa: S608
            self._db.execute(f"{change} WHERE {trace.where}", {"id": subscriber_id})

    def move(self, subscriber_id: int, address: str) -> None:
        """Follow a chat that became another one; where the new address is known already, the two become one.

        Who is told at the new address already goes on being told what it asked for there. All else goes along:
        what was muted, followed and filtered, the hour of digests, what was sent, and that operators read there.
        """
        same = first(
            self._db,
            "SELECT id, state FROM subscriber WHERE address = :address AND id != :id "
            "AND kind IN (SELECT kind FROM subscriber WHERE id = :id UNION SELECT 'group')",
            {"address": address, "id": subscriber_id},
        )
        if same is None:
            self._db.execute(
                "UPDATE subscriber SET address = :address WHERE id = :id",
                {"address": address, "id": subscriber_id},
            )
            return
        both = {"id": subscriber_id, "new": same["id"]}
        if SubscriberState(same["state"]) not in {SubscriberState.ACTIVE, SubscriberState.DEGRADED}:
            self._db.execute("DELETE FROM subscription WHERE subscriber_id = :new", both)
            self._db.execute(
                f"UPDATE subscriber SET ({_SETTINGS}) = (SELECT {_SETTINGS} FROM subscriber WHERE id = :id) "  # noqa: S608
                "WHERE id = :new",
                both,
            )
        self._db.execute(
            "DELETE FROM subscription WHERE subscriber_id = :id "
            "AND EXISTS (SELECT 1 FROM subscription WHERE subscriber_id = :new)",
            both,
        )
        for trace in TRACES:
            if trace.table != "subscriber" and not trace.through:
                change = f"UPDATE OR IGNORE {trace.table} SET {trace.column} = :new"  # noqa: S608
                self._db.execute(f"{change} WHERE {trace.where}", both)  # what both have is the new one's
        self._db.execute(  # a digest that both were to get is told once
            "UPDATE delivery SET subscriber_id = :id WHERE subscriber_id = :new "
            "AND edition_id IN (SELECT id FROM edition WHERE subscriber_id = :id)",
            both,
        )
        self._move_fallbacks(both)
        # Who was told moved there and takes our messages: whatever the new address was to us before.
        if first(self._db, f"SELECT 1 FROM subscriber WHERE id = :id AND {_TOLD}", both):  # noqa: S608
            Subscribers(self._db).set_state(same["id"], SubscriberState.ACTIVE)
        self.forget(subscriber_id)

    def _move_fallbacks(self, both: dict[str, Any]) -> None:
        self._db.execute(
            "UPDATE subscriber SET fallback_id = (SELECT fallback_id FROM subscriber WHERE id = :id) "
            "WHERE id = :new AND fallback_id IS NULL",
            both,
        )
        self._db.execute("UPDATE subscriber SET fallback_id = :new WHERE fallback_id = :id", both)
        self._db.execute(
            "UPDATE subscriber SET fallback_id = NULL WHERE fallback_id = id AND id = :new", both
        )


def _copied(row: dict[str, Any], trace: Trace) -> dict[str, Any]:
    left_out = _NOT_COPIED if trace.column == "id" else _NOT_COPIED | {trace.column}
    return {name: value for name, value in row.items() if name not in left_out}
