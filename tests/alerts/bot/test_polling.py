"""A poll that hangs, is refused, or has company: cut off, begun anew, told to operators."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from telegram.error import Conflict, InvalidToken, NetworkError, TimedOut

from alerts.bot.adapter import open_application
from alerts.bot.polling import (
    OVERDUE,
    BotSource,
    Health,
    Poller,
    Trouble,
    after_answer,
    after_failure,
    trouble,
    wait_before_next,
)
from alerts.storage import Logbook
from scheduler.parts.bot import _tell
from tests.alerts.bot.conftest import TOKEN, Room, open_room, until
from tests.fakes.bot_api import BotApi, Fault, serve


@dataclass
class Watch:
    """A poller on a clock of its own, against a real server."""

    api: BotApi
    time: float = 0.0
    told: list[Trouble | None] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    poller: Poller | None = None

    async def take(self, updates) -> None:
        self.taken += [update.update_id for update in updates]

    async def tell(self, trouble: Trouble | None) -> None:
        self.told.append(trouble)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0.01)


@asynccontextmanager
async def watching(api: BotApi) -> AsyncIterator[Watch]:
    watch = Watch(api)
    async with open_application(TOKEN, api=api.url) as (application, request):
        watch.poller = Poller(
            BotSource(application.bot, request), watch.take, watch.tell,
            clock=lambda: watch.time, sleep=watch.sleep,
        )  # fmt: skip
        task = asyncio.create_task(watch.poller.run())
        try:
            yield watch
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_case_32_a_poll_that_hangs_is_begun_anew_within_two_minutes_and_told():
    async with serve() as api:
        api.faults.add(Fault(delay=3600, method="getUpdates"))
        async with watching(api) as watch:
            await until(lambda: len(api.calls) == 1, what="a poll that hangs")
            api.world.says(7, "/start")
            looks = 0
            while watch.time < 120 and not watch.poller.rebuilt:
                watch.time += 10  # as often as the service looks
                looks += 1
                await watch.poller.look()
            assert watch.time <= 120
            assert watch.poller.rebuilt == 1
            assert watch.told == [None, Trouble.STALLED]
            await until(lambda: len(watch.taken) == 1, what="the update that waited")
            await watch.poller.look()
            assert watch.told == [None, Trouble.STALLED, None]


async def test_a_poll_that_is_answered_is_left_alone():
    async with serve() as api, watching(api) as watch:
        await until(lambda: len(api.calls) == 1)
        for _ in range(20):
            watch.time += 3
            api.world.says(7, "/start")
            await until(lambda: api.world.updates == [], what="the update confirmed")
            await watch.poller.look()
        assert watch.poller.rebuilt == 0
        assert len(watch.taken) == 20
        assert watch.told == [None]


async def test_case_31_a_second_poller_is_told_and_given_room():
    async with serve() as api:
        api.world.webhook = "https://example.org/hook"
        async with watching(api) as watch:
            await until(lambda: Trouble.CONFLICT in watch.told)
            assert set(watch.waits) == {60.0}
            api.world.webhook = ""
            await until(lambda: len(api.calls) > len(watch.waits), what="a poll that is open")
            api.world.says(7, "/start")
            await until(lambda: bool(watch.taken))
            assert watch.told == [None, Trouble.CONFLICT, None]


async def test_case_30_a_refused_token_is_told_and_asked_for_again_later():
    async with serve(BotApi(tokens={"another"})) as api, watching(api) as watch:
        await until(lambda: Trouble.UNAUTHORISED in watch.told)
        assert watch.waits[0] == 60.0
        api.tokens.clear()
        api.world.says(7, "/start")
        await until(lambda: watch.told[-1] is None)


async def test_case_38_what_waited_a_day_is_answered_once_and_confirmed(tmp_path):
    async with open_room(tmp_path) as room:
        person = room.chat(7)
        await person.says("/start")
        number, message = person.message()
        data = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        heard = len(person.heard())
        room.delay = timedelta(hours=20)  # we were away
        backlog = [room.api.world.new_message(room.api.world.chat(7), text=text, entities=[
            {"type": "bot_command", "offset": 0, "length": len(text)}
        ] if text.startswith("/") else [], **{"from": {"id": 7, "is_bot": False, "first_name": "قارئ"}})
            for text in ("/help", "/help", "أين أنتم", "/help")]  # fmt: skip
        room.api.faults.add(Fault(400, "Bad Request: query is too old", method="answerCallbackQuery"))
        for waiting in backlog:
            room.api.world.updates.append({"update_id": 800_000 + waiting["message_id"], "message": waiting})
        room.api.world.presses(7, number, data)["update_id"] = 900_000
        await until(
            lambda: len(person.heard()) >= heard + 2, what="one answer to the command, one to the press"
        )
        await asyncio.sleep(0.3)
        assert [entry["kind"] for entry in person.heard()[heard:]] in (
            ["message", "edit"],
            ["edit", "message"],
        )
        assert room.api.world.updates == [], "confirmed"


async def test_a_stalled_poll_is_an_event_in_the_service(tmp_path):
    async with open_room(tmp_path) as room:
        await until(lambda: any(method == "getUpdates" for method, _ in room.api.calls))
        await tell(room, Trouble.STALLED)
        assert [event.kind for event in events(room)] == ["telegram_polling_stalled"]
        await tell(room, Trouble.CONFLICT)
        assert [event.kind for event in events(room)] == ["telegram_conflict"]
        await tell(room, None)
        assert events(room) == []


async def tell(room: Room, trouble: Trouble | None) -> None:
    await room.database.awrite(lambda c: _tell(room.house, trouble, c))


def events(room: Room):
    return room.database.read(lambda c: Logbook(c).open_events())


@pytest.mark.parametrize(
    ("health", "now", "expected"),
    [
        (after_answer(0.0), OVERDUE, None),
        (after_answer(0.0), OVERDUE + 1, Trouble.STALLED),
        (after_failure(Health(0.0), Conflict("x")), 1.0, None),
        (after_failure(after_failure(Health(0.0), Conflict("x")), Conflict("x")), 1.0, Trouble.CONFLICT),
        (after_failure(after_failure(Health(0.0), Conflict("x")), TimedOut()), 1.0, None),
        (after_failure(Health(0.0), InvalidToken("x")), 1.0, Trouble.UNAUTHORISED),
    ],
)
def test_what_is_wrong_with_a_poll(health, now, expected):
    assert trouble(health, now) is expected


def test_polls_that_fail_wait_longer_and_longer():
    health, waits = Health(0.0), []
    for _ in range(7):
        health = after_failure(health, NetworkError("x"))
        waits.append(wait_before_next(health))
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert wait_before_next(health, 43.0) == 43.0
    assert wait_before_next(after_answer(1.0)) == 0.0
