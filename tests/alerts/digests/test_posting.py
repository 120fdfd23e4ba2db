"""A tick of the desk on a real store: what is told to whom, once, and what becomes of the rest."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from alerts.composing import compose
from alerts.digests.nouns import DigestKind, DigestSettings, Outcome
from alerts.digests.posting import DigestDesk
from alerts.nouns import AlertKind, Level, Mute, MuteKind, Reason, RecipientKind, Subscription
from alerts.storage import DeliveryQueue, Digests, Logbook, Members
from crawler.database import rows
from scheduler.archive import open_database
from tests.alerts.digests.newsroom import OUTLETS, add_article, say, subscribe, tell_story

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RESCUED = Reason("number", "rescued", now=120, before=80)
EIGHT = datetime(2026, 3, 4, 8, tzinfo=UTC)


class World:
    """A store, a clock and the desk."""

    def __init__(self, database):
        self.database, self.now = database, EIGHT
        self.desk = DigestDesk(database, OUTLETS, now=lambda: self.now)

    def write(self, work):
        return self.database.write(work)

    def tick(self, at=None):
        self.now = at or self.now
        asyncio.run(self.desk.run())

    def deliver(self):
        self.write(lambda c: c.execute("UPDATE delivery SET state = 'sent' WHERE state = 'queued'"))

    def editions(self, number=None):
        return list(reversed(self.database.read(lambda c: Digests(c).editions(number))))

    def digest(self, n=-1, number=None):
        return self.database.read(lambda c: Digests(c).content(self.editions(number)[n][0].id))

    def titles(self, n=-1, number=None):
        digest = self.digest(n, number)
        return ["".join(run.text for run in piece.title) for piece in digest.pieces]

    def outcomes(self, number=None):
        return [edition.outcome for edition, _ in self.editions(number)]


@pytest.fixture
def world(tmp_path):
    with open_database(tmp_path / "marsad.sqlite") as database:
        yield World(database)


def test_stories_are_told_once_and_then_only_what_is_new_in_them(world):
    world.write(subscribe)
    story = world.write(lambda c: tell_story(c, EIGHT - HOUR, "مداهمة مجمع احتيال", level=Level.HIGH))
    quiet = world.write(lambda c: tell_story(c, EIGHT - 2 * HOUR, "توقيف شبكة قمار", topics=("gambling",)))
    world.tick()
    assert world.titles() == ["مداهمة مجمع احتيال", "توقيف شبكة قمار"]
    assert world.digest().stories.now == 2
    world.deliver()

    later = EIGHT + 3 * HOUR
    world.write(lambda c: say(c, story, later, AlertKind.UPDATE, story.articles[0], RESCUED))
    world.write(lambda c: add_article(c, quiet, later, "ufuq"))
    world.write(lambda c: tell_story(c, later, "تحرير مخطوفين", topics=("trafficking",)))
    world.tick(EIGHT + DAY)
    digest = world.digest()
    assert [piece.reasons for piece in digest.updates] == [(RESCUED,)]
    assert world.titles() == ["تحرير مخطوفين", "مداهمة مجمع احتيال"]
    assert digest.known == 1, "one more outlet is nothing new"
    assert (digest.stories.now, digest.stories.before) == (1, 2)


def test_a_withdrawal_comes_first_with_its_reason(world):
    world.write(subscribe)
    story = world.write(lambda c: tell_story(c, EIGHT - HOUR, "مداهمة"))
    world.tick()
    world.deliver()
    world.write(lambda c: tell_story(c, EIGHT + HOUR, "أخرى"))
    world.write(
        lambda c: say(c, story, EIGHT + HOUR, AlertKind.WITHDRAWAL, story.articles[0], Reason("denial"))
    )
    world.tick(EIGHT + DAY)
    first = world.digest().pieces[0]
    assert (first.kind, first.reasons) == (AlertKind.WITHDRAWAL, (Reason("denial"),))


def test_a_story_that_many_more_outlets_tell_is_an_update(world):
    world.write(subscribe)
    story = world.write(lambda c: tell_story(c, EIGHT - HOUR, "مداهمة"))
    world.tick()
    world.deliver()
    for outlet in ("ufuq", "daftar", "sijill"):
        world.write(lambda c, outlet=outlet: add_article(c, story, EIGHT + HOUR, outlet))
    world.tick(EIGHT + DAY)
    assert [piece.voices for piece in world.digest().updates] == [4]


def test_an_empty_day_is_decided_and_nothing_is_sent(world):
    number = world.write(subscribe)
    world.tick()
    world.tick(EIGHT + timedelta(minutes=1))
    assert world.outcomes() == [Outcome.EMPTY]
    assert [state for _, state in world.editions()] == [""]

    world.write(lambda c: Digests(c).keep_settings(DigestSettings(number, all_quiet=True)))
    world.tick(EIGHT + DAY)
    edition, state = world.editions()[-1]
    assert (edition.outcome, state) == (Outcome.SENT, "queued")
    assert not world.digest().pieces


def test_two_desks_at_once_make_one_edition(world):
    world.write(subscribe)
    world.write(lambda c: tell_story(c, EIGHT - HOUR, "مداهمة"))
    other = DigestDesk(world.database, OUTLETS, now=lambda: EIGHT)

    async def both():
        await asyncio.gather(world.desk.run(), other.run(), world.desk.run())

    asyncio.run(both())
    assert world.outcomes() == [Outcome.SENT]
    assert world.database.read(lambda c: rows(c, "SELECT count(*) AS n FROM delivery"))[0]["n"] == 1


def test_an_edition_queued_while_another_desk_was_planning_is_not_merged_away(world):
    world.write(subscribe)
    world.write(lambda c: tell_story(c, EIGHT - HOUR, "مداهمة"))
    faster = [world.desk.run()]

    class Slow:
        """The store of a desk that is overtaken once, after its first look."""

        awrite = world.database.awrite

        async def aread(self, work):
            found = await world.database.aread(work)
            while faster:
                await faster.pop()
            return found

    asyncio.run(DigestDesk(Slow(), OUTLETS, now=lambda: EIGHT).run())
    assert world.outcomes() == [Outcome.SENT]


def test_each_reader_gets_what_its_subscriptions_ask_for(world):
    stories = [
        world.write(lambda c, topic=topic, place=place, level=level: tell_story(c, EIGHT - HOUR, f"خبر {topic} {place}", topics=(topic,), places=(place,), level=level))
        for topic, place, level in (("fraud", "MM", Level.NOTICE), ("gambling", "KH", Level.HIGH), ("fraud", "TH", Level.CRITICAL))
    ]  # fmt: skip
    daily = Subscription(0, cadence="daily")
    asked = {
        "topic": (replace(daily, topics=("gambling",)), {1}),
        "place": (replace(daily, places=("MM", "TH")), {0, 2}),
        "level": (replace(daily, level=Level.HIGH), {1, 2}),
        "outlet": (replace(daily, outlets=("ufuq",)), set()),
        "weekly": (replace(daily, cadence="weekly"), set()),
    }
    numbers = {
        name: world.write(lambda c, n=name, w=wanted: subscribe(c, n, w))
        for name, (wanted, _) in asked.items()
    }
    world.tick()
    for name, (_, expected) in asked.items():
        told = world.titles(-1, numbers[name]) if world.outcomes(numbers[name]) == [Outcome.SENT] else []
        assert set(told) == {stories[n].title for n in expected}, name


def test_mutes_follows_and_own_filters_hold_for_digests(world):
    number = world.write(
        lambda c: subscribe(c, "reader", Subscription(0, topics=("gambling",), cadence="daily"))
    )
    muted = world.write(lambda c: tell_story(c, EIGHT - HOUR, "قصة مكتومة", topics=("gambling",)))
    followed = world.write(lambda c: tell_story(c, EIGHT - HOUR, "قصة متابعة", topics=("fraud",)))
    world.write(lambda c: Members(c).mute(number, Mute(MuteKind.STORY, str(muted.id))))
    world.write(lambda c: Members(c).follow(number, followed.id))
    world.tick()
    assert world.titles() == [followed.title]


def test_who_wants_to_hear_nothing_for_a_while_reads_it_later(world):
    number = world.write(subscribe)
    story = world.write(lambda c: tell_story(c, EIGHT - HOUR, "مداهمة"))
    world.write(lambda c: Members(c).mute(number, Mute(MuteKind.ALL, until=EIGHT + HOUR)))
    world.tick()
    world.tick(EIGHT + DAY)
    assert world.outcomes() == [Outcome.MERGED, Outcome.SENT]
    assert world.titles() == [story.title]


def test_what_reached_the_phone_is_not_repeated_and_what_grew_too_old_is_told(world):
    number = world.write(
        lambda c: subscribe(
            c, "1", Subscription(0), Subscription(0, cadence="daily"), kind=RecipientKind.PRIVATE_CHAT
        )
    )
    for title, state in (("وصلت", "sent"), ("تأخرت", "folded")):
        story = world.write(lambda c, title=title: tell_story(c, EIGHT - HOUR, title))
        world.write(
            lambda c, story=story, state=state: c.table("delivery").insert(
                {"alert_id": story.id, "subscriber_id": number, "channel": "telegram", "level": 1, "state": state,
                 "due": EIGHT.isoformat(), "created_at": EIGHT.isoformat()}
            )
        )  # fmt: skip
    world.tick()
    (piece,) = world.digest().pieces
    assert (piece.folded, "".join(run.text for run in piece.title)) == (True, "تأخرت")


def test_old_news_is_told_apart_and_the_past_that_a_new_rule_found_is_not_told(world):
    world.write(subscribe)
    world.write(lambda c: tell_story(c, EIGHT - HOUR, "قديم", alerted=False, published=EIGHT - 9 * DAY))
    world.write(lambda c: tell_story(c, EIGHT - HOUR, "من الأرشيف", alerted=False, seen=EIGHT - 40 * DAY))
    world.tick()
    digest = world.digest()
    assert ["".join(run.text for run in piece.title) for piece in digest.late] == ["قديم"]
    assert len(digest.pieces) == 1


def test_case_58_what_no_relay_takes_in_six_hours_is_merged_into_the_next_which_says_so(world):
    world.write(subscribe)
    story = world.write(lambda c: tell_story(c, EIGHT - HOUR, "مداهمة"))
    world.tick()
    for hours, outcome in ((5, Outcome.SENT), (12, Outcome.MERGED)):
        world.now = EIGHT + hours * HOUR
        asyncio.run(world.desk.tidy())
        assert world.outcomes() == [outcome]
    assert world.editions()[0][1] == "cancelled"
    world.tick(EIGHT + DAY)
    assert world.titles() == [story.title]
    assert world.digest().merged == (EIGHT.date(),)


def test_what_may_have_been_accepted_is_not_told_again(world):
    world.write(subscribe)
    world.write(lambda c: tell_story(c, EIGHT - HOUR, "مداهمة"))
    world.tick()
    world.write(lambda c: c.execute("UPDATE delivery SET state = 'unknown'"))
    world.now = EIGHT + 12 * HOUR
    asyncio.run(world.desk.tidy())
    assert world.outcomes() == [Outcome.SENT]


def test_case_14_a_digest_that_cannot_be_made_stops_nobody_elses_and_operators_hear_of_it(world):
    world.write(lambda c: subscribe(c, "poor", Subscription(0, topics=("fraud",), cadence="daily")))
    world.write(lambda c: subscribe(c, "lucky", Subscription(0, topics=("gambling",), cadence="daily")))
    broken = world.write(lambda c: tell_story(c, EIGHT - HOUR, "مداهمة"))
    world.write(lambda c: tell_story(c, EIGHT - HOUR, "قمار", topics=("gambling",)))
    good = world.database.read(
        lambda c: rows(c, "SELECT verdict FROM flag WHERE article_id = :id", {"id": broken.articles[0]})
    )
    world.write(
        lambda c: c.execute("UPDATE flag SET verdict = '{}' WHERE article_id = ?", [broken.articles[0]])
    )
    world.tick()
    assert (world.outcomes(1), world.outcomes(2)) == ([], [Outcome.SENT])
    assert [event.kind for event in world.database.read(lambda c: Logbook(c).open_events())] == [
        "digest_not_made"
    ]

    world.write(
        lambda c: c.execute(
            "UPDATE flag SET verdict = ? WHERE article_id = ?", [good[0]["verdict"], broken.articles[0]]
        )
    )
    world.tick(EIGHT + timedelta(minutes=1))
    assert world.outcomes(1) == [Outcome.SENT]
    assert world.database.read(lambda c: Logbook(c).open_events()) == []


def test_every_try_of_an_edition_carries_the_same_words_and_later_ones_are_shorter(world):
    number = world.write(subscribe)
    for n in range(12):
        world.write(lambda c, n=n: tell_story(c, EIGHT - HOUR, f"خبر رقم {n}"))
    world.tick()
    world.write(lambda c: tell_story(c, EIGHT + HOUR, "خبر لاحق"))
    (claim,) = world.write(
        lambda c: DeliveryQueue(c).claim_deliveries(EIGHT, channel="mail", until=EIGHT + HOUR, lease="x")
    )
    assert claim.subscriber.id == number

    def letter(attempts):
        delivery = replace(claim.delivery, attempts=attempts)
        return world.database.read(lambda c: compose(c, delivery, claim.subscriber, OUTLETS, EIGHT)).letter

    assert letter(1) == letter(2)
    assert "خبر لاحق" not in letter(1).text
    assert len(letter(3).html) < len(letter(1).html)


def test_every_story_is_told_in_exactly_one_edition_whatever_fails(world):
    """Two weeks of stories at any moment, of ticks that fail to come, of a reader who moves."""
    chance = random.Random(7)
    number = world.write(lambda c: subscribe(c, zone="Asia/Tokyo"))
    moments = sorted(EIGHT + chance.random() * 14 * DAY for _ in range(60))
    ticks = sorted([*(EIGHT + n * HOUR for n in range(16 * 24) if chance.random() > 0.4), *moments])
    waiting = list(moments)
    for n, tick in enumerate(ticks):
        while waiting and waiting[0] <= tick:
            at = waiting.pop(0)
            world.write(lambda c, at=at: tell_story(c, at, f"خبر {at.timestamp()}"))
        if n == len(ticks) // 2:
            world.write(lambda c: c.execute("UPDATE subscriber SET timezone = 'America/New_York'"))
        world.tick(tick)
        if chance.random() > 0.5:
            world.deliver()
        asyncio.run(world.desk.tidy())
    assert {Outcome.SENT, Outcome.MERGED} <= set(world.outcomes())
    told = Counter(
        piece.story
        for edition, _ in world.editions(number)
        if edition.outcome is Outcome.SENT
        for piece in world.database.read(lambda c, e=edition: Digests(c).content(e.id)).pieces
    )
    assert len(told) == 60
    assert set(told.values()) == {1}


def test_hourly_and_weekly_have_their_own_editions(world):
    wanted = [Subscription(0, cadence=kind) for kind in ("hourly", "weekly")]
    number = world.write(lambda c: subscribe(c, "7", *wanted, kind=RecipientKind.PRIVATE_CHAT))
    wednesday = frozenset({2})
    world.write(
        lambda c: Digests(c).keep_settings(
            DigestSettings(number, DigestKind.WEEKLY, time(8), wednesday, picture=True)
        )
    )
    world.write(lambda c: tell_story(c, EIGHT - timedelta(minutes=20), "مداهمة"))
    world.write(lambda c: tell_story(c, EIGHT - 5 * DAY, "مداهمة سابقة"))
    world.tick()
    found = {
        edition.kind: world.database.read(lambda c, e=edition: Digests(c).content(e.id))
        for edition, _ in world.editions()
    }
    assert [len(found[kind].pieces) for kind in (DigestKind.HOURLY, DigestKind.WEEKLY)] == [1, 2]
    assert sum(n for day in found[DigestKind.WEEKLY].trend for _, n in day.topics) == 2
    assert found[DigestKind.HOURLY].trend == ()


def test_hours_that_no_server_took_are_one_edition_in_the_end(world):
    world.write(
        lambda c: subscribe(c, "7", Subscription(0, cadence="hourly"), kind=RecipientKind.PRIVATE_CHAT)
    )
    for hour in range(5):
        at = EIGHT + hour * HOUR
        world.write(lambda c, at=at: tell_story(c, at - timedelta(minutes=5), f"خبر {at:%H}"))
        world.tick(at)
    assert world.outcomes() == [Outcome.MERGED] * 4 + [Outcome.SENT]
    assert len(world.titles()) == 5
