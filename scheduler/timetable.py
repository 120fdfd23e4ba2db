"""The clock: APScheduler ticks, and what is due is a question to the store."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.database import DatabaseError

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Tick:
    """A job and how often it runs."""

    name: str
    every: timedelta
    job: Job


POLLS = timedelta(seconds=1)
HOSTS = timedelta(minutes=1)  # what was learned of hosts since then may be lost with the process
SEARCH = timedelta(seconds=2)
RULES = timedelta(seconds=5)
EDITOR = timedelta(minutes=1)
HEALTH = timedelta(seconds=10)
DIGESTS = timedelta(minutes=1)
MERGING = timedelta(minutes=10)  # of digests that no server took in time


class Clock:
    """Ticks on the running loop until it is stopped.

    Grace is unlimited and late runs fold into one: APScheduler's default of one second skips jobs without a word.
    """

    def __init__(self, ticks: list[Tick], beat: Callable[[str], None] = lambda _: None) -> None:
        """Start ticking; ``beat`` is called with a job's name whenever it ends well."""
        self._running: dict[str, asyncio.Task[None]] = {}
        self._beat = beat
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._scheduler.add_listener(_listen, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        # At once, not after the first interval: what became due while we were down has waited long enough.
        first = datetime.now(UTC)
        for tick in ticks:
            self._scheduler.add_job(
                self._run,
                "interval",
                args=[tick],
                seconds=tick.every.total_seconds(),
                id=tick.name,
                next_run_time=first,
            )
        self._scheduler.start()

    async def stop(self, patience: float) -> None:
        """Tick no more, and give the jobs under way up to ``patience`` seconds."""
        self._scheduler.pause()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=patience)
        self._scheduler.shutdown(wait=False)

    def cancel(self, name: str) -> None:
        """End a job that hangs: it is started again at its next tick."""
        if task := self._running.get(name):
            task.cancel()

    async def _run(self, tick: Tick) -> None:
        # A task of the job's own: what cancels it must not cancel the scheduler's executor.
        task = self._running[tick.name] = asyncio.ensure_future(tick.job())
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            del self._running[tick.name]
        if task.cancelled():
            return
        try:
            task.result()
        except DatabaseError as error:  # every second, on a full disk: a line, and no sign of life
            log.error("the job %s failed: %s", tick.name, error)  # noqa: TRY400
        else:
            self._beat(tick.name)


def _listen(event: JobExecutionEvent) -> None:
    if event.code == EVENT_JOB_ERROR:
        log.error("the job %s failed: %r", event.job_id, event.exception, exc_info=event.exception)
    else:
        log.warning("the job %s missed a turn", event.job_id)
