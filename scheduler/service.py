"""``marsad run``: the whole service on one loop, and how it ends."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta

from alerts.flagging import Flagged
from alerts.matching import RuleSet
from alerts.outbox import Sent
from alerts.storage import DeliveryQueue
from crawler.cadence import first_looks, next_look
from crawler.database import Connection, Database
from crawler.nouns import Article, Outcome, Outlet, Poll
from crawler.storage import Entries, Kept, Sources
from scheduler.archive import instance_lock, open_database, utc_now
from scheduler.metrics import Metrics
from scheduler.parts import (
    HOLDER,
    House,
    Part,
    Watcher,
    bot,
    crawling,
    delivering,
    digest,
    editing,
    flagging,
    health,
    keeping,
    operating,
    pinging,
    serving,
    watching,
)
from scheduler.ruling import RuleKeeper
from scheduler.supervision import Pulse, Supervisor, Watchfulness
from scheduler.timetable import Clock
from scheduler.watchdog import LoopWatch
from scheduler.wiring import Config

log = logging.getLogger(__name__)

OpenPart = Callable[[House], AbstractAsyncContextManager[Part]]

# In the order they are opened; closed in the reverse, so that what feeds ends before what it feeds.
PARTS: tuple[OpenPart, ...] = (
    watching.open_part,
    serving.open_part,
    pinging.open_part,
    delivering.open_part,
    editing.open_part,
    operating.open_part,
    bot.open_part,
    digest.open_part,
    keeping.open_part,
    flagging.open_part,
    crawling.open_part,
    health.open_part,
)
ORDINARY = Watchfulness()
DRAIN = 5.0  # seconds for polls and sends that are under way when we are told to end


def _log_poll(poll: Poll) -> None:
    level = logging.INFO if poll.outcome in (Outcome.OK, Outcome.UNCHANGED) else logging.WARNING
    about = {"outlet": poll.outlet, "outcome": poll.outcome, "cause": poll.cause, "fresh": poll.fresh}
    log.log(level, "polled", extra=about)


def _log_article(article: Article, kept: Kept) -> None:
    log.info("read", extra={"outlet": article.outlet, "article": article.id, "kept": kept})


def _log_flag(flagged: Flagged) -> None:
    topics = ",".join(flagged.flag.verdict.topics)
    about = {"outlet": flagged.article.outlet, "article": flagged.article.id, "story": flagged.story.code}
    log.info("flagged", extra=about | {"topics": topics, "deliveries": flagged.deliveries})


def _log_sent(sent: Sent) -> None:
    delivery = sent.claim.delivery
    log.info(
        "sent",
        extra={"channel": delivery.channel, "delivery": delivery.id, delivery.cargo.value: delivery.number},
    )


LOG = Watcher(_log_poll, _log_article, _log_flag, _log_sent)


class Service:
    """Everything `marsad run` does: the parts, the clock that ticks for them, and an end in order."""

    def __init__(
        self,
        config: Config,
        outlets: tuple[Outlet, ...],
        rules: RuleSet,
        *,
        watcher: Watcher = LOG,
        now: Callable[[], datetime] = utc_now,
        wall: Callable[[], datetime] = utc_now,
        cadence: Callable[..., timedelta] = next_look,
        parts: Sequence[OpenPart] = PARTS,
        watchfulness: Watchfulness = ORDINARY,
    ) -> None:
        self._config = config
        self._outlets = outlets
        self._rules = rules
        self._watcher = watcher
        self._now = now
        self._wall = wall
        self._cadence = cadence
        self._parts = parts
        self._watchfulness = watchfulness

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set, then end in order: no new work, polls and sends, the engine, the store."""
        with instance_lock(self._config.database), open_database(self._config.database) as database:
            await database.awrite(self._watch)
            house = self._house(database)
            async with AsyncExitStack() as stack:
                parts = [await stack.enter_async_context(open_part(house)) for open_part in self._parts]
                failed = await stack.enter_async_context(_working(house, parts, self._watchfulness))
                self._say_serving()
                stopping = asyncio.create_task(_until(stop))
                await asyncio.wait({stopping, failed}, return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                if failed.done():
                    await failed
        log.info("stopped in order")

    def _house(self, database: Database) -> House:
        metrics = Metrics()
        counting = Watcher(metrics.on_poll, metrics.on_article, metrics.on_flag, metrics.on_sent)
        return House(
            config=self._config,
            database=database,
            outlets={outlet.id: outlet for outlet in self._outlets},
            keeper=RuleKeeper(self._config.rules, self._rules, database, now=self._now),
            watcher=self._watcher.beside(counting),
            now=self._now,
            wall=self._wall,
            cadence=self._cadence,
            watch=LoopWatch(database, now=self._now),
            metrics=metrics,
            pulse=Pulse(stalled=self._watchfulness.stalled),
        )

    def _watch(self, connection: Connection) -> None:
        now = self._now()
        urls = [source.url for outlet in self._outlets for source in outlet.sources]
        due = {url: now + wait for url, wait in first_looks(urls).items()}
        Sources(connection).watch(self._outlets, now, due)
        # We hold the instance lock: whoever held these leases is dead, and nobody need wait for their end.
        Sources(connection).release(HOLDER)
        Entries(connection).release(HOLDER, now)
        DeliveryQueue(connection).release(now)

    def _say_serving(self) -> None:
        watched = sum(each.watched for each in self._outlets)
        log.log(logging.INFO if watched else logging.WARNING, "serving %d outlets", watched)


@asynccontextmanager
async def _working(
    house: House, parts: Sequence[Part], watchfulness: Watchfulness
) -> AsyncIterator[asyncio.Task[None]]:
    """Run what the parts run; yields a future that ends when that cannot go on."""
    ticks = [tick for part in parts for tick in part.ticks]
    for tick in ticks:
        house.pulse.expect(tick.name, tick.every + (tick.takes or house.pulse.stalled))
    clock = Clock(ticks, house.pulse.beat, lambda tick: house.pulse.due(tick.name, tick.every))
    loops = {name: run for part in parts for name, run in part.loops.items()}
    supervisor = Supervisor(
        loops,
        clock,
        house.pulse,
        house.database,
        now=house.now,
        look=watchfulness.look,
        steady=watchfulness.steady,
    )
    working = asyncio.create_task(supervisor.run())
    try:
        yield working
    finally:
        supervisor.leave()
        await clock.stop(DRAIN)
        await asyncio.gather(*(part.stop(DRAIN) for part in parts))
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()


def stop_on_signals(stop: asyncio.Event) -> None:
    """Let SIGTERM and SIGINT ask for an orderly end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


async def serve(service: Service) -> None:
    """Run a service until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    await service.run(stop)
