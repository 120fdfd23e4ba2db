"""The shell of delivery: claim what is due, render it, send it, keep how it went."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.channels import Channel
from alerts.channels.failures import ChannelError, Moved, TryLater, Unauthorised, Unreachable
from alerts.messages import Message, render
from alerts.notices import notice_of, reader_of
from alerts.nouns import Delivery, DeliveryState
from alerts.retrying import after_defect, after_failure
from alerts.storage import Claim, Newsdesk
from crawler.database import Connection, Database
from crawler.nouns import Outlet
from crawler.storage import new_lease

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # longer than a send with its time-outs
AT_ONCE = 8  # deliveries in flight, each to another subscriber
IDLE = 1.0  # seconds between looks when nobody wakes us
SHUT_OUT = timedelta(minutes=5)  # between tries of a channel whose server refuses our credentials


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery that was accepted, and what was sent."""

    claim: Claim
    message: Message
    at: datetime


class Outbox:
    """Delivers what is queued, the most urgent first, in order for each subscriber."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        outlets: Mapping[str, Outlet],
        *,
        now: Callable[[], datetime],
        on_sent: Callable[[Sent], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._channels = channels
        self._outlets = outlets
        self._now = now
        self._on_sent = on_sent
        self._woken = asyncio.Event()
        self._stopping = False
        self._sending: set[asyncio.Task[None]] = set()
        self._shut_out: dict[str, datetime] = {}  # channel: not before

    def wake(self) -> None:
        """Look at once: something was queued."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until stopped."""
        while not self._stopping:
            started = await self.start_due()
            if started and len(self._sending) < AT_ONCE:
                continue
            waiting = asyncio.create_task(self._woken.wait())
            await asyncio.wait({waiting, *self._sending}, timeout=IDLE, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            self._woken.clear()

    async def stop(self, patience: float) -> None:
        """Take nothing more, and give what is being sent up to ``patience`` seconds."""
        self._stopping = True
        self._woken.set()
        if self._sending:
            await asyncio.wait(self._sending, timeout=patience)
        for task in list(self._sending):
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def start_due(self) -> int:
        """Claim and start what is due, up to what may be in flight; returns how many."""
        room = AT_ONCE - len(self._sending)
        if room <= 0 or self._stopping:
            return 0
        now = self._now()
        open_channels = [name for name in self._channels if self._shut_out.get(name, now) <= now]
        claims = await self._database.awrite(
            lambda c: Newsdesk(c).claim_deliveries(
                now, until=now + LEASE, lease=new_lease("run"), most=room, channels=open_channels
            )
        )
        for claim in claims:
            task = asyncio.create_task(self.deliver(claim))
            self._sending.add(task)
            task.add_done_callback(self._done)
        return len(claims)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._woken.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("keeping a delivery failed: %r", error, exc_info=error)  # its lease brings it back

    async def deliver(self, claim: Claim) -> None:
        """Send one claimed delivery and keep how it went."""
        try:
            message = await self._render(claim)
            receipt = await self._channels[claim.delivery.channel].send(
                claim.subscriber.address, message, reply_to=claim.reply_to
            )
        except Unauthorised as error:
            self._shut_out[claim.delivery.channel] = self._now() + SHUT_OUT
            log.warning(
                "the channel %s refuses our credentials: nothing is sent through it", claim.delivery.channel
            )
            await self._give_back(claim, str(error))
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
            self._on_sent(Sent(claim, message, at))

    async def _render(self, claim: Claim) -> Message:
        # Rendered when it is sent, so that a delivery that waited shows what is known by then.
        notice = await self._database.aread(lambda c: notice_of(c, claim.delivery.alert, self._outlets))
        return render(notice, reader_of(claim.subscriber))

    async def _give_back(self, claim: Claim, error: str) -> None:
        await self._settle(
            replace(claim.delivery, state=DeliveryState.QUEUED, due=self._now() + SHUT_OUT, error=error[:300])
        )

    async def _failed(self, claim: Claim, failure: ChannelError) -> None:
        now = self._now()
        after = after_failure(claim.delivery, failure, now)

        def keep(connection: Connection) -> None:
            desk = Newsdesk(connection)
            if not desk.settle(after):
                return
            match failure:
                case TryLater(asked=True):
                    desk.hold_subscriber(claim.subscriber.id, now + failure.after)
                case Moved():
                    desk.move_subscriber(claim.subscriber.id, failure.address)
                case Unreachable():
                    desk.set_subscriber_state(claim.subscriber.id, failure.state)

        await self._database.awrite(keep)
        log.warning("delivery %s: %s, now %s", claim.delivery.id, type(failure).__name__, after.state)

    async def _settle(self, delivery: Delivery) -> None:
        with suppress(asyncio.CancelledError):
            # Shielded: the message is out, and a row that does not say so would send it again.
            await asyncio.shield(self._database.awrite(lambda c: Newsdesk(c).settle(delivery)))
