"""The Bot API server itself, driven by two client libraries that do not know each other."""

import asyncio
import random

import httpx
import pytest
from aiogram import Bot as AiogramBot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramForbiddenError, TelegramMigrateToChat, TelegramRetryAfter
from aiogram.types import BotCommand, BufferedInputFile
from aiogram.types import ReplyParameters as AiogramReply
from telegram import (
    Bot,
    BotCommandScopeAllPrivateChats,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, RetryAfter

from tests.fakes.bot_api import Chat, Faults, Floods, serve
from tests.fakes.bot_api.faults import flood

TOKEN = "424242:" + "t" * 35
HTML = 'عاجل <b>قمار</b> &lt;x&gt; <a href="https://example.com/?a=1&amp;b=2">🎰 الخبر</a>'


@pytest.fixture(autouse=True)
def _waits_as_timedelta(monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def api():
    async with serve() as server:
        yield server


@pytest.fixture
async def ptb(api):
    async with Bot(TOKEN, base_url=f"{api.url}/bot") as bot:
        yield bot


@pytest.fixture
async def aiogram(api):
    bot = AiogramBot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(api.url)))
    yield bot
    await bot.session.close()


async def test_both_clients_send_edit_reply_and_delete(api, ptb, aiogram):
    first = await ptb.send_message(7, HTML, parse_mode="HTML")
    second = await aiogram.send_message(
        7, HTML, parse_mode="HTML", reply_parameters=AiogramReply(message_id=first.message_id)
    )
    assert first.text == second.text == "عاجل قمار <x> 🎰 الخبر"
    assert second.reply_to_message.message_id == first.message_id
    assert [(e.type, e.offset, e.length) for e in first.entities] == [("bold", 5, 4), ("text_link", 14, 8)]
    assert [e.url for e in second.entities] == [None, "https://example.com/?a=1&b=2"]
    await ptb.edit_message_text("بعد", 7, second.message_id)
    with pytest.raises(BadRequest, match="not modified"):
        await ptb.edit_message_text("بعد", 7, second.message_id)
    await aiogram.delete_message(7, first.message_id)
    with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
        await ptb.edit_message_text("x", 7, first.message_id)
    with pytest.raises(BadRequest, match=r"(?i)message to be replied not found"):
        await ptb.send_message(7, "x", reply_parameters=ReplyParameters(first.message_id))
    assert [each["kind"] for each in api.accepted] == ["message", "message", "edit", "delete"]
    assert api.violations == []


async def test_both_clients_understand_refusals_alike(api, ptb, aiogram):
    api.world.chats[8] = Chat(8, refuses=(403, "Forbidden: bot was blocked by the user"))
    api.world.chats[-9] = Chat(-9, "group", migrated_to=-1009)
    api.faults.add(flood(3, chat="10", times=2))
    with pytest.raises(Forbidden):
        await ptb.send_message(8, "x")
    with pytest.raises(TelegramForbiddenError):
        await aiogram.send_message(8, "x")
    with pytest.raises(ChatMigrated) as moved:
        await ptb.send_message(-9, "x")
    with pytest.raises(TelegramMigrateToChat) as moved_too:
        await aiogram.send_message(-9, "x")
    assert moved.value.new_chat_id == moved_too.value.migrate_to_chat_id == -1009
    with pytest.raises(RetryAfter) as later:
        await ptb.send_message(10, "x")
    with pytest.raises(TelegramRetryAfter) as later_too:
        await aiogram.send_message(10, "x")
    assert later.value.retry_after.total_seconds() == later_too.value.retry_after == 3
    assert api.accepted == []
    assert api.violations == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<b>open", "end tag"),
        ("<div>x</div>", "unsupported start tag"),
        ("a < b", "unsupported start tag"),
        ("<b><i>x</b></i>", "unmatched end tag"),
        ('<b class="x">x</b>', "unexpected attribute"),
    ],
)
async def test_text_outside_the_html_subset_is_refused(ptb, text, complaint):
    with pytest.raises(BadRequest, match=f"(?i)can't parse entities.*{complaint}"):
        await ptb.send_message(7, text, parse_mode="HTML")


async def test_length_is_counted_in_utf16_after_parsing(ptb):
    await ptb.send_message(7, f"<b>{'🎰' * 2048}</b>", parse_mode="HTML")
    with pytest.raises(BadRequest, match=r"(?i)message is too long"):
        await ptb.send_message(7, "🎰" * 2048 + "x")


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"chat_id": "7"}, "text: Field required"),
        ({"chat_id": "7", "text": "x", "colour": "red"}, "unknown parameter 'colour'"),
        ({"chat_id": "7", "text": "x", "message_thread_id": "soon"}, "message_thread_id"),
        (
            {"chat_id": "7", "text": "x", "reply_parameters": '{"message_id": 1, "sure": 1}'},
            "unknown key 'sure'",
        ),
    ],
)
async def test_a_call_is_held_against_the_model(api, params, complaint):
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{api.url}/bot{TOKEN}/sendMessage", data=params)
    assert answer.status_code == 400
    assert any(complaint in each for each in api.violations)
    assert api.accepted == []


async def test_callback_data_beyond_64_bytes_is_found(ptb):
    button = InlineKeyboardButton("زر", callback_data="م" * 33)
    with pytest.raises(BadRequest, match=r"66 is not in 1\.\.64"):
        await ptb.send_message(7, "x", reply_markup=InlineKeyboardMarkup([[button]]))


async def test_a_long_poll_waits_confirms_and_ends_an_older_one(api, ptb, aiogram):
    older = asyncio.create_task(ptb.get_updates(timeout=5))
    await asyncio.sleep(0.1)
    newer = asyncio.create_task(aiogram.get_updates(timeout=5))
    with pytest.raises(Conflict):
        await older
    api.world.says(7, "/start")
    (update,) = await newer
    assert update.message.text == "/start"
    assert (await ptb.get_updates(timeout=0))[0].update_id == update.update_id
    assert await ptb.get_updates(offset=update.update_id + 1, timeout=0) == ()


async def test_a_press_arrives_and_is_answered(api, ptb):
    sent = await ptb.send_message(
        7, "x", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("زر", callback_data="v1")]])
    )
    api.world.presses(7, sent.message_id, "v1")
    (update,) = await ptb.get_updates(timeout=1)
    assert (update.callback_query.data, update.callback_query.message.message_id) == ("v1", sent.message_id)
    await ptb.answer_callback_query(update.callback_query.id, "تم")
    assert api.accepted[-1]["kind"] == "answer"


async def test_both_clients_set_and_read_commands_of_a_scope_and_a_language(api, ptb, aiogram):
    await ptb.set_my_commands(
        [("topics", "المواضيع")], scope=BotCommandScopeAllPrivateChats(), language_code="ar"
    )
    await aiogram.set_my_commands([BotCommand(command="help", description="help")])
    assert api.world.commands.keys() == {"all_private_chats ar", ""}
    read = await ptb.get_my_commands(scope=BotCommandScopeAllPrivateChats(), language_code="ar")
    assert [(each.command, each.description) for each in read] == [("topics", "المواضيع")]
    assert await aiogram.delete_my_commands()
    assert await ptb.get_my_commands() == ()
    assert api.violations == []


async def test_both_clients_read_who_the_administrators_are(api, ptb, aiogram):
    api.world.chats[-5] = Chat(-5, "supergroup", admins={11})
    assert [each.user.id for each in await ptb.get_chat_administrators(-5)] == [11]
    assert (await aiogram.get_chat_member(-5, 11)).status == "creator"
    assert (await ptb.get_chat_member(-5, 12)).status == "member"


async def test_both_clients_send_a_file(api, ptb, aiogram):
    await ptb.send_document(7, b'{"a": 1}', filename="export.json", caption="بياناتك")
    await aiogram.send_document(7, BufferedInputFile(b'{"a": 1}', "export.json"))
    assert [(each["kind"], each["content"]) for each in api.accepted] == [("document", '{"a": 1}')] * 2
    assert api.violations == []


async def test_both_clients_read_what_happens_to_the_bot(api, ptb, aiogram):
    api.world.admits(7, "kicked", before="member")
    with pytest.raises(Forbidden):
        await ptb.send_message(7, "x")
    api.world.admits(7, "member", before="kicked")
    api.world.admits(-5, "administrator")
    api.world.migrates(-5, -1005)
    api.world.says_anonymously(-1005, "/quiet")
    by_ptb, by_aiogram = await ptb.get_updates(timeout=0), await aiogram.get_updates(timeout=0)
    assert [each.update_id for each in by_ptb] == [each.update_id for each in by_aiogram]
    assert [each.my_chat_member.new_chat_member.status for each in by_ptb[:3]] == [
        "kicked", "member", "administrator",
    ]  # fmt: skip
    assert (by_ptb[3].message.migrate_from_chat_id, by_ptb[4].message.migrate_to_chat_id) == (-5, -1005)
    assert by_aiogram[5].message.sender_chat.id == -1005


async def test_an_answer_to_a_question_carries_the_question(api, ptb):
    asked = await ptb.send_message(7, "ما عنوانك؟", reply_markup=ForceReply())
    api.world.says(7, "a@example.org", reply_to=asked.message_id)
    (update,) = await ptb.get_updates(timeout=0)
    assert update.message.reply_to_message.message_id == asked.message_id


def test_flood_limits_are_the_documented_ones():
    floods = Floods()
    assert [floods.retry_after("7", private=True, now=0.0) for _ in range(4)] == [0, 0, 0, 3]
    assert all(floods.retry_after("-5", private=False, now=10.0) == 0 for _ in range(20))
    assert floods.retry_after("-5", private=False, now=40.0) == 30
    assert [floods.retry_after(str(n), private=True, now=100.0) for n in range(1000, 1031)] == [0] * 30 + [1]
    assert floods.refused == 3


def test_faults_at_a_rate_are_the_same_for_a_seed():
    def drawn(seed: int) -> list[bool]:
        faults = Faults(rate=0.3, dice=random.Random(seed))
        return [faults.next("sendMessage", "7") is not None for _ in range(200)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 30 < sum(drawn(1)) < 90
