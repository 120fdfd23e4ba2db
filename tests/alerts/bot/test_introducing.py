"""Telegram is told what the bot can do, in each language and kind of chat, and told again only when that changed."""

from alerts.bot.commands import COMMANDS
from alerts.bot.gate import READING_COMMANDS
from alerts.bot.introducing import INTRODUCED
from alerts.storage import Frontdesk
from tests.alerts.bot.conftest import open_room, until


def introductions(room) -> int:
    return sum(method.startswith("setMy") for method, _ in room.api.calls)


async def introduced(room) -> None:
    await until(lambda: any(method == "getUpdates" for method, _ in room.api.calls), what="the first poll")


async def test_commands_are_told_by_language_and_scope_and_only_when_they_changed(tmp_path):
    async with open_room(tmp_path) as room:
        await introduced(room)
        told = room.api.world.commands
        scopes = ("all_private_chats", "all_chat_administrators", "all_group_chats")
        assert told.keys() == {" ".join(filter(None, (s, lang))) for s in scopes for lang in ("ar", "en", "")}
        assert [each["command"] for each in told["all_private_chats ar"]] == list(COMMANDS)
        assert {each["command"] for each in told["all_group_chats"]} == READING_COMMANDS
        assert told["all_private_chats"] == told["all_private_chats ar"], "Arabic is for everybody else too"
        assert told["all_private_chats en"][2]["description"] == "Which topics"
        assert room.api.world.descriptions["ar"].startswith("مرصد يراقب")
        assert room.database.read(lambda c: Frontdesk(c).state("name")) == "marsad_test_bot"
    async with open_room(tmp_path) as room:
        await introduced(room)
        assert introductions(room) == 0, "nothing changed"
        room.database.write(lambda c: Frontdesk(c).keep_state(INTRODUCED, "an older list"))
    async with open_room(tmp_path) as room:
        await introduced(room)
        assert introductions(room) == 15
