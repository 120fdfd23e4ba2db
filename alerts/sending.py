"""The shell of one send: render what was claimed, hand it to the channel, keep how it went."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts import troubles
from alerts.channels import Channel
from alerts.channels.failures import ChannelError, Down, Moved, TryLater, Unauthorised, Unknown, Unreachable
from alerts.composing import compose
from alerts.messages import Message
from alerts.nouns import Cargo, Delivery, DeliveryState, Subscriber, SubscriberState
from alerts.pacing import Pacer
from alerts.quieting import quiet
from alerts.retrying import (
    OUTAGE,
    after_defect,
    after_failure,
    backoff,
    may_be_outage,
    outage_pause,
    takes_other_way,
)
from alerts.storage import Claim, DeliveryQueue, Dispatch, Edit, Logbook, Personal, Subscribers
from alerts.wanting import CHANNEL_OF, READERS
from crawler.database import AGAIN, Connection, Database, DatabaseError
from crawler.nouns import Outlet

log = logging.getLogger(__name__)

SHUT_OUT = timedelta(minutes=5)  # between tries of a channel whose server refuses our credentials
EDIT_TRIES = 20  # of an edit; the message itself was sent

Turn = AbstractContextManager[object]  # its end is the end of the send, for the pacer


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery that was accepted, and what was sent."""

    claim: Claim
    message: Message
    at: datetime


class Sender:
    """Sends through one channel, and keeps what became of it."""

    def __init__(
        self,
        database: Database,
        channel: Channel,
        outlets: Mapping[str, Outlet],
        pacer: Pacer,
        *,
        now: Callable[[], datetime],
        on_sent: Callable[[Sent], None],
        buttons: bytes,
    ) -> None:
        self._database = database
        self._channel = channel
        self._outlets = outlets
        self._pacer = pacer
        self._now = now
        self._on_sent = on_sent
        self._buttons = buttons
        self._failing_since: datetime | None = None
        self._failures = 0  # in a row: for no reason that a server named
        self._out_until = now()
        self._stopping = asyncio.Event()
        self.owing = 0  # sends that the store could not be told of yet: nothing else may be sent

    def stop(self) -> None:
        """Try no longer to keep what the store does not take: leases bring it back."""
        self._stopping.set()

    async def deliver(self, claim: Claim, turn: Turn) -> None:
        """Send one claimed delivery within its turn."""
        try:
            with turn:
                message = await self._render(claim.delivery, claim.subscriber)
                receipt = await self._channel.send(
                    claim.subscriber.address, message, key=claim.delivery.key, reply_to=claim.reply_to
                )
        except ChannelError as failure:
            await self._failed(claim, failure)
        except DatabaseError as error:  # of the store, not of this delivery: nothing was sent
            log.error("delivery %s could not be read: %s", claim.delivery.id, error)  # noqa: TRY400 (one line says it)
            later = self._now() + backoff(claim.delivery.attempts)
            await self._keep(replace(claim.delivery, state=DeliveryState.QUEUED, due=later), claim.subscriber)
        except Exception as error:
            # The one place for a defect of ours in delivery: the row must move, or it blocks its chat for ever.
            log.exception("delivery %s failed for a reason of ours", claim.delivery.id)
            await self._keep(after_defect(claim.delivery, error, self._now()), claim.subscriber)
        else:
            at = self._now()
            sent = replace(claim.delivery, state=DeliveryState.SENT, receipt=receipt, sent_at=at, error="")
            self._failing_since, self._failures = None, 0
            await self._keep(sent, claim.subscriber)
            self._on_sent(Sent(claim, message, at))

    async def edit(self, edit: Edit, turn: Turn) -> None:
        """Bring one sent message up to date within its turn."""
        try:
            with turn:
                message = await self._render(edit.delivery, edit.subscriber)
                await self._channel.edit(edit.subscriber.address, edit.delivery.receipt, message)
        except (TryLater, Unknown, Down, Unauthorised, Moved) as failure:
            await self._edit_again(edit, failure)
        except (ChannelError, LookupError) as failure:
            log.warning("edit of delivery %s given up: %s", edit.delivery.id, failure)
            await self._database.awrite(lambda c: Dispatch(c).edited(edit))
        else:
            await self._database.awrite(lambda c: Dispatch(c).edited(edit))

    async def _edit_again(self, edit: Edit, failure: ChannelError) -> None:
        """Editing twice does no harm: what was lost is simply done again."""
        wait = failure.after if isinstance(failure, TryLater) else backoff(edit.attempts)

        def keep(connection: Connection) -> None:
            match failure:
                case Moved():
                    Personal(connection).move(edit.subscriber.id, failure.address)
                case TryLater(asked=True):
                    Subscribers(connection).hold(edit.subscriber.id, self._now() + wait)
            if edit.attempts >= EDIT_TRIES:
                Dispatch(connection).edited(edit)
            else:
                Dispatch(connection).put_off_edit(edit, self._now() + wait)

        await self._database.awrite(keep)
        if isinstance(failure, TryLater) and failure.asked:
            self._pacer.refused(edit.subscriber.address, failure.after)

    async def _render(self, delivery: Delivery, subscriber: Subscriber) -> Message:
        # Rendered when it is sent, so that a delivery that waited shows what is known by then.
        now = self._now()
        message = await self._database.aread(
            lambda c: compose(c, delivery, subscriber, self._outlets, now, self._buttons)
        )
        muted = delivery.cargo is Cargo.ALERT and quiet(subscriber, delivery.level, now).silent
        return replace(message, silent=message.silent or muted)

    async def _failed(self, claim: Claim, failure: ChannelError) -> None:
        now, subscriber = self._now(), claim.subscriber
        after = after_failure(claim.delivery, failure, now, subscriber.degraded_at)
        pause = self._pause(claim, failure)
        if self._failures >= OUTAGE and after.state is DeliveryState.QUEUED:
            after = replace(after, due=now)  # all of the channel rests, and goes on in order

        def keep(connection: Connection) -> None:
            if not DeliveryQueue(connection).settle(after):
                return
            self._follow(connection, claim, after, failure)
            if takes_other_way(after, pause, now):
                _send_other_way(connection, after, subscriber, now)
            if pause:
                shut_out = isinstance(failure, Unauthorised)
                name = self._channel.name
                told = troubles.unauthorised(name) if shut_out else troubles.flooded(name, pause)
                troubles.tell(Logbook(connection), told, now)

        await self._database.awrite(keep)
        log.warning("delivery %s: %s, now %s", after.id, type(failure).__name__, after.state)

    def _pause(self, claim: Claim, failure: ChannelError) -> timedelta:
        """Slow down where a failure asks for it; returns for how long the channel's server keeps everybody out."""
        match failure:
            case Unauthorised():
                self._pacer.pause(SHUT_OUT)
                return SHUT_OUT
            case TryLater(asked=True):
                return self._pacer.refused(claim.subscriber.address, failure.after)
        if may_be_outage(claim.delivery.channel, failure):
            self._out(isinstance(failure, Down))
        return timedelta(0)

    def _out(self, down: bool) -> None:
        """Count a failure that no server named; those that were under way together are one."""
        now = self._now()
        self._failing_since = self._failing_since or now
        if now >= self._out_until:
            self._failures = max(self._failures + 1, OUTAGE if down else 0)
            pause = outage_pause(self._failures)
            self._pacer.pause(pause)
            self._out_until = now + pause

    def _follow(self, connection: Connection, claim: Claim, after: Delivery, failure: ChannelError) -> None:
        """What a failure means for the subscriber and for the channel."""
        queue, people, logbook, now, subscriber = (
            DeliveryQueue(connection),
            Subscribers(connection),
            Logbook(connection),
            self._now(),
            claim.subscriber,
        )
        match failure:
            case TryLater(asked=True):
                people.hold(subscriber.id, now + failure.after)
                if failure.after >= troubles.LONG_WAIT:
                    troubles.tell(logbook, troubles.made_to_wait(subscriber, failure.after), now)
            case TryLater() | Down():
                since = self._failing_since or now
                if now - since >= troubles.SILENT_FOR:
                    troubles.tell(logbook, troubles.down(self._channel.name, since, after.error), now)
            case Moved():
                if "/" in subscriber.address:
                    troubles.tell(logbook, troubles.topic_gone(subscriber, after.error), now)
                Personal(connection).move(subscriber.id, failure.address)
            case Unreachable(state=SubscriberState.DEGRADED) if after.state is DeliveryState.QUEUED:
                people.degrade(subscriber.id, now, after.due)
                troubles.tell(logbook, troubles.degraded(subscriber, after.error), now)
            case Unreachable():
                people.set_state(subscriber.id, SubscriberState.SUSPENDED)
                queue.cancel_deliveries(subscriber.id)

    async def _keep(self, delivery: Delivery, subscriber: Subscriber) -> None:
        def keep(connection: Connection) -> None:
            if DeliveryQueue(connection).settle(delivery) and delivery.state is DeliveryState.SENT:
                troubles.over(Logbook(connection), delivery, subscriber, self._now())
                if subscriber.state is SubscriberState.DEGRADED:
                    Subscribers(connection).set_state(subscriber.id, SubscriberState.ACTIVE)

        with suppress(asyncio.CancelledError):
            # Shielded: the message is out, and a row that does not say so would send it again.
            await asyncio.shield(self._kept(keep))

    async def _kept(self, keep: Callable[[Connection], None]) -> None:
        """Keep how a send went, however long the store takes nothing: a full disk is no reason to send twice."""
        owed = False
        while True:
            try:
                await self._database.awrite(keep)
                break
            except DatabaseError as error:
                log.error("what was sent cannot be kept yet: %s", error)  # noqa: TRY400 (one line says it)
            if not owed:
                owed, self.owing = True, self.owing + 1
            if self._stopping.is_set():
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN):
                    await self._stopping.wait()
        self.owing -= owed


def _send_other_way(connection: Connection, after: Delivery, subscriber: Subscriber, now: datetime) -> None:
    """Tell what is critical where else its subscriber reads."""
    dispatch = Dispatch(connection)
    other = dispatch.fallback_of(subscriber.id)
    if other is not None and other.kind in READERS and after.cargo is Cargo.ALERT:
        dispatch.queue_also(after, other, CHANNEL_OF[other.kind], now)
