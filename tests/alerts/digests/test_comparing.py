"""What a digest counts: only what stands, and compared with another time only where both were watched."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.digests.chats import chat_message
from alerts.digests.letters import letter
from alerts.digests.making import Maker
from alerts.digests.nouns import DigestKind, Edition, Outcome
from alerts.digests.sample import sample
from alerts.digests.telling import tell
from alerts.messages import Reader
from alerts.messages.cleaning import RLM, readable
from alerts.nouns import Subscription
from alerts.recalling import plan_recall, recall
from crawler.nouns import Coverage, Entry, Poll
from crawler.nouns import Outcome as Polled
from crawler.storage import Sources, Survey, Validators
from scheduler.archive import open_database
from tests.alerts.digests.newsroom import OUTLETS, tell_story

NOW = datetime(2026, 3, 4, 8, tzinfo=UTC)
DAY, HALF = timedelta(days=1), timedelta(minutes=30)
ARABIC = Reader("ar", "UTC")
EDITION = Edition(0, DigestKind.DAILY, "2026-03-04", "UTC", NOW, NOW, NOW - DAY, NOW, Outcome.SENT)


@pytest.fixture
def database(tmp_path):
    with open_database(tmp_path / "a.sqlite") as opened:
        yield opened


def watch(c, since, until, outcome=Polled.OK):
    """Look at one outlet every half an hour."""
    mirqab = OUTLETS["mirqab"]
    Sources(c).watch([mirqab], since, {source.url: since for source in mirqab.sources})
    at = since
    while at < until:
        (claim,) = Sources(c).claim_all(mirqab, at, until=at + HALF, lease="x")
        seen = Poll("mirqab", claim.url, at, timedelta(0), outcome, "cause")
        Sources(c).finish_poll(claim, seen, fresh=[], validators=Validators(), next_due=at)
        at += HALF


def page(database, reader=ARABIC):
    made = database.read(lambda c: Maker(c, OUTLETS).make(EDITION, [Subscription(0)]))
    return tell(made, reader, OUTLETS)


@pytest.mark.parametrize(
    ("since", "outcome", "compared"),
    [
        (NOW - 2 * DAY, Polled.OK, True),
        (NOW - 2 * DAY + timedelta(hours=2), Polled.OK, True),
        (NOW - DAY - timedelta(hours=12), Polled.OK, False),
        (NOW - DAY, Polled.OK, False),
        (NOW - timedelta(hours=3), Polled.OK, False),
        (NOW - 2 * DAY, Polled.TEMPORARY, False),
    ],
)
def test_nothing_is_compared_with_a_time_that_was_not_watched(database, since, outcome, compared):
    database.write(lambda c: watch(c, since, NOW, outcome))
    database.write(lambda c: tell_story(c, NOW - timedelta(hours=1), "مداهمة مجمع احتيال"))
    told = page(database)
    made = letter(told)
    assert told.lead.startswith("قصة جديدة واحدة في يوم")
    for before in ("ولم تكن في اليوم الذي قبله أي قصة", "ولم تكن قبلها", "بعد 0"):
        for text in (told.lead + "".join(told.changes), made.html, made.text):
            assert (before in text) <= compared
    assert ("اليوم الذي قبله" in told.lead) is compared
    assert [bar.words for bar in told.charts[0].bars] == ["1 بعد 0" if compared else "1"]


def test_what_was_taken_back_counts_nowhere(database):
    database.write(lambda c: watch(c, NOW - 2 * DAY, NOW))
    first = database.write(lambda c: tell_story(c, NOW - timedelta(hours=5), "خبر لم يقع"))
    database.write(lambda c: recall(c, plan_recall(c, story=first.id), "لم يقع", NOW - timedelta(hours=4)))
    alone = page(database)
    assert alone.subject.startswith("تصحيح واحد: خبر لم يقع")
    assert alone.lead.startswith("لا قصص جديدة")
    assert alone.charts == ()
    assert [section.heading for section in alone.sections] == ["تصحيحات"]
    database.write(lambda c: tell_story(c, NOW - timedelta(hours=2), "مداهمة مجمع", topics=("gambling",)))
    both = page(database)
    assert both.subject.startswith("قصة جديدة واحدة: مداهمة مجمع")
    assert both.lead.startswith("قصة جديدة واحدة في يوم")
    assert [bar.name for bar in both.charts[0].bars] == ["قمار إلكتروني"]
    assert both.changes[0].startswith("قمار إلكتروني")


def test_of_two_alerts_one_taken_back_leaves_the_story(database):
    database.write(lambda c: watch(c, NOW - 2 * DAY, NOW))
    story = database.write(lambda c: tell_story(c, NOW - timedelta(hours=5), "مداهمة مجمع"))
    database.write(lambda c: tell_story(c, NOW - timedelta(hours=5), "قصة أخرى"))
    database.write(lambda c: recall(c, plan_recall(c, story=story.id), "خطأ", NOW - timedelta(hours=4)))
    assert page(database).lead.startswith("قصة جديدة واحدة")


def test_a_page_that_is_to_be_looked_at_again_was_read(database):
    def fill(c):
        watch(c, NOW - DAY, NOW - DAY + HALF)
        mirqab = OUTLETS["mirqab"]
        (claim,) = Sources(c).claim_all(mirqab, NOW - DAY, until=NOW, lease="x")
        entries = [Entry(f"https://mirqab.example/{n}") for n in range(3)]
        seen = Poll("mirqab", claim.url, NOW - HALF, timedelta(0), Polled.OK, "", fresh=3)
        Sources(c).finish_poll(claim, seen, fresh=entries, validators=Validators(), next_due=NOW)
        story = tell_story(c, NOW - timedelta(hours=1), "مداهمة مجمع")
        c.execute(
            "UPDATE entry SET article_id = :id, state = 'read' WHERE url LIKE '%/0'",
            {"id": story.articles[0]},
        )
        other = tell_story(c, NOW - timedelta(hours=1), "خبر")
        c.execute("UPDATE entry SET article_id = :id WHERE url LIKE '%/1'", {"id": other.articles[0]})

    database.write(fill)
    seen = database.read(lambda c: Survey(c).coverage(NOW - DAY, NOW))
    assert (seen.articles, seen.waiting) == (2, 1)


def test_an_hour_without_a_look_bears_no_counting():
    assert not Coverage(0).bears_counting(timedelta(hours=1))
    assert Coverage(1).bears_counting(timedelta(hours=1))


def test_a_latin_name_keeps_apart_from_the_day_that_follows():
    digest = sample(3, NOW)
    named = [replace(piece, outlet="Al-Hadath News") for piece in digest.top]
    told = tell(replace(digest, top=tuple(named)), ARABIC, OUTLETS)
    made = letter(told)
    assert re.search(r"<bdi>Al-Hadath News</bdi> · <bdi[^>]*>[^<]*\d\d:\d\d</bdi> · ", made.html)
    assert f"{RLM}Al-Hadath News{RLM} · " in made.text
    assert f"{RLM}Al-Hadath News{RLM} · " in chat_message(told).text


@pytest.mark.parametrize(
    ("zone", "arabic", "english"),
    [("UTC", "بالتوقيت العالمي.", "in UTC."), ("Africa/Cairo", "بتوقيت القاهرة.", "in the time of Cairo.")],
)
def test_the_zone_is_named_as_people_name_it(zone, arabic, english):
    for language, words in (("ar", arabic), ("en", english)):
        assert tell(sample(1, NOW), Reader(language, zone), OUTLETS).why.endswith(words)


def test_it_has_the_name_that_the_bot_gives_it():
    assert tell(sample(1, NOW), ARABIC, OUTLETS).name == "الموجز اليومي"


def test_a_long_link_is_read_in_the_text_and_followed_in_the_page():
    url = "https://news.example/ar/%D9%83%D9%85%D8%A8%D9%88%D8%AF%D9%8A%D8%A7-2026?q=%20%2F%E2%80%AE"
    digest = sample(1, NOW)
    made = letter(tell(replace(digest, top=(replace(digest.top[0], url=url),)), ARABIC, OUTLETS))
    assert "https://news.example/ar/كمبوديا-2026?q=%20%2F%E2%80%AE\n" in made.text
    assert f'href="{url}"' in made.html
    assert readable("https://a.example/%FF%D9%83") == "https://a.example/%FF%D9%83"
