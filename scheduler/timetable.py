"""The clock: APScheduler ticks, and what is due is a question to the store."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Tick:
    """A job and how often it runs."""

    name: str
    every: timedelta
    job: Job


POLLS = timedelta(seconds=1)
SEARCH = timedelta(seconds=2)
RULES = timedelta(seconds=5)


class Clock:
    """Ticks on the running loop until it is stopped.

    Grace is unlimited and late runs fold into one: APScheduler's default of one second skips jobs without a word.
    """

    def __init__(self, ticks: list[Tick]) -> None:
        """Start ticking."""
        self._running: set[asyncio.Task[None]] = set()
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
                args=[tick.job],
                seconds=tick.every.total_seconds(),
                id=tick.name,
                next_run_time=first,
            )
        self._scheduler.start()

    async def stop(self, patience: float) -> None:
        """Tick no more, and give the jobs under way up to ``patience`` seconds."""
        self._scheduler.pause()
        if self._running:
            await asyncio.wait(self._running, timeout=patience)
        self._scheduler.shutdown(wait=False)

    async def _run(self, job: Job) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (a coroutine runs in a task)
        self._running.add(task)
        try:
            await job()
        finally:
            self._running.discard(task)


def _listen(event: JobExecutionEvent) -> None:
    if event.code == EVENT_JOB_ERROR:
        log.error("the job %s failed: %r", event.job_id, event.exception, exc_info=event.exception)
    else:
        log.warning("the job %s missed a turn", event.job_id)
