"""The outbox in trouble: each case of the list of failures a notifier must survive, seen from the queue."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from alerts import troubles
from alerts.nouns import QuietMode, RecipientKind, SubscriberState
from alerts.operators import acting
from alerts.outbox import Sent
from alerts.retrying import Patience
from alerts.schema import migrations as alert_tables
from alerts.storage import Bulletins, DeliveryQueue, Dispatch, Subscribers
from crawler.database import Connection, Database
from crawler.schema import migrations
from tests.alerts.delivering import RETOLD, delivering, events, now, raid, states, subscribe, until
from tests.fakes.bot_api import BotApi, Chat, Fault, flood, serve

BLOCKED = (403, "Forbidden: bot was kicked from the supergroup chat")
NO_RIGHTS = (400, "Bad Request: not enough rights to send text messages to the chat")
DAY = timedelta(days=1)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Two chats, and one alert queued for each."""
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        subscribe(database, "1")
        subscribe(database, "2")
        await raid(database)
        yield database


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with serve() as server:
        yield server
    assert server.violations == []


def change(database: Database, sql: str) -> None:
    database.write(lambda c: c.execute(sql))


def state_of(database: Database, number: int) -> SubscriberState:
    return database.read(lambda c: Subscribers(c).get(number)).state


def ahead(by: timedelta):
    """A clock of a later time."""
    return lambda: now() + by


async def test_case_5_of_two_services_on_one_store_one_sends_and_the_other_says_so(database, api):
    sent: list[Sent] = []
    async with delivering(database, api, sent, holder="run@here"):
        await until(lambda: len(sent) == 2)
        await raid(database, "بافيت", 41)
        async with delivering(database, api, sent, holder="run@there"):
            await until(lambda: events(database).get("sending_elsewhere") == "telegram")
            await until(lambda: len(sent) == 4)
            assert database.read(lambda c: Dispatch(c).senders())[0].holder == "run@here"
    async with delivering(database, api, sent, holder="run@there"):
        await raid(database, "بانتاي", 17)
        await until(lambda: len(sent) == 6)
    assert len(api.accepted) == 6
    assert events(database) == {}


async def test_case_5_a_sender_that_died_is_followed_when_its_right_ends(database, api):
    sent: list[Sent] = []
    right = now() + timedelta(seconds=1)
    assert database.write(lambda c: Dispatch(c).may_send("telegram", "run@dead", now(), right))
    async with delivering(database, api, sent, holder="run@here"):
        await until(lambda: len(sent) == 2)
    assert all(one.at >= right for one in sent)


async def test_case_13_after_a_sleep_of_half_a_day_nothing_that_grew_old_is_sent_by_itself(database, api):
    """It is left to the digest, and to a summary where its reader gets none."""
    change(database, "UPDATE subscription SET cadence = 'daily' WHERE id = 1")
    sent: list[Sent] = []
    async with delivering(database, api, sent, clock=ahead(timedelta(hours=13))):
        await until(lambda: states(database) == {"folded": 1, "braked": 1})
    assert api.calls == []


async def test_what_puts_an_alert_right_never_grows_old(database, api):
    change(database, "UPDATE alert SET kind = 'correction'")
    sent: list[Sent] = []
    async with delivering(database, api, sent, clock=ahead(2 * DAY)):
        await until(lambda: len(sent) == 2)


async def test_case_17_one_chat_waits_and_the_others_go_on(database, api):
    api.faults.add(flood(1, chat="1"))
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await until(lambda: len(sent) == 2)
    assert [one.claim.subscriber.address for one in sent] == ["2", "1"]
    assert (sent[1].at - sent[0].at).total_seconds() > 1.5, "the wait, and a second for its rounding"


async def test_case_18_what_is_critical_takes_another_way_and_operators_are_told(database, api):
    change(database, "UPDATE delivery SET level = 3")
    other = subscribe(database, "-100", RecipientKind.GROUP)
    database.write(lambda c: Dispatch(c).set_fallback(1, other))
    api.faults.add(flood(43_838, chat="1"))
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await until(lambda: len(sent) == 2)
        assert events(database) == {"flood_control": "subscriber 1"}
    assert {one.claim.subscriber.address for one in sent} == {"2", "-100"}


async def test_case_20_many_chats_refused_at_once_are_one_note_to_operators(database, api):
    subscribe(database, "3")
    await raid(database, "بافيت", 41)
    api.faults.add(flood(1, times=3))
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await until(lambda: "flood_control" in events(database))
        assert events(database) == {"flood_control": "telegram"}
        await until(lambda: len(sent) == 5)
    assert events(database) == {}


async def test_cases_22_23_who_is_gone_is_written_to_no_more_until_it_returns(database, api):
    await raid(database, "بافيت", 41)
    api.world.chats[1] = Chat(1, refuses=BLOCKED)
    api.world.chats[2] = Chat(2, refuses=(400, "Bad Request: chat not found"))
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await until(lambda: states(database) == {"cancelled": 4})
        assert len(api.calls) == 2, "one try each, whatever was queued"
        assert state_of(database, 1) is state_of(database, 2) is SubscriberState.SUSPENDED
        api.world.chats[1].refuses = None
        database.write(lambda c: Subscribers(c).set_state(1, SubscriberState.ACTIVE))  # it is back
        await raid(database, "بانتاي", 17)
        await until(lambda: len(sent) == 1)


async def test_case_28_a_topic_that_is_gone_is_told_and_its_group_gets_the_message(database, api):
    subscribe(database, "-1005/9", RecipientKind.GROUP)
    await raid(database, "بافيت", 41)
    api.world.chats[-1005] = Chat(-1005, "supergroup", closed_topics={9})
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await until(lambda: len(sent) == 5)
    assert [each["topic"] for each in api.sent(-1005)] == [None]
    logged = database.read(
        lambda c: list(c.query("SELECT subject, closed_at FROM event WHERE kind = 'topic_gone'"))
    )
    assert [each["subject"] for each in logged] == ["subscriber 3"]


async def test_case_29_a_place_that_takes_our_rights_is_tried_once_a_day_and_revived(database, api):
    api.world.chats[1] = Chat(1, refuses=NO_RIGHTS)
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await until(lambda: states(database) == {"sent": 1, "queued": 1})
        await asyncio.sleep(0.3)
    assert len(api.calls) == 2
    assert (state_of(database, 1), events(database)) == (
        SubscriberState.DEGRADED, {"subscriber_degraded": "subscriber 1"},
    )  # fmt: skip
    change(database, "UPDATE delivery SET fresh_until = '9'")
    api.world.chats[1].refuses = None
    async with delivering(database, api, sent, clock=ahead(DAY)):
        await until(lambda: len(sent) == 2)
    assert (state_of(database, 1), events(database)) == (SubscriberState.ACTIVE, {})


async def test_case_29_after_a_week_without_rights_it_counts_as_gone(database, api):
    api.world.chats[1] = Chat(1, refuses=NO_RIGHTS)
    sent: list[Sent] = []
    for day in (0, 1, 8):
        change(database, "UPDATE delivery SET fresh_until = '9'")
        tries = len(api.calls)
        async with delivering(database, api, sent, clock=ahead(day * DAY)):
            await until(lambda tries=tries: len(api.calls) > tries)
            await asyncio.sleep(0.1)
    assert (state_of(database, 1), states(database)) == (
        SubscriberState.SUSPENDED,
        {"sent": 1, "cancelled": 1},
    )


async def test_case_33_what_is_never_answered_is_believed_in_the_end(database, api, monkeypatch):
    monkeypatch.setattr("alerts.retrying.ORDINARY", Patience(unknown_wait=timedelta(0)))
    api.faults.add(Fault(reset=True, after_accept=True, chat="1", times=9))
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await until(lambda: states(database) == {"sent": 2}, within=12)
    assert len(api.sent(1)) == 5, "so many doubles at most"


async def test_cases_34_36_an_outage_is_told_and_what_waited_goes_out_in_order(database, monkeypatch):
    monkeypatch.setattr(troubles, "SILENT_FOR", timedelta(seconds=0.2))
    for town, arrested in (("بافيت", 41), ("بانتاي", 17)):
        await raid(database, town, arrested)
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    down = BotApi(url=f"http://127.0.0.1:{port}")
    sent: list[Sent] = []
    async with delivering(database, down, sent):
        await until(lambda: events(database) == {"channel_down": "telegram"})
        tries = database.read(lambda c: next(c.query("SELECT sum(attempts) AS n FROM delivery")))["n"]
        assert tries <= 12, "an outage is looked at now and then, not by each row"
        async with serve(down, port=port):
            await until(lambda: len(sent) == 6, within=15)
    for chat in ("1", "2"):
        mine = [one.claim.delivery.id for one in sent if one.claim.subscriber.address == chat]
        assert mine == sorted(mine)
    assert events(database) == {}


async def test_case_37_where_telegram_is_blocked_what_is_critical_takes_another_way(database):
    change(database, "UPDATE delivery SET level = 3")
    other = subscribe(database, "-", RecipientKind.CONSOLE)
    database.write(lambda c: Dispatch(c).set_fallback(1, other))
    nobody, sent = BotApi(url="http://127.0.0.1:1"), []
    async with delivering(database, nobody, sent):
        await asyncio.sleep(0.5)
    assert states(database) == {"queued": 2}, "it has waited for moments only"
    async with delivering(database, nobody, sent, clock=ahead(timedelta(minutes=12))):
        await until(lambda: states(database) == {"queued": 3})
    told = database.read(lambda c: DeliveryQueue(c).deliveries_of(1))
    assert [(d.channel, who.id) for d, who in told if d.channel == "console"] == [("console", 3)]


async def test_case_73_a_sleeper_is_told_when_the_night_ends(database, api):
    soon = now() + timedelta(hours=2)
    sleeper = {"quiet_from": (now() - timedelta(hours=2)).time(), "quiet_to": soon.time().replace(second=0)}
    subscribe(database, "1", **sleeper)
    subscribe(database, "2", quiet_mode=QuietMode.SILENT, **sleeper)
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await until(lambda: states(database) == {"held": 1, "sent": 1})
    assert [each["silent"] for each in api.sent(2)] == [True]
    change(
        database, "UPDATE delivery SET created_at = '2026-01-01'"
    )  # a long night is no reason to leave it out
    async with delivering(database, api, sent, clock=lambda: soon):
        await until(lambda: len(sent) == 2)
    assert [each["silent"] for each in api.sent(1)] == [False]


async def test_case_11_nothing_is_sent_on_hold_but_what_operators_are_told(database, api):
    database.write(lambda c: Dispatch(c).halt("", now(), "restore", "from a backup of yesterday"))
    sent: list[Sent] = []
    async with delivering(database, api, sent, clock=ahead(timedelta(hours=13))):
        await asyncio.sleep(0.5)
        assert (api.calls, states(database)) == ([], {"queued": 2}), "on hold nothing grows old either"
    async with delivering(database, api, sent):
        await asyncio.sleep(0.3)
        database.write(lambda c: Dispatch(c).resume(""))
        await until(lambda: len(sent) == 2)


async def test_case_11_an_operator_who_reads_alerts_in_the_same_chat_is_told_on_hold(database, api):
    """Its own alert, which waits for the hold to end, stands before the bulletin."""

    def hold(connection: Connection) -> None:
        Bulletins(connection).appoint(1, now())
        Dispatch(connection).halt("", now(), "restore", "from a backup of yesterday")
        acting.test_way(connection, [Subscribers(connection).get(1)], "on hold", "op", now())

    database.write(hold)
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await until(lambda: len(sent) == 1)
    assert [each["text"] for each in api.sent(1)] == ["Test\non hold"]
    assert states(database) == {"queued": 2, "sent": 1}


async def test_a_hold_of_one_channel_leaves_the_others_alone(database, api):
    database.write(lambda c: Dispatch(c).halt("mail", now(), "somebody", "why"))
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await until(lambda: len(sent) == 2)


async def test_case_40_an_edit_that_fails_is_tried_again_and_one_of_a_deleted_message_is_done(database, api):
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await until(lambda: len(sent) == 2)
        await raid(database, outlet="baa", title=RETOLD)
        del api.world.messages[1, api.sent(1)[0]["message_id"]]
        api.faults.add(Fault(502, method="editMessageText", chat="2"))
        change(database, "UPDATE edit SET due = ''")
        await until(lambda: database.read(lambda c: Dispatch(c).edits_waiting()) == 0)
    assert [(each["kind"], each["chat_id"]) for each in api.accepted[2:]] == [("edit", 2)]
