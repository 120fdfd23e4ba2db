"""When the next message may go, so that Telegram never has to refuse one.

Telegram counts a message somewhere between our call and its answer; where, we cannot see. So a send weighs on
every limit from its start until the limit's whole span after its answer. Then no delay in between, however
uneven, can bring more messages into a span than the limit allows.

Decisions first, over a frozen ``Pace``; the ``Pacer`` below them only keeps the clock. Times are seconds on a
clock that never jumps, except where ``timedelta`` says otherwise.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from weakref import WeakValueDictionary

from alerts.nouns import RecipientKind

_LOOK_AGAIN = 0.05  # seconds; a chat's wait may grow, and its end is nobody's event


@dataclass(frozen=True, slots=True)
class Limits:
    """Telegram's documented limits, and how far we stay below them.

    https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
    """

    overall: int = 30  # messages within ``span``
    span: float = 1.0
    step: float = 1 / 28  # between two starts: smooth, no burst
    private: float = 1.05  # rest of a private chat after an answer; the limit is one a second
    group: float = 3.05  # of a group or a channel; the limit is 20 a minute
    storm: int = 3  # refusals in this many chats ...
    storm_span: float = 10.0  # ... within this span hold everyone

    def scaled(self, factor: float) -> "Limits":
        """The limits of a server whose windows are ``factor`` times as long."""
        return Limits(
            overall=self.overall,
            span=self.span * factor,
            step=self.step * factor,
            private=self.private * factor,
            group=self.group * factor,
            storm=self.storm,
            storm_span=self.storm_span * factor,
        )

    def rest(self, kind: RecipientKind) -> float:
        """How long a recipient rests after an answer."""
        match kind:
            case RecipientKind.PRIVATE_CHAT:
                return self.private
            case RecipientKind.GROUP | RecipientKind.CHANNEL:
                return self.group
            case _:
                return 0.0


# Of servers that name no limit: what is in flight bounds them, and a wait that one asks for holds its recipient alone.
UNPACED = Limits(
    overall=sys.maxsize, span=0.0, step=0.0, private=0.0, group=0.0, storm=sys.maxsize, storm_span=0.0
)


def estimate(waiting: int) -> timedelta:
    """Return how long a queue takes at the pace that Telegram allows."""
    return timedelta(seconds=round(waiting * Limits().step))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A 429: when, to whom, until when."""

    at: float
    chat: str
    until: float


@dataclass(frozen=True, slots=True)
class Pace:
    """What the pacer knows."""

    next_start: float = 0.0
    under_way: int = 0  # started and not answered
    answered: tuple[float, ...] = ()  # answers within the last span, oldest first
    busy: frozenset[str] = frozenset()  # chats with a send under way
    rests: Mapping[str, float] = field(default_factory=dict)  # chat → not before
    refusals: tuple[Refusal, ...] = ()
    paused_until: float = 0.0


def wait_for_start(pace: Pace, now: float, limits: Limits) -> float:
    """Seconds until a message to anybody may start; infinite while only an answer can make room."""
    recent = [at for at in pace.answered if at > now - limits.span]
    over = pace.under_way + len(recent) - limits.overall
    if over >= len(recent):
        return float("inf")
    room = recent[over] + limits.span if over >= 0 else 0.0
    return max(0.0, pace.next_start - now, pace.paused_until - now, room - now)


def started(pace: Pace, now: float, limits: Limits) -> Pace:
    """A turn was taken."""
    return replace(pace, next_start=max(now, pace.next_start) + limits.step, under_way=pace.under_way + 1)


def given_back(pace: Pace, limits: Limits) -> Pace:
    """A turn was taken for nothing: no message left, and the next may start in its place."""
    return replace(pace, next_start=pace.next_start - limits.step, under_way=pace.under_way - 1)


def answered(pace: Pace, chat: str, kind: RecipientKind, now: float, limits: Limits) -> Pace:
    """A send ended, well or not: the chat rests."""
    rests = {each: until for each, until in pace.rests.items() if until > now}
    rests[chat] = max(rests.get(chat, 0.0), now + limits.rest(kind))
    recent = (*(at for at in pace.answered if at > now - limits.span), now)
    return replace(pace, under_way=pace.under_way - 1, answered=recent, busy=pace.busy - {chat}, rests=rests)


def held(pace: Pace, chat: str, until: float) -> Pace:
    """The chat takes nothing before ``until``."""
    return replace(pace, rests={**pace.rests, chat: max(pace.rests.get(chat, 0.0), until)})


def refused(pace: Pace, chat: str, wait: float, now: float, limits: Limits) -> Pace:
    """A 429 holds its own chat; in several chats within a short span it holds everyone.

    The common pause lasts as long as the shortest of their waits: after it a chat that is free shows so.
    """
    others = (each for each in pace.refusals if each.at > now - limits.storm_span and each.chat != chat)
    refusals = (*others, Refusal(now, chat, now + wait))
    pace = replace(held(pace, chat, now + wait), refusals=refusals)
    if len(refusals) < limits.storm:
        return pace
    return replace(pace, paused_until=min(each.until for each in refusals), refusals=())


def resting(pace: Pace, now: float) -> frozenset[str]:
    """The chats that may not be written to just now: a send is under way, or they rest."""
    return pace.busy | {chat for chat, until in pace.rests.items() if until > now}


def wait_for_chat(pace: Pace, chat: str, now: float) -> float:
    """Seconds until the chat has rested; infinite while a send to it is under way."""
    return float("inf") if chat in pace.busy else max(0.0, pace.rests.get(chat, 0.0) - now)


class Pacer:
    """Keeps one bot's pace.

    The outbox takes a turn before it claims a row, and claims for a chat that does not rest::

        await pacer.start()
        delivery = claim(without=pacer.resting())
        if delivery is None:
            pacer.give_back()
        else:
            with pacer.sending(chat, kind):
                await channel.send(...)

    Whoever has the message already (an answer to a command) asks for both at once with ``turn``.
    """

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Pace below ``limits``."""
        self._limits = limits or Limits()
        self._clock = clock
        self._pace = Pace()
        self._line = asyncio.Lock()  # who came first starts first
        self._doors: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._changed = asyncio.Event()

    async def start(self) -> None:
        """Wait for a turn. Each one ends in ``sending`` or ``give_back``."""
        async with self._line:
            while (seconds := wait_for_start(self._pace, self._clock(), self._limits)) > 0:
                self._changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if seconds == float("inf") else seconds):
                        await self._changed.wait()
            self._pace = started(self._pace, self._clock(), self._limits)

    def give_back(self) -> None:
        """End a turn without a message."""
        self._set(given_back(self._pace, self._limits))

    @contextmanager
    def sending(self, chat: str, kind: RecipientKind) -> Iterator[None]:
        """One send to ``chat`` within a turn; the chat rests from its end."""
        self._pace = replace(self._pace, busy=self._pace.busy | {chat})
        try:
            yield
        finally:
            self._set(answered(self._pace, chat, kind, self._clock(), self._limits))

    @asynccontextmanager
    async def turn(self, chat: str, kind: RecipientKind) -> AsyncIterator[None]:
        """Wait until ``chat`` may be written to, and hold its turn for the block."""
        # Only the first in line for a chat joins the common line: a turn is not taken to be given back.
        async with self._doors.setdefault(chat, asyncio.Lock()):
            await self._rested(chat)
            await self.start()
            while chat in self.resting():  # refused, or written to by the outbox, while it stood in line
                self.give_back()
                await self._rested(chat)
                await self.start()
            with self.sending(chat, kind):
                yield

    def resting(self) -> frozenset[str]:
        """The chats to leave out of a claim."""
        return resting(self._pace, self._clock())

    def hold(self, chat: str, wait: timedelta) -> None:
        """A wait the store remembers from before a restart."""
        self._set(held(self._pace, chat, self._clock() + wait.total_seconds()))

    def pause(self, wait: timedelta) -> None:
        """Start nothing for ``wait``, or for longer where that was asked for already."""
        until = max(self._pace.paused_until, self._clock() + wait.total_seconds())
        self._set(replace(self._pace, paused_until=until))

    def refused(self, chat: str, wait: timedelta) -> timedelta:
        """Told to wait by the other side: the chat's own wait is the caller's to keep in the store.

        Returns:
            The pause for everybody that follows from it; zero as long as only few chats are refused.
        """
        now = self._clock()
        self._set(refused(self._pace, chat, wait.total_seconds(), now, self._limits))
        return timedelta(seconds=max(0.0, self._pace.paused_until - now))

    def _set(self, pace: Pace) -> None:
        self._pace = pace
        self._changed.set()

    async def _rested(self, chat: str) -> None:
        while True:
            seconds = wait_for_chat(self._pace, chat, self._clock())
            if seconds <= 0:
                return
            await asyncio.sleep(min(seconds, _LOOK_AGAIN))
