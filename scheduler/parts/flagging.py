"""Behind the archive: rules that are kept fresh, the flagger that follows the crawler, the search index."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from alerts.flagging import Flagger
from alerts.indexing import Indexer
from scheduler.parts import House, Part
from scheduler.timetable import RULES, SEARCH, Tick


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Follow the archive from where the last process ended."""
    flagger = Flagger(
        house.database, house.keeper.rules, house.outlets, now=house.now, on_flag=house.watcher.on_flag
    )
    fresh = asyncio.Event()
    house.kept.answer(fresh.set)
    beat = house.pulse.expect("flagger")
    indexer = Indexer(house.database)

    async def search() -> None:
        while await indexer.run_batch():  # minutes, after an update of a large archive
            house.pulse.beat("search")

    yield Part(
        loops={"flagger": lambda: _follow(flagger, fresh, house.queued.ring, beat)},
        ticks=(
            Tick("search", SEARCH, search),
            Tick("rules", RULES, house.keeper.look),
        ),
    )


async def _follow(
    flagger: Flagger, fresh: asyncio.Event, wake: Callable[[], None], beat: Callable[[], None]
) -> None:
    """Flag whatever comes, woken by the crawler; the second's timeout is for articles that other processes kept."""
    while True:
        while await flagger.run_batch():
            wake()
            beat()
        beat()
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await fresh.wait()
        fresh.clear()
