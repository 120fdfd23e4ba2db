"""Operators are told: of events, of their end, and once a day that all is well."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from alerts.operators.nouns import Bulletin, BulletinKind
from alerts.operators.routing import due
from alerts.operators.wording import all_well
from alerts.storage import Bulletins, DeliveryQueue, Logbook
from crawler.database import Connection, Database
from crawler.storage import Figures
from scheduler.parts import House, Part
from scheduler.timetable import Tick

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=5)
ALL_WELL_AT = 7  # o'clock UTC


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Tell operators until the service ends."""

    async def tell() -> None:
        if await look(house.database, house.now()):
            house.queued.ring()

    yield Part(ticks=(Tick("operators", EVERY, tell),))


async def look(database: Database, now: datetime) -> int:
    """Tell operators what is due; returns how many bulletins that makes. Nothing due is nothing written."""
    if not await database.aread(lambda c: _due(c, now)):
        return 0
    return await database.awrite(lambda c: tell_operators(c, now))


def tell_operators(connection: Connection, now: datetime) -> int:
    """Issue the bulletins that are due; returns how many."""
    bulletins = Bulletins(connection)
    operators = bulletins.reachable()
    return sum(bool(bulletins.issue(each, operators)) for each in _due(connection, now))


def _due(connection: Connection, now: datetime) -> list[Bulletin]:
    bulletins = Bulletins(connection)
    if not bulletins.reachable():
        return []
    events = bulletins.untold()
    found = due(events, bulletins.told(events), bulletins.silences(now), now)
    key = f"all_well {now:%Y-%m-%d}"
    if now.hour >= ALL_WELL_AT and not bulletins.was_issued(key):
        found.append(_all_well(connection, now, key))
    return found


def _all_well(connection: Connection, now: datetime, key: str) -> Bulletin:
    since = now - timedelta(days=1)
    figures = Figures(connection).done_since(since) | DeliveryQueue(connection).done_since(since)
    text = all_well(figures.items(), len(Logbook(connection).open_events()))
    return Bulletin(BulletinKind.ALL_WELL, now, text=text, key=key)
