"""The shell that keeps the last good rules running and takes newer ones as soon as they are proved."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from alerts.matching import RuleBook, RuleSet
from alerts.matching.loader import LEARNED
from alerts.storage import Logbook
from crawler.database import Connection, Database

log = logging.getLogger(__name__)

EVENT = "rules_refused"


class RuleKeeper:
    """The rules in force. ``look`` takes what changed in their folder; what is refused becomes an operator event."""

    def __init__(
        self, folder: Path, rules: RuleSet, database: Database, *, now: Callable[[], datetime]
    ) -> None:
        self._folder = folder
        self._book = RuleBook(rules)
        self._seen = _state(folder)
        self._database = database
        self._now = now

    def rules(self) -> RuleSet:
        """Return the rules in force."""
        return self._book.rules

    async def look(self) -> None:
        """Load the folder anew if a file in it changed."""
        state = _state(self._folder)
        if state == self._seen:
            return
        before = self._book
        self._book = await asyncio.to_thread(before.reload, self._folder)
        await self._database.awrite(self._tell)
        self._seen = state  # not before it is told: what cannot be kept now is looked at again
        if self._book.errors:
            log.warning(
                "the rules changed and are refused, the last good ones stay: %s", self._book.errors[0]
            )
        elif self._book.rules.hash != before.rules.hash:
            log.info("the rules changed: rule set %s", self._book.rules.hash[:12])

    def _tell(self, connection: Connection) -> None:
        logbook = Logbook(connection)
        if self._book.errors:
            logbook.open_event(
                EVENT,
                "",
                cause=self._book.errors[0],
                evidence={"errors": list(self._book.errors[:20])},
                now=self._now(),
            )
        else:
            logbook.close_event(EVENT, "", self._now())


def _state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what tells one state of the folder from another."""
    found = []
    for path in (*sorted(folder.glob("*.yaml")), folder / LEARNED):
        try:
            about = path.stat()
        except (
            FileNotFoundError
        ):  # there is none, or an editor is replacing it: the next look sees the new one
            continue
        found.append((path.name, about.st_mtime_ns, about.st_size))
    return tuple(found)
