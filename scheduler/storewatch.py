"""Whether the archive can be written. When it cannot, no row can say so: operators are told past it, by a channel."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from alerts.channels import Channel, ChannelError
from alerts.nouns import Subscriber
from alerts.operators import wording
from alerts.operators.nouns import Bulletin, BulletinKind, Event
from alerts.operators.routing import REMIND
from alerts.storage import Bulletins, Logbook, Upkeep
from alerts.wanting import CHANNEL_OF
from crawler.database import Connection, Database, DatabaseError

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=10)
BUSY = 25.0  # seconds for a write of one row; in good times it takes milliseconds
TELL_AFTER = timedelta(seconds=20)  # a backup or a command may hold the archive for a moment
EVENT = "archive_unwritable"


class Herald:
    """Tells operators past the archive, what it cannot carry any more."""

    def __init__(self) -> None:
        self.operators: Sequence[Subscriber] = ()  # kept here: a damaged archive may not say them
        self.channels: Mapping[str, Channel] = {}

    async def tell(self, event: Event, now: datetime) -> None:
        """Send an event to each operator at once; a channel that takes nothing is left out."""
        message = wording.render(Bulletin(BulletinKind.OPENED, now, (event,)), now)
        for one in self.operators:
            if channel := self.channels.get(CHANNEL_OF[one.kind]):
                with suppress(ChannelError):
                    key = f"{event.kind} {one.id} {now:%Y-%m-%dT%H:%M}"
                    await channel.send(one.address, message, key=key)


class StoreWatch:
    """Writes a row now and then, and tells operators directly while that fails."""

    def __init__(
        self,
        database: Database,
        herald: Herald,
        *,
        now: Callable[[], datetime],
        measure: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Watch ``database``; ``measure`` is given the seconds that each write took."""
        self._database = database
        self._herald = herald
        self._now = now
        self._measure = measure
        self._since: datetime | None = None
        self._told: datetime | None = None

    async def look(self) -> None:
        """Write, and tell of it when that fails, or when it is over."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(BUSY):
                await self._database.awrite(lambda c: Upkeep(c).alive(self._now()))
                self._herald.operators = await self._database.aread(lambda c: Bulletins(c).operators())
        except TimeoutError:
            cause = f"nothing could be written for {BUSY:.0f} s: something holds the archive"
        except DatabaseError as error:
            cause = str(error)
        else:
            cause = ""
        self._measure(time.monotonic() - began)
        if cause:
            await self._trouble(cause)
        elif self._since:
            await self._over(self._since)

    async def _trouble(self, cause: str) -> None:
        now = self._now()
        self._since = self._since or now
        log.error("the archive cannot be written: %s", cause)
        told_lately = self._told is not None and now - self._told < REMIND
        if now - self._since < TELL_AFTER or told_lately:
            return
        self._told = now
        event = Event(EVENT, "", cause, self._since)
        await self._herald.tell(event, now)

    async def _over(self, since: datetime) -> None:
        """Keep what it was, from its beginning to now, and tell of its end by the usual way."""
        told, cause, now = self._told, "the archive could not be written", self._now()

        def keep(connection: Connection) -> None:
            logbook = Logbook(connection)
            logbook.open_event(EVENT, "", cause=cause, now=since)
            opened = [event for event in logbook.open_events() if event.kind == EVENT]
            logbook.close_event(EVENT, "", now)
            if told:
                ended = tuple(event for each in opened if (event := logbook.event(each.id)))
                Bulletins(connection).issue(Bulletin(BulletinKind.CLOSED, now, ended), self._herald.operators)

        await self._database.awrite(keep)
        self._since = self._told = None
