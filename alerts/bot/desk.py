"""The shell of the bot: lets an update in, has it answered, and sends the answer at the pace of all messages."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from alerts.bot.answering import Caller, answer, caller, sorry
from alerts.bot.commands import asks_us
from alerts.bot.gate import Bucket, Turn, bounded, take_turn
from alerts.bot.nouns import Incoming, Reply
from alerts.bot.operators import commands as operators
from alerts.bot.operators.pages import unwritable
from alerts.bot.visit import Office
from alerts.channels import Channel
from alerts.channels.failures import TryLater, Unreachable
from alerts.nouns import RecipientKind, SubscriberState
from alerts.pacing import Pacer
from alerts.storage import Subscribers
from crawler.database import Connection, Database, DatabaseError

log = logging.getLogger(__name__)

MOST_BUCKETS: Final = 10_000  # users whose pace is remembered
MOST_WAITING: Final = 500  # answers on their way out
RIGHTS_KEPT: Final = 60.0  # seconds for which an administrator is believed to be one
LONGEST_WAIT: Final = timedelta(seconds=60)  # for which an answer waits out a flood; then it is pointless


class Line:
    """What the desk needs of Telegram besides sending messages."""

    def __init__(
        self,
        *,
        is_administrator: Callable[[int, int], Awaitable[bool]],
        answer_press: Callable[[str, str], Awaitable[None]],
        send_file: Callable[[int, str, bytes], Awaitable[None]],
        leave: Callable[[int], Awaitable[object]],
    ) -> None:
        self.is_administrator = is_administrator
        self.answer_press = answer_press
        self.send_file = send_file
        self.leave = leave


class Desk:
    """Answers updates one by one; what leaves keeps its order in each chat."""

    def __init__(
        self,
        database: Database,
        office: Callable[[], Office],
        channel: Channel,
        pacer: Pacer,
        line: Line,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._office = office
        self._channel = channel
        self._pacer = pacer
        self._line = line
        self._now = now
        self._clock = clock
        self._buckets: dict[int, Bucket] = {}
        self._rights: dict[tuple[int, int], tuple[float, bool]] = {}
        self._sending: set[asyncio.Future[None]] = set()

    async def handle(self, incoming: Incoming) -> None:
        """Answer one update, whatever becomes of it: no update may stop those behind it."""
        if not asks_us(incoming):
            return
        who: Caller | None = None
        reply: Reply | None = None
        try:
            turn, office, now = self._turn(incoming), self._office(), self._now()
            if turn is not Turn.IGNORE:
                who = await self._database.aread(lambda c: caller(c, office, incoming, now))
            if who and turn is Turn.TAKE:
                reply = await self._answer(incoming, who, office, now)
            elif who:
                reply = sorry(who, incoming, "too_fast", now)
        except DatabaseError as error:
            log.error("update %d was not answered: %s", incoming.update, error)  # noqa: TRY400 (one line says it)
            reply = self._unwritable(incoming, who, str(error))
        except Exception:
            # The one place for a defect of ours in the conversation: the next update must be answered.
            log.exception("update %d was not answered", incoming.update)
            reply = sorry(who, incoming, "failed", self._now())
        if incoming.query:
            self._start(self._line.answer_press(incoming.query, reply.toast if reply else ""))
        if reply and (reply.message or reply.document or reply.leave):
            self._start(self._send(incoming, reply))

    async def stop(self, patience: float) -> None:
        """Give the answers on their way up to ``patience`` seconds."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=patience)
        for task in list(self._sending):
            task.cancel()

    def _turn(self, incoming: Incoming) -> Turn:
        if incoming.membership or incoming.moved_to:
            return Turn.TAKE
        who = incoming.user or incoming.chat
        bucket, turn = take_turn(self._buckets.get(who, Bucket(at=self._clock())), self._clock())
        self._buckets[who] = bucket
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets = bounded(self._buckets, MOST_BUCKETS // 2)
        return turn

    async def _answer(self, incoming: Incoming, who: Caller, office: Office, now: datetime) -> Reply | None:
        rights = not who.ask_rights_in or await self._has_rights(incoming, who.ask_rights_in)
        reply = await self._database.awrite(lambda c: answer(c, office, incoming, rights=rights, now=now))
        return await self._database.aread(reply.look) if reply and reply.look else reply

    async def _has_rights(self, incoming: Incoming, chat: int) -> bool:
        known = self._known_rights(incoming, chat)
        if known is not None:
            return known
        rights = await self._line.is_administrator(chat, incoming.user)
        if len(self._rights) >= MOST_BUCKETS:
            self._rights.clear()
        self._rights[chat, incoming.user] = (self._clock(), rights)
        return rights

    def _known_rights(self, incoming: Incoming, chat: int) -> bool | None:
        if incoming.masked and chat == incoming.chat:
            return True
        since, rights = self._rights.get((chat, incoming.user), (-math.inf, None))
        return rights if since > self._clock() - RIGHTS_KEPT else None

    def _unwritable(self, incoming: Incoming, who: Caller | None, cause: str) -> Reply:
        """Nothing can be kept just now: operators hear why, everybody else is asked to come back. Nothing is read."""
        asked = who and who.operates and incoming.command in operators.COMMANDS
        if who and asked and (not who.ask_rights_in or self._known_rights(incoming, who.ask_rights_in)):
            return Reply(unwritable(self._office(), cause))
        return sorry(who, incoming, "failed", self._now())

    def _start(self, sending: Awaitable[None]) -> None:
        if len(self._sending) >= MOST_WAITING:
            log.warning("%d answers wait already: one is given up", MOST_WAITING)
            if asyncio.iscoroutine(sending):
                sending.close()
            return
        task = asyncio.ensure_future(sending)
        self._sending.add(task)
        task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Future[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("an answer was not sent: %s", type(error).__name__)

    async def _send(self, incoming: Incoming, reply: Reply) -> None:
        if reply.leave:
            await self._line.leave(incoming.chat)
            return
        address, kind = (
            reply.to or incoming.address,
            RecipientKind.PRIVATE_CHAT if reply.to else incoming.kind,
        )
        begun = self._now()
        while reply.message:
            try:
                async with self._pacer.turn(address, kind):
                    await self._deliver(incoming, reply, address)
                break
            except TryLater as later:
                if later.asked:
                    self._pacer.refused(address, later.after)
                if self._now() + later.after - begun > LONGEST_WAIT:
                    raise
                await asyncio.sleep(later.after.total_seconds())
            except Unreachable as gone:
                await self._database.awrite(partial(_lose, incoming, gone.state))
                return
        if reply.document:
            async with self._pacer.turn(address, kind):
                await self._line.send_file(incoming.chat, reply.document.name, reply.document.content)

    async def _deliver(self, incoming: Incoming, reply: Reply, address: str) -> None:
        assert reply.message is not None  # noqa: S101 (asked by the caller)
        if reply.edit and incoming.message:
            await self._channel.edit(address, str(incoming.message), reply.message)
            return
        group = incoming.kind is RecipientKind.GROUP and not reply.to
        answered = str(incoming.message) if group and incoming.message else ""
        await self._channel.send(address, reply.message, key=f"answer-{incoming.update}", reply_to=answered)


def _lose(incoming: Incoming, state: SubscriberState, connection: Connection) -> None:
    found = Subscribers(connection).at(incoming.kind, incoming.address)
    if found and found.state is SubscriberState.ACTIVE:
        Subscribers(connection).set_state(found.id, state)
