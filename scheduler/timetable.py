"""The clock: APScheduler ticks, and what is due is a question to the store."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from crawler.database import DatabaseError

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Tick:
    """A job and how often it runs."""

    name: str
    every: timedelta
    job: Job
    takes: timedelta | None = (
        None  # at the most, before it is ended; absent: as long as a loop may stand still
    )


GRACE = timedelta(seconds=5)  # that a clock may be set back without a word
POLLS = timedelta(seconds=1)
ENGINE = timedelta(seconds=15)
HOSTS = timedelta(minutes=1)  # what was learned of hosts since then may be lost with the process
SEARCH = timedelta(seconds=2)
RULES = timedelta(seconds=5)
EDITOR = timedelta(minutes=1)
HEALTH = timedelta(seconds=10)
DIGESTS = timedelta(minutes=1)
MERGING = timedelta(minutes=10)  # of digests that no server took in time


class Every(BaseTrigger):  # type: ignore[misc]
    """Fires so often, and once for all that was missed.

    APScheduler's own interval lists each moment that was missed before it folds them: 31 million, when a clock is
    set a year ahead and something ticks each second.
    """

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the next moment after ``now``, in step with the last one where that was lately."""
        due = (previous or now) + self.interval
        return due if due > now else now + self.interval


class Clock:
    """Ticks on the running loop until it is stopped.

    Grace is unlimited and late runs fold into one: APScheduler's default of one second skips jobs without a word.
    """

    def __init__(
        self,
        ticks: list[Tick],
        beat: Callable[[str], None] = lambda _: None,
        begin: Callable[[Tick], None] = lambda _: None,
    ) -> None:
        """Start ticking; ``begin`` is called with what begins, ``beat`` with a job's name whenever it ends well."""
        self._running: dict[str, asyncio.Task[None]] = {}
        self._beat = beat
        self._begin = begin
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._scheduler.add_listener(_listen, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        # At once, not after the first interval: what became due while we were down has waited long enough.
        first = datetime.now(UTC)
        for tick in ticks:
            self._scheduler.add_job(
                self._run,
                Every(tick.every),
                args=[tick],
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

    def realign(self) -> None:
        """Let go on what waits for a moment that the machine's clock, set back, reaches only in a day or a year."""
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            if job.next_run_time and job.next_run_time - now > job.trigger.interval + GRACE:
                log.warning("the machine's clock was set back; the job %s goes on", job.id)
                job.modify(next_run_time=now)

    async def _run(self, tick: Tick) -> None:
        self._begin(tick)
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
