"""When outlets are looked at, over their whole life: at the start, after a downtime, and when they are gone for weeks."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from aiohttp import web

from crawler import polling
from crawler.cadence import FIRST_STEP, JITTER, LONGEST_FAILING
from crawler.database import Database
from crawler.engine import open_engine
from crawler.nouns import Outcome, Outlet, Poll, Source, SourceKind
from crawler.polling import Poller
from crawler.reading import Unreadable
from crawler.schema import migrations
from crawler.storage import Sources
from scheduler.archive import utc_now
from tests.fakes.site import rss, serve_site
from tests.journeys.conftest import LOCAL, outlet_at, running, until


@dataclass
class Town:
    """Many small outlets, each at an address of its own, that note who asks when."""

    port: int = 0
    active: int = 0
    busiest: int = 0
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        if request.path == "/robots.txt":
            return web.Response(status=404)
        self.active += 1
        self.busiest = max(self.busiest, self.active)
        await asyncio.sleep(0.05)
        self.active -= 1
        if request.path == "/feed":
            self.asked.append(request.host)
        return web.Response(text=rss("/same"), content_type="application/rss+xml")

    def outlets(self, count: int) -> list[Outlet]:
        return [
            Outlet(
                f"o{n}", "ألف", "Alif", "EG", "Africa/Cairo", f"http://127.2.0.{n + 1}:{self.port}",
                (Source(f"http://127.2.0.{n + 1}:{self.port}/feed", SourceKind.FEED),), delay=0.0,
            )
            for n in range(count)
        ]  # fmt: skip


@asynccontextmanager
async def town():
    place = Town()
    runner = web.ServerRunner(web.Server(place.answer))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "0.0.0.0", 0)
        await site.start()
        place.port = runner.addresses[0][1]
        yield place
    finally:
        await runner.cleanup()


@pytest.fixture
def database(tmp_path):
    with Database(tmp_path / "a.sqlite", (migrations,)) as database:
        yield database


async def unread(*_args, **_more):
    raise Unreadable("empty", "nobody reads here")


async def test_outlets_never_seen_before_are_not_all_asked_at_once(tmp_path):
    async with town() as place, running(tmp_path / "a.sqlite", place.outlets(40)) as seen:
        await until(lambda: len(seen.polls) >= 12, what="the first twelve polls")
        started = sorted(poll.started_at for poll in seen.polls)
    wave = timedelta(seconds=2)
    most = max(sum(at <= other < at + wave for other in started) for at in started)
    assert len(seen.polls) < 40
    assert most <= 2 * wave / FIRST_STEP


async def test_after_a_downtime_everything_is_asked_once_in_a_bounded_stream_and_drifts_apart(
    database, monkeypatch
):
    monkeypatch.setattr(polling, "WINDOW", 8)
    polls: list[Poll] = []
    async with town() as place:
        outlets = place.outlets(60)
        database.write(lambda c: Sources(c).watch(outlets, utc_now() - timedelta(hours=9)))
        async with open_engine(outlets, now=utc_now, allowed_networks=LOCAL) as fetch:
            poller = Poller(database, outlets, fetch=fetch, reader=unread, now=utc_now, on_poll=polls.append)
            async with asyncio.timeout(60):
                while len(polls) < 60:
                    await poller.start_due()
                    await asyncio.sleep(0.02)
                while poller.busy:
                    await asyncio.sleep(0.02)
    assert place.busiest <= 8
    assert len(place.asked) == len(set(place.asked)) == 60
    rows = database.read(lambda c: list(c.query("SELECT next_due FROM source ORDER BY next_due")))
    due = [datetime.fromisoformat(row["next_due"]) for row in rows]
    interval = due[0] - utc_now()  # of this hour of the day
    assert due[-1] - due[0] > interval * JITTER / 2
    assert max(b - a for a, b in pairwise(due)) < timedelta(minutes=15)


@pytest.mark.parametrize("answer", [404, 500, 200, None])
async def test_an_outlet_is_never_abandoned(database, answer):
    """Twenty failures in a row, of each kind: it is due again within hours, and back at its rhythm with one answer."""
    clock = [utc_now()]
    site: dict = {}

    async def fail(_request: web.Request) -> web.Response:
        return web.Response(status=answer)

    site["/feed.rss"] = fail
    async with serve_site(site) as home:
        outlet = outlet_at(home if answer else "http://127.0.0.1:9", "/feed.rss")
        database.write(lambda c: Sources(c).watch([outlet], clock[0]))
        async with open_engine([outlet], now=lambda: clock[0], allowed_networks=LOCAL) as fetch:
            poller = Poller(database, [outlet], fetch=fetch, reader=unread, now=lambda: clock[0])

            async def poll() -> Poll:
                (claim,) = database.write(
                    lambda c: Sources(c).claim_due(
                        clock[0], until=clock[0] + timedelta(minutes=1), lease="t", most=9
                    )
                )
                return await poller.poll(claim)

            def wait() -> timedelta:
                (row,) = database.read(lambda c: list(c.query("SELECT next_due FROM source")))
                return datetime.fromisoformat(row["next_due"]) - clock[0]

            for _ in range(20):
                assert (await poll()).outcome not in (Outcome.OK, Outcome.UNCHANGED)
                assert timedelta() < wait() <= LONGEST_FAILING * (1 + JITTER)
                clock[0] += wait()
            if answer:
                site["/feed.rss"] = rss("/1")
                seen = await poll()
                assert (seen.outcome, seen.fresh) == (Outcome.OK, 1)
                assert wait() < timedelta(hours=1)
