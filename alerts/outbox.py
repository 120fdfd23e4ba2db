"""The shell of delivery: claim what is due, render it, send it, keep how it went. One line a channel."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from alerts.channels import Channel
from alerts.channels.failures import ChannelError, Down, Moved, TryLater, Unauthorised, Unreachable
from alerts.composing import compose
from alerts.messages import Message
from alerts.nouns import Delivery, DeliveryState
from alerts.pacing import Pacer
from alerts.retrying import after_defect, after_failure
from alerts.storage import Claim, Logbook, Mailroom
from crawler.database import Connection, Database
from crawler.nouns import Outlet
from crawler.storage import new_lease

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # longer than a send with its time-outs
AT_ONCE = 8  # deliveries of a channel in flight, each to another subscriber: what a crash may double
IDLE = 1.0  # seconds between looks when nobody wakes us
SIGN_OF_LIFE = 5.0  # seconds between signs while the pacer pauses
RESTING = 0.2  # and while chats rest whose next message may be waiting
SHUT_OUT = timedelta(minutes=5)  # between tries of a channel whose server refuses our credentials
DOWN = timedelta(seconds=30)  # between tries of a channel whose server is not there
DOWN_TOLD = timedelta(minutes=2)  # until operators are told of it: a restart is not worth a word


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery that was accepted, and what was sent."""

    claim: Claim
    message: Message
    at: datetime


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
    ) -> None:
        """Deliver through ``channels``, by name.

        Args:
            database: the store.
            channels: by name.
            outlets: by id.
            now: the wall clock.
            on_sent: called for each delivery that was accepted.
            on_turn: called with a line's name as long as it moves.
            pacers: of channels that others send through too, by name.
            buttons: the key of the bot's buttons; without one, none is put under an alert.
        """
        self._lines = [
            Line(
                database,
                channel,
                outlets,
                now=now,
                on_sent=on_sent,
                on_turn=partial(on_turn, name),
                pacer=(pacers or {}).get(name) or Pacer(),
                buttons=buttons,
            )
            for name, channel in channels.items()
        ]

    def wake(self) -> None:
        """Look at once: something was queued."""
        for line in self._lines:
            line.woken.set()

    async def run(self) -> None:
        """Deliver until stopped."""
        async with asyncio.TaskGroup() as group:
            for line in self._lines:
                group.create_task(line.run())

    async def stop(self, patience: float) -> None:
        """Take nothing more, and give what is being sent up to ``patience`` seconds."""
        await asyncio.gather(*(line.stop(patience) for line in self._lines))


class Line:
    """The queue before one channel: the most urgent first, in order for each subscriber, at the channel's pace."""

    def __init__(
        self,
        database: Database,
        channel: Channel,
        outlets: Mapping[str, Outlet],
        *,
        now: Callable[[], datetime],
        on_sent: Callable[[Sent], None],
        on_turn: Callable[[], None],
        pacer: Pacer,
        buttons: bytes,
    ) -> None:
        self.woken = asyncio.Event()
        self._database = database
        self._channel = channel
        self._outlets = outlets
        self._now = now
        self._on_sent = on_sent
        self._on_turn = on_turn  # the line moves, or waits for a reason it knows
        self._pacer = pacer
        self._buttons = buttons
        self._stopping = False
        self._down_since: datetime | None = None  # its server is not there
        self._refused = True  # until a message went through: an event that a former process opened must close
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Deliver until stopped."""
        while not self._stopping:
            if len(self._sending) >= AT_ONCE:
                await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            # The turn before the claim: a row that waits for its turn in a process that dies would wait for its lease.
            await self._turn()
            claim = await self._claim()
            if claim is None:
                self._pacer.give_back()
                await self._rest()
            else:
                turn = ExitStack()
                # Entered here, not in the task: the next claim must already leave this chat out.
                turn.enter_context(self._pacer.sending(claim.subscriber.address, claim.subscriber.kind))
                task = asyncio.create_task(self._deliver(claim, turn))
                self._sending.add(task)
                task.add_done_callback(self._done)

    async def stop(self, patience: float) -> None:
        """Take nothing more, and give what is being sent up to ``patience`` seconds."""
        self._stopping = True
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

    async def _claim(self) -> Claim | None:
        if self._stopping:
            return None
        now, resting = self._now(), self._pacer.resting()
        claims = await self._database.awrite(
            lambda c: Mailroom(c).claim_deliveries(
                now, channel=self._channel.name, until=now + LEASE, lease=new_lease("run"), without=resting
            )
        )
        return claims[0] if claims else None

    def _done(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self.woken.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("keeping a delivery failed: %r", error, exc_info=error)  # its lease brings it back

    async def _deliver(self, claim: Claim, turn: ExitStack) -> None:
        """Send one claimed delivery within its turn and keep how it went."""
        try:
            with turn:
                message = await self._render(claim)
                receipt = await self._channel.send(
                    claim.subscriber.address, message, key=claim.delivery.key, reply_to=claim.reply_to
                )
        except Unauthorised as error:
            await self._shut_out(claim, str(error))
        except Down as error:
            await self._wait_for_server(claim, str(error))
        except ChannelError as failure:
            await self._failed(claim, failure)
        except Exception as error:
            # The one place for a defect of ours in delivery: the row must move, or it blocks its chat for ever.
            log.exception("delivery %s failed for a reason of ours", claim.delivery.id)
            await self._settle(after_defect(claim.delivery, error, self._now()))
        else:
            at = self._now()
            await self._settle(
                replace(claim.delivery, state=DeliveryState.SENT, receipt=receipt, sent_at=at, error="")
            )
            await self._answered(at)
            self._on_sent(Sent(claim, message, at))

    async def _answered(self, at: datetime) -> None:
        """The channel works: what was told of it is over."""
        self._down_since = None
        if self._refused:
            self._refused = False
            await self._database.awrite(lambda c: self._tell_answered(c, at))

    def _tell_answered(self, connection: Connection, at: datetime) -> None:
        for kind in ("channel_unauthorised", "channel_down"):
            Logbook(connection).close_event(kind, self._channel.name, at)

    async def _render(self, claim: Claim) -> Message:
        # Rendered when it is sent, so that a delivery that waited shows what is known by then.
        return await self._database.aread(
            lambda c: compose(c, claim.delivery, claim.subscriber, self._outlets, self._now(), self._buttons)
        )

    async def _shut_out(self, claim: Claim, error: str) -> None:
        """The channel's server refuses our credentials: the queue is kept, and nothing is sent for a while."""
        log.warning("the channel %s refuses our credentials: nothing is sent through it", self._channel.name)
        later = self._now() + SHUT_OUT
        await self._settle(replace(claim.delivery, state=DeliveryState.QUEUED, due=later, error=error[:300]))
        self._pacer.pause(SHUT_OUT)
        self._refused = True
        await self._database.awrite(self._tell_refused)

    def _tell_refused(self, connection: Connection) -> None:
        Logbook(connection).open_event(
            "channel_unauthorised",
            self._channel.name,
            cause="its server refuses our credentials; nothing is sent, the queue is kept",
            now=self._now(),
        )

    async def _wait_for_server(self, claim: Claim, error: str) -> None:
        """The channel's server is not there: the queue is kept, and one delivery after the other knocks."""
        now = self._now()
        self._down_since = self._down_since or now
        await self._settle(
            replace(claim.delivery, state=DeliveryState.QUEUED, due=now + DOWN, error=error[:300])
        )
        self._pacer.pause(DOWN)
        if now - self._down_since >= DOWN_TOLD:
            log.warning("the server of the channel %s is not there", self._channel.name)
            self._refused = True
            await self._database.awrite(lambda c: self._tell_down(c, error))

    def _tell_down(self, connection: Connection, error: str) -> None:
        Logbook(connection).open_event(
            "channel_down",
            self._channel.name,
            cause="its server cannot be reached; nothing is sent, the queue is kept",
            evidence={"said": error[:300]},
            now=self._now(),
        )

    async def _failed(self, claim: Claim, failure: ChannelError) -> None:
        now = self._now()
        after = after_failure(claim.delivery, failure, now)

        def keep(connection: Connection) -> None:
            mailroom = Mailroom(connection)
            if not mailroom.settle(after):
                return
            match failure:
                case TryLater(asked=True):
                    mailroom.hold_subscriber(claim.subscriber.id, now + failure.after)
                case Moved():
                    mailroom.move_subscriber(claim.subscriber.id, failure.address)
                case Unreachable():
                    mailroom.set_subscriber_state(claim.subscriber.id, failure.state)

        await self._database.awrite(keep)
        if isinstance(failure, TryLater) and failure.asked:
            self._pacer.refused(claim.subscriber.address, failure.after)
        log.warning("delivery %s: %s, now %s", claim.delivery.id, type(failure).__name__, after.state)

    async def _settle(self, delivery: Delivery) -> None:
        with suppress(asyncio.CancelledError):
            # Shielded: the message is out, and a row that does not say so would send it again.
            await asyncio.shield(self._database.awrite(lambda c: Mailroom(c).settle(delivery)))
