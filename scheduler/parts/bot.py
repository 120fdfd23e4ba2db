"""The Telegram bot, where a token is set: its poll, the watchdog over it, and the desk that answers."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from telegram import Update
from telegram.error import InvalidToken, TelegramError

from alerts.bot.adapter import (
    Reader,
    Running,
    answer_press,
    forget_operators,
    introduce,
    introduce_operators,
    is_administrator,
    open_application,
    send_file,
)
from alerts.bot.codec import callback_key
from alerts.bot.desk import Desk, Line
from alerts.bot.gate import without_backlog
from alerts.bot.introducing import introduce_once, introduce_to_operators
from alerts.bot.polling import BotSource, Poller, Trouble
from alerts.bot.visit import Office
from alerts.channels import open_channel
from alerts.storage import Frontdesk, Logbook
from crawler.database import Connection
from scheduler.parts import House, Part
from scheduler.timetable import Tick
from scheduler.vitals import OwnService

log = logging.getLogger(__name__)

WATCH = timedelta(seconds=10)
GREET = timedelta(minutes=1)  # between tries to introduce the bot: at the start, and after Telegram was away
WEDGED = timedelta(minutes=5)  # the poll's own watchdog is far quicker: this is for a defect in it
CHANNEL = "telegram"
CAUSES = {
    Trouble.STALLED: "no poll of Telegram was answered for most of a minute: commands and buttons wait",
    Trouble.CONFLICT: "somebody else polls with our token, or a webhook is set: commands and buttons are lost to it",
    Trouble.UNAUTHORISED: "its server refuses our credentials; nothing is sent, the queue is kept",
}


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Answer subscribers until the service ends; nothing where no token is set."""
    if not house.config.telegram_token:
        yield Part()
        return
    given = {
        "token": house.config.telegram_token,
        "api": house.config.telegram_api,
        "proxy": house.config.telegram_proxy,
    }
    channel = open_channel(CHANNEL, given)
    async with open_application(**given) as (application, request):
        greeting = Greeting(house, application)
        desk = Desk(
            house.database,
            partial(_office, house, greeting),
            channel,
            house.pacer,
            _line(application),
            now=house.now,
        )
        reader = Reader(application)

        async def take(updates: Sequence[Update]) -> None:
            await greeting.know()  # an update is read by a bot that knows its own name
            for incoming in without_backlog(await reader.read(updates), house.now()):
                await desk.handle(incoming)

        async def tell(trouble: Trouble | None) -> None:
            await house.database.awrite(partial(_tell, house, trouble))

        beat = house.pulse.expect("bot", WEDGED)
        poller = Poller(BotSource(application.bot, request), take, tell, on_turn=beat)
        yield Part(
            loops={"bot": partial(_poll, greeting, poller)},
            ticks=(Tick("bot watchdog", WATCH, poller.look), Tick("bot greeting", GREET, greeting.renew)),
            stop=desk.stop,
        )
    await channel.close()


class Greeting:
    """Who we are to Telegram, and what it is told of us; tried again until it succeeds."""

    def __init__(self, house: House, application: Running) -> None:
        self._house = house
        self._application = application
        self._done = False
        self.name = ""

    async def renew(self) -> None:
        """Introduce the bot where that was not done yet, and the operators' commands to whoever is one by now."""
        await self.know()
        if self._done:
            bot = self._application.bot
            await introduce_to_operators(
                self._house.database, partial(introduce_operators, bot), partial(forget_operators, bot)
            )

    async def know(self) -> None:
        """Introduce the bot where that was not done yet."""
        if self._done:
            return
        try:
            await self._application.initialize()
            self.name = self._application.bot.username
            await self._house.database.awrite(lambda c: Frontdesk(c).keep_state("name", self.name))
            await introduce_once(self._house.database, partial(introduce, self._application.bot))
        except InvalidToken:
            log.warning("Telegram refuses our token")
        except TelegramError as error:
            log.warning("Telegram cannot be reached yet: %s", type(error).__name__)
        else:
            self._done = True


async def _poll(greeting: Greeting, poller: Poller) -> None:
    await greeting.renew()
    await poller.run()


def _office(house: House, greeting: Greeting) -> Office:
    return Office(
        house.outlets,
        house.rules.topics,
        callback_key(house.config.telegram_token),
        OwnService(house.pulse, house.now),
        house.config.bot_access,
        house.config.bot_allowed,
        bot=greeting.name,
        runbooks=house.config.runbooks,
    )


def _line(application: Running) -> Line:
    bot = application.bot
    leave: Callable[[int], Awaitable[object]] = bot.leave_chat
    return Line(
        is_administrator=partial(is_administrator, bot),
        answer_press=partial(answer_press, bot),
        send_file=lambda chat, name, content: send_file(bot, chat, name, content),
        leave=leave,
    )


def _tell(house: House, trouble: Trouble | None, connection: Connection) -> None:
    logbook, now = Logbook(connection), house.now()
    for each in Trouble:
        if each is trouble:
            logbook.open_event(each, CHANNEL, cause=CAUSES[each], now=now)
        elif each is not Trouble.UNAUTHORISED or trouble is None:
            logbook.close_event(each, CHANNEL, now)
