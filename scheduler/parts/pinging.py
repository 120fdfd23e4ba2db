"""A sign of life to an outside check (Healthchecks and its like), from the end of the pipeline.

Who only hears alerts cannot tell a dead service from a quiet day; an outside check that misses our ping can.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp

from alerts.storage import Upkeep
from crawler.database import DatabaseError
from scheduler.parts import House, Part
from scheduler.timetable import Tick
from scheduler.vitals import vitals

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
TIMEOUT = 10.0  # seconds


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Ping MARSAD_DEADMAN_URL; nothing when it is not set."""
    url = house.config.deadman_url
    if not url:
        yield Part()
        return
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:

        async def ping() -> None:
            try:
                await house.database.awrite(lambda c: Upkeep(c).alive(house.now()))
                trouble = (await house.database.aread(lambda c: vitals(c, house.pulse, house.now()))).trouble
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
