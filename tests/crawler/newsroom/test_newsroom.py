"""The bundled newsroom: what it publishes, over real HTTP, is what its data says."""

import asyncio
import re
import signal
import socket
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from crawler.entries import Cause, read_entries
from crawler.newsroom import Draft, Newsroom, press

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
async def room():
    async with Newsroom(now=lambda: NOON) as room:
        yield room


@pytest.fixture
async def web():
    async with aiohttp.ClientSession() as session:
        yield session


async def test_every_outlet_lists_what_it_has_published(room, web):
    for outlet in room.outlets:
        source = outlet.sources[0]
        async with web.get(source.url) as answer:
            content_type = answer.headers["Content-Type"]
            listing = read_entries(source.kind, await answer.read(), source.url, content_type)
        assert listing.cause is Cause.OK
        assert [entry.title for entry in listing.entries] == [p.draft.title for p in room.pieces(outlet.id)]


async def test_every_listed_page_holds_its_whole_text(room, web):
    for outlet in room.outlets:
        for piece in room.pieces(outlet.id):
            async with web.get(room.home(outlet.id) + piece.path) as answer:
                text = (await answer.read()).decode(piece.masthead.charset)
            assert answer.status == 200
            assert all(line.replace('"', "&quot;") in text for line in piece.draft.paragraphs)


def test_the_data_covers_what_the_demo_promises():
    drafts = press.drafts()
    assert len({draft.id for draft in drafts}) == len(drafts) >= 24
    assert {draft.outlet for draft in drafts} == {masthead.id for masthead in press.mastheads()}
    topics = Counter(topic for draft in drafts for topic in draft.topics)
    assert min(topics[topic] for topic in ("gambling", "fraud", "trafficking")) >= 3
    events = Counter(draft.event for draft in drafts if draft.event)
    assert max(events.values()) >= 3
    assert sum(draft.delay > timedelta(0) for draft in drafts) >= 8
    assert max(draft.delay for draft in drafts) <= timedelta(seconds=10)


async def test_outlets_publish_in_six_dialects_and_have_an_address_each(room):
    assert len({masthead.dialect for masthead in press.mastheads()}) == len(room.outlets) == 6
    assert len({outlet.home for outlet in room.outlets}) == 6


@pytest.mark.parametrize("outlet", [masthead.id for masthead in press.mastheads()])
async def test_an_unchanged_source_answers_304_to_its_tag_and_to_its_date(room, web, outlet):
    url = next(o.sources[0].url for o in room.outlets if o.id == outlet)
    async with web.get(url) as first:
        tag, date = first.headers["ETag"], first.headers["Last-Modified"]
    for headers in ({"If-None-Match": f'"other", W/{tag}'}, {"If-Modified-Since": date}):
        async with web.get(url, headers=headers) as again:
            assert (again.status, await again.read()) == (304, b"")
    room.publish(Draft("extra", outlet, "عنوان خبر جديد لم ينشر قبل الآن", "العالم", ("نص الخبر.",)))
    for headers in ({"If-None-Match": tag, "If-Modified-Since": date}, {"If-Modified-Since": date}):
        async with web.get(url, headers=headers) as changed:
            assert changed.status == 200
            assert "Last-Modified" not in changed.headers  # the same second may bring another piece


async def test_a_tag_counts_more_than_a_date(room, web):
    async with web.get(room.outlets[0].sources[0].url) as first:
        date = first.headers["Last-Modified"]
    headers = {"If-None-Match": '"stale"', "If-Modified-Since": date}
    async with web.get(room.outlets[0].sources[0].url, headers=headers) as answer:
        assert answer.status == 200


async def test_the_timeline_publishes_what_is_due_and_then_variations():
    first, second = (replace(d, after=0.05) for d in press.drafts()[:2])
    async with Newsroom(drafts=(first, second), repeat=timedelta(seconds=0.05)) as room:
        assert room.article_ids == ()
        async with asyncio.timeout(5):
            while len(room.article_ids) < 4:
                await asyncio.sleep(0.02)
    assert {first.id, second.id} < set(room.article_ids)


def test_a_variation_is_a_new_article_with_new_figures():
    draft = press.drafts()[0]
    varied = press.vary(draft, 1)
    assert varied == press.vary(draft, 1)
    assert varied.id != draft.id
    assert varied.title != draft.title
    before, after = " ".join(draft.paragraphs), " ".join(varied.paragraphs)
    assert re.findall(r"\d+", before) != re.findall(r"\d+", after)
    assert re.sub(r"\d+", "", before) == re.sub(r"\d+", "", after)


async def test_requests_are_logged_and_unknown_paths_are_404(room, web):
    async with web.get(room.home("sijill") + "/gone") as answer:
        assert answer.status == 404
    async with web.get(room.home("ufuq") + "/robots.txt") as answer:
        assert "Sitemap: " + room.home("ufuq") in await answer.text()
    assert [(seen.outlet, seen.path, seen.status) for seen in room.requests] == [
        ("sijill", "/gone", 404),
        ("ufuq", "/robots.txt", 200),
    ]


async def test_a_title_cannot_break_out_of_its_page(room, web):
    piece = room.publish(Draft("x", "almirqab", "</script><b>خبر", "العالم", ("<script>نص",), after=1))
    async with web.get(room.home("almirqab") + piece.path) as answer:
        text = await answer.text()
    assert "<b>خبر" not in text
    assert "<script>نص" not in text


def quiet_port() -> int:
    """A port below those the system hands out by itself, with the next one free as well."""
    for port in range(21_000, 31_000, 7):
        with (
            suppress(OSError),
            socket.create_server(("127.0.0.1", port)),
            socket.create_server(("127.0.0.1", port + 1)),
        ):
            return port
    raise OSError("no two free ports")


async def test_an_outlet_whose_address_cannot_be_bound_moves_to_127_0_0_1():
    port = quiet_port()
    with socket.create_server(("127.0.0.3", port)):
        async with Newsroom(port) as room:
            assert room.home("almirqab") == f"http://127.0.0.2:{port}"
            assert room.home("diffatain") == f"http://127.0.0.1:{port + 1}"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
async def test_it_runs_alone_prints_where_and_ends_when_told(web, ending):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "crawler.newsroom", "0", stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(20):
            lines = [(await process.stdout.readline()).decode().split() for _ in press.mastheads()]
        assert {kind for kind, *_ in lines} == {"feed", "news_sitemap", "listing"}
        async with web.get(lines[0][1]) as answer:
            assert answer.status == 200
        process.send_signal(ending)
        async with asyncio.timeout(20):
            assert await process.wait() == 0
    finally:
        with suppress(ProcessLookupError):
            process.kill()
