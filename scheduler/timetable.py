"""The clock: APScheduler ticks, and what is due is a question to the store."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
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
CHECKPOINT = timedelta(minutes=10)


def start_clock(ticks: list[Tick], tell: Callable[[str, str], None]) -> AsyncIOScheduler:
    """Start ticking on the running loop. ``tell(job, what)`` hears of a job that failed, was missed or still runs.

    Grace is unlimited and late runs fold into one: APScheduler's default of one second skips jobs without a word.
    """
    clock = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )

    def listen(event: JobExecutionEvent) -> None:
        what = {EVENT_JOB_ERROR: "failed", EVENT_JOB_MISSED: "missed"}.get(event.code, "still running")
        if what == "failed":
            log.error("the job %s failed: %r", event.job_id, event.exception, exc_info=event.exception)
        tell(event.job_id, what)

    clock.add_listener(listen, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
    for tick in ticks:
        # At once, not after the first interval: what became due while we were down has waited long enough.
        first = datetime.now(UTC)
        clock.add_job(
            tick.job, "interval", seconds=tick.every.total_seconds(), id=tick.name, next_run_time=first
        )
    clock.start()
    return clock
