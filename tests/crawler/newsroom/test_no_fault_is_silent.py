"""Every fault of a source, looked at through the real engine: none is taken for no news, and none costs an article.

What each is called stands in ``tests/journeys/test_bad_input.py``.
"""

import asyncio
from datetime import UTC, datetime

import pytest

from crawler.engine import open_engine
from crawler.fetching import Fetch
from crawler.looking import Look, look
from crawler.newsroom import Draft, press
from crawler.nouns import Outcome, Outlet
from crawler.storage import Validators
from tests.fakes.newsroom import FAULTS, MisbehavingNewsroom

OUTLET = "diffatain"
HARMLESS = {  # all entries are there; what is strange about them is for the health of the source to say
    "wrong_charset", "undeclared_charset", "mojibake", "not_well_formed", "restless_etag", "missing_dates",
    "future_dates", "duplicate_guids", "changing_guids",
}  # fmt: skip
ELSEWHERE = {"lying_etag", "giant_feed"}  # a test of its own, and a journey
FAILING = [
    name for name, fault in FAULTS.items() if fault.place == "source" and name not in HARMLESS | ELSEWHERE
]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def room(monkeypatch):
    monkeypatch.setattr("crawler.settings.DOWNLOAD_TIMEOUT", 3)
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


async def test_no_fault_is_taken_for_no_news_and_what_was_published_meanwhile_is_seen_after_it(room):
    async with engine(room) as fetch:
        for name in FAILING:
            room.faults.set(OUTLET, name)
            struck = await ask(room, fetch)
            assert (name, struck.poll.outcome) != (name, Outcome.OK)
            assert (name, struck.poll.outcome) != (name, Outcome.UNCHANGED)
            assert struck.poll.cause not in {"", "ok"}
            room.publish(Draft(f"during-{name}", OUTLET, f"خبر نشر أثناء {name}", "مصر", ("نص الخبر.",)))
            room.faults.clear()
            well = await ask(room, fetch, struck.validators)
            assert (name, well.poll.cause) == (name, "ok")
            assert titles(well) == published(room)[: press.FEED_KEEPS]


async def test_a_strange_list_is_read_whole(room):
    async with engine(room) as fetch:
        for name in HARMLESS:
            room.faults.set(OUTLET, name)
            seen = await ask(room, fetch)
            assert (name, seen.poll.outcome, titles(seen)) == (name, Outcome.OK, published(room))
            assert (seen.poll.undated == len(seen.entries)) == (name == "missing_dates")


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
