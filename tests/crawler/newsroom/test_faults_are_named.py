"""Every fault, looked at through the real engine: named at the first look, taken for no news at none.

And when it has ended, the next look lists what was published meanwhile.
"""

import asyncio
from datetime import UTC, datetime

import pytest

from crawler.engine import open_engine
from crawler.fetching import Fetch
from crawler.newsroom import Draft, press
from crawler.nouns import Outcome, Outlet
from crawler.polling import Look, look
from crawler.storage import Validators
from tests.fakes.newsroom import FAULTS, GIANT, MisbehavingNewsroom

OUTLET = "diffatain"
LOST = (Outcome.TEMPORARY, "cut_off")

NAMED = {
    **{f"status_{status}": (Outcome.HARD, f"http_{status}") for status in (401, 403, 404, 410, 451)},
    **{
        f"status_{status}": (Outcome.TEMPORARY, f"http_{status}") for status in (429, 500, 502, 503, 504, 520)
    },
    "status_204": (Outcome.SOFT, "empty"),
    "status_400": (Outcome.SOFT, "http_400"),
    "reset": (Outcome.TEMPORARY, "connection"),
    "reset_midway": LOST,
    "length_too_long": LOST,
    "cut_chunks": LOST,
    "hang": (Outcome.TEMPORARY, "timeout"),
    "slow_drip": (Outcome.TEMPORARY, "timeout"),
    "length_too_short": (Outcome.SOFT, "truncated"),
    "truncated_gzip": (Outcome.SOFT, "truncated"),
    "truncated_feed": (Outcome.SOFT, "truncated"),
    "false_gzip": (Outcome.SOFT, "bad_packing"),
    "gzip_bomb": (Outcome.SOFT, "too_large"),
    "html_for_feed": (Outcome.SOFT, "not_a_feed"),
    "empty_200": (Outcome.SOFT, "empty"),
    "empty_feed": (Outcome.SOFT, "empty"),
    "entity_bomb": (Outcome.SOFT, "entity_bomb"),
    "redirect_loop": (Outcome.SOFT, "redirect_loop"),
    "redirect_for_ever": (Outcome.SOFT, "redirect_loop"),
    "redirect_to_metadata": (Outcome.HARD, "private_address"),
    "redirect_to_nowhere": (Outcome.TEMPORARY, "dns"),
    "redirect_to_file": (Outcome.SOFT, "http_302"),
    "redirect_to_broken_tls": (Outcome.TEMPORARY, "tls"),
    "consent_wall": (Outcome.SOFT, "consent_wall"),
    "parked_domain": (Outcome.SOFT, "parked_domain"),
    "bot_wall": (Outcome.HARD, "http_403"),
}
HARMLESS = {  # all entries are there; what is strange about them is for the health of the source to say
    "wrong_charset", "undeclared_charset", "mojibake", "not_well_formed", "restless_etag", "missing_dates",
    "future_dates", "duplicate_guids", "changing_guids",
}  # fmt: skip
ROBOTS = {
    "robots_deny": (Outcome.HARD, "robots"),
    "robots_5xx": (Outcome.OK, "ok"),
    "robots_crawl_delay": (Outcome.OK, "ok"),
    "robots_html": (Outcome.OK, "ok"),
}
ELSEWHERE = {"lying_etag", "giant_feed"}  # tests of their own


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def room(monkeypatch):
    monkeypatch.setattr("crawler.settings.DOWNLOAD_TIMEOUT", 2)
    async with MisbehavingNewsroom(drafts=[d for d in press.drafts() if not d.after]) as room:
        yield room


def outlet_of(room: MisbehavingNewsroom, name: str = OUTLET) -> Outlet:
    return next(outlet for outlet in room.outlets if outlet.id == name)


def engine(room: MisbehavingNewsroom):
    return open_engine(room.outlets, now=now, allowed_networks=["127.0.0.0/8"])


async def ask(room: MisbehavingNewsroom, fetch: Fetch, known: Validators | None = None) -> Look:
    outlet = outlet_of(room)
    return await look(outlet, outlet.sources[0], fetch=fetch, now=now, validators=known)


def titles(seen: Look) -> list[str]:
    return [entry.title.removesuffix(" & co") for entry in seen.entries]


def published(room: MisbehavingNewsroom) -> list[str]:
    return [piece.draft.title for piece in room.pieces(OUTLET)]


def test_every_fault_of_a_source_is_in_one_list():
    listed = {*NAMED, *HARMLESS, *ROBOTS, *ELSEWHERE}
    assert listed == {name for name, fault in FAULTS.items() if fault.place != "page"}


async def test_faults_are_named_at_once_and_what_was_published_meanwhile_is_seen_after_them(room):
    named = {}
    async with engine(room) as fetch:
        for name in NAMED:
            room.faults.set(OUTLET, name)
            struck = await ask(room, fetch)
            named[name] = (struck.poll.outcome, struck.poll.cause)
            room.publish(Draft(f"during-{name}", OUTLET, f"خبر نشر أثناء {name}", "مصر", ("نص الخبر.",)))
            room.faults.clear()
            well = await ask(room, fetch, struck.validators)
            assert (name, well.poll.cause) == (name, "ok")
            assert titles(well) == published(room)[: press.FEED_KEEPS]
    assert named == NAMED


async def test_a_strange_list_is_read_whole(room):
    async with engine(room) as fetch:
        for name in HARMLESS:
            room.faults.set(OUTLET, name)
            seen = await ask(room, fetch)
            assert (name, seen.poll.outcome, titles(seen)) == (name, Outcome.OK, published(room))
            assert (seen.poll.undated == len(seen.entries)) == (name == "missing_dates")


@pytest.mark.parametrize("name", ROBOTS)
async def test_robots(room, name):
    room.faults.set(OUTLET, name)
    async with engine(room) as fetch:
        seen = await ask(room, fetch)
    assert (seen.poll.outcome, seen.poll.cause) == ROBOTS[name]


async def test_a_giant_feed_is_listed_whole(room):
    room.faults.set(OUTLET, "giant_feed")
    async with engine(room) as fetch:
        assert (await ask(room, fetch)).poll.entries == GIANT


async def test_a_lying_tag_is_seen_through_by_asking_in_full(room):
    room.faults.set(OUTLET, "lying_etag")
    async with engine(room) as fetch:
        first = await ask(room, fetch)
        room.publish(Draft("new", OUTLET, "خبر لا يريد الخادم أن يقول به", "مصر", ("نص الخبر.",)))
        assert (await ask(room, fetch, first.validators)).poll.outcome is Outcome.UNCHANGED
        full = await ask(room, fetch, Validators(body_hash=first.validators.body_hash))
    assert (full.poll.outcome, titles(full)) == (Outcome.OK, published(room))


async def test_an_outlet_that_hangs_delays_no_other(room):
    room.faults.set(OUTLET, "hang")
    other = outlet_of(room, "almirqab")
    async with engine(room) as fetch:
        hanging = asyncio.create_task(ask(room, fetch))
        await asyncio.sleep(0.1)
        seen = await look(other, other.sources[0], fetch=fetch, now=now)
        assert seen.poll.outcome is Outcome.OK
        assert not hanging.done()
        assert (await hanging).poll.cause == "timeout"
