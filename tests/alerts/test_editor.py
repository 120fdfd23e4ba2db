"""What the clock makes us say: summaries of a storm, what a cap held back, spikes; on a real file."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.bursts import OUTLET_STORM, READER_STORM, SPIKE_DAYS
from alerts.editor import Editor
from alerts.flagging import Flagged, Flagger
from alerts.matching import RuleSet
from alerts.messages import Reader, render
from alerts.notices import notice_of
from alerts.nouns import (
    Alert,
    AlertKind,
    DeliveryState,
    Hold,
    Level,
    Mute,
    MuteKind,
    RecipientKind,
    Subscriber,
    SubscriberState,
    Subscription,
)
from alerts.planning import UPDATES
from alerts.retrying import OLD
from alerts.schema import migrations as alert_tables
from alerts.storage import Alerts, DeliveryQueue, Dispatch, Logbook, Members, Subscribers
from crawler.database import Database, rows
from crawler.nouns import Article, Precision, Stamp
from crawler.schema import migrations
from crawler.storage import Archive

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULES = RuleSet.load()


class Desk:
    """An archive, a flagger, an editor, and a clock that a test moves."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path / "a.sqlite", (migrations, alert_tables))
        self.now = NOON
        self.told: list[Flagged] = []
        self.rules = RULES
        self._flagger = Flagger(
            self.database, lambda: self.rules, {}, now=lambda: self.now, on_flag=self.told.append
        )
        self._editor = Editor(self.database, now=lambda: self.now)
        self._number = 0

    def subscribe(self, name: str, **wanted: object) -> int:
        who = Subscriber(RecipientKind.PRIVATE_CHAT, name, NOON)
        return self.database.write(lambda c: Subscribers(c).subscribe(who, [Subscription(0, **wanted)]))

    def publish(self, outlet: str, title: str, *, body: str = "", published: datetime | None = None) -> int:
        self._number += 1
        stamp = Stamp(published, Precision.MINUTE, "meta", "") if published else None
        url = f"https://{outlet}.example/{self._number}"
        article = Article(outlet, url, title, body or title, self.now, stamp)
        kept: int = self.database.write(lambda c: Archive(c).keep(article))[0]
        return kept

    def flag(self) -> None:
        async def follow() -> None:
            while await self._flagger.run_batch():
                pass

        asyncio.run(follow())

    def look(self, after: timedelta = timedelta(0)) -> int:
        self.now += after
        return asyncio.run(self._editor.look())

    def deliveries(self, subscriber: int, state: DeliveryState = DeliveryState.QUEUED) -> list[Alert]:
        found = self.database.read(
            lambda c: rows(
                c,
                "SELECT alert_id FROM delivery WHERE subscriber_id = :id AND state = :state ORDER BY id",
                {"id": subscriber, "state": state},
            )
        )
        return [self.alert(row["alert_id"]) for row in found]

    def alert(self, number: int) -> Alert:
        alert: Alert = self.database.read(lambda c: Alerts(c).get(number))
        return alert

    def events(self) -> list[tuple[str, str]]:
        return [(e.kind, e.subject) for e in self.database.read(lambda c: Logbook(c).open_events())]

    def text(self, alert: Alert, language: str = "ar") -> str:
        notice = self.database.read(lambda c: notice_of(c, alert.id, {}))
        return render(notice, Reader(language)).text


@pytest.fixture
def desk(tmp_path: Path):
    desk = Desk(tmp_path)
    with desk.database:
        yield desk


def raid(n: int) -> str:
    """One of many events: its own names, and nothing in common with the others but the crime and the country."""
    chance = random.Random(n)
    one, two, three = ("".join(chance.choices("بتجحدرزسشصطعغفقكلمنه", k=6)) + " " for _ in range(3))
    names = ["".join(chance.choices("بتجحدرزسشصطعغفقكلمنه", k=6)) for _ in range(9)]
    return f"{one}{two}احتيال {three}إلكتروني {' '.join(names)} كمبوديا"


def storm(desk: Desk, articles: range) -> None:
    """Five hundred articles of one outlet in ten minutes."""
    for n in articles:
        desk.publish("hacked", raid(n))
        desk.now += timedelta(minutes=10) / 500
        if n % 50 == 49:
            desk.flag()
    desk.flag()


def test_case_53_a_hacked_outlet_is_told_in_one_summary_and_others_as_ever(desk):
    reader, narrow = desk.subscribe("1"), desk.subscribe("2", topics=("gambling",))
    storm(desk, range(250))
    rescue = "إنقاذ تسعة مصريين احتجزوا في مركز احتيال إلكتروني في ميانمار"
    desk.publish("calm", rescue)
    storm(desk, range(250, 500))
    one_by_one = desk.deliveries(reader)
    assert len(one_by_one) == OUTLET_STORM + 1
    assert [each.level for each in one_by_one if each.article == 251] == [Level.CRITICAL]
    assert desk.events() == [("alert_storm", "hacked")]
    desk.look(timedelta(minutes=4))
    assert len(desk.deliveries(reader)) == OUTLET_STORM + 1, "while the storm lasts nothing is summed up"
    desk.look(timedelta(minutes=2))
    (summary,) = desk.deliveries(reader)[OUTLET_STORM + 1 :]
    assert (summary.kind, summary.level) == (AlertKind.SUMMARY, Level.HIGH)
    held = {each.story.id for each in desk.told if each.alert and each.alert.hold}
    assert set(summary.stories) == held
    assert "من وسيلة واحدة في دقائق" in desk.text(summary)
    assert f"and {len(held) - 12} more stories" in desk.text(summary, "en")
    assert desk.look(timedelta(minutes=11)) == 0
    assert desk.events() == []
    assert desk.deliveries(narrow) == []


def test_a_story_of_the_storm_that_another_outlet_tells_is_told_at_once(desk):
    reader = desk.subscribe("1")
    storm(desk, range(OUTLET_STORM + 5))
    desk.publish("calm", raid(OUTLET_STORM + 2))
    desk.flag()
    assert desk.told[-1].alert.kind is AlertKind.NEW
    assert desk.told[-1].story.articles == (OUTLET_STORM + 3, OUTLET_STORM + 6)
    desk.look(timedelta(minutes=6))
    summary = desk.deliveries(reader)[-1]
    assert summary.kind is AlertKind.SUMMARY
    assert desk.told[-1].story.id not in summary.stories


def test_two_alerts_too_many_are_sent_one_by_one(desk):
    reader = desk.subscribe("1")
    storm(desk, range(OUTLET_STORM + 2))
    assert len(desk.deliveries(reader, DeliveryState.BRAKED)) == 2
    assert desk.look(timedelta(minutes=6)) == 2
    assert {each.kind for each in desk.deliveries(reader)} == {AlertKind.NEW}
    assert {each.hold for each in desk.deliveries(reader)} == {Hold.NONE}


def test_a_subscriber_is_not_flooded_by_many_outlets_either(desk):
    reader = desk.subscribe("1")
    narrow = desk.subscribe("2", outlets=("o1",))
    for n in range(40):
        desk.publish(f"o{n}", raid(n))
    desk.publish("o41", "إنقاذ تسعة مصريين احتجزوا في مركز احتيال إلكتروني في ميانمار")
    desk.flag()
    queued = desk.deliveries(reader)
    assert len(queued) == READER_STORM + 1
    assert queued[-1].level is Level.CRITICAL
    assert len(desk.deliveries(narrow)) == 1
    desk.look(timedelta(minutes=6))
    summary = desk.deliveries(reader)[-1]
    assert (summary.kind, len(summary.stories)) == (AlertKind.SUMMARY, 40 - READER_STORM)
    assert desk.events() == []


def stand_still(desk: Desk, stories: int, hours: float = 13) -> None:
    """Stories are decided, nothing is sent for hours, and then the queue is looked at."""
    for n in range(stories):
        desk.publish(f"o{n}", raid(n))
        desk.flag()
        desk.now += timedelta(minutes=11)
    desk.now += timedelta(hours=hours)
    desk.database.write(lambda c: Dispatch(c).fold(desk.now, OLD))


def test_what_grew_old_is_told_in_one_summary_to_who_gets_no_digest(desk):
    reader, daily = desk.subscribe("1"), desk.subscribe("2")
    both = [Subscription(daily), Subscription(daily, topics=("gambling",), cadence="weekly")]
    desk.database.write(lambda c: Subscribers(c).want(daily, both))
    stand_still(desk, 5)
    assert desk.look() == 1
    (summary,) = desk.deliveries(reader)
    assert (summary.kind, len(summary.stories)) == (AlertKind.SUMMARY, 5)
    assert "السبب: 5 أخبار تأخر إرسالها" in desk.text(summary)
    assert "5 articles that could not be sent in time" in desk.text(summary, "en")
    assert desk.deliveries(daily) == []
    assert len(desk.deliveries(daily, DeliveryState.FOLDED)) == 5, "its digest tells them"
    desk.now += timedelta(days=2)
    assert desk.database.write(lambda c: Dispatch(c).fold(desk.now, OLD)) == 0, "no summary of summaries"
    assert desk.look() == 0


def test_two_that_grew_old_are_sent_one_by_one(desk):
    reader = desk.subscribe("1")
    stand_still(desk, 2)
    waiting = desk.database.read(lambda c: Dispatch(c).deliveries(states=[DeliveryState.BRAKED]))
    assert len(waiting) == 2
    assert desk.look() == 2
    assert {each.kind for each in desk.deliveries(reader)} == {AlertKind.NEW}
    assert desk.database.write(lambda c: Dispatch(c).fold(desk.now, OLD)) == 0, "they are let go"


def test_while_the_way_to_a_reader_is_closed_no_summary_is_made(desk):
    """A token that is refused for days ends in one summary, not in one an hour."""
    reader, blocked = desk.subscribe("1"), desk.subscribe("2")
    stand_still(desk, 5)
    desk.now -= timedelta(hours=2)
    desk.publish("o9", raid(9))
    desk.flag()
    desk.now += timedelta(hours=2)
    desk.database.write(lambda c: Subscribers(c).set_state(blocked, SubscriberState.SUSPENDED))
    assert desk.look() == 0
    (young,) = desk.deliveries(reader)
    desk.database.write(
        lambda c: c.execute("UPDATE delivery SET state = 'sent' WHERE alert_id = ?", [young.id])
    )
    assert desk.look() == 1
    assert [each.kind for each in desk.deliveries(reader)] == [AlertKind.SUMMARY]
    assert desk.deliveries(blocked) == []


def test_a_story_that_is_muted_meanwhile_stands_in_no_summary(desk):
    reader = desk.subscribe("1")
    storm(desk, range(OUTLET_STORM + 5))
    muted = desk.deliveries(reader, DeliveryState.BRAKED)[0].story
    desk.database.write(lambda c: Members(c).mute(reader, Mute(MuteKind.STORY, str(muted))))
    desk.look(timedelta(minutes=6))
    summary = desk.deliveries(reader)[-1]
    assert (summary.kind, len(summary.stories)) == (AlertKind.SUMMARY, 4)
    assert muted not in summary.stories


def test_who_leaves_is_not_told_what_a_storm_held_back(desk):
    reader = desk.subscribe("1")
    storm(desk, range(OUTLET_STORM + 5))
    desk.database.write(lambda c: DeliveryQueue(c).cancel_deliveries(reader))
    assert desk.look(timedelta(minutes=6)) == 0
    assert desk.deliveries(reader, DeliveryState.BRAKED) == []


def test_what_the_cap_held_is_told_once_the_day_has_passed_without_a_further_article(desk):
    reader = desk.subscribe("1")
    for n in range(UPDATES + 3):
        desk.publish(
            "alif", f"شرطة كمبوديا تداهم مركز احتيال إلكتروني في سيهانوكفيل وتوقف {100 + 40 * n} شخصا"
        )
        desk.flag()
        desk.now += timedelta(minutes=15)
    assert len({flagged.story.id for flagged in desk.told}) == 1
    assert len(desk.deliveries(reader)) == 1 + UPDATES
    assert desk.look(timedelta(hours=20)) == 0
    assert desk.look(timedelta(hours=3)) == 1
    late = desk.deliveries(reader)[-1]
    assert (late.kind, late.reasons[0].now, late.reasons[0].before) == (AlertKind.UPDATE, 420, 340)
    assert desk.look(timedelta(days=2)) == 0


def test_case_76_a_rule_edited_so_that_the_archive_matches_alerts_nobody(desk):
    """The rules were blind, read sixty articles, and are mended; outlets then touch their texts."""

    class Blind:
        def judge(self, title: str, body: str):
            return replace(RULES.judge(title, body), findings=())

    reader = desk.subscribe("1")
    desk.rules = Blind()
    for n in range(60):
        desk.publish(f"o{n}", raid(n))
    desk.flag()
    desk.rules = RULES
    desk.flag()
    assert (desk.told, desk.deliveries(reader)) == ([], [])
    archived = desk.database.read(lambda c: [article for _, article in Archive(c).after(0, 60)])
    for article in archived:
        touched = replace(article, body=article.body + " وقالت إن التحقيق مستمر.", id=0)
        desk.database.write(lambda c, touched=touched: Archive(c).keep(touched))
    desk.flag()
    assert len(desk.told) == 60
    assert {flagged.alert for flagged in desk.told} == {None}
    assert desk.look(timedelta(minutes=10)) == 0
    assert desk.deliveries(reader) == []


def test_a_text_that_begins_to_match_by_its_outlets_hand_is_told(desk):
    reader = desk.subscribe("1")
    number = desk.publish("alif", "أمطار على بيروت")
    desk.flag()
    first = desk.database.read(lambda c: Archive(c).article(number))
    desk.database.write(lambda c: Archive(c).keep(replace(first, title=raid(1), body=raid(1), id=0)))
    desk.flag()
    assert len(desk.deliveries(reader)) == 1


def test_an_old_article_waits_for_the_digest_and_a_fresh_one_tells_the_story(desk):
    reader = desk.subscribe("1")
    desk.publish("alif", raid(1), published=NOON - timedelta(days=2))
    desk.flag()
    assert (desk.told[0].alert.hold, desk.deliveries(reader)) == (Hold.STALE, [])
    desk.publish("baa", raid(1))
    desk.flag()
    assert [each.kind for each in desk.deliveries(reader)] == [AlertKind.NEW]


def test_a_volume_that_leaves_its_history_is_told_once(desk):
    everybody, elsewhere = desk.subscribe("1"), desk.subscribe("2", places=("PH",))
    for day in range(SPIKE_DAYS, 0, -1):
        desk.now = NOON - timedelta(days=day, minutes=10)
        desk.publish("alif", raid(day))
        desk.flag()
    desk.now = NOON
    assert desk.look() == 0
    for n in range(40, 49):
        desk.publish(f"o{n}", raid(n))
    desk.flag()
    assert desk.look() == 1
    spike = desk.deliveries(everybody)[-1]
    assert (spike.kind, {reason.about for reason in spike.reasons}) == (AlertKind.SPIKE, {"fraud", "KH"})
    assert (spike.reasons[0].now, spike.reasons[0].before, len(spike.stories)) == (9, 1.0, 9)
    assert "9 أخبار في ساعة عن" in desk.text(spike)
    assert desk.look(timedelta(minutes=30)) == 0
    assert desk.deliveries(elsewhere) == []
