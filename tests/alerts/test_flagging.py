"""From a kept article to queued deliveries, in one transaction."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.flagging import Flagged, Flagger
from alerts.matching import RuleSet
from alerts.nouns import AlertKind, Hold, RecipientKind, Subscriber, Subscription
from alerts.schema import migrations as alert_tables
from alerts.storage import DeliveryQueue, Logbook, Newsdesk, Subscribers
from crawler.database import Database, DatabaseError
from crawler.nouns import Article, Outlet, Precision, Stamp
from crawler.schema import migrations
from crawler.storage import Archive
from tests.fakes.disks import write_until_full

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RAID = Article(
    "alif", "https://alif.example/raid", "شرطة كمبوديا تداهم مركز احتيال إلكتروني في سيهانوكفيل وتوقف 63 شخصا",
    "داهمت الشرطة الكمبودية مركزا للاحتيال الإلكتروني في سيهانوكفيل وأوقفت 63 شخصا من جنسيات مختلفة.", NOW,
)  # fmt: skip
COPY = replace(RAID, outlet="baa", url="https://baa.example/raid", first_seen=NOW + timedelta(minutes=5))
WEATHER = Article("alif", "https://alif.example/w", "أمطار على بيروت", "تساقطت الأمطار على بيروت أمس.", NOW)
RULES = RuleSet.load()


@pytest.fixture
def database(tmp_path: Path):
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        who = Subscriber(RecipientKind.CONSOLE, "-", NOW)
        database.write(lambda c: Subscribers(c).subscribe(who, [Subscription(0)]))
        yield database


def keep(database: Database, *articles: Article) -> None:
    database.write(lambda c: [Archive(c).keep(article) for article in articles])


def flagger(database: Database, seen: list[Flagged] | None = None, rules=RULES) -> Flagger:
    return Flagger(
        database, lambda: rules, {}, now=lambda: NOW, on_flag=(seen if seen is not None else []).append
    )


async def test_an_article_becomes_flag_story_alert_and_delivery(database):
    keep(database, WEATHER, RAID)
    seen: list[Flagged] = []
    assert await flagger(database, seen).run_batch() == 2
    (one,) = seen
    assert (one.flag.verdict.topics, one.flag.verdict.places) == (("fraud",), ("KH",))
    assert (one.alert.kind, one.deliveries) == (AlertKind.NEW, 1)
    assert database.read(lambda c: Newsdesk(c).cursor("flagger")) == 2
    assert database.read(lambda c: DeliveryQueue(c).counts())["queued"] == 1
    assert await flagger(database, seen).run_batch() == 0


async def test_a_copy_joins_the_story_and_is_not_told_again(database):
    keep(database, RAID)
    first = flagger(database)
    await first.run_batch()
    keep(database, COPY)
    seen: list[Flagged] = []
    await flagger(database, seen).run_batch()  # another one: its desk comes from the store
    assert (seen[0].story.articles, seen[0].alert) == ((1, 2), None)
    assert database.read(lambda c: Newsdesk(c).counts())["stories"] == 1


async def test_a_revision_is_judged_again_and_not_told_again(database):
    keep(database, RAID)
    await flagger(database).run_batch()
    keep(database, replace(RAID, body=RAID.body + " وقالت إن التحقيق مستمر."))
    seen: list[Flagged] = []
    assert await flagger(database, seen).run_batch() == 1
    assert (seen[0].alert, database.read(lambda c: Newsdesk(c).counts())["alerts"]) == (None, 1)


async def test_a_transaction_that_fails_leaves_nothing_and_is_done_whole_later(database, monkeypatch):
    keep(database, RAID)
    mine = flagger(database)
    with monkeypatch.context() as broken:
        broken.setattr(DeliveryQueue, "fan_out", lambda desk, *_: write_until_full(desk._db))
        with pytest.raises(DatabaseError):
            await mine.run_batch()
    assert database.read(lambda c: Newsdesk(c).counts()) == {"flags": 0, "stories": 0, "alerts": 0}
    assert database.read(lambda c: Newsdesk(c).cursor("flagger")) == 0
    assert await mine.run_batch() == 1
    assert database.read(lambda c: Newsdesk(c).counts()) == {"flags": 1, "stories": 1, "alerts": 1}


async def test_two_flaggers_flag_once(database):
    keep(database, RAID)
    one, other = flagger(database), flagger(database)
    await one.run_batch()
    await other.run_batch()
    assert database.read(lambda c: Newsdesk(c).counts())["alerts"] == 1


async def test_an_article_that_breaks_the_rules_stops_nobody_and_is_told(database):
    class Brittle:
        def judge(self, title, body):
            if title == WEATHER.title:
                raise RecursionError
            return RULES.judge(title, body)

    keep(database, WEATHER, RAID)
    seen: list[Flagged] = []
    await flagger(database, seen, Brittle()).run_batch()
    assert len(seen) == 1
    (event,) = database.read(lambda c: Logbook(c).open_events())
    assert (event.kind, event.subject) == ("article_not_judged", "1")


class Misjudging:
    """Rules whose verdict on one outlet's articles nothing can be made of."""

    def judge(self, title, body):
        verdict = RULES.judge(title, body)
        return replace(verdict, level=None) if "اليوم" in title else verdict


NAMELESS = Outlet("baa", None, "Baa", "LB", "Asia/Beirut", "https://baa.example", ())  # type: ignore[arg-type]
POISON = replace(COPY, url="https://baa.example/poison", title=RAID.title + " اليوم")


@pytest.mark.parametrize(("rules", "outlets"), [(Misjudging(), {}), (RULES, {"baa": NAMELESS})])
async def test_an_article_that_breaks_placing_or_telling_stops_nobody_and_is_told(database, rules, outlets):
    keep(database, RAID, POISON, replace(RAID, outlet="jim", url="https://jim.example/raid"))
    seen: list[Flagged] = []
    mine = Flagger(database, lambda: rules, outlets, now=lambda: NOW, on_flag=seen.append)
    assert (await mine.run_batch(), await mine.run_batch()) == (3, 0)
    assert [flagged.story.articles for flagged in seen] == [(1,), (1, 3)], "and nothing is left of it"
    assert database.read(lambda c: Newsdesk(c).counts()) == {"flags": 2, "stories": 1, "alerts": 1}
    (event,) = database.read(lambda c: Logbook(c).open_events())
    assert (event.kind, event.subject) == ("article_not_judged", "2")
    assert event.cause.startswith("placing or telling it (")


async def test_a_change_that_breaks_us_stops_nobody_either(database):
    keep(database, RAID)
    await flagger(database).run_batch()
    database.write(lambda c: Archive(c).remove(1, NOW))
    database.write(lambda c: c.execute("UPDATE story_article SET fingerprint = '{}'"))
    keep(database, WEATHER)
    assert await flagger(database).run_batch() == 2
    (event,) = database.read(lambda c: Logbook(c).open_events())
    assert event.subject == "1"


async def test_what_was_published_long_ago_waits_for_the_digest(database):
    old = Stamp(NOW - timedelta(days=21), Precision.DAY, "jsonld", "2026-11-02")
    keep(database, replace(RAID, published=old))
    seen: list[Flagged] = []
    await flagger(database, seen).run_batch()
    assert (seen[0].alert.hold, seen[0].deliveries) == (Hold.STALE, 0)


@pytest.mark.parametrize("body", [RAID.body, RAID.body + " تصحيح: كان المكان في خبرنا خطأ."])
async def test_what_was_gone_and_back_before_we_looked_tells_nothing(database, body):
    keep(database, RAID)
    mine = flagger(database, seen := [])
    await mine.run_batch()
    keep(database, replace(RAID, body=body))
    await mine.run_batch()
    told = database.read(lambda c: Newsdesk(c).counts())["alerts"]
    database.write(lambda c: Archive(c).remove(1, NOW))
    keep(database, replace(RAID, body=body))
    assert await mine.run_batch() == 1
    assert (seen[-1].alert, database.read(lambda c: Newsdesk(c).counts())["alerts"]) == (None, told)
    assert told == (2 if "تصحيح" in body else 1)
