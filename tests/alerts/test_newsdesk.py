"""The newsdesk's contract: what any engine behind it must do."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from alerts.indexing import indexed, query
from alerts.nouns import (
    Alert,
    AlertKind,
    Delivery,
    DeliveryState,
    Finding,
    Flag,
    Level,
    Reason,
    RecipientKind,
    Span,
    Story,
    Subscriber,
    SubscriberState,
    Subscription,
    Verdict,
)
from alerts.schema import migrations as alert_tables
from alerts.storage import (
    Alerts,
    Claim,
    Deliveries,
    DeliveryQueue,
    Dispatch,
    Logbook,
    Newsdesk,
    Personal,
    SearchIndex,
    Subscribers,
)
from crawler.database import Database
from crawler.nouns import Article
from crawler.schema import migrations
from crawler.storage import Archive

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEASE = timedelta(seconds=90)
SPAN = Span("title", 0, 4, "قمار", "gambling")
FINDING = Finding("gambling.sea", "gambling", Level.HIGH, 6.5, (SPAN,), "(@gambling AND @sea)")
VERDICT = Verdict(
    (FINDING,), ("gambling",), ("KH",), (replace(SPAN, concept="KH"),), 6.5, Level.HIGH, "abc", (FINDING,)
)
STORY = Story(NOW, NOW, "عنوان", ("gambling",), ("KH",), Level.HIGH)


@pytest.fixture
def database(tmp_path: Path):
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        yield database


@pytest.fixture
def desk(database):
    """Call a store's method in a transaction of its own: ``desk("keep_flag", flag)``, ``desk("alerts.keep", alert)``."""
    stores = (Logbook, Newsdesk, Deliveries, DeliveryQueue, Dispatch, Subscribers, Personal)
    owner = {name: store for store in stores for name in vars(store)}
    owner |= {f"alerts.{name}": Alerts for name in vars(Alerts)}
    owner |= {f"search.{name}": SearchIndex for name in vars(SearchIndex)}
    return lambda method, *args, **more: database.write(
        lambda c: getattr(owner[method](c), method.rpartition(".")[2])(*args, **more)
    )


def article(database: Database, number: int = 1) -> int:
    text = Article("alif", f"https://alif.example/{number}", f"خبر {number}", "متن", NOW)
    return database.write(lambda c: Archive(c).keep(text))[0]


def queue(database: Database, desk, levels=(Level.HIGH,), people: int = 1) -> list[int]:
    """Queue one alert a level to every one of ``people``; return the subscribers' ids."""
    told = [
        desk("subscribe", Subscriber(RecipientKind.PRIVATE_CHAT, str(n), NOW), [Subscription(0)])
        for n in range(people)
    ]
    subscribers = [one for one in desk("all") if one.id in told]
    story = desk("open_story", STORY)
    for version, level in enumerate(levels, 1):
        alert = Alert(story, version, AlertKind.NEW, level, NOW, article(database), (Reason("words", "سبب"),))
        alert = replace(alert, id=desk("alerts.keep", alert, [1]))
        desk("fan_out", alert, [(one, "telegram") for one in subscribers], NOW)
    return told


def claim(desk, now: datetime = NOW, most: int = 10, lease: str = "mine") -> list[Claim]:
    return desk("claim_deliveries", now, until=now + LEASE, lease=lease, most=most, channel="telegram")


def sent(one: Delivery, receipt: str = "77") -> Delivery:
    return replace(one, state=DeliveryState.SENT, receipt=receipt, sent_at=NOW)


def test_a_flag_comes_back_with_its_evidence(database, desk):
    flag = Flag(article(database), NOW, VERDICT)
    assert desk("flag_of", flag.article) is None
    number = desk("keep_flag", flag)
    assert desk("flag_of", flag.article) == replace(flag, id=number)


def test_a_new_verdict_replaces_the_old_one(database, desk):
    flag = Flag(article(database), NOW, VERDICT)
    first = desk("keep_flag", flag)
    assert desk("keep_flag", replace(flag, verdict=replace(VERDICT, score=1.0))) == first
    assert desk("flag_of", flag.article).verdict.score == 1.0


def test_a_cursor_stands_where_it_was_left(desk):
    assert desk("cursor", "flagger") == 0
    desk("advance", "flagger", 7)
    desk("advance", "flagger", 9)
    assert desk("cursor", "flagger") == 9


def test_a_story_grows(database, desk):
    story, one = desk("open_story", STORY), article(database)
    desk("place", one, NOW, {"x": [1]}, "why")
    desk("change_story", replace(STORY, id=story, places=("KH", "MM"), articles=(one,)))
    assert desk("story", story) == replace(STORY, id=story, places=("KH", "MM"), articles=(one,))
    assert desk("story_of", one).id == story
    assert desk("why_placed", one) == "why"
    assert desk("placed_in", story)[0].fingerprint == {"x": [1]}
    assert desk("placed_since", NOW)[0].article == one
    assert desk("placed_since", NOW + timedelta(seconds=1)) == []


def test_a_merged_story_was_told_already_and_its_first_message_is_replied_to(database, desk):
    queue(database, desk)
    (first,) = claim(desk)
    desk("settle", sent(first.delivery, "41"))
    into = desk("open_story", STORY)
    desk("merge", 1, into)
    assert [told.alert.story for told in desk("alerts.told", into)] == [1]
    update = Alert(into, 2, AlertKind.UPDATE, Level.HIGH, NOW, 1, (Reason("words", "سبب"),))
    update = replace(update, id=desk("alerts.keep", update, [1]))
    desk("fan_out", update, [(desk("all")[0], "telegram")], NOW)
    assert claim(desk)[0].reply_to == "41"


def test_what_is_not_there_is_none(desk):
    assert desk("story", 5) is None
    assert desk("story_of", 5) is None
    assert desk("alerts.get", 5) is None
    assert desk("why_placed", 5) == ""


def test_an_alert_remembers_what_it_knew(database, desk):
    story = desk("open_story", STORY)
    alert = Alert(story, 1, AlertKind.NEW, Level.HIGH, NOW, article(database), (Reason("words", "سبب"),))
    number = desk("alerts.keep", alert, [3, 1])
    assert desk("alerts.get", number) == replace(alert, id=number)
    assert desk("alerts.of", story) == [replace(alert, id=number)]
    assert desk("alerts.told", story)[0].knew == {1, 3}


def test_a_subscriber_comes_back_with_what_it_wants(desk):
    who = Subscriber(
        RecipientKind.GROUP, "-5", NOW, quiet_from=time(23), quiet_to=time(7), timezone="Asia/Amman"
    )
    want = Subscription(0, ("fraud",), ("MM",), ("alif",), Level.HIGH)
    number = desk("subscribe", who, [want])
    ((back, wanted),) = desk("subscriptions")
    assert back == replace(who, id=number)
    assert wanted == replace(want, subscriber=number, id=wanted.id)


def test_subscribing_again_replaces_what_was_wanted(desk):
    who = Subscriber(RecipientKind.CONSOLE, "-", NOW)
    assert desk("subscribe", who, [Subscription(0), Subscription(0)]) == desk(
        "subscribe", who, [Subscription(0)]
    )
    assert len(desk("subscriptions")) == 1


def test_a_removed_subscriber_is_not_told(database, desk):
    (number,) = queue(database, desk)
    assert desk("set_state", number, SubscriberState.REMOVED)
    assert not desk("set_state", 99, SubscriberState.REMOVED)
    assert desk("all") == []
    assert claim(desk) == []


def test_fanning_out_twice_queues_once(database, desk):
    queue(database, desk, people=2)
    assert desk("counts")["queued"] == 2
    alert = desk("alerts.get", 1)
    assert desk("fan_out", alert, [(one, "telegram") for one in desk("all")], NOW) == 0


def test_a_claim_takes_the_urgent_first_and_one_a_subscriber(database, desk):
    queue(database, desk, (Level.NOTICE, Level.CRITICAL), people=1)
    desk("subscribe", Subscriber(RecipientKind.PRIVATE_CHAT, "new", NOW), [])
    newcomer = desk("all")[-1]
    desk("fan_out", desk("alerts.get", 2), [(newcomer, "telegram")], NOW)
    claims = claim(desk)
    assert [(one.subscriber.address, one.delivery.level) for one in claims] == [
        ("new", Level.CRITICAL),
        ("0", Level.NOTICE),
    ], "the newcomer's is urgent; the other chat keeps its order"
    assert claim(desk) == []


def test_a_claim_takes_only_open_channels(database, desk):
    queue(database, desk)
    nothing = desk("claim_deliveries", NOW, until=NOW + LEASE, lease="x", most=5, channel="console")
    assert nothing == []


def test_a_delivery_whose_process_died_is_claimed_again(database, desk):
    queue(database, desk)
    (first,) = claim(desk)
    assert claim(desk, NOW + timedelta(seconds=89)) == []
    (again,) = claim(desk, NOW + timedelta(seconds=91), lease="yours")
    assert again.delivery.id == first.delivery.id
    assert again.delivery.attempts == 2
    assert not desk("settle", sent(first.delivery)), "the first lease is lost"
    assert desk("settle", sent(again.delivery))


def test_an_update_replies_to_the_first_message(database, desk):
    queue(database, desk, (Level.HIGH, Level.HIGH))
    (first,) = claim(desk)
    assert first.reply_to == ""
    desk("settle", sent(first.delivery, "41"))
    (second,) = claim(desk)
    assert second.reply_to == "41"


def test_a_poison_row_does_not_block_its_chat(database, desk):
    queue(database, desk, (Level.HIGH, Level.HIGH))
    (first,) = claim(desk)
    desk("settle", replace(first.delivery, state=DeliveryState.QUEUED, due=NOW + timedelta(hours=1)))
    (second,) = claim(desk)
    assert second.delivery.id != first.delivery.id


def test_a_chat_that_asked_to_wait_is_left_alone_across_restarts(database, desk):
    (number,) = queue(database, desk)
    desk("hold", number, NOW + timedelta(hours=12))
    with Database(database.path, (migrations, alert_tables)) as restarted:
        late = lambda now: restarted.write(  # noqa: E731 (two calls, one shape)
            lambda c: DeliveryQueue(c).claim_deliveries(
                now, until=now + LEASE, lease="x", most=5, channel="telegram"
            )
        )
        assert late(NOW + timedelta(hours=11)) == []
        assert len(late(NOW + timedelta(hours=12))) == 1


def test_a_chat_that_moved_is_followed(database, desk):
    (number,) = queue(database, desk)
    desk("move", number, "-100")
    assert claim(desk)[0].subscriber.address == "-100"


def test_a_chat_that_moved_to_a_known_one_becomes_it(database, desk):
    old, new = queue(database, desk, people=2)
    desk("move", old, "1")
    assert [one.id for one in desk("all")] == [new]
    assert [one.subscriber.id for one in claim(desk)] == [new], "told once, not twice"


def test_deliveries_are_shown_with_their_subscribers(database, desk):
    queue(database, desk, people=2)
    shown = desk("deliveries_of", 1)
    assert [(delivery.state, subscriber.address) for delivery, subscriber in shown] == [
        ("queued", "0"),
        ("queued", "1"),
    ]
    assert desk("delivery", shown[1][0].id) == shown[1]


def test_a_list_of_deliveries_is_one_question(database, desk):
    queue(database, desk, people=20)
    asked: list[str] = []

    def traced(connection):
        connection.conn.set_trace_callback(asked.append)
        try:
            return Dispatch(connection).deliveries(), DeliveryQueue(connection).deliveries_of(1)
        finally:
            connection.conn.set_trace_callback(None)

    newest, of_alert = database.read(traced)
    assert newest == of_alert[::-1]
    assert len([sql for sql in asked if sql.startswith("SELECT")]) == 2


def test_search_finds_the_newest_first_in_any_spelling(database, desk):
    for number, title in enumerate(("مُقامَرةٌ أولى", "المقامرة", "مقامره ثانية"), 1):
        article(database, number)
        desk("search.add", [(number, indexed(title), indexed("متن"))])
    assert desk("search.find", query("مقامرة"), 9) == [3, 2, 1]
    assert desk("search.find", query("مقامرة أولى"), 9) == [1]
    assert desk("search.find", [['"']], 9) == []


def test_an_event_is_open_once_and_closes(desk):
    def open_it() -> bool:
        return desk(
            "open_event", "loop_stalled", "alif", cause="empty", evidence={"n": 3}, now=NOW,
        )  # fmt: skip

    assert open_it()
    assert not open_it()
    assert [event.subject for event in desk("open_events")] == ["alif"]
    assert desk("close_event", "loop_stalled", "alif", NOW)
    assert not desk("close_event", "loop_stalled", "alif", NOW)
    assert open_it(), "a condition may come back"


def test_what_an_operator_did_is_kept(database, desk):
    desk("audit", NOW, "command line", "remove", "subscriber 1")
    kept = database.read(lambda c: next(c.query("SELECT * FROM audit")))
    assert (kept["actor"], kept["action"], kept["subject"]) == ("command line", "remove", "subscriber 1")
