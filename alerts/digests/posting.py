"""The shell of a tick: whose digest is due, what it tells, and all of it kept in one transaction."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.digests.making import Maker
from alerts.digests.nouns import Digest, DigestKind, DigestSettings, Edition, Known, Outcome
from alerts.digests.selecting import muted
from alerts.digests.timing import LATE, due
from alerts.nouns import Subscriber, Subscription
from alerts.storage import Logbook, Subscribers
from alerts.storage.digests import Digests
from alerts.wanting import CHANNEL_OF
from crawler.database import Connection, Database
from crawler.nouns import Outlet

log = logging.getLogger(__name__)

AT_ONCE = 50  # readers a transaction
KEPT = timedelta(days=30)  # contents, for whoever asks what was told


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets digests of one kind."""

    subscriber: Subscriber
    settings: DigestSettings
    wanted: tuple[Subscription, ...]


Turn = tuple[Recipient, list[Edition]]


def recipients(connection: Connection) -> list[Recipient]:
    """Return who gets digests: an active subscriber with a subscription of the kind's cadence."""
    settings = Digests(connection).all_settings()
    found: dict[tuple[int, DigestKind], Recipient] = {}
    kinds = {kind.value: kind for kind in DigestKind}
    for subscriber, subscription in Subscribers(connection).subscriptions():
        kind = kinds.get(subscription.cadence)
        if kind is None:
            continue
        key = subscriber.id, kind
        earlier = found[key].wanted if key in found else ()
        chosen = settings.get(key, DigestSettings(subscriber.id, kind))
        found[key] = Recipient(subscriber, chosen, (*earlier, subscription))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Made:
    """What is to be kept of one recipient's turn."""

    recipient: Recipient
    editions: tuple[Edition, ...]  # oldest first; the last may carry the digest
    digest: Digest | None = None
    told: tuple[tuple[int, Known], ...] = ()
    defect: str = ""  # of ours: nothing is kept, the next tick tries again


class DigestDesk:
    """Decides about every slot once, and hands what is to be told to the outbox."""

    def __init__(
        self,
        database: Database,
        outlets: Mapping[str, Outlet],
        *,
        now: Callable[[], datetime],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._outlets = outlets
        self._now = now
        self._wake = wake

    async def run(self) -> None:
        """Decide about every slot that has come."""
        if not await self._database.aread(lambda c: plan(c, self._now())):
            return
        turns = await self._database.awrite(self._begin)
        for start in range(0, len(turns), AT_ONCE):
            await self.take(turns[start : start + AT_ONCE])

    async def take(self, turns: Sequence[Turn]) -> None:
        """Make and keep what was decided, all or nothing, and wake the outbox."""
        made = await self._database.aread(lambda c: self._make(c, turns))
        await self._database.awrite(lambda c: self._keep(c, made))
        self._wake()

    def _begin(self, connection: Connection) -> list[Turn]:
        """Merge into the coming editions what is still in the queue; returns what is decided about them by then.

        Both the plan and the clock are read inside a transaction: an edition that another desk has queued meanwhile
        is no old one to merge, and what is kept after this carries a later time, so that nothing falls between these
        windows and the next.
        """
        now = self._now()
        begun = {(recipient.subscriber.id, recipient.settings.kind) for recipient, _ in plan(connection, now)}
        for subscriber, kind in sorted(begun):
            Digests(connection).give_up(now, kind, subscriber)
        return [
            turn for turn in plan(connection, now) if (turn[0].subscriber.id, turn[0].settings.kind) in begun
        ]

    async def tidy(self) -> None:
        """Merge what no server took in time into the next edition, and let go of old contents."""
        now = self._now()

        def work(connection: Connection) -> list[Edition]:
            Digests(connection).forget(now - KEPT)
            return Digests(connection).give_up(now - LATE[DigestKind.DAILY], DigestKind.DAILY)

        for edition in await self._database.awrite(work):
            log.warning(
                "the digest %s of subscriber %d was not taken in time", edition.slot, edition.subscriber
            )

    def _make(self, connection: Connection, turns: Sequence[Turn]) -> list[Made]:
        maker, digests = Maker(connection, self._outlets), Digests(connection)
        return [self._make_one(maker, digests, *turn) for turn in turns]

    def _make_one(
        self, maker: Maker, digests: Digests, recipient: Recipient, editions: list[Edition]
    ) -> Made:
        *missed, last = editions
        if last.outcome is Outcome.SENT and muted(recipient.wanted, last.decided_at):
            last = replace(last, outcome=Outcome.MERGED)  # wanted later, not lost
        if last.outcome is not Outcome.SENT:
            return Made(recipient, (*missed, last))
        try:
            merged = [*digests.unsent(last), *missed]
            digest = make(maker, recipient, last, [edition.local_date for edition in merged])
            told = tuple(maker.told(digest))
        except Exception as error:
            # The one place for a defect of ours in making a digest: one reader's must not stop all others'.
            log.exception("the digest of subscriber %d could not be made", recipient.subscriber.id)
            return Made(recipient, tuple(missed), defect=type(error).__name__)
        if not digest.pieces and not recipient.settings.all_quiet:
            return Made(recipient, (*missed, replace(last, outcome=Outcome.EMPTY)))
        return Made(recipient, tuple(editions), digest, told)

    def _keep(self, connection: Connection, made: Sequence[Made]) -> None:
        digests, logbook, now = Digests(connection), Logbook(connection), self._now()
        for each in made:
            subscriber = each.recipient.subscriber
            carrier = each.editions[-1] if each.digest else None
            for edition in each.editions:
                number = digests.decide(edition, each.digest if edition is carrier else None)
                if number and edition is carrier:
                    digests.keep_told(number, each.told)
                    digests.queue(number, subscriber.id, channel_of(subscriber), now)
            if each.defect:
                self._tell_defect(logbook, each, now)
            else:
                logbook.close_event("digest_not_made", str(subscriber.id), now)

    def _tell_defect(self, logbook: Logbook, made: Made, now: datetime) -> None:
        logbook.open_event(
            "digest_not_made",
            str(made.recipient.subscriber.id),
            cause="a defect of ours; it is tried every minute, and after six hours merged into the next",
            evidence={"error": made.defect, "kind": made.recipient.settings.kind},
            now=now,
        )


def plan(connection: Connection, now: datetime) -> list[Turn]:
    """Return whose slots have come, and what is decided about them before their content is known."""
    history = Digests(connection).history(now)
    found = []
    for each in recipients(connection):
        past = history.get((each.subscriber.id, each.settings.kind), [])
        editions = due(each.settings, _zone(each.subscriber), past, now)
        if editions:
            found.append((each, editions))
    return found


def _zone(subscriber: Subscriber) -> ZoneInfo:
    try:
        return ZoneInfo(subscriber.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        log.warning(
            "subscriber %d: the zone %r does not exist, UTC is taken", subscriber.id, subscriber.timezone
        )
        return ZoneInfo("UTC")


def make(maker: Maker, recipient: Recipient, edition: Edition, merged: Sequence[date] = ()) -> Digest:
    """Return what an edition tells its recipient."""
    digest = maker.make(edition, recipient.wanted, merged=merged)
    if recipient.settings.picture and edition.kind is not DigestKind.HOURLY:
        digest = replace(digest, trend=maker.trend(edition, recipient.wanted))
    return digest


def channel_of(subscriber: Subscriber) -> str:
    """Return the channel that carries a subscriber's digests."""
    return CHANNEL_OF.get(subscriber.kind, subscriber.kind.value)
