"""The service watches itself: the event loop's lag, the reading pool's oldest page, and a word to systemd."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from scheduler.parts import House, Part
from scheduler.timetable import Tick
from scheduler.watchdog import FEED, say


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Watch until the service ends."""

    async def feed() -> None:
        # systemd ends a service whose parts stand still, whatever its event loop says.
        if not house.pulse.silent():
            say("WATCHDOG=1")

    say("READY=1\nSTATUS=watching")
    yield Part(loops={"loop-watch": house.watch.run}, ticks=(Tick("systemd", timedelta(seconds=FEED), feed),))
    say("STOPPING=1")
