"""Each loop and each job of the running service is made to stand still, where it really waits: that is noticed within
60 seconds, and what stood is started again or told within 120.

Time runs ten times as fast: patience, looks, and the intervals between the jobs are a tenth of what they are.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.bot import polling
from alerts.storage import Logbook
from crawler.database import Database
from crawler.newsroom import Newsroom
from scheduler import service as module
from scheduler.archive import MIGRATIONS, open_database
from scheduler.parts import House, Part
from scheduler.service import PARTS, Service
from scheduler.supervision import LOOK, STALLED, STEADY, Watchfulness
from scheduler.wiring import Config, load_rules
from tests.fakes.bot_api import BotApi, Fault, serve
from tests.journeys.conftest import LOCAL, until
from tests.journeys.test_full_disk import DULL, RAID, TOKEN

FASTER = 10
NOTICED, RECOVERED = 60 / FASTER, 120 / FASTER  # seconds
HASTY = Watchfulness(STALLED / FASTER, LOOK / FASTER, STEADY / FASTER / 3)
LOOPS = ["flagger", "fan-out", "outbox"]  # and the bot, which has a watchdog of its own
JOBS = [
    "polls", "engine", "hosts", "search", "rules", "editor", "operators", "digests", "late digests", "health", "store",
    "disk", "queue", "clock", "bot greeting",
]  # fmt: skip
DAILY = {
    "backup",
    "soundness",
    "unanswered",
    "deadman",
    "late digests",
}  # too seldom, or too long, to be waited for here

WITHIN: ContextVar[tuple[str, object]] = ContextVar("within", default=("", None))  # a loop, and its own task


@dataclass
class Stall:
    """Which loop stands still, and since when."""

    victim: str = ""
    since: float = 0.0
    starts: dict[str, list[float]] = field(default_factory=dict)

    def begun(self, name: str) -> None:
        self.starts.setdefault(name, []).append(time.monotonic())

    async def wait_if_struck(self) -> None:
        """Wait for ever, once, where the victim waits."""
        name, task = WITHIN.get()
        # What a job starts beside itself, such as the polls, is not the job.
        if name == self.victim != "" and (name in {*LOOPS, "bot"} or task is asyncio.current_task()):
            self.victim, self.since = "", time.monotonic()
            await asyncio.Event().wait()


def marked(open_part: Callable, stall: Stall) -> Callable:
    """The same part, whose loops and jobs say in their context who they are, and whose jobs come ten times as often."""

    def under(name: str, run: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def go() -> None:
            stall.begun(name)
            WITHIN.set((name, asyncio.current_task()))
            if name in {
                "engine",
                "clock",
                "disk",
                "rules",
                "bot greeting",
                "hosts",
            }:  # these seldom ask the store
                await stall.wait_if_struck()
            await run()

        return go

    @asynccontextmanager
    async def open_marked(house: House) -> AsyncIterator[Part]:
        async with open_part(house) as part:
            ticks = tuple(
                replace(t, every=max(t.every / FASTER, timedelta(seconds=0.2)), job=under(t.name, t.job))
                for t in part.ticks
            )
            yield replace(
                part, loops={name: under(name, run) for name, run in part.loops.items()}, ticks=ticks
            )

    return open_marked


class Stalling(Database):
    """An archive that never answers the victim."""

    stall: Stall

    async def awrite(self, work):
        await self.stall.wait_if_struck()
        return await super().awrite(work)

    async def aread(self, work):
        await self.stall.wait_if_struck()
        return await super().aread(work)


@dataclass
class Night:
    stall: Stall
    database: Database
    api: BotApi
    room: Newsroom

    def events(self) -> set[tuple[str, str]]:
        return {(e.kind, e.subject) for e in self.database.read(lambda c: Logbook(c).open_events())}


@pytest.fixture
async def night(tmp_path: Path, monkeypatch) -> AsyncIterator[Night]:
    """The whole service at work, ten times as fast, with a Bot API and a newsroom."""
    path, stall, stop = tmp_path / "a.sqlite", Stall(), asyncio.Event()

    def open_stalling(path: Path) -> Database:
        made = Stalling(path, MIGRATIONS)
        made.stall = stall
        return made

    monkeypatch.setattr(module, "open_database", open_stalling)
    async with serve(BotApi()) as api, Newsroom(drafts=[DULL]) as room:
        config = Config(path, allowed_networks=LOCAL, telegram_token=TOKEN, telegram_api=api.url)
        service = Service(
            config, room.outlets, load_rules(config), parts=[marked(each, stall) for each in PARTS], watchfulness=HASTY,
            cadence=lambda *_args, **_more: timedelta(seconds=1),
        )  # fmt: skip
        with open_database(path) as database:
            task = asyncio.create_task(service.run(stop))
            try:
                await until(lambda: {*LOOPS, "polls"} <= stall.starts.keys(), what="all loops")
                yield Night(stall, database, api, room)
            finally:
                stop.set()
                async with asyncio.timeout(20):
                    await task


@pytest.mark.parametrize("name", [*LOOPS, *(each for each in JOBS if each not in DAILY)])
async def test_what_stands_still_is_noticed_started_again_and_closed(night, name):
    stall = night.stall
    await until(lambda: name in stall.starts, what="a first turn")
    stall.victim = name
    if name in LOOPS:
        night.room.publish(replace(RAID, id=f"raid-{name}"))
    await until(lambda: stall.since > 0, within=10, what="the stall")
    subject = {"outbox": {"outbox/telegram", "outbox/console", "outbox/webhook"}}.get(name, {name})
    at = stall.since
    await until(
        lambda: any(("loop_stalled", each) in night.events() for each in subject),
        within=NOTICED + 1,
        what="the event",
    )
    noticed = time.monotonic() - at
    await until(lambda: stall.starts[name][-1] > at, within=RECOVERED, what="another start")
    recovered = stall.starts[name][-1] - at
    print(f"\n{name}: noticed after {noticed * FASTER:.0f} s, started again after {recovered * FASTER:.0f} s")
    assert noticed <= NOTICED
    assert recovered <= RECOVERED
    await until(
        lambda: not any(("loop_stalled", each) in night.events() for each in subject),
        within=15,
        what="its end",
    )


async def test_an_engine_that_wedges_is_noticed_by_what_it_is_asked_for(night, monkeypatch):
    async def never(*_args: object) -> None:
        await asyncio.Event().wait()

    await until(lambda: "engine" in night.stall.starts, what="a first turn")
    monkeypatch.setattr("scrapy.core.downloader.handlers.DownloadHandlers.download_request_async", never)
    at = time.monotonic()
    await until(lambda: ("loop_stalled", "engine") in night.events(), within=NOTICED + 1, what="the event")
    assert time.monotonic() - at <= NOTICED
    monkeypatch.undo()


@pytest.fixture(autouse=True)
def quick_poll(monkeypatch) -> None:
    monkeypatch.setattr(polling, "HOLD", polling.HOLD // FASTER)  # the Bot API counts in whole seconds
    monkeypatch.setattr(polling, "OVERDUE", polling.OVERDUE / FASTER)


async def test_a_long_poll_that_is_never_answered_is_told_and_begun_anew(night):
    await until(lambda: any(method == "getUpdates" for method, _ in night.api.calls), what="a poll")
    night.api.faults.add(Fault(delay=60, method="getUpdates"))
    at = time.monotonic()
    stalled = ("telegram_polling_stalled", "telegram")
    await until(lambda: stalled in night.events(), within=NOTICED + polling.HOLD, what="the event")
    before = sum(method == "getUpdates" for method, _ in night.api.calls)
    await until(
        lambda: sum(method == "getUpdates" for method, _ in night.api.calls) > before,
        within=RECOVERED, what="a poll begun anew",
    )  # fmt: skip
    print(f"\nlong poll: begun anew {(time.monotonic() - at) * FASTER:.0f} s after it hung")
    await until(lambda: stalled not in night.events(), within=15, what="its end")


async def test_a_conversation_that_stands_still_is_told(night):
    night.stall.victim = "bot"
    night.api.world.says(7, "/start")
    await until(lambda: night.stall.since > 0, within=10, what="the stall")
    await until(
        lambda: ("telegram_polling_stalled", "telegram") in night.events(),
        within=NOTICED + 1,
        what="the event",
    )
    assert time.monotonic() - night.stall.since <= NOTICED
