"""Operators are told: of events, of their end, and once a day that all is well."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from alerts.operators.nouns import Bulletin, BulletinKind
from alerts.operators.routing import due
from alerts.operators.wording import all_well
from alerts.storage import Bulletins, Logbook, Mailroom
from crawler.database import Connection
from crawler.storage import Figures
from scheduler.parts import House, Part
from scheduler.storewatch import operators_of
from scheduler.timetable import Tick

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=5)
ALL_WELL_AT = 7  # o'clock UTC


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Tell operators until the service ends."""

    async def tell() -> None:
        if await house.database.awrite(lambda c: tell_operators(c, house.now())):
            house.queued.ring()

    yield Part(ticks=(Tick("operators", EVERY, tell),))


def tell_operators(connection: Connection, now: datetime) -> int:
    """Issue the bulletins that are due; returns how many."""
    bulletins = Bulletins(connection)
    channels = operators_channels(connection)
    if not channels:
        return 0
    events = bulletins.untold()
    found = due(events, bulletins.told(events), bulletins.silences(now), now)
    if now.hour >= ALL_WELL_AT:
        found.append(_all_well(connection, now))
    return sum(bool(bulletins.issue(each, channels)) for each in found)


def operators_channels(connection: Connection) -> dict[int, str]:
    """Return the channel of each operator, by subscriber number."""
    return {subscriber: channel for subscriber, channel, _ in operators_of(connection)}


def _all_well(connection: Connection, now: datetime) -> Bulletin:
    since = now - timedelta(days=1)
    figures = Figures(connection).done_since(since) | Mailroom(connection).done_since(since)
    text = all_well(figures.items(), len(Logbook(connection).open_events()))
    return Bulletin(BulletinKind.ALL_WELL, now, text=text, key=f"all_well {now:%Y-%m-%d}")
