"""The shell of delivery: claim what is due and have it sent. One line a channel."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from alerts import troubles
from alerts.channels import Channel
from alerts.nouns import Cargo, DeliveryState, Subscriber
from alerts.pacing import UNPACED, Pacer
from alerts.quieting import quiet
from alerts.retrying import OLD
from alerts.sending import Sender, Sent, Turn
from alerts.storage import Claim, DeliveryQueue, Dispatch, Edit, Logbook
from alerts.storage.dispatch import FOLDED_AT_ONCE
from crawler.database import Connection, Database, DatabaseError
from crawler.nouns import Outlet
from crawler.storage import new_lease

__all__ = ["Line", "Outbox", "Sent"]

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # longer than a send with its time-outs
AT_ONCE = 8  # deliveries of a channel in flight, each to another subscriber: what a crash may double
IDLE = 1.0  # seconds between looks when nobody wakes us
SIGN_OF_LIFE = 5.0  # seconds between signs while the pacer pauses
RESTING = 0.2  # and while chats rest whose next message may be waiting


class Outbox:
    """Delivers what is queued: a line a channel, so that a dead channel never delays another."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        outlets: Mapping[str, Outlet],
        *,
        now: Callable[[], datetime],
        on_sent: Callable[[Sent], None] = lambda _: None,
        on_turn: Callable[[str], None] = lambda _: None,
        pacers: Mapping[str, Pacer] | None = None,
        buttons: bytes = b"",
        holder: str = "",
        at_once: int = AT_ONCE,
    ) -> None:
        """Deliver through ``channels``, by name.

        Args:
            database: the store.
            channels: by name.
            outlets: by id.
            now: the wall clock.
            on_sent: called for each delivery that was accepted.
            on_turn: called with a line's name as long as it moves.
            pacers: of channels whose servers limit us, by name; the others go as fast as they answer.
            buttons: the key of the bot's buttons; without one, none is put under an alert.
            holder: who we are. Of all who share a store, one sends through a channel; a restart has the same name.
            at_once: deliveries of a channel in flight.
        """
        self._database = database
        self._holder = holder
        self._lines = []
        for name, channel in channels.items():
            pacer = (pacers or {}).get(name) or Pacer(UNPACED)
            sender = Sender(database, channel, outlets, pacer, now=now, on_sent=on_sent, buttons=buttons)
            line = Line(
                database,
                name,
                sender,
                pacer,
                now=now,
                on_turn=partial(on_turn, name),
                holder=holder,
                at_once=at_once,
            )
            self._lines.append(line)

    def wake(self) -> None:
        """Look at once: something was queued."""
        for line in self._lines:
            line.woken.set()

    async def run(self) -> None:
        """Deliver until cancelled; from ``stop`` on, nothing."""
        async with asyncio.TaskGroup() as group:
            for line in self._lines:
                group.create_task(line.run())
        await asyncio.Event().wait()  # a loop that ends by itself is one that failed

    async def stop(self, patience: float) -> None:
        """Take nothing more, and give what is being sent up to ``patience`` seconds."""
        await asyncio.gather(*(line.stop(patience) for line in self._lines))
        try:
            await self._database.awrite(lambda c: Dispatch(c).give_up_sending(self._holder))
        except DatabaseError as error:  # the right to send ends by itself
            log.error("the right to send could not be given up: %s", error)  # noqa: TRY400 (one line says it)


class Line:
    """The queue before one channel: the most urgent first, in order for each subscriber, at the channel's pace."""

    def __init__(
        self,
        database: Database,
        channel: str,
        sender: Sender,
        pacer: Pacer,
        *,
        now: Callable[[], datetime],
        on_turn: Callable[[], None],
        holder: str,
        at_once: int,
    ) -> None:
        self.woken = asyncio.Event()
        self._database = database
        self._channel = channel
        self._sender = sender
        self._pacer = pacer
        self._now = now
        self._on_turn = on_turn  # the line moves, or waits for a reason it knows
        self._holder = holder
        self._at_once = at_once
        self._stopping = False
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Deliver until stopped."""
        while not self._stopping:
            while len(self._sending) >= self._at_once:
                self._on_turn()
                await asyncio.wait(self._sending, timeout=SIGN_OF_LIFE, return_when=asyncio.FIRST_COMPLETED)
            # The turn before the claim: a row that waits for its turn in a process that dies would wait for its lease.
            await self._turn()
            match await self._next():
                case Claim() as claim:
                    await self._take(claim)
                case Edit() as edit:
                    self._send(edit.subscriber, partial(self._sender.edit, edit))
                case None:
                    self._pacer.give_back()
                    await self._rest()

    async def stop(self, patience: float) -> None:
        """Take nothing more, and give what is being sent up to ``patience`` seconds."""
        self._stopping = True
        self._sender.stop()
        self.woken.set()
        if self._sending:
            await asyncio.wait(self._sending, timeout=patience)
        for task in list(self._sending):
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def _turn(self) -> None:
        """Wait for the pacer, which may pause for minutes, and say so while it does."""
        turn = asyncio.create_task(self._pacer.start())
        try:
            while not turn.done():
                self._on_turn()
                await asyncio.wait({turn}, timeout=SIGN_OF_LIFE)
            turn.result()
        except asyncio.CancelledError:
            if not turn.cancel():  # it was ours already
                self._pacer.give_back()
            raise

    async def _rest(self) -> None:
        """Wait until woken, or a moment."""
        moment = RESTING if self._pacer.resting() else IDLE
        with suppress(TimeoutError):
            async with asyncio.timeout(moment):
                await self.woken.wait()
        self.woken.clear()

    async def _next(self) -> Claim | Edit | None:
        """Claim a delivery, or else an edit; None: nothing may or must be done."""
        # Nothing else is sent before the store knows what was: the claim is the proof that it can be written.
        if self._stopping or self._sender.owing:
            return None
        try:
            return await self._database.awrite(
                partial(self._claim, now=self._now(), resting=self._pacer.resting())
            )
        except DatabaseError as error:
            log.error("nothing is sent by %s: %s", self._channel, error)  # noqa: TRY400 (one line says it)
            return None

    def _claim(
        self, connection: Connection, *, now: datetime, resting: frozenset[str]
    ) -> Claim | Edit | None:
        dispatch, until, lease = Dispatch(connection), now + LEASE, new_lease("run")
        if not dispatch.may_send(self._channel, self._holder, now, until):
            troubles.tell(Logbook(connection), troubles.elsewhere(self._channel), now)
            return None
        halted = dispatch.is_halted(self._channel)
        if not halted and dispatch.fold(now, OLD) == FOLDED_AT_ONCE:
            return None
        claims = DeliveryQueue(connection).claim_deliveries(
            now, channel=self._channel, until=until, lease=lease, without=resting, operators_only=halted
        )
        if claims or halted:
            return claims[0] if claims else None
        return dispatch.claim_edit(now, channel=self._channel, until=until, lease=lease, without=resting)

    async def _take(self, claim: Claim) -> None:
        """Send a claimed delivery, or keep it for the end of its reader's quiet hours."""
        delivery = claim.delivery
        hours = quiet(claim.subscriber, delivery.level, self._now())
        if delivery.cargo is Cargo.ALERT and hours.until:
            held = replace(delivery, state=DeliveryState.HELD, due=hours.until)
            self._pacer.give_back()
            await self._database.awrite(lambda c: DeliveryQueue(c).settle(held))
        else:
            self._send(claim.subscriber, partial(self._sender.deliver, claim))

    def _send(self, to: Subscriber, send: Callable[[Turn], Coroutine[object, object, None]]) -> None:
        turn = ExitStack()
        # Entered here, not in the task: the next claim must already leave this chat out.
        turn.enter_context(self._pacer.sending(to.address, to.kind))
        task = asyncio.create_task(send(turn))
        self._sending.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self.woken.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("keeping a delivery failed: %r", error, exc_info=error)  # its lease brings it back
