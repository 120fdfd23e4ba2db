"""The outbox against a Bot API server: every refusal has its next step, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alerts.nouns import DeliveryState, RecipientKind, Subscriber, SubscriberState, Subscription
from alerts.outbox import Sent
from alerts.schema import migrations as alert_tables
from alerts.storage import DeliveryQueue, Logbook, Subscribers
from crawler.database import Database, from_text, rows
from crawler.schema import migrations
from tests.alerts.delivering import RETOLD, delivering, now, raid, states, until
from tests.fakes.bot_api import BotApi, Fault, flood, serve


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Two chats, and one alert queued for each."""
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        for chat in ("1", "2"):
            who = Subscriber(RecipientKind.PRIVATE_CHAT, chat, now())
            database.write(lambda c, who=who: Subscribers(c).subscribe(who, [Subscription(0)]))
        await raid(database, "سيهانوكفيل", 63)
        yield database


async def test_everybody_is_told_once_and_the_receipt_is_kept(database):
    sent: list[Sent] = []
    async with serve(BotApi()) as api, delivering(database, api, sent):
        await until(lambda: len(sent) == 2)
    assert states(database) == {"sent": 2}
    assert api.violations == []
    kept = {delivery.receipt for delivery, _ in database.read(lambda c: DeliveryQueue(c).deliveries_of(1))}
    assert kept == {str(entry["message_id"]) for entry in api.accepted}


async def test_a_server_in_trouble_is_tried_again(database):
    sent: list[Sent] = []
    async with serve(BotApi()) as api:
        api.faults.add(Fault(502, body=b"<html>Bad Gateway</html>", content_type="text/html", chat="1"))
        async with delivering(database, api, sent):
            await until(lambda: len(sent) == 2)
    first = next(one for one in sent if one.claim.subscriber.address == "1")
    assert first.claim.delivery.attempts == 2


async def test_case_18_a_flood_wait_of_half_a_day_is_kept_and_holds_back_that_chat_only(database):
    sent: list[Sent] = []
    async with serve(BotApi()) as api:
        api.faults.add(flood(43_838, chat="1"))
        async with delivering(database, api, sent):
            await until(lambda: len(sent) == 1 and states(database) == {"queued": 1, "sent": 1})
        calls = len(api.calls)
        async with delivering(database, api, sent):  # a restart
            await asyncio.sleep(0.5)
        assert len(api.calls) == calls, "the wait survives"
    assert [one.claim.subscriber.address for one in sent] == ["2"]


async def test_case_21_a_blocked_bot_stops_writing_and_goes_on_elsewhere(database):
    sent: list[Sent] = []
    async with serve(BotApi()) as api:
        api.faults.add(Fault(403, "Forbidden: bot was blocked by the user", chat="1"))
        async with delivering(database, api, sent):
            await until(lambda: states(database) == {"sent": 1, "cancelled": 1})
    state = {one.address: one.state for one in database.read(lambda c: Subscribers(c).all())}
    assert state == {"1": SubscriberState.SUSPENDED, "2": SubscriberState.ACTIVE}


async def test_case_24_a_group_that_moved_gets_the_message_once(database):
    sent: list[Sent] = []
    async with serve(BotApi()) as api:
        parameters = {"migrate_to_chat_id": -1001234567890}
        api.faults.add(
            Fault(400, "Bad Request: group chat was upgraded to a supergroup chat", parameters, chat="1")
        )
        async with delivering(database, api, sent):
            await until(lambda: len(sent) == 2)
        assert [entry["chat_id"] for entry in api.accepted if entry["chat_id"] < 0] == [-1001234567890]


async def test_case_30_a_revoked_token_stops_all_sending_keeps_the_queue_and_is_told(database):
    sent: list[Sent] = []
    async with serve(BotApi(tokens={"another"})) as api, delivering(database, api, sent):
        await until(lambda: bool(database.read(lambda c: Logbook(c).open_events())))
        await asyncio.sleep(0.5)
        assert len(api.calls) <= 2, "nobody goes on knocking"
    assert states(database) == {"queued": 2}
    (event,) = database.read(lambda c: Logbook(c).open_events())
    assert (event.kind, event.severity) == ("channel_unauthorised", "page")
    async with serve(BotApi()) as api, delivering(database, api, sent):  # a new token
        await until(lambda: len(sent) == 2)
    assert database.read(lambda c: Logbook(c).open_events()) == []


async def test_case_33_a_lost_answer_is_unknown_and_tried_again_later(database):
    sent: list[Sent] = []
    async with serve(BotApi()) as api:
        api.faults.add(Fault(reset=True, after_accept=True, chat="1"))
        async with delivering(database, api, sent):
            await until(lambda: states(database) == {"sent": 1, "unknown": 1})
    (due,) = database.read(lambda c: rows(c, "SELECT due FROM delivery WHERE state = 'unknown'"))
    assert from_text(due["due"]) > now(), "it is tried again, and not at once"


async def test_an_update_replies_to_the_first_message_and_order_is_kept(database):
    await raid(database, "بافيت", 41)
    sent: list[Sent] = []
    async with serve(BotApi()) as api, delivering(database, api, sent):
        await until(lambda: len(sent) == 4)
    for chat in ("1", "2"):
        mine = [one.claim.delivery.id for one in sent if one.claim.subscriber.address == chat]
        assert mine == sorted(mine)


async def test_a_row_that_breaks_our_own_code_is_dead_in_the_end_and_blocks_nobody(database):
    database.write(lambda c: c.execute("UPDATE subscriber SET timezone = 'Nowhere/Land' WHERE address = '1'"))
    sent: list[Sent] = []
    async with serve(BotApi()) as api, delivering(database, api, sent):
        await until(lambda: len(sent) == 1)
        database.write(lambda c: c.execute("UPDATE delivery SET defects = 9 WHERE state = 'queued'"))
        database.write(lambda c: c.execute("UPDATE delivery SET due = '2026-01-01' WHERE state = 'queued'"))
        await until(lambda: states(database) == {"sent": 1, "dead": 1})


async def test_a_message_shows_what_is_known_when_it_is_sent(database):
    sent: list[Sent] = []
    async with serve(BotApi()) as api:
        await raid(database, outlet="baa", title=RETOLD)
        async with delivering(database, api, sent):
            await until(lambda: len(sent) == 2)
    assert all("وسيلتان" in one.message.text for one in sent), "two outlets tell it by now"
    assert {delivery.state for delivery, _ in database.read(lambda c: DeliveryQueue(c).deliveries_of(1))} == {
        DeliveryState.SENT
    }
