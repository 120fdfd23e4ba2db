"""Digests: a tick a minute asks whose slot has come; the outbox does the rest."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alerts.digests.posting import DigestDesk
from scheduler.parts import House, Part
from scheduler.timetable import DIGESTS, MERGING, Tick


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Open the desk; it holds nothing between two ticks."""
    desk = DigestDesk(house.database, house.outlets, now=house.now, wake=house.queued.ring)
    yield Part(ticks=(Tick("digests", DIGESTS, desk.run), Tick("late digests", MERGING, desk.tidy)))
