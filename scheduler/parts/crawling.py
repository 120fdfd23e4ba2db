"""The crawler at work: what is due is polled, what is new is read and kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from crawler.database import DatabaseError
from crawler.hosts import HostBook
from crawler.nouns import Article
from crawler.polling import Poller, standings
from crawler.reading import Reader, ReadingPool, Standing
from crawler.storage import Hosts, Kept, Profiles
from scheduler.gateway import open_crawler
from scheduler.parts import HOLDER, House, Part
from scheduler.timetable import ENGINE, HOSTS, POLLS, Tick


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Open the engine and the reading pool."""
    database, outlets = house.database, tuple(house.outlets.values())

    def on_article(article: Article, kept: Kept) -> None:
        house.watcher.on_article(article, kept)
        house.kept.ring()

    async def keep_standing(outlet: str, standing: Standing) -> None:
        with suppress(DatabaseError):  # on a full disk: it is learned again
            await database.awrite(lambda c: Profiles(c).keep(outlet, standing.profile))

    book = HostBook(await database.aread(lambda c: Hosts(c).all()), now=house.now)

    async def keep_hosts() -> None:
        if changed := book.take_changed():
            await database.awrite(lambda c: Hosts(c).keep(changed))

    async with (
        ReadingPool() as pool,
        open_crawler(house.config, outlets, now=house.now, book=book) as fetch,
    ):
        warming = asyncio.create_task(pool.warm())
        poller = Poller(
            database,
            outlets,
            fetch=fetch,
            reader=Reader(pool, await database.aread(standings), keep=keep_standing).read,
            now=house.now,
            work=pool.run,
            cadence=house.cadence,
            holder=HOLDER,
            on_poll=house.watcher.on_poll,
            on_article=on_article,
        )
        yield Part(
            ticks=(
                Tick("polls", POLLS, poller.start_due),
                Tick("engine", ENGINE, fetch.turn),
                Tick("hosts", HOSTS, keep_hosts),
            ),
            stop=poller.drain,
        )
        warming.cancel()
        with suppress(DatabaseError):  # on a full disk: they are learned again
            await keep_hosts()
