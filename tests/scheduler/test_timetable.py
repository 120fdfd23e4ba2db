"""The clock ticks, goes on after a failure, and ends in order."""

import asyncio
import logging
from datetime import timedelta

from scheduler.timetable import Clock, Tick


async def test_a_job_runs_at_once_goes_on_after_a_failure_and_is_waited_for(caplog):
    seen: list[str] = []

    async def brittle() -> None:
        seen.append("brittle")
        if len(seen) < 2:
            raise ValueError("once")

    async def slow() -> None:
        await asyncio.sleep(0.6)
        seen.append("slow")

    with caplog.at_level(logging.ERROR, "scheduler"):
        clock = Clock(
            [Tick("brittle", timedelta(seconds=0.2), brittle), Tick("slow", timedelta(hours=1), slow)]
        )
        await asyncio.sleep(0.5)
        assert seen.count("brittle") >= 2
        await clock.stop(2)
    assert seen[-1] == "slow", "what was under way is finished"
    assert [record for record in caplog.records if "brittle failed" in record.getMessage()]
    ended = len(seen)
    await asyncio.sleep(0.3)
    assert len(seen) == ended
