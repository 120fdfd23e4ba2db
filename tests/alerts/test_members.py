"""What subscribers choose is kept, found when an alert goes out, and forgotten when they ask."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from alerts.nouns import (
    Alert,
    AlertKind,
    Cargo,
    DeliveryState,
    Level,
    Mute,
    MuteKind,
    QuietMode,
    RecipientKind,
    Story,
    Subscriber,
    SubscriberState,
    Subscription,
)
from alerts.schema import migrations as alert_tables
from alerts.storage import Alerts, DeliveryQueue, Draft, Frontdesk, Members, Newsdesk, Subscribers
from crawler.database import Connection, Database, to_text
from crawler.nouns import Article
from crawler.schema import migrations
from crawler.storage import Archive

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=8)


@pytest.fixture
def database(tmp_path):
    """One private chat that wants all at once, and two stories."""
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        who = Subscriber(RecipientKind.PRIVATE_CHAT, "7", NOW)
        database.write(lambda c: Subscribers(c).subscribe(who, [Subscription(0)]))
        for title in ("مداهمة", "محاكمة"):
            story = Story(NOW, NOW, title, ("fraud",), ("MM",), Level.HIGH)
            database.write(lambda c, story=story: Newsdesk(c).open_story(story))
        yield database


def wanted(database: Database) -> Subscription:
    ((_, subscription),) = database.read(lambda c: Subscribers(c).subscriptions())
    assert database.read(lambda c: Subscribers(c).wanted(1)) == [subscription]
    return subscription


def test_settings_are_kept(database):
    chosen = replace(
        database.read(lambda c: Subscribers(c).get(1)), language="en", timezone="Africa/Cairo",
        quiet_from=time(23), quiet_to=time(7, 30), quiet_mode=QuietMode.SILENT, quiet_critical=True,
        title="غرفة",
    )  # fmt: skip
    suspended = replace(chosen, state=SubscriberState.SUSPENDED)
    database.write(lambda c: Subscribers(c).change(suspended))
    assert database.read(lambda c: Subscribers(c).at(RecipientKind.PRIVATE_CHAT, "7")) == chosen
    database.write(lambda c: Subscribers(c).set_state(1, SubscriberState.SUSPENDED))
    assert database.read(lambda c: Subscribers(c).at(RecipientKind.PRIVATE_CHAT, "7")) == suspended


@pytest.mark.parametrize("again", ["set_state", "subscribe"])
def test_who_lets_us_write_again_waits_no_longer_and_a_servers_own_pause_holds(database, again):
    def revive(c) -> None:
        if again == "subscribe":
            Subscribers(c).subscribe(Subscriber(RecipientKind.PRIVATE_CHAT, "7", NOW), [])
        else:
            Subscribers(c).set_state(1, SubscriberState.ACTIVE)

    def waits() -> str:
        return database.read(lambda c: c.table("subscriber").get(1)["not_before"])

    database.write(lambda c: Subscribers(c).degrade(1, NOW, LATER))
    database.write(revive)
    assert (waits(), database.read(lambda c: Subscribers(c).get(1)).degraded_at) == ("", None)
    database.write(lambda c: Subscribers(c).hold(1, LATER))
    database.write(revive)
    assert waits(), "a flood is not over because somebody sends /start"


def test_mutes_follows_and_filters_come_with_what_is_wanted(database):
    until = Mute(MuteKind.ALL, until=LATER)
    for mute in (Mute(MuteKind.ALL, until=NOW), until, Mute(MuteKind.OUTLET, "alif")):
        database.write(lambda c, mute=mute: Members(c).mute(1, mute))
    database.write(lambda c: Members(c).follow(1, 2))
    for text in ("ميانمار", "كمبوديا", "ميانمار"):
        database.write(lambda c, text=text: Members(c).add_filter(1, text))
    subscription = wanted(database)
    assert set(subscription.mutes) == {until, Mute(MuteKind.OUTLET, "alif")}
    assert (subscription.follows, subscription.filters) == ({2}, ("ميانمار", "كمبوديا"))
    database.write(lambda c: Members(c).unmute(1, MuteKind.OUTLET, "alif"))
    database.write(lambda c: Members(c).drop_filter(1, "ميانمار"))
    assert (wanted(database).mutes, wanted(database).filters) == ((until,), ("كمبوديا",))


def test_a_story_is_muted_or_followed_and_that_goes_on_when_stories_merge(database):
    database.write(lambda c: Members(c).mute(1, Mute(MuteKind.STORY, "2")))
    database.write(lambda c: Newsdesk(c).merge(2, 1))
    assert wanted(database).mutes == (Mute(MuteKind.STORY, "1"),)
    database.write(lambda c: Members(c).follow(1, 1))
    assert (wanted(database).mutes, wanted(database).follows) == ((), {1})
    database.write(lambda c: Members(c).mute(1, Mute(MuteKind.STORY, "1")))
    assert (wanted(database).mutes, wanted(database).follows) == ((Mute(MuteKind.STORY, "1"),), frozenset())


def waits(database: Database, state: DeliveryState, due: datetime, kind=AlertKind.NEW, outlet="alif") -> None:
    """One more alert waits for the reader."""

    def queue(c: Connection) -> None:
        version = c.table("alert").count + 1
        text = Article(outlet, f"https://{outlet}.example/{version}", "خبر", "خبر.", NOW)
        article, _ = Archive(c).keep(text)
        number = Alerts(c).keep(Alert(1, version, kind, Level.HIGH, NOW, article, ()), [])
        DeliveryQueue(c).queue(Cargo.ALERT, number, 1, "telegram", Level.HIGH, NOW, state=state, due=due)

    database.write(queue)


def states(database: Database) -> list[str]:
    return [row["state"] for row in database.read(lambda c: list(c.table("delivery").rows))]


MORNING = NOW + timedelta(hours=19)
WAITING = (
    (DeliveryState.QUEUED, NOW, AlertKind.NEW, "alif"),
    (DeliveryState.HELD, MORNING, AlertKind.UPDATE, "alif"),
    (DeliveryState.BRAKED, NOW, AlertKind.NEW, "baa"),
    (DeliveryState.QUEUED, NOW, AlertKind.SUMMARY, "alif"),
    (DeliveryState.HELD, MORNING, AlertKind.WITHDRAWAL, "alif"),
)


@pytest.mark.parametrize(
    ("mute", "stopped"),
    [
        (Mute(MuteKind.ALL, until=MORNING + timedelta(hours=1)), {1, 2, 3, 4}),
        (Mute(MuteKind.ALL), {1, 2, 3, 4}),
        (Mute(MuteKind.ALL, until=LATER), {1, 3, 4}),  # over by the morning
        (Mute(MuteKind.OUTLET, "alif"), {1, 2}),
        (Mute(MuteKind.STORY, "1"), {1, 2, 3, 5}),
    ],
)
def test_what_waits_is_as_silent_as_what_comes(database, mute, stopped):
    for state, due, kind, outlet in WAITING:
        waits(database, state, due, kind, outlet)
    database.write(lambda c: Members(c).mute(1, mute))
    assert {n for n, state in enumerate(states(database), 1) if state == "cancelled"} == stopped


def test_what_was_held_for_hours_that_are_no_more_comes_at_once_or_after_a_mute(database):
    waits(database, DeliveryState.HELD, MORNING)
    database.write(lambda c: DeliveryQueue(c).hasten(1, NOW, DeliveryState.HELD))
    (row,) = database.read(lambda c: list(c.table("delivery").rows))
    assert row["due"] == to_text(NOW)
    database.write(lambda c: c.execute("UPDATE delivery SET due = ?", [to_text(MORNING)]))
    database.write(lambda c: Members(c).mute(1, Mute(MuteKind.ALL, until=LATER)))
    database.write(lambda c: DeliveryQueue(c).hasten(1, NOW, DeliveryState.HELD))
    (row,) = database.read(lambda c: list(c.table("delivery").rows))
    assert row["due"] == to_text(LATER)


def test_case_39_an_update_is_acted_on_once_and_forgotten_in_time(database):
    take = [database.write(lambda c: Frontdesk(c).take(700_001, NOW)) for _ in range(2)]
    assert take == [True, False]
    database.write(lambda c: Frontdesk(c).take(256 * 3000, NOW + timedelta(days=3)))
    assert database.write(lambda c: Frontdesk(c).take(700_001, NOW)), "days later nobody sends it again"


def test_drafts_belong_to_their_subscriber_and_answers_to_who_was_asked(database):
    number = database.write(lambda c: Frontdesk(c).keep_draft(Draft(1, 70, "search", "ميانمار"), NOW))
    assert database.read(lambda c: Frontdesk(c).draft(number, 1, "search")).text == "ميانمار"
    assert database.read(lambda c: Frontdesk(c).draft(number, 2, "search")) is None
    assert database.read(lambda c: Frontdesk(c).draft(number, 1, "filter")) is None, (
        "a button keeps its meaning"
    )
    database.write(lambda c: Frontdesk(c).await_answer(1, 70, "filter", NOW))
    awaited = {
        author: database.read(lambda c, a=author: Frontdesk(c).awaited(1, a, NOW)) for author in (70, 71)
    }
    assert awaited == {70: "filter", 71: ""}
    assert database.read(lambda c: Frontdesk(c).awaited(1, 70, LATER)) == "", "the question is too old"
    database.write(lambda c: Frontdesk(c).answered(1, 70))
    assert database.read(lambda c: Frontdesk(c).awaited(1, 70, NOW)) == ""


def test_an_invitation_is_good_once_and_for_a_time(database):
    database.write(lambda c: Frontdesk(c).invite("one", NOW, LATER))
    database.write(lambda c: Frontdesk(c).invite("old", NOW, NOW))
    redeemed = [
        database.write(lambda c, t=token: Frontdesk(c).redeem(t, 1, NOW))
        for token in ("one", "one", "old", "none")
    ]
    assert redeemed == [True, False, False, False]
