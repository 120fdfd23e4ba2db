"""Every fault of a newsroom ends in an event that names it, an outage in one, and all close when it is over."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

import crawler.cadence
import crawler.settings
from alerts.storage import Logbook
from crawler.database import Database
from crawler.engine import open_engine
from crawler.newsroom import Draft, Masthead
from crawler.nouns import Outlet, Page
from crawler.polling import Poller
from crawler.reading import Reading, read
from crawler.storage import Archive, Sources
from scheduler.archive import open_database
from scheduler.health import Kind
from scheduler.parts.health import Rounds
from tests.fakes.newsroom import FAULTS, MisbehavingNewsroom
from tests.journeys.conftest import LOCAL, running, until
from tests.journeys.test_bad_input import PARAGRAPHS

FEED = "diffatain"
FAILING, WALLED, EMPTY = {Kind.OUTLET_FAILING}, {Kind.OUTLET_WALLED}, {Kind.OUTLET_EMPTY}
PAGES, DATES, TEXT = {Kind.PAGES_FAILING}, {Kind.DATES_WRONG}, {Kind.TEXT_DAMAGED}

# Which event tells each fault. What is put right without a loss needs none.
TOLD: dict[str, set[Kind]] = {
    **dict.fromkeys(["status_401", "status_403", "status_451", "bot_wall", "consent_wall", "parked_domain", "robots_deny"], WALLED),
    **dict.fromkeys(["status_204", "empty_200", "empty_feed"], EMPTY),
    **dict.fromkeys(["soft_404", "script_shell", "huge_page"], PAGES),
    **dict.fromkeys(["missing_dates", "future_dates"], DATES),
    "mojibake": TEXT,
    "wrong_charset": set(), "undeclared_charset": set(), "not_well_formed": set(), "restless_etag": set(),
    "duplicate_guids": set(), "changing_guids": set(),
    "robots_crawl_delay": set(), "robots_html": set(),
}  # fmt: skip
APART = {"giant_feed", "lying_etag"}  # thousands of pages to ask for; a test of its own
CASES = [name for name in FAULTS if name not in APART]
PLACE = {"mojibake": "page"}  # in a feed it is put right
SHARE = 4  # the faults come in so many turns: more at once would be an outage


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(crawler.settings, "DOWNLOAD_TIMEOUT", 4)


class Clock:
    def __init__(self) -> None:
        self.at = datetime.now(UTC) - timedelta(days=1)

    def __call__(self) -> datetime:
        return self.at


class Room(MisbehavingNewsroom):
    """A newsroom of one outlet, at an address of its own."""

    def __init__(self, name: str, place: int, clock: Clock) -> None:
        super().__init__(drafts=[], now=clock)
        self._mastheads = {FEED: self._mastheads[FEED]}
        self._place = place
        self.name = name

    async def _serve(self, masthead: Masthead, index: int) -> str:
        return await super()._serve(masthead, self._place + index)

    @property
    def outlet(self) -> Outlet:
        return replace(self.outlets[0], id=self.name)


async def read_here(page: Page, outlet: Outlet, *, now: datetime) -> Reading:
    return await asyncio.to_thread(read, page, outlet, now=now)


@dataclass
class Ward:
    """Outlets, what is polled of them, and the rounds that are made."""

    rooms: dict[str, Room]
    database: Database
    clock: Clock
    rounds: Rounds
    numbers: Iterable[int]

    def publish(self, *names: str, pieces: int = 3) -> None:
        for name in names:
            for _ in range(pieces):
                title = f"خبر رقم {next(self.numbers)} عن النقل في المدينة"
                self.rooms[name].publish(Draft(f"d{next(self.numbers)}", FEED, title, "world", PARAGRAPHS))

    def strike(self, *names: str, fault: str = "") -> None:
        for name in names:
            self.rooms[name].faults.set(FEED, fault or name, PLACE.get(name, ""))

    def heal(self, *names: str) -> None:
        for name in names:
            self.rooms[name].faults.clear()

    async def look(self, times: int = 1) -> dict[str, set[str]]:
        """Poll all outlets so many times, five minutes apart, each time with a round; returns the open events."""
        outlets = [room.outlet for room in self.rooms.values()]
        async with open_engine(outlets, now=self.clock, allowed_networks=LOCAL) as fetch:
            poller = Poller(
                self.database, outlets, fetch=fetch, reader=read_here, now=self.clock,
                cadence=lambda *_args, **_more: timedelta(minutes=5),
            )  # fmt: skip
            for _ in range(times):
                self.clock.at += timedelta(minutes=6)
                await poller.start_due()
                while poller.busy:
                    await asyncio.sleep(0.02)
                await self.rounds.make()
        return self.told()

    def told(self) -> dict[str, set[str]]:
        events = self.database.read(lambda c: Logbook(c).open_events())
        return {
            subject: {e.kind for e in events if e.subject == subject}
            for subject in {e.subject for e in events}
        }


@asynccontextmanager
async def ward(path: Path, names: Iterable[str]) -> AsyncIterator[Ward]:
    clock = Clock()
    rooms = {name: Room(name, place, clock) for place, name in enumerate(names)}
    with open_database(path / "a.sqlite") as database:
        for room in rooms.values():
            await room.__aenter__()
        try:
            outlets = [room.outlet for room in rooms.values()]
            database.write(lambda c: Sources(c).watch(outlets, clock()))
            yield Ward(rooms, database, clock, Rounds(database, outlets, now=clock), count())
        finally:
            await asyncio.gather(*(room.__aexit__(None, None, None) for room in rooms.values()))


async def test_every_fault_is_told_by_name_within_two_polls_and_closes_after_it(tmp_path):
    async with ward(tmp_path, CASES) as here:
        here.publish(*CASES, pieces=1)
        assert await here.look() == {}
        for turn in range(SHARE):
            mine = CASES[turn::SHARE]
            by_articles = [name for name in mine if TOLD.get(name) in (PAGES, DATES, TEXT)]
            here.strike(*mine)
            here.publish(*mine, pieces=1)
            here.publish(*by_articles, pieces=2)
            told = await here.look(2)
            expected = {name: TOLD.get(name, FAILING) for name in mine if TOLD.get(name, FAILING)}
            wrong = {name: told.get(name) for name in CASES if told.get(name) != expected.get(name)}
            assert wrong == {}, "told otherwise than expected"
            assert "" not in told, "it is no outage"
            here.heal(*mine)
            here.publish(*mine, pieces=1)
            here.publish(*by_articles, pieces=4)
            assert await here.look(5) == {}, "all is over"
        counts = here.database.read(lambda c: Archive(c).counts())
        assert (counts["pending"], counts["given_up"]) == (0, 0)
        assert counts["articles"] == sum(len(room.pieces(FEED)) for room in here.rooms.values()), (
            "nothing was lost"
        )


async def test_a_national_outage_is_one_event(tmp_path):
    names = [f"o{n}" for n in range(12)]
    async with ward(tmp_path, names) as here:
        here.publish(*names)
        assert await here.look() == {}
        here.strike(*names[:5], fault="status_503")
        assert await here.look() == {}, "one failure is no event"
        assert await here.look() == {"": {Kind.MANY_OUTLETS}}
        (event,) = here.database.read(lambda c: Logbook(c).open_events())
        assert (event.severity, event.runbook) == ("page", "many-outlets")
        assert event.cause.startswith("5 of 12 outlets cannot be seen (http_503 ×5)")
        here.heal(*names[:4])
        assert await here.look(2) == {"o4": {Kind.OUTLET_FAILING}}, "what is left is told singly"
        here.heal(*names)
        assert await here.look(2) == {}


async def test_a_tag_that_lies_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(crawler.cadence, "FULL_EVERY", 3)
    async with ward(tmp_path, ["alif"]) as here:
        here.publish("alif")
        here.strike("alif", fault="lying_etag")
        await here.look()
        for _ in range(2):
            here.publish("alif")
            told = await here.look(4)
        assert told == {"alif": {Kind.TAG_LIES}}
        here.heal("alif")
        here.publish("alif")
        assert await here.look(4) == {}


async def test_the_service_itself_makes_the_rounds(tmp_path, monkeypatch):
    monkeypatch.setattr("scheduler.parts.health.HEALTH", timedelta(seconds=0.2))
    async with MisbehavingNewsroom(drafts=[]) as room:
        outlets = room.outlets[:2]
        room.faults.set(outlets[0].id, "status_404")
        async with running(tmp_path / "a.sqlite", outlets, every=timedelta(seconds=0.3)):
            with open_database(tmp_path / "a.sqlite") as beside:

                def told() -> set[str]:
                    return {event.name for event in beside.read(lambda c: Logbook(c).open_events())}

                await until(lambda: f"outlet_failing {outlets[0].id}" in told(), what="the event")
                room.faults.clear()
                await until(lambda: f"outlet_failing {outlets[0].id}" not in told(), what="its end")
