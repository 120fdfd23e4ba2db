"""``marsad run``: the whole service on one loop, and how it ends."""

import asyncio
import fcntl
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from alerts.flagging import Flagged, Flagger
from alerts.indexing import Indexer
from alerts.matching import RuleSet
from alerts.outbox import Outbox, Sent
from alerts.schema import migrations as alert_tables
from alerts.storage import Logbook, Mailroom
from alerts.wanting import CHANNEL_OF
from crawler.cadence import first_looks, next_look
from crawler.database import Connection, Database, DatabaseError
from crawler.engine import open_engine
from crawler.fetching import Fetch
from crawler.nouns import Article, Outcome, Outlet, Poll
from crawler.polling import Poller, standings
from crawler.reading import Reader, ReadingPool, Standing
from crawler.schema import migrations as crawler_tables
from crawler.storage import Archive, Kept
from scheduler.ruling import RuleKeeper
from scheduler.timetable import POLLS, RULES, SEARCH, Clock, Tick
from scheduler.wiring import Config, open_channels

log = logging.getLogger(__name__)

MIGRATIONS = (crawler_tables, alert_tables)
HOLDER = "run"  # of leases; only the process that holds the instance lock uses this name
DRAIN = 5.0  # seconds for polls and sends that are under way when we are told to end


class AlreadyRunningError(Exception):
    """Another service holds the archive; one line that names it."""


def _log_poll(poll: Poll) -> None:
    level = logging.INFO if poll.outcome in (Outcome.OK, Outcome.UNCHANGED) else logging.WARNING
    log.log(level, "poll %s %s: %s, %d new", poll.outlet, poll.outcome, poll.cause, poll.fresh)


def _log_article(article: Article, kept: Kept) -> None:
    log.info("article %s %s %s", article.outlet, kept, article.url)


def _log_flag(flagged: Flagged) -> None:
    log.info(
        "flag %d story %s topics %s",
        flagged.flag.id,
        flagged.story.code,
        ",".join(flagged.flag.verdict.topics),
    )


def _log_sent(sent: Sent) -> None:
    log.info("delivery %d sent by %s", sent.claim.delivery.id, sent.claim.delivery.channel)


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who looks on: a log, or the terminal of a demo."""

    on_poll: Callable[[Poll], None] = _log_poll
    on_article: Callable[[Article, Kept], None] = _log_article
    on_flag: Callable[[Flagged], None] = _log_flag
    on_sent: Callable[[Sent], None] = _log_sent


def utc_now() -> datetime:
    """Return the wall clock; the only one in the service."""
    return datetime.now(UTC)


def open_database(path: Path) -> Database:
    """Open and migrate the archive; raises DatabaseError."""
    return Database(path, MIGRATIONS)


@contextmanager
def instance_lock(database: Path) -> Iterator[None]:
    """Hold the archive as its one running service; raises AlreadyRunningError.

    The lock is the kernel's: it ends with the process, however that ends.
    """
    path = database.with_name(database.name + ".lock")
    with _lock_file(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise AlreadyRunningError(
                f"{database}: another `marsad run` (process {holder}) works on it; "
                "stop that one, or set MARSAD_DATABASE"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _lock_file(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", encoding="ascii")
    except OSError as error:
        raise DatabaseError(f"{path}: cannot be written ({error.strerror}); set MARSAD_DATABASE") from error


class Service:
    """Everything `marsad run` does, wired: polls, flags, deliveries, the search index, and the clock."""

    def __init__(
        self,
        config: Config,
        outlets: tuple[Outlet, ...],
        rules: RuleSet,
        *,
        watcher: Watcher = Watcher(),
        now: Callable[[], datetime] = utc_now,
        cadence: Callable[..., timedelta] = next_look,
    ) -> None:
        self._config = config
        self._outlets = outlets
        self._rules = rules
        self._watcher = watcher
        self._now = now
        self._cadence = cadence

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set, then end in order: no new work, polls and sends, the engine, the store."""
        # Thousands of long-lived objects and few cycles: the default thresholds double the cost of a poll.
        gc.set_threshold(20_000, 50, 100)
        with instance_lock(self._config.database), open_database(self._config.database) as database:
            await database.awrite(self._watch)
            async with self._working(database) as failed:
                stopping = asyncio.create_task(_until(stop))
                await asyncio.wait({stopping, failed}, return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                if failed.done():
                    await failed

    def _watch(self, connection: Connection) -> None:
        now = self._now()
        urls = [source.url for outlet in self._outlets for source in outlet.sources]
        due = {url: now + wait for url, wait in first_looks(urls).items()}
        Archive(connection).watch(self._outlets, now, due)
        # We hold the instance lock: whoever held these leases is dead, and nobody need wait for their end.
        Archive(connection).release(HOLDER, now)
        Mailroom(connection).release(now)

    def _tell_missing(self, connection: Connection, there: Collection[str]) -> None:
        """Open an event for each channel that somebody waits at and that is not set up; close those of the others."""
        logbook, now = Logbook(connection), self._now()
        waiting = {
            CHANNEL_OF[each.kind] for each in Mailroom(connection).subscribers() if each.kind in CHANNEL_OF
        }
        for name in set(CHANNEL_OF.values()) - (waiting - set(there)):
            logbook.close_event("channel_missing", name, now)
        for name in waiting - set(there):
            log.warning("there are subscribers on %s, and it is not set up: they are told nothing", name)
            logbook.open_event(
                "channel_missing",
                name,
                severity="page",
                cause="it has subscribers and is not set up: they are told nothing",
                evidence={},
                runbook="channel-missing",
                now=now,
            )

    def _poller(
        self, database: Database, fetch: Fetch, reader: Reader, on_article: Callable[[Article, Kept], None]
    ) -> Poller:
        return Poller(
            database,
            self._outlets,
            fetch=fetch,
            reader=reader.read,
            now=self._now,
            cadence=self._cadence,
            holder=HOLDER,
            on_poll=self._watcher.on_poll,
            on_article=on_article,
        )

    @asynccontextmanager
    async def _working(self, database: Database) -> AsyncIterator[asyncio.Task[None]]:
        """Run all loops; yields a future that ends when one of them does, which none should."""
        by_id = {outlet.id: outlet for outlet in self._outlets}
        fresh = asyncio.Event()
        keeper = RuleKeeper(self._config.rules, self._rules, database, now=self._now)
        flagger = Flagger(database, keeper.rules, by_id, now=self._now, on_flag=self._watcher.on_flag)
        indexer = Indexer(database)

        def on_article(article: Article, kept: Kept) -> None:
            self._watcher.on_article(article, kept)
            fresh.set()

        def keep_standing(outlet: str, standing: Standing) -> None:
            # Once an outlet in days: the loop may wait the milliseconds of one commit.
            database.write(lambda c: Archive(c).keep_profile(outlet, standing.profile))

        async with (
            open_channels(self._config) as channels,
            ReadingPool() as pool,
            open_engine(
                self._outlets,
                now=self._now,
                allowed_networks=self._config.allowed_networks,
                user_agent=self._config.user_agent,
            ) as fetch,
        ):
            reader = Reader(pool, await database.aread(standings), keep=keep_standing)
            await database.awrite(lambda c: self._tell_missing(c, channels.keys()))
            outbox = Outbox(database, channels, by_id, now=self._now, on_sent=self._watcher.on_sent)
            poller = self._poller(database, fetch, reader, on_article)
            clock = Clock(
                [
                    Tick("polls", POLLS, poller.start_due),
                    Tick("search", SEARCH, indexer.run),
                    Tick("rules", RULES, keeper.look),
                ]
            )
            loops = asyncio.create_task(_together(_follow(flagger, fresh, outbox.wake), outbox.run()))
            watched = sum(
                any(source.enabled for source in each.sources) and each.enabled for each in self._outlets
            )
            log.log(logging.INFO if watched else logging.WARNING, "serving %d outlets", watched)
            try:
                yield loops
            finally:
                await clock.stop(DRAIN)
                await poller.drain(DRAIN)
                await outbox.stop(DRAIN)
                loops.cancel()
                with suppress(asyncio.CancelledError):
                    await loops


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()


async def _together(*loops: Coroutine[object, object, None]) -> None:
    """Run loops that should never end: when one fails, the others are ended and the failure is ours to raise."""
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(loop)


async def _follow(flagger: Flagger, fresh: asyncio.Event, wake: Callable[[], None]) -> None:
    """Flag whatever comes, woken by the crawler; the second's timeout is for articles that other processes kept."""
    while True:
        while await flagger.run_batch():
            wake()
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await fresh.wait()
        fresh.clear()


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
