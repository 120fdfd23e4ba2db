"""The account of a story: what says why it was told, as one value, and what a message takes of it."""

from datetime import timedelta

import pytest

from alerts.accounting import account_of
from alerts.facts import read_facts
from alerts.facts.key import key_facts
from alerts.notices import notice_of
from alerts.nouns import Level
from crawler.nouns import Outlet
from tests.alerts.test_editor import NOON, Desk

RAID = "شرطة كمبوديا تداهم مركز احتيال إلكتروني في سيهانوكفيل وتوقف 63 شخصا"
WIDER = "بعد المداهمة في سيهانوكفيل: شرطة كمبوديا توقف 90 شخصا في مركز احتيال إلكتروني بينهم مصريون"
ALIF = Outlet("alif", "ألف", "Alif", "EG", "UTC", "https://alif.example/", (), tier=1)


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    with desk.database:
        yield desk


def account(desk: Desk, story: int = 1):
    found = desk.database.read(lambda c: account_of(c, story, {"alif": ALIF}))
    assert found
    return found


def test_an_account_says_why(desk):
    desk.subscribe("1")
    desk.publish("alif", RAID, published=NOON - timedelta(minutes=20))
    desk.flag()
    desk.now += timedelta(hours=1)
    desk.publish("baa", RAID, published=NOON + timedelta(minutes=30))
    desk.publish("jeem", WIDER, body=WIDER + "، وصادرت 730 ألف دولار.")
    desk.flag()
    told = account(desk)
    assert (told.code, told.level, told.topics) == ("M0001", Level.HIGH, ("fraud",))
    alif, baa, jeem = told.sources
    assert (alif.name_ar, alif.delay, alif.behind) == ("ألف", timedelta(minutes=20), timedelta(0))
    assert (baa.delay, baa.behind) == (timedelta(minutes=30), timedelta(minutes=50))
    assert jeem.delay is None
    assert (alif.voice == baa.voice, alif.voice == jeem.voice, told.voices) == (True, False, 2)
    assert "of 3 points" in baa.placed
    assert alif.grounds[0].spans
    assert alif.title[alif.grounds[0].spans[0].start :].startswith(alif.grounds[0].spans[0].text)
    facts = {fact.name: (fact.value, fact.low, fact.article) for fact in told.facts}
    assert facts["arrested"] == ("", 90, 3)
    assert facts["money"] == ("USD", 730_000, 3)
    assert [saying.kind for saying in told.sayings] == ["new", "update"]
    plain = told.as_json()
    assert plain["sources"][1]["behind"] == 3000
    assert plain["level"] == "high"
    assert plain["sayings"][1]["reasons"][0] == {
        "code": "number", "about": "arrested", "places": [], "now": 90.0, "before": 63.0,
    }  # fmt: skip


def test_there_is_no_account_of_no_story(desk):
    assert desk.database.read(lambda c: account_of(c, 7, {})) is None


def test_a_message_takes_its_facts_and_independent_outlets_from_the_same_values(desk):
    reader = desk.subscribe("1")
    desk.publish("alif", RAID)
    desk.publish("baa", RAID)
    desk.publish("jeem", WIDER)
    desk.flag()
    first, update = desk.deliveries(reader)
    assert "الحدث: مداهمة · الموقوفون: 63" in desk.text(first)
    assert "تنقل الخبر وسيلتان" in desk.text(first)
    assert "Arrested: 90 after 63" in desk.text(update, "en")
    notice = desk.database.read(lambda c: notice_of(c, update.id, {}))
    fact = next(fact for fact in notice.facts if fact.name == "arrested")
    assert {"title": notice.title, "body": notice.body}[fact.span.field][
        fact.span.start : fact.span.end
    ] == fact.span.text


def test_key_facts_are_the_newest_and_an_exact_count_before_a_range():
    newer = read_facts("توقيف أكثر من مئة شخص في كمبوديا", "أوقفت الشرطة 112 شخصا.")
    older = read_facts("توقيف 80 شخصا ومقتل 3 أشخاص", "")
    facts = {fact.name: (fact.article, fact.low) for fact in key_facts([(2, newer), (1, older)])}
    assert (facts["arrested"], facts["killed"]) == ((2, 112), (1, 3))
