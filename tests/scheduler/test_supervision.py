"""What fails or stalls is started again and told; a blocked loop is told by a thread; systemd hears of it."""

import asyncio
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest

from alerts.storage import Logbook
from scheduler.archive import open_database
from scheduler.supervision import MOST_FAILURES, Pulse, Supervisor
from scheduler.timetable import Clock, Tick
from scheduler.watchdog import LoopWatch, say
from tests.journeys.conftest import until

SOON = timedelta(seconds=0.3)


def now():
    return datetime.now(UTC)


@pytest.fixture
def database(tmp_path):
    with open_database(tmp_path / "archive.sqlite") as opened:
        yield opened


def events(database):
    return {(e.kind, e.subject) for e in database.read(lambda c: Logbook(c).open_events())}


class Under:
    """A supervisor at work on given loops and ticks."""

    def __init__(self, database, loops, pulse, ticks=(), steady=0.6):
        self.clock = Clock(list(ticks), pulse.beat)
        self.supervisor = Supervisor(loops, self.clock, pulse, database, now=now, look=0.05, steady=steady)

    async def __aenter__(self):
        self.task = asyncio.create_task(self.supervisor.run())
        return self.task

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.clock.stop(1)


async def test_a_stalled_loop_is_told_and_started_again_and_its_event_closes(database):
    pulse, starts = Pulse(), []
    beat = pulse.expect("flagger", SOON)

    async def loop():
        starts.append(1)
        while len(starts) > 1:  # the first one hangs
            beat()
            await asyncio.sleep(0.02)
        await asyncio.Event().wait()

    async with Under(database, {"flagger": loop}, pulse):
        await until(lambda: len(starts) == 2, within=3, what="a second start")
        assert events(database) == {("loop_stalled", "flagger")}
        await until(lambda: not events(database), within=3, what="the event closed")


async def test_one_stalled_line_of_a_loop_is_seen_beside_a_moving_one(database):
    pulse, starts = Pulse(), []
    telegram, console = pulse.expect("outbox/telegram", SOON), pulse.expect("outbox/console", SOON)

    async def loop():
        starts.append(1)
        while True:
            console()
            if len(starts) > 1:
                telegram()
            await asyncio.sleep(0.02)

    async with Under(database, {"outbox": loop}, pulse):
        await until(lambda: len(starts) == 2, within=3, what="a second start")
        assert ("loop_stalled", "outbox/telegram") in events(database)
        assert ("loop_stalled", "outbox/console") not in events(database)


async def test_a_loop_that_fails_is_started_again(database):
    pulse, starts = Pulse(), []

    async def loop():
        starts.append(1)
        if len(starts) == 1:
            raise ValueError("once")
        await asyncio.Event().wait()

    async with Under(database, {"outbox": loop}, pulse, steady=30) as task:
        await until(lambda: len(starts) == 2, within=5, what="a second start")
        assert ("loop_failed", "outbox") in events(database)
        assert not task.done()


async def test_a_loop_that_always_fails_ends_the_service(database, monkeypatch):
    monkeypatch.setattr("scheduler.supervision.FIRST_WAIT", 0.001)

    async def loop():
        raise ValueError("always")

    async with Under(database, {"outbox": loop}, Pulse()) as task:
        with pytest.raises(ValueError, match="always"):
            async with asyncio.timeout(5):
                await task
    assert MOST_FAILURES > 3


async def test_a_job_that_hangs_is_ended_told_and_runs_again(database):
    pulse, runs = Pulse(), []

    async def job():
        runs.append(1)
        if len(runs) == 1:
            await asyncio.Event().wait()

    pulse.expect("polls", SOON)
    async with Under(database, {}, pulse, [Tick("polls", timedelta(seconds=0.1), job)]):
        await until(lambda: len(runs) > 2, within=5, what="further runs")
        assert ("loop_stalled", "polls") in events(database)


async def test_a_blocked_event_loop_is_told_by_a_thread_and_closed(database):
    watch = LoopWatch(database, now=now, blocked=0.3, hopeless=60)
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0.3)
    assert events(database) == set()
    time.sleep(1.0)  # nothing else runs on the loop meanwhile
    assert ("event_loop_blocked", "") in events(database)
    await until(lambda: not events(database), within=3, what="the event closed")
    assert watch.worst_lag() > 0.5
    running.cancel()


async def test_a_loop_blocked_for_good_ends_the_process(database):
    ended = []
    watch = LoopWatch(database, now=now, blocked=0.1, hopeless=0.4, give_up=ended.append)
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0.2)
    time.sleep(1.0)
    assert ended == [70]
    running.cancel()


def test_systemd_is_told(tmp_path):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(address)
        assert say("READY=1", address)
        assert end.recv(100) == b"READY=1"
    assert not say("WATCHDOG=1", str(tmp_path / "nobody"))
    assert not say("READY=1", "")
