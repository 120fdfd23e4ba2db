"""Cases 12 and 13 in the whole service: a clock that jumps by a day or a year, and nine hours of sleep."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.storage import DeliveryQueue, Dispatch, Logbook, Subscribers
from crawler.database import Database
from crawler.newsroom import Newsroom
from crawler.storage import Sources
from scheduler.archive import open_database, utc_now
from scheduler.parts import keeping
from scheduler.service import Service
from scheduler.steady import SteadyClock, uptime
from scheduler.timetable import Clock, Tick
from scheduler.wiring import Config, load_rules
from tests.alerts.delivering import raid, subscribe
from tests.fakes.bot_api import BotApi, serve
from tests.journeys.conftest import LOCAL, Seen, until
from tests.journeys.service_process import TOKEN, main
from tests.journeys.test_full_disk import DULL, RAID

DAY = timedelta(days=1)
JUMPS = [365 * DAY, -DAY, -365 * DAY]
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.journeys.service_process"])


@dataclass
class Machine:
    """Its wall clock, which may be set."""

    off: timedelta = field(default_factory=timedelta)

    def wall(self) -> datetime:
        return datetime.now(UTC) + self.off


@pytest.fixture
def machine(monkeypatch) -> Machine:
    """One wall clock for the service and for the library that ticks for it."""
    own = Machine()

    class Set(datetime):
        @classmethod
        def now(cls, tz=UTC):
            return own.wall().astimezone(tz)

    for module in ("apscheduler.schedulers.base", "apscheduler.executors.base", "scheduler.timetable"):
        monkeypatch.setattr(f"{module}.datetime", Set)
    monkeypatch.setattr(keeping, "LOOK", timedelta(seconds=0.2))
    return own


def events(database: Database) -> set[str]:
    return {event.kind for event in database.read(lambda c: Logbook(c).open_events())}


def lease_of(database: Database, source: int) -> str:
    return next(
        iter(database.read(lambda c: list(c.query("SELECT lease FROM source WHERE id = ?", [source]))))
    )["lease"]


@asynccontextmanager
async def serving(path: Path, outlets, machine: Machine, api: BotApi) -> AsyncIterator[Seen]:
    config = Config(path, allowed_networks=LOCAL, telegram_token=TOKEN, telegram_api=api.url)
    seen, stop = Seen(), asyncio.Event()
    service = Service(
        config, outlets, load_rules(config), watcher=seen.watcher,
        now=SteadyClock(machine.wall, uptime).now, wall=machine.wall,
        cadence=lambda *_args, **_more: timedelta(seconds=1),
    )  # fmt: skip
    task = asyncio.create_task(service.run(stop))
    try:
        yield seen
    finally:
        stop.set()
        async with asyncio.timeout(15):
            await task


@pytest.mark.parametrize("jump", JUMPS, ids=lambda jump: f"{jump.days:+d}d")
async def test_case_12_a_clock_that_jumps_ends_no_lease_sends_no_digest_and_stops_nothing(
    tmp_path, machine, jump
):
    path = tmp_path / "a.sqlite"
    async with serve(BotApi()) as api, Newsroom(drafts=[DULL]) as room:
        with open_database(path) as database:
            reader = Subscriber(RecipientKind.PRIVATE_CHAT, "7", utc_now())
            database.write(lambda c: Subscribers(c).subscribe(reader, [Subscription(0)]))
            daily = Subscriber(RecipientKind.PRIVATE_CHAT, "8", utc_now())
            database.write(lambda c: Subscribers(c).subscribe(daily, [Subscription(0, cadence="daily")]))
            async with serving(path, room.outlets, machine, api) as seen:
                await until(lambda: len(seen.polls) >= len(room.outlets), what="polls at good times")
                other = next(outlet for outlet in room.outlets if outlet.id != RAID.outlet)
                (held,) = database.write(
                    lambda c: Sources(c).claim_all(
                        other,
                        utc_now() + timedelta(hours=1),
                        until=utc_now() + timedelta(minutes=5),
                        lease="other",
                    )
                )
                editions = database.read(lambda c: c.table("edition").count)
                machine.off = jump
                before = len(seen.polls)
                await until(lambda: "clock_jump" in events(database), what="the jump told")
                await until(lambda: len(seen.polls) > before + len(room.outlets), what="polls after the jump")
                room.publish(RAID)
                await until(lambda: len(api.sent(7)) == 1, what="the alert")
                assert lease_of(database, held.id) == "other", "a lease that another holds did not end"
                machine.off = timedelta()
                await until(lambda: "clock_jump" not in events(database), what="its end")
                before = len(seen.polls)
                await until(lambda: len(seen.polls) > before + len(room.outlets), what="polls after its end")
            assert database.read(lambda c: c.table("edition").count) == editions, (
                "no digest for days that were not"
            )
            assert database.read(lambda c: DeliveryQueue(c).counts())["sent"] == len(api.sent(7)) == 1
            assert api.sent(8) == []
            rows = database.read(lambda c: list(c.query("SELECT max(next_due) AS last FROM source")))
            assert abs(datetime.fromisoformat(rows[0]["last"]) - utc_now()) < timedelta(hours=1)


async def test_case_12_the_scheduler_itself_waits_for_no_moment_that_is_a_day_away(machine):
    """Why ``Clock.realign`` is there: without it, nothing ticks until the wall clock is where it was."""
    ticks: list[int] = []

    async def job() -> None:
        ticks.append(1)

    clock = Clock([Tick("polls", timedelta(seconds=0.1), job)])
    await until(lambda: len(ticks) > 2, what="ticks")
    machine.off = -DAY
    await asyncio.sleep(0.3)
    before = len(ticks)
    await asyncio.sleep(0.5)
    assert len(ticks) <= before + 1
    clock.realign()
    await until(lambda: len(ticks) > before + 3, what="ticks again")
    await clock.stop(1)


@dataclass
class Night:
    """A service in a process of its own, whose clocks are read from a file."""

    folder: Path
    start: datetime  # what its clock says when it is started

    def __post_init__(self) -> None:
        self.set(self.start - utc_now())

    def set(self, off: timedelta) -> None:
        fresh = self.folder / "clock.new"
        fresh.write_text(str(off.total_seconds()), encoding="ascii")
        fresh.replace(self.folder / "clock")
        self.off = off

    @asynccontextmanager
    async def service(self, path: Path, api: BotApi):
        process = FORKS.Process(target=main, args=(path, api.url, self.folder / "clock"))
        process.start()
        try:
            yield process
        finally:
            process.terminate()
            await asyncio.to_thread(process.join, 15)
            if process.is_alive():
                process.kill()

    def sleep(self, pid: int, hours: float) -> None:
        """What a laptop does when it is shut: nothing, while all its clocks go on."""
        os.kill(pid, signal.SIGSTOP)
        self.set(self.off + timedelta(hours=hours))
        os.kill(pid, signal.SIGCONT)


def editions(database: Database) -> dict[str, str]:
    """What was decided about each local date."""
    return {row["slot"]: row["outcome"] for row in database.read(lambda c: list(c.table("edition").rows))}


def states(database: Database) -> list[str]:
    found = database.read(
        lambda c: list(c.query("SELECT state FROM delivery WHERE alert_id IS NOT NULL ORDER BY id"))
    )
    return [row["state"] for row in found]


@pytest.mark.parametrize(
    ("hour", "outcome", "digests"),
    [(23.5, "sent", 1), (5.5, "merged", 0)],
    ids=["half an hour late", "six and a half"],
)
async def test_case_13_nine_hours_of_sleep_send_what_is_news_and_then_what_grew_old_and_the_digest_once(
    tmp_path, hour, outcome, digests
):
    path, night = (
        tmp_path / "a.sqlite",
        Night(tmp_path, datetime(2026, 11, 22, tzinfo=UTC) + timedelta(hours=hour)),
    )
    async with serve(BotApi()) as api:
        with open_database(path) as database:
            at, morning = night.start, f"{night.start + timedelta(hours=9):%Y-%m-%d}"
            number = subscribe(database, "7")
            daily = Subscriber(RecipientKind.PRIVATE_CHAT, "8", at, timezone="UTC")
            database.write(lambda c: Subscribers(c).subscribe(daily, [Subscription(0, cadence="daily")]))
            # Telegram told us to leave this reader alone for most of the night.
            database.write(lambda c: Subscribers(c).hold(number, at + timedelta(hours=8.5)))
            await raid(database, "سيهانوكفيل", 63, at=at - timedelta(hours=4))
            await raid(database, "بافيت", 41, outlet="baa", at=at - timedelta(minutes=5))
            assert states(database) == ["queued", "queued"]
            async with night.service(path, api) as process:
                await until(
                    lambda: database.read(lambda c: Dispatch(c).senders()),
                    within=60,
                    what="a service at work",
                )
                night.sleep(process.pid, 9)
                await until(lambda: states(database)[1] == "sent", within=30, what="the news of the night")
                await until(
                    lambda: bool(editions(database)), within=30, what="a decision about the morning's digest"
                )
                await until(lambda: len(api.sent(8)) == digests, what="the digest")
                await asyncio.sleep(1)
            assert editions(database)[morning] == outcome
            assert states(database)[0] != "folded", "no digest would tell this reader what grew old"
            assert "بافيت" in api.sent(7)[0]["text"]
            assert len(api.sent(8)) == digests
            assert database.problems() == []
