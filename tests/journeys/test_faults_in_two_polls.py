"""Every fault of a source through the whole poll: named within two polls, delays no other, and costs no article."""

import os
from datetime import timedelta

import pytest

import crawler.settings
from crawler.database import Database
from crawler.engine import open_engine
from crawler.fetching import EngineFetch
from crawler.newsroom import Draft, press
from crawler.nouns import Outcome, Poll
from crawler.polling import Poller
from crawler.reading import Unreadable
from crawler.schema import migrations
from crawler.storage import Sources
from scheduler.archive import utc_now
from tests.fakes.newsroom import FAULTS, MisbehavingNewsroom
from tests.journeys.conftest import LOCAL
from tests.journeys.test_bad_input import NAMED

FULL = os.environ.get("MARSAD_PROOF") == "full"
STRUCK, OTHER = "diffatain", "almirqab"
# Their lists are whole: what is strange about them is told from what they list (scheduler.health).
WHOLE = {"mojibake", "restless_etag", "giant_feed"} | {
    name for name, (outcome, _) in NAMED.items() if outcome is Outcome.OK
}
SLOW = {"hang", "slow_drip", "giant_feed"}  # seconds each
STRIKING = sorted(
    name for name, fault in FAULTS.items() if fault.place == "source" and name not in WHOLE | {"lying_etag"}
)


class Watch:
    """A newsroom that is polled by hand, all of it at once; the pages are not read."""

    def __init__(self, database: Database, room: MisbehavingNewsroom, fetch: EngineFetch) -> None:
        self._database = database
        self._poller = Poller(
            database, room.outlets, fetch=fetch, reader=unread, now=utc_now, cadence=lambda *_a, **_m: timedelta()
        )  # fmt: skip
        database.write(lambda c: Sources(c).watch(room.outlets, utc_now()))

    async def poll(self, outlet: str) -> Poll:
        claims = self._database.write(
            lambda c: Sources(c).claim_due(
                utc_now(), until=utc_now() + timedelta(minutes=1), lease="t", most=99
            )
        )
        for claim in claims:
            if claim.outlet == outlet:
                seen = await self._poller.poll(claim)
        self._database.write(lambda c: Sources(c).release("t"))
        self._database.write(lambda c: c.execute("UPDATE source SET lease = '', lease_until = ''"))
        return seen

    def titles(self, outlet: str) -> set[str]:
        return self._database.read(
            lambda c: {row["title"] for row in c.query("SELECT title FROM entry WHERE outlet = ?", [outlet])}
        )


async def unread(*_args, **_more):
    raise Unreadable("empty", "nobody reads here")


@pytest.fixture
async def room(monkeypatch):
    monkeypatch.setattr(crawler.settings, "DOWNLOAD_TIMEOUT", 1)
    async with MisbehavingNewsroom(drafts=[d for d in press.drafts() if not d.after]) as room:
        yield room


@pytest.mark.proof
async def test_every_fault_is_named_within_two_polls_and_costs_no_article(room, tmp_path):
    async with open_engine(room.outlets, now=utc_now, allowed_networks=LOCAL) as fetch:
        with Database(tmp_path / "a.sqlite", (migrations,)) as database:
            watch = Watch(database, room, fetch)
            await watch.poll(STRUCK)
            for name in STRIKING if FULL else STRIKING[::4]:
                room.faults.set(STRUCK, name)
                for turn in range(1 if name in SLOW else 2):
                    room.publish(
                        Draft(f"{name}-{turn}", STRUCK, f"خبر أثناء {name} رقم {turn}", "مصر", ("نص الخبر.",))
                    )
                    struck = await watch.poll(STRUCK)
                    assert struck.outcome not in (Outcome.OK, Outcome.UNCHANGED), name
                    assert (struck.outcome, struck.cause) == NAMED.get(
                        name, (struck.outcome, struck.cause)
                    ), name
                    assert struck.cause not in ("", "ok", "bad_answer"), name
                other = await watch.poll(OTHER)
                assert other.outcome in (Outcome.OK, Outcome.UNCHANGED), name
                room.faults.clear()
                assert (await watch.poll(STRUCK)).outcome is Outcome.OK, name
                listed = {piece.draft.title for piece in room.pieces(STRUCK)[: press.FEED_KEEPS]}
                assert listed <= watch.titles(STRUCK), name


async def test_a_tag_that_lies_is_seen_through_at_the_second_poll(room, tmp_path):
    async with open_engine(room.outlets, now=utc_now, allowed_networks=LOCAL) as fetch:
        with Database(tmp_path / "a.sqlite", (migrations,)) as database:
            watch = Watch(database, room, fetch)
            room.faults.set(STRUCK, "lying_etag")
            await watch.poll(STRUCK)
            for turn in range(2):
                title = f"خبر رقم {turn} لا يقول به الخادم"
                room.publish(Draft(f"hidden-{turn}", STRUCK, title, "مصر", ("نص الخبر.",)))
                polls = [await watch.poll(STRUCK) for _ in range(2)]
                assert [poll.cause for poll in polls] == ["unchanged", "tag_lies"]
                assert title in watch.titles(STRUCK)


async def test_an_honest_tag_is_not_called_a_liar(room, tmp_path):
    async with open_engine(room.outlets, now=utc_now, allowed_networks=LOCAL) as fetch:
        with Database(tmp_path / "a.sqlite", (migrations,)) as database:
            watch = Watch(database, room, fetch)
            await watch.poll(STRUCK)
            for turn in range(3):
                for _ in range(turn):
                    assert (await watch.poll(STRUCK)).cause == "unchanged"
                room.publish(Draft(f"said-{turn}", STRUCK, f"خبر معلن رقم {turn}", "مصر", ("نص الخبر.",)))
                assert (await watch.poll(STRUCK)).cause == "ok"
