"""Reading in processes: one page's crash or hang is that page's outcome, and the pool goes on."""

import asyncio
import os
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from templates import ARTICLES, case

from crawler.nouns import Page
from crawler.reading import Reader, ReadingPool, Unreadable, read_page
from crawler.reading import pool as pool_module
from crawler.reading.standing import LESSONS

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
async def pool():
    async with ReadingPool(1, limit=timedelta(seconds=5)) as running:
        yield running


async def reads(pool):
    made = case("wordpress", ARTICLES[0])
    article = await pool.run(read_page, made.page, made.outlet, now=NOW)
    return article.body == made.body


async def test_a_page_is_read_in_another_process(pool):
    assert await reads(pool)
    assert await pool.run(os.getpid) != os.getpid()


async def test_an_unreadable_page_says_why(pool):
    made = case("wordpress", ARTICLES[0])
    with pytest.raises(Unreadable, match="empty"):
        await pool.run(read_page, Page(made.page.url, b""), made.outlet, now=NOW)


async def test_a_crash_is_one_pages_outcome(pool):
    with pytest.raises(Unreadable, match="crashed"):
        await pool.run(os._exit, 11)
    assert await reads(pool)


async def test_a_hang_ends_at_the_limit():
    async with ReadingPool(1, limit=timedelta(seconds=0.2)) as hasty:
        async with asyncio.timeout(10):  # the worker's start on a busy machine, not the job's half minute
            with pytest.raises(Unreadable, match="timeout"):
                await hasty.run(time.sleep, 30)


async def test_a_page_that_no_parser_ends_on_ends_at_the_limit():
    made = case("wordpress", ARTICLES[0])
    async with ReadingPool(1, limit=timedelta(seconds=3)) as hasty:
        with pytest.raises(Unreadable, match="timeout"):
            await hasty.run(read_page, Page(made.page.url, b"<div>" * 1_000_000), made.outlet, now=NOW)
        assert await reads(hasty)


def eat_memory() -> int:
    return len(bytearray(4 << 30))


async def test_a_page_that_wants_too_much_memory_ends_with_its_process_and_the_others_are_read(pool):
    before = await pool.run(os.getpid)
    with pytest.raises(Unreadable, match="reading_memory"):
        await pool.run(eat_memory)
    assert await reads(pool)
    assert await pool.run(os.getpid) != before


async def test_a_process_that_takes_no_page_is_killed_and_replaced(monkeypatch):
    """Frozen between two pages: a page larger than the pipe can hold would be handed over for ever."""
    monkeypatch.setattr(pool_module, "STARTING", 0.5)
    async with ReadingPool(1, limit=timedelta(seconds=3)) as hasty:
        frozen = await hasty.run(os.getpid)
        os.kill(frozen, signal.SIGSTOP)
        async with asyncio.timeout(20):
            with pytest.raises(Unreadable, match="reading_timeout"):
                await hasty.run(len, b"x" * 10_000_000)
            assert await hasty.run(os.getpid) != frozen
            assert await reads(hasty)


async def test_a_defect_in_reading_is_an_outcome_too(pool):
    with pytest.raises(Unreadable, match="ZeroDivisionError"):
        await pool.run(divmod, 1, 0)
    assert await reads(pool)


async def test_a_cancelled_caller_leaves_the_pool_whole(pool):
    task = asyncio.create_task(pool.run(time.sleep, 0.3))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await reads(pool)


async def test_the_loop_goes_on_while_a_large_page_is_read(pool):
    made = case("half_a_megabyte", ARTICLES[0])
    assert len(made.page.body) >= 500_000
    await reads(pool)
    ticks = 0
    task = asyncio.create_task(pool.run(read_page, made.page, made.outlet, now=NOW))
    while not task.done():
        await asyncio.sleep(0.001)
        ticks += 1
    assert (await task).body == made.body
    assert ticks > 10


async def test_the_reader_learns_an_outlet_and_keeps_its_standing(pool):
    kept = {}

    async def keep(outlet, standing):
        kept[outlet] = standing

    reader = Reader(pool, keep=keep)
    cases = [case("drupal", article) for article in ARTICLES]
    pages = [Page(f"{made.page.url}{number}", made.page.body) for number, made in enumerate(cases)]
    outlet = cases[0].outlet
    taught = [await reader.read(page, outlet, now=NOW) for page in pages[:LESSONS]]
    assert {reading.article.extractor for reading in taught} == {"trafilatura-fast"}
    assert kept[outlet.id].profile == reader.standings[outlet.id].profile
    again = [await reader.read(page, outlet, now=NOW) for page in pages]
    assert [reading.article.body for reading in again] == [made.body for made in cases]
    assert {reading.article.extractor for reading in again} == {"profile"}
    assert (reader.standings[outlet.id].served, reader.standings[outlet.id].refused) == (len(pages), 0)


async def test_a_reader_starts_from_kept_standings(pool):
    cases = [case("drupal", article) for article in ARTICLES]
    first = Reader(pool)
    for number, made in enumerate(cases):
        await first.read(Page(f"{made.page.url}{number}", made.page.body), made.outlet, now=NOW)
    second = Reader(pool, first.standings)
    assert (await second.read(cases[0].page, cases[0].outlet, now=NOW)).article.extractor == "profile"
