"""The doctor's round: what the crawler did since the last one is taken into the outlets' histories, and told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from alerts.storage import Logbook
from crawler.database import Connection, Database
from crawler.nouns import Outcome, Outlet
from crawler.reading.pool import BREAKS
from crawler.storage import News, Watchbook
from scheduler.health import (
    OVERDUE,
    Condition,
    Kind,
    conditions,
    page_breaks_reader,
    pages_failing,
    polls_late,
)
from scheduler.history import History, after_article, after_entry, after_poll
from scheduler.outages import Glance, together
from scheduler.parts import House, Part
from scheduler.timetable import HEALTH, Tick

BATCH = 2_000  # polls, entries and articles each that one step takes in
DAY = timedelta(days=1)

Open = Mapping[tuple[str, str], str]  # (kind, subject) of open events, with their cause


class Rounds:
    """Looks after all outlets. What it remembers of each stands in its row; here are only the last findings."""

    def __init__(self, database: Database, outlets: Iterable[Outlet], *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._outlets = {outlet.id: outlet for outlet in outlets if outlet.watched}
        self._found: dict[str, list[Condition]] = {}
        self._glances: dict[str, Glance] = {}
        self._opened_at = now()
        self._begun = False

    async def make(self) -> None:
        """Take in what is new, in steps, and open and close events accordingly."""
        opened = {
            (event.kind, event.subject): event.cause
            for event in await self._database.aread(lambda c: Logbook(c).open_events())
            if event.kind in set(Kind)
        }
        if not self._begun:
            await self._begin(opened)
            self._begun = True
        while news := await self._database.aread(lambda c: Watchbook(c).news(BATCH)):
            await self._take_in(news, opened)
        await self._tell(opened)

    async def _begin(self, opened: Open) -> None:
        """Judge all outlets from their rows, some at a time: their histories are not kept here."""
        names = sorted(self._outlets)
        for start in range(0, len(names), BATCH // 4):
            some = names[start : start + BATCH // 4]
            await asyncio.to_thread(self._judge_rows, await self._rows(some), opened)

    async def _rows(self, names: Collection[str]) -> dict[str, str]:
        return await self._database.aread(lambda c: Watchbook(c).histories(names))

    def _judge_rows(self, texts: Mapping[str, str], opened: Open) -> None:
        self._judge(_read(texts), opened)

    async def _take_in(self, news: News, opened: Open) -> None:
        touched = news.outlets & self._outlets.keys()
        histories = await asyncio.to_thread(self._learn, news, await self._rows(touched), opened)
        kept = {name: history.to_text() for name, history in histories.items()}
        await self._database.awrite(lambda c: Watchbook(c).keep(kept, news.seen or {}))

    def _learn(self, news: News, texts: Mapping[str, str], opened: Open) -> dict[str, History]:
        histories = _read(texts)
        for poll in news.polls:
            if outlet := self._outlets.get(poll.outlet):
                histories[outlet.id] = after_poll(histories.get(outlet.id, History()), poll, outlet)
                well = poll.outcome in {Outcome.OK, Outcome.UNCHANGED}
                self._glances[outlet.id] = Glance(poll.started_at, well)
        for entry in news.entries:
            if outlet := self._outlets.get(entry.outlet):
                histories[outlet.id] = after_entry(histories.get(outlet.id, History()), entry, outlet)
        for sample in news.samples:
            if outlet := self._outlets.get(sample.outlet):
                histories[outlet.id] = after_article(histories.get(outlet.id, History()), sample, outlet)
        self._judge(histories, opened)
        return histories

    def _judge(self, histories: Mapping[str, History], opened: Open) -> None:
        for name in histories.keys() & self._outlets.keys():
            open_kinds = {kind for kind, subject in opened if subject == name}
            open_kinds |= {each.kind for each in self._found.get(name, ())}
            self._found[name] = conditions(self._outlets[name], histories[name], open_kinds)

    async def _tell(self, opened: Open) -> None:
        now = self._now()
        failing, broken, read, late, oldest = await self._database.aread(lambda c: _pages_and_polls(c, now))
        pages = (
            pages_failing(name, causes, read[name], was=(Kind.PAGES_FAILING, name) in opened)
            for name, causes in failing.items()
            if name in self._outlets
        )
        waited = now - self._opened_at >= OVERDUE  # what became due while we were down is no delay of ours
        single = [condition for found in self._found.values() for condition in found]
        extra = [*pages, polls_late(late, oldest, now) if waited else None]
        single += [condition for condition in extra if condition]
        single += [
            page_breaks_reader(name, url, failing[name])
            for name, url in broken.items()
            if name in self._outlets
        ]
        wanted = together(single, self._outlets, self._glances, opened, now)
        if {(each.kind.value, each.subject): each.cause for each in wanted} != opened:
            await self._database.awrite(lambda c: _reconcile(c, wanted, opened, now))


def _read(texts: Mapping[str, str]) -> dict[str, History]:
    return {name: History.from_text(text) for name, text in texts.items()}


def _pages_and_polls(
    connection: Connection, now: datetime
) -> tuple[dict[str, dict[str, int]], dict[str, str], dict[str, int], int, datetime | None]:
    book = Watchbook(connection)
    failing = book.failing_pages(now - DAY)
    broken = (
        book.pages_with(BREAKS, now - DAY)
        if any(set(BREAKS) & each.keys() for each in failing.values())
        else {}
    )
    return failing, broken, book.articles_since(failing, now - DAY), *book.overdue(now - OVERDUE)


def _reconcile(connection: Connection, wanted: Collection[Condition], opened: Open, now: datetime) -> None:
    logbook = Logbook(connection)
    for kind, subject in opened.keys() - {(each.kind, each.subject) for each in wanted}:
        logbook.close_event(kind, subject, now)
    for each in wanted:
        was = opened.get((each.kind, each.subject))
        if was is None:
            logbook.open_event(each.kind, each.subject, cause=each.cause, evidence=each.evidence, now=now)
        elif was != each.cause:
            logbook.restate(each.kind, each.subject, cause=each.cause, evidence=each.evidence)


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Make rounds."""
    rounds = Rounds(house.database, house.outlets.values(), now=house.now)
    yield Part(ticks=(Tick("health", HEALTH, rounds.make),))
