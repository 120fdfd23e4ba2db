"""The bot as the service runs it, against a Bot API server, and people who write to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.flagging import Flagger
from alerts.matching import RuleSet
from alerts.outbox import Outbox, Sent
from alerts.pacing import Limits, Pacer
from alerts.schema import migrations as alert_tables
from alerts.storage import DeliveryQueue
from crawler.database import Database
from crawler.nouns import Article, Outlet, Source, SourceKind
from crawler.schema import migrations
from crawler.storage import Archive
from scheduler.metrics import Metrics
from scheduler.parts import House, Watcher
from scheduler.parts import bot as part
from scheduler.parts.delivering import callback_key
from scheduler.ruling import RuleKeeper
from scheduler.watchdog import LoopWatch
from scheduler.wiring import Config, open_channels
from tests.fakes.bot_api import BotApi, serve

TOKEN = "424242:" + "t" * 35
RULES = RuleSet.load()


def outlet(name: str, arabic: str) -> Outlet:
    home = f"https://{name}.example"
    return Outlet(
        name, arabic, name.title(), "EG", "Africa/Cairo", home, (Source(f"{home}/feed", SourceKind.FEED),)
    )


OUTLETS = {one.id: one for one in (outlet("alif", "ألف"), outlet("baa", "باء"), outlet("taa", "تاء"))}


@dataclass
class Room:
    """Everything the bot stands on, and what a test does to it."""

    api: BotApi
    database: Database
    house: House
    sent: list[Sent] = field(default_factory=list)
    delay: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.delay

    def chat(self, number: int, user: int = 0) -> "Person":
        return Person(self, number, user or abs(number))

    async def publish(self, title: str, body: str = "", outlet: str = "alif", minutes: int = 0) -> None:
        """Keep an article and flag it; what is queued is delivered by ``delivering``."""
        at = self.now() - timedelta(minutes=minutes)
        number = self.database.read(lambda c: Archive(c).counts())["articles"] + 1
        article = Article(outlet, f"https://{outlet}.example/{number}", title, body or title + ".", at)
        self.database.write(lambda c: Archive(c).keep(article))
        await Flagger(self.database, lambda: RULES, OUTLETS, now=self.now).run_batch()
        self.house.queued.ring()

    def waiting(self) -> int:
        counts = self.database.read(lambda c: DeliveryQueue(c).counts())
        return counts["queued"] + counts["leased"]

    async def told(self) -> None:
        await until(lambda: not self.waiting())


@dataclass
class Person:
    """Somebody in a chat."""

    room: Room
    chat: int
    user: int

    def heard(self) -> list[dict]:
        return [
            entry
            for entry in self.room.api.accepted
            if entry.get("chat_id") == self.chat and entry["kind"] in {"message", "edit", "document"}
        ]

    async def says(self, text: str, **more) -> dict:
        """Write, and return what the bot says in answer."""
        before = len(self.heard())
        self.room.api.world.says(self.chat, text, user_id=self.user, **more)
        await until(lambda: len(self.heard()) > before, what=f"an answer to {text!r}")
        return self.heard()[-1]

    async def says_in_vain(self, text: str, **more) -> None:
        before = len(self.heard())
        self.room.api.world.says(self.chat, text, user_id=self.user, **more)
        await asyncio.sleep(0.3)
        assert self.heard()[before:] == [], f"{text!r} is answered"

    def message(self) -> tuple[int, dict]:
        """The newest message with buttons, as the chat shows it now."""
        shown = [
            (key[1], value) for key, value in self.room.api.world.messages.items() if key[0] == self.chat
        ]
        return max(each for each in shown if each[1].get("reply_markup"))

    def labels(self) -> list[str]:
        return [
            button["text"] for row in self.message()[1]["reply_markup"]["inline_keyboard"] for button in row
        ]

    async def presses(self, label: str, of: int = 0, user: int = 0) -> str:
        """Press the button that begins so, and return the toast over it."""
        await until(lambda: bool(self._data(label, of)), what=f"the button {label!r}")
        return await self.sends(self._data(label, of), of or self.message()[0], user)

    def _data(self, label: str, of: int) -> str:
        shown = self.room.api.world.messages[self.chat, of] if of else self.message()[1]
        buttons = [button for row in shown["reply_markup"]["inline_keyboard"] for button in row]
        return next(
            (b["callback_data"] for b in buttons if b["text"].startswith(label) and "callback_data" in b), ""
        )

    async def sends(self, data: str, number: int, user: int = 0) -> str:
        """Press a button that carries ``data``."""
        update = self.room.api.world.presses(self.chat, number, data, user_id=user or self.user)
        query = update["callback_query"]["id"]

        def answers() -> list[dict]:
            return [e for e in self.room.api.accepted if e["kind"] == "answer" and e["query"] == query]

        await until(lambda: bool(answers()), what=f"an answer to the press of {data!r}")
        await asyncio.sleep(0.1)  # what it changes is shown after the answer
        return answers()[0]["text"]


async def until(holds, within: float = 20.0, what: str = "") -> None:
    end = asyncio.get_running_loop().time() + within
    while not holds():
        if asyncio.get_running_loop().time() > end:
            pytest.fail(f"did not come within {within} s: {what}")
        await asyncio.sleep(0.01)


@asynccontextmanager
async def open_room(tmp_path: Path, **settings) -> AsyncIterator[Room]:
    """The bot alone: nobody is delivering."""
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        async with serve(BotApi()) as api:
            config = Config(telegram_token=TOKEN, telegram_api=api.url, **settings)
            sent: list[Sent] = []
            watcher = Watcher(lambda _: None, lambda *_: None, lambda _: None, sent.append)
            room = Room(api, database, None, sent)  # the house tells the room's time
            room.house = House(
                config=config,
                database=database,
                outlets=OUTLETS,
                keeper=RuleKeeper(config.rules, RULES, database, now=room.now),
                watcher=watcher,
                now=room.now,
                cadence=lambda *_: timedelta(hours=1),
                watch=LoopWatch(database, now=room.now),
                metrics=Metrics(),
                pacer=Pacer(Limits().scaled(0.002)),
            )
            async with part.open_part(room.house) as opened:
                loops = [asyncio.create_task(run()) for run in opened.loops.values()]
                try:
                    yield room
                finally:
                    await opened.stop(1)
                    for loop in loops:
                        loop.cancel()
                    await asyncio.gather(*loops, return_exceptions=True)
            assert api.violations == [], "every call we make is one the Bot API knows"


@pytest.fixture
async def room(tmp_path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as room:
        yield room


@asynccontextmanager
async def delivering(room: Room) -> AsyncIterator[None]:
    """The outbox beside the bot, at the same pace."""
    async with open_channels(room.house.config, b"key") as channels:
        outbox = Outbox(
            room.database, {"telegram": channels["telegram"]}, OUTLETS, now=room.now,
            on_sent=room.sent.append, pacers={"telegram": room.house.pacer}, buttons=callback_key(TOKEN),
        )  # fmt: skip
        room.house.queued.answer(outbox.wake)
        task = asyncio.create_task(outbox.run())
        try:
            yield
        finally:
            await outbox.stop(1)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
