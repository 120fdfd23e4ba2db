"""How outlets are treated, seen from their side."""

import asyncio
from itertools import pairwise

import pytest
from aiohttp import web

from crawler import middlewares
from crawler.engine import open_engine
from crawler.fetching import EngineFetch, FetchError
from crawler.hosts import HostBook
from crawler.nouns import Host, Outcome, Outlet
from crawler.politeness import ROBOTS_PATIENCE
from scheduler.archive import utc_now
from tests.fakes.newsroom import MisbehavingNewsroom
from tests.fakes.site import rss, serve_site
from tests.journeys.conftest import LOCAL, outlet_at

FEED = "diffatain"


@pytest.fixture
async def room():
    async with MisbehavingNewsroom() as room:
        yield room


def outlet_of(room: MisbehavingNewsroom) -> Outlet:
    return next(outlet for outlet in room.outlets if outlet.id == FEED)


def engine(*outlets: Outlet, book: HostBook | None = None):
    return open_engine(outlets, now=utc_now, allowed_networks=LOCAL, book=book)


def asked(room: MisbehavingNewsroom, path: str) -> int:
    return sum(seen.path == path and seen.outlet == FEED for seen in room.requests)


async def cause(fetch: EngineFetch, outlet: Outlet) -> str:
    try:
        await fetch(outlet.sources[0].url, outlet)
    except FetchError as error:
        return error.cause
    return "ok"


async def test_a_crawl_delay_is_obeyed_by_all_requests_to_the_host(room):
    room.faults.set(FEED, "robots_crawl_delay")
    outlet = outlet_of(room)
    async with engine(outlet) as fetch:
        await asyncio.gather(*(cause(fetch, outlet) for _ in range(3)))
    times = [seen.at for seen in room.requests if seen.outlet == FEED and seen.path != "/robots.txt"]
    gaps = [(b - a).total_seconds() for a, b in pairwise(times)]
    assert len(gaps) == 2
    assert min(gaps) > 0.65, "a second, and the jitter"


async def test_the_rules_of_hosts_that_were_asked_longest_ago_are_let_go(monkeypatch):
    monkeypatch.setattr(middlewares, "MOST_ROBOTS", 2)
    asked: list[str] = []

    async def robots(request: web.Request) -> web.Response:
        asked.append(request.host)
        return web.Response(text="")

    site = {"/robots.txt": robots, "/feed.rss": rss("/1")}
    async with serve_site(site) as one, serve_site(site) as two, serve_site(site) as three:
        outlets = [outlet_at(home, "/feed.rss") for home in (one, two, three)]
        async with engine(*outlets) as fetch:
            for outlet in (*outlets, outlets[2], outlets[0]):
                assert await cause(fetch, outlet) == "ok"
    hosts = [home.removeprefix("http://") for home in (one, two, three, one)]
    assert asked == hosts, "the third is still known, the first is not"


async def test_a_slow_host_is_asked_less_often_also_after_a_rest_and_a_restart():
    async def slow(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.6)
        return web.Response(text=rss("/1"))

    site = {"/quick.rss": rss("/1"), "/slow.rss": slow}
    async with serve_site(site) as home:
        outlet = outlet_at(home, "/slow.rss")
        book = HostBook(now=utc_now)
        async with engine(outlet, book=book) as fetch:
            await fetch(home + "/slow.rss", outlet)
            downloader = fetch._engine.downloader
            assert 0.5 < downloader.slots["127.0.0.1"].delay < 5
            downloader._slot_gc(age=-10)  # what Scrapy does after a minute of rest
            assert downloader.slots == {}
            await fetch(home + "/quick.rss", outlet)
            assert downloader.slots["127.0.0.1"].delay > 0.25
        (learned,) = book.take_changed()
        async with engine(outlet, book=HostBook([learned], now=utc_now)) as fetch:
            assert fetch._engine.downloader.per_slot_settings["127.0.0.1"]["delay"] == learned.delay > 0.25


async def test_a_robots_txt_that_cannot_be_had_allows_nothing_and_is_asked_for_again(room, monkeypatch):
    monkeypatch.setattr(middlewares, "ROBOTS_RETRY", 0.0)
    outlet = outlet_of(room)
    room.faults.set(FEED, "status_500", "robots")
    async with engine(outlet) as fetch:
        for _ in range(2):
            with pytest.raises(FetchError) as refused:
                await fetch(outlet.sources[0].url, outlet)
            assert (refused.value.outcome, refused.value.cause) == (Outcome.TEMPORARY, "robots_unreachable")
        assert asked(room, "/robots.txt") == 2
        assert len([seen for seen in room.requests if seen.outlet == FEED]) == 2, "nothing else was asked"
        room.faults.clear()
        assert await cause(fetch, outlet) == "ok"


async def test_after_half_a_day_without_a_robots_txt_the_outlet_is_watched_and_it_is_still_asked_for(
    room, monkeypatch
):
    monkeypatch.setattr(middlewares, "ROBOTS_RETRY", 0.0)
    outlet = outlet_of(room)
    room.faults.set(FEED, "status_500", "robots")
    shut = Host("127.0.0.3", robots_failed=utc_now() - ROBOTS_PATIENCE)
    assert room.home(FEED).startswith("http://127.0.0.3:")
    async with engine(outlet, book=HostBook([shut], now=utc_now)) as fetch:
        assert await cause(fetch, outlet) == "ok"
        room.faults.set(FEED, "robots_deny")
        assert await cause(fetch, outlet) == "robots"


async def test_robots_txt_is_asked_for_once_a_day_and_a_failure_keeps_the_last_rules(room, monkeypatch):
    outlet = outlet_of(room)
    async with engine(outlet) as fetch:
        assert [await cause(fetch, outlet) for _ in range(2)] == ["ok", "ok"]
        assert asked(room, "/robots.txt") == 1
    monkeypatch.setattr(middlewares, "ROBOTS_AGE", 0.0)
    monkeypatch.setattr(middlewares, "ROBOTS_RETRY", 0.0)
    async with engine(outlet) as fetch:
        assert await cause(fetch, outlet) == "ok"
        room.faults.set(FEED, "robots_deny")
        assert await cause(fetch, outlet) == "robots"
        room.faults.set(FEED, "status_500", "robots")
        assert await cause(fetch, outlet) == "robots", "what was forbidden stays so"


async def test_many_requests_wait_for_one_robots_txt(room):
    outlet = outlet_of(room)
    async with engine(outlet) as fetch:
        await asyncio.gather(*(cause(fetch, outlet) for _ in range(5)))
    assert asked(room, "/robots.txt") == 1


async def test_a_host_that_cannot_be_reached_is_called_so_and_not_its_robots_txt():
    gone = outlet_at("http://127.0.0.1:9", "/feed.rss")
    nowhere = outlet_at("http://no-such-outlet.localhost:9", "/feed.rss")
    async with engine(gone, nowhere) as fetch:
        assert [await cause(fetch, outlet) for outlet in (gone, nowhere)] == ["refused", "dns"]
