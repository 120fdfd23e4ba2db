"""Simulated time for the service's real parts: time stands still while something is under way, then goes on to the
next moment at which something is due.
"""

import asyncio
import gc
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from alerts.pacing import Limits, Pacer
from crawler.database import Database, to_text
from crawler.engine import open_engine
from crawler.nouns import Article, Outlet, Poll
from crawler.polling import Poller, standings
from crawler.reading import Reader, ReadingPool
from crawler.storage import Kept, Sources
from scheduler.metrics import Metrics
from scheduler.parts import (
    HOLDER,
    House,
    Part,
    Watcher,
    delivering,
    digest,
    editing,
    flagging,
    health,
    keeping,
    operating,
)
from scheduler.ruling import RuleKeeper
from scheduler.timetable import Tick
from scheduler.watchdog import LoopWatch
from scheduler.wiring import Config, load_rules
from tests.journeys.conftest import LOCAL

STEP = timedelta(minutes=1)
PARTS = (delivering, editing, operating, digest, keeping, flagging, health)
LONGEST = 60.0  # real seconds that one step may take
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Counted:
    """What happened, counted: nothing is kept that grows."""

    polls: int = 0
    articles: int = 0
    flags: int = 0
    sent: int = 0

    def watcher(self) -> Watcher:
        return Watcher(self._poll, self._article, self._flag, self._sent)

    def _poll(self, _poll: Poll) -> None:
        self.polls += 1

    def _article(self, _article: Article, kept: Kept) -> None:
        self.articles += kept is Kept.NEW

    def _flag(self, _flag: object) -> None:
        self.flags += 1

    def _sent(self, _sent: object) -> None:
        self.sent += 1


@dataclass
class Week:
    """A service whose clock is ours."""

    database: Database
    outlets: tuple[Outlet, ...]
    clock: "Synchronized[float]"
    start: datetime
    config: Config
    counted: Counted = field(default_factory=Counted)

    def __post_init__(self) -> None:
        clock, zone = self.clock, self.start.tzinfo
        # A plain function: Scrapy copies its settings deeply, and what a method belongs to with them.
        self.now: Callable[[], datetime] = lambda: datetime.fromtimestamp(clock.value, zone)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Open the parts and start their loops."""
        gc.set_threshold(20_000, 50, 100)
        house = House(
            self.config, self.database, {each.id: each for each in self.outlets},
            RuleKeeper(self.config.rules, load_rules(self.config), self.database, now=self.now),
            self.counted.watcher(), self.now, lambda *_a, **_m: STEP, LoopWatch(self.database, now=self.now), Metrics(),
            wall=self.now, pacer=Pacer(Limits().scaled(0.01)),
        )  # fmt: skip
        self.house = house
        self.database.write(lambda c: Sources(c).watch(self.outlets, self.now()))
        async with AsyncExitStack() as stack:
            parts: list[Part] = [await stack.enter_async_context(part.open_part(house)) for part in PARTS]
            pool = await stack.enter_async_context(ReadingPool(1))
            fetch = await stack.enter_async_context(
                open_engine(self.outlets, now=self.now, allowed_networks=LOCAL)
            )
            self.poller = Poller(
                self.database, self.outlets, fetch=fetch, holder=HOLDER, now=self.now,
                reader=Reader(pool, await self.database.aread(standings)).read,
                on_poll=house.watcher.on_poll, on_article=self._on_article,
            )  # fmt: skip
            self._ticks = [tick for part in parts for tick in part.ticks]
            self._due = dict.fromkeys((tick.name for tick in self._ticks), self.start)
            self._loops = loops = [
                asyncio.create_task(run(), name=name) for part in parts for name, run in part.loops.items()
            ]
            try:
                yield
            finally:
                await self.poller.drain(5)
                for part in parts:
                    await part.stop(5)
                for loop in loops:
                    loop.cancel()
                await asyncio.gather(*loops, return_exceptions=True)

    def _on_article(self, article: Article, kept: Kept) -> None:
        self.house.watcher.on_article(article, kept)
        self.house.kept.ring()

    async def step(self) -> None:
        """One minute: what is due is done, and what follows from it, before the clock goes on."""
        with self.clock.get_lock():
            self.clock.value += STEP.total_seconds()
        await self.poller.start_due()
        await self._settled(lambda: self.poller.busy == 0)
        for tick in self._ticks:
            if self._due[tick.name] <= self.now():
                self._due[tick.name] = self.now() + max(tick.every, STEP)
                await self._job(tick)
        self.house.queued.ring()
        await self._settled(self._idle)

    async def _job(self, tick: Tick) -> None:
        async with asyncio.timeout(LONGEST):
            await tick.job()

    def _idle(self) -> bool:
        """Nothing waits to be flagged, and nothing that is due to be sent."""
        waiting = self._waiting()
        return waiting["unflagged"] <= 0 and waiting["due"] == 0

    def _waiting(self) -> dict[str, int]:
        return self.database.read(
            lambda c: list(
                c.query(
                    "SELECT (SELECT coalesce(max(seq), 0) FROM article) - "
                    "(SELECT coalesce(max(seq), 0) FROM cursor WHERE name = 'flagger') AS unflagged, "
                    "(SELECT count(*) FROM delivery JOIN subscriber ON subscriber.id = subscriber_id "
                    "WHERE delivery.state IN ('queued', 'leased', 'unknown') AND due <= :now AND not_before <= :now "
                    "OR delivery.state = 'leased') AS due",
                    {"now": to_text(self.now())},
                )
            )
        )[0]

    async def _settled(self, holds) -> None:
        end = time.monotonic() + LONGEST
        while not holds():
            for loop in self._loops:
                if loop.done():
                    loop.result()  # raises why it ended: there is no supervisor here to start it again
            assert time.monotonic() < end, (
                f"nothing moves at {self.now()}: {self._waiting()}, {self.poller.busy} polls"
            )
            await asyncio.sleep(0.004)


def resident() -> float:
    """Megabytes that this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE / 1e6


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
