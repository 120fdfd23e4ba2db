"""A sign of life to an outside check (Healthchecks and its like), from the end of the pipeline.

Who only hears alerts cannot tell a dead service from a quiet day; an outside check that misses our ping can.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import aiohttp

from alerts.operators.wording import spoken
from alerts.retrying import STUCK
from alerts.storage import Upkeep
from crawler.database import DatabaseError, from_text
from scheduler.metrics import Gauged, critical_wait, gauged
from scheduler.parts import House, Part
from scheduler.timetable import Tick

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
TIMEOUT = 10.0  # seconds
LAST_READ = timedelta(minutes=30)  # some outlet was read since: the network and the crawler work
MOST_UNFLAGGED = 500  # articles; a flagger at work is at the end within seconds


def stuck(figures: Gauged, silent: Mapping[str, float], now: datetime, up: timedelta) -> str:
    """Return what keeps articles from reaching readers; empty when all of it moves. Pure.

    Args:
        figures: the store's.
        silent: seconds since the last sign of what should have given one.
        now: the moment.
        up: how long the service has run: outlets need a while to be read after a start.
    """
    if silent:
        return f"{', '.join(sorted(silent))}: no sign of life"
    read = [from_text(ok) for ok, _ in figures.outlets.values() if ok]
    if figures.outlets and up > LAST_READ and not any(now - at <= LAST_READ for at in read):
        return f"no outlet was read for {LAST_READ.total_seconds() / 60:.0f} minutes"
    if figures.unflagged > MOST_UNFLAGGED:
        return f"{figures.unflagged} articles wait to be flagged"
    oldest = critical_wait(figures.waiting)
    return f"a critical message waits for {spoken(oldest)}" if oldest > STUCK else ""


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Ping MARSAD_DEADMAN_URL; nothing when it is not set."""
    url = house.config.deadman_url
    if not url:
        yield Part()
        return
    started = house.now()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:

        async def ping() -> None:
            now = house.now()
            try:
                await house.database.awrite(lambda c: Upkeep(c).alive(now))
                figures = await house.database.aread(lambda c: gauged(c, now))
                trouble = stuck(figures, house.pulse.silent(), now, now - started)
            except DatabaseError as error:
                trouble = str(error)
            await _post(session, f"{url}/fail" if trouble else url, trouble)

        yield Part(ticks=(Tick("deadman", EVERY, ping),))


async def _post(session: aiohttp.ClientSession, url: str, body: str) -> None:
    try:
        # No redirect is followed: the address holds a secret.
        async with session.post(url, data=body.encode(), allow_redirects=False) as answer:
            if answer.status >= 300:
                log.warning("the outside check answered %d", answer.status)
    except (TimeoutError, aiohttp.ClientError) as error:
        log.warning("the outside check was not reached: %s", type(error).__name__)
