"""The long poll, and the watchdog over it.

python-telegram-bot's own poll can stall without a word: a getUpdates that hangs, or is refused for ever, reaches no
callback. So the loop is ours, and what counts is the age of the last answer. A poll that is overdue is cut off and
its connections are made anew; that, a refused token and a second poller become operator events.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final, Protocol

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.request import BaseRequest

log = logging.getLogger(__name__)

HOLD: Final = 25.0  # seconds that Telegram holds a poll open for something to come
OVERDUE: Final = (
    45.0  # seconds without an answer, of polls that take 25 and fail after 35: cut off and begun anew
)
AGAIN: Final = 1.0  # seconds to the next poll after one that failed, doubled up to ...
LONGEST: Final = 30.0
REFUSED_WAIT: Final = 60.0  # seconds between polls while the token is refused or somebody else polls
ASKED_FOR: Final = ["message", "callback_query", "my_chat_member"]


class Trouble(StrEnum):
    """What operators are told of the poll; the words are the events'."""

    STALLED = "telegram_polling_stalled"
    CONFLICT = "telegram_conflict"
    UNAUTHORISED = "channel_unauthorised"


@dataclass(frozen=True, slots=True)
class Health:
    """How the poll is. Times are seconds on a clock that never jumps."""

    answered: float  # when Telegram last answered a poll
    failures: int = 0  # polls in a row without an answer
    conflicts: int = 0  # of these, refused because somebody else polls
    refused: bool = False  # the token is


def after_answer(now: float) -> Health:
    """A poll was answered."""
    return Health(now)


def after_failure(health: Health, error: BaseException) -> Health:
    """A poll failed."""
    return replace(
        health,
        failures=health.failures + 1,
        conflicts=health.conflicts + 1 if isinstance(error, Conflict) else 0,
        refused=isinstance(error, InvalidToken),
    )


def wait_before_next(health: Health, asked: float = 0.0) -> float:
    """Seconds until the next poll; ``asked`` is the wait that Telegram named."""
    if health.refused or health.conflicts:
        return REFUSED_WAIT
    return max(asked, min(LONGEST, AGAIN * 2 ** min(health.failures - 1, 10)) if health.failures else 0.0)


def trouble(health: Health, now: float) -> Trouble | None:
    """What is wrong with the poll, if anything. One conflict is the end of our own former poll."""
    if health.refused:
        return Trouble.UNAUTHORISED
    if health.conflicts >= 2:
        return Trouble.CONFLICT
    return Trouble.STALLED if now - health.answered > OVERDUE else None


class UpdateSource(Protocol):
    """Where updates come from."""

    async def updates(self, offset: int) -> Sequence[Update]:
        """Wait for updates from ``offset`` on; what came before is confirmed by it."""
        ...

    async def renew(self) -> None:
        """Let go of all connections and make new ones."""
        ...


class BotSource:
    """The Bot API's getUpdates, through a pool of connections of its own."""

    def __init__(self, bot: Bot, request: BaseRequest) -> None:
        """Ask as this bot, which is initialised; ``request`` is what it asks for updates with."""
        self._bot = bot
        self._request = request

    async def updates(self, offset: int) -> Sequence[Update]:
        """Wait for updates from ``offset`` on."""
        return await self._bot.get_updates(
            offset=offset,
            timeout=timedelta(seconds=HOLD),
            read_timeout=HOLD + 10,
            allowed_updates=ASKED_FOR,
        )

    async def renew(self) -> None:
        """Close the poll's connections, dead or alive, and open a new pool."""
        with suppress(RuntimeError, OSError):
            await self._request.shutdown()
        await self._request.initialize()


class Poller:
    """Polls until stopped. ``run`` is the loop; ``look`` is asked now and then, from outside it."""

    def __init__(
        self,
        source: UpdateSource,
        take: Callable[[Sequence[Update]], Awaitable[None]],
        tell: Callable[[Trouble | None], Awaitable[None]],
        *,
        on_turn: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._source = source
        self._take = take
        self._tell = tell
        self._on_turn = on_turn  # the loop moves, or waits for a reason it knows
        self._clock = clock
        self._sleep = sleep
        self._offset = 0
        self._told: Trouble | None = None
        self._begun = False  # nothing was told yet: what a former process told must be closed
        self._poll: asyncio.Task[Sequence[Update]] | None = None
        self._asked = clock()  # when the poll under way began
        self.health = Health(clock())
        self.rebuilt = 0

    async def run(self) -> None:
        """Poll for ever."""
        while True:
            self._on_turn()
            self._asked = self._clock()
            self._poll = asyncio.create_task(self._source.updates(self._offset))
            try:
                updates = await self._poll
            except asyncio.CancelledError:
                if _is_cancelled():
                    raise  # we are told to end; else the watchdog cut the poll off
                self.health = after_failure(self.health, TimeoutError())
            except TelegramError as error:
                self.health = after_failure(self.health, error)
                log.warning("a poll of Telegram failed: %s", type(error).__name__)
                await self._report()
                await self._sleep(wait_before_next(self.health, _asked_wait(error)))
            else:
                self.health = after_answer(self._clock())
                await self._report()
                if updates:
                    # Confirmed by the next poll: what is not taken when we die comes again, and is known by its id.
                    await self._take(updates)
                    self._offset = updates[-1].update_id + 1
                    self.health = after_answer(self._clock())

    async def look(self) -> None:
        """Cut off a poll that is overdue, and tell operators how things are."""
        await self._report()
        # Overdue is the poll, not only the answer: the next one has its time, or a quiet bot would never recover.
        poll, waited = self._poll, self._clock() - self._asked
        stalled = trouble(self.health, self._clock()) is Trouble.STALLED and waited > OVERDUE
        if stalled and poll and not poll.done():
            log.warning("no poll of Telegram was answered for %.0f s: it is begun anew", self.age)
            self.rebuilt += 1
            poll.cancel()
            await self._source.renew()

    @property
    def age(self) -> float:
        """Seconds since Telegram last answered."""
        return self._clock() - self.health.answered

    async def _report(self) -> None:
        now = trouble(self.health, self._clock())
        if now is not self._told or not self._begun:
            self._told, self._begun = now, True
            await self._tell(now)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _asked_wait(error: TelegramError) -> float:
    if not isinstance(error, RetryAfter):
        return 0.0
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
