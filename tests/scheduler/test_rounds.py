"""The rounds: what the crawler did reaches the histories once, and the events follow, across restarts."""

import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.storage import Logbook
from crawler.database import Database
from crawler.nouns import Article, Entry, Outcome, Outlet, Poll, Source, SourceKind
from crawler.storage import Archive, Entries, EntryClaim, Sources, Validators, Watchbook, new_lease
from scheduler.archive import open_database
from scheduler.history import History
from scheduler.parts.health import Rounds

OUTLETS = 10_000 if os.environ.get("MARSAD_PROOF") == "full" else 500
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ALIF = Outlet(
    "alif", "ألف", "Alif", "EG", "Africa/Cairo", "https://alif.example", (Source("https://alif.example/rss", SourceKind.FEED),)
)  # fmt: skip


class Hands:
    """A clock that is moved by hand, and a crawler that does what it is told."""

    def __init__(self, database: Database, outlets: list[Outlet]) -> None:
        self.at = NOW
        self.database = database
        self.outlets = outlets
        database.write(lambda c: Sources(c).watch(outlets, NOW))

    def __call__(self) -> datetime:
        return self.at

    def poll(
        self, outcome: Outcome, cause: str = "", *, entries: tuple[Entry, ...] = (), most: int = 100_000
    ) -> None:
        self.at += timedelta(minutes=5)
        next_due = self.at + timedelta(minutes=5)

        def work(connection) -> None:
            sources = Sources(connection)
            for claim in sources.claim_due(self.at, until=next_due, lease=new_lease("t"), most=most):
                fresh = [
                    replace(entry, url=f"https://{claim.outlet}.example/{entry.url}") for entry in entries
                ]
                poll = Poll(
                    claim.outlet, claim.url, self.at, timedelta(seconds=1), outcome, cause or outcome,
                    entries=len(fresh), fresh=len(fresh),
                )  # fmt: skip
                sources.finish_poll(claim, poll, fresh=fresh, validators=Validators(), next_due=next_due)

        self.database.write(work)

    def open_events(self) -> list[tuple[str, str]]:
        return [
            (event.kind, event.subject) for event in self.database.read(lambda c: Logbook(c).open_events())
        ]

    def history(self, outlet: str = "alif") -> History:
        return History.from_text(self.database.read(lambda c: Watchbook(c).histories([outlet]))[outlet])


@pytest.fixture
def hands(tmp_path: Path):
    with open_database(tmp_path / "a.sqlite") as database:
        yield Hands(database, [ALIF])


async def test_what_was_taken_in_counts_once_across_restarts(hands):
    hands.poll(Outcome.TEMPORARY, "dns")
    for _ in range(3):
        await Rounds(hands.database, [ALIF], now=hands).make()
    assert hands.history().pulses["https://alif.example/rss"].failures == 1
    assert hands.open_events() == []
    hands.poll(Outcome.TEMPORARY, "dns")
    await Rounds(hands.database, [ALIF], now=hands).make()
    assert hands.open_events() == [("outlet_failing", "alif")]
    await Rounds(hands.database, [ALIF], now=hands).make()
    (event,) = hands.database.read(lambda c: Logbook(c).open_events())
    assert event.evidence == {
        "source": "https://alif.example/rss", "cause": "dns", "detail": "", "status": None, "failures": 2,
        "since": "2026-11-23T09:05:00+00:00",
    }  # fmt: skip


async def test_an_open_event_says_what_it_has_come_to(hands):
    for cause in ("dns", "dns", "http_404"):
        hands.poll(Outcome.TEMPORARY, cause)
        await Rounds(hands.database, [ALIF], now=hands).make()
    (event,) = hands.database.read(lambda c: Logbook(c).open_events())
    assert event.cause == "its list is not there any more (HTTP 404)"
    assert (event.evidence["cause"], event.evidence["failures"]) == ("http_404", 3)
    assert event.opened_at == NOW + timedelta(minutes=10), "it is the same event"


async def test_an_outlet_that_is_watched_no_more_closes_its_events(hands):
    for _ in range(2):
        hands.poll(Outcome.SOFT, "empty")
    await Rounds(hands.database, [ALIF], now=hands).make()
    assert hands.open_events() == [("outlet_empty", "alif")]
    await Rounds(hands.database, [replace(ALIF, enabled=False)], now=hands).make()
    assert hands.open_events() == []


async def test_events_of_others_are_left_alone(hands):
    hands.database.write(
        lambda c: Logbook(c).open_event("rules_refused", "x", cause="c", now=NOW)
    )  # fmt: skip
    await Rounds(hands.database, [ALIF], now=hands).make()
    assert hands.open_events() == [("rules_refused", "x")]


async def test_entries_and_articles_reach_the_history(hands):
    hands.poll(
        Outcome.OK,
        entries=(Entry("1", "خبر أول عن النقل", published="2099-01-01"), Entry("2", "خبر ثان عن النقل")),
    )
    hands.database.write(
        lambda c: Archive(c).keep(
            Article("alif", "https://alif.example/1", "خبر", "نص", hands.at, author="كاتب")
        )
    )
    await Rounds(hands.database, [ALIF], now=hands).make()
    assert sorted(hands.history().lines) == [".", "f"]
    assert [(page.length, page.marks) for page in hands.history().pages] == [(2, "tba")]


async def test_pages_that_fail_are_told_and_forgotten_when_they_are_read(hands):
    def claimed() -> list[EntryClaim]:
        later = hands.at + timedelta(minutes=1)
        return hands.database.write(
            lambda c: Entries(c).claim("alif", hands.at, until=later, lease=new_lease("t"), most=9)
        )

    hands.poll(Outcome.OK, entries=tuple(Entry(str(n), "خبر") for n in range(4)))
    rounds = Rounds(hands.database, [ALIF], now=hands)
    for claim in claimed()[:3]:
        hands.database.write(lambda c, claim=claim: Entries(c).fail(claim, "soft_404", hands.at))
    await rounds.make()
    assert hands.open_events() == [("pages_failing", "alif")]
    for claim in claimed():
        article = Article("alif", claim.entry.url, "خبر", "نص", hands.at)
        kept, _ = hands.database.write(lambda c, article=article: Archive(c).keep(article))
        hands.database.write(lambda c, claim=claim, kept=kept: Entries(c).close(claim, kept))
    await rounds.make()
    assert hands.open_events() == []


async def test_polls_that_nobody_makes_are_told_once_we_had_the_time_to_make_them(hands):
    rounds = Rounds(hands.database, [ALIF], now=hands)
    await rounds.make()
    hands.at += timedelta(minutes=14)
    await rounds.make()
    assert hands.open_events() == []
    hands.at += timedelta(minutes=2)
    await rounds.make()
    assert hands.open_events() == [("polls_late", "")]
    hands.poll(Outcome.OK)
    await rounds.make()
    assert hands.open_events() == []


@pytest.mark.proof
async def test_a_round_among_many_outlets_is_cheap(tmp_path):
    outlets = [
        replace(ALIF, id=f"o{n}", sources=(Source(f"https://o{n}.example/rss", SourceKind.FEED),))
        for n in range(10_000)
    ]
    with open_database(tmp_path / "a.sqlite") as database:
        hands = Hands(database, outlets)
        rounds = Rounds(database, outlets, now=hands)
        hands.poll(Outcome.UNCHANGED)
        await rounds.make()
        hands.poll(Outcome.UNCHANGED, most=333)  # in ten seconds, at five minutes an outlet
        start = time.process_time()
        await rounds.make()
        busy = time.process_time() - start
        start = time.process_time()
        await rounds.make()
        idle = time.process_time() - start
    print(
        f"\na round of 333 polls among {OUTLETS:,} outlets: {busy * 1000:.0f} ms of CPU; one of none: {idle * 1000:.0f} ms"
    )
    assert busy < 2.5  # a quarter of the time between two rounds, on a busy machine
