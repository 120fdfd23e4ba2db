"""The outbox before its channels, and a word to operators where a channel is missing or the archive takes nothing."""

import asyncio
import logging
import platform
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from alerts.bot.codec import callback_key
from alerts.consent import mail_key
from alerts.outbox import Outbox
from alerts.storage import Bulletins, Dispatch, Logbook, Subscribers, Upkeep
from alerts.telling import tell_further
from alerts.wanting import CHANNEL_OF
from crawler.database import Connection, DatabaseError
from scheduler import storewatch
from scheduler.parts import HOLDER, House, Part
from scheduler.storewatch import StoreWatch
from scheduler.timetable import Tick
from scheduler.wiring import open_channels

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Open every channel that is configured."""
    key = await house.database.awrite(lambda c: mail_key(c, house.now()))
    host = platform.node()
    if await house.database.awrite(lambda c: hold_after_move(c, host, house.now())):
        log.warning(
            "this archive was last served by another host: nothing is sent before `marsad outbox release`"
        )
    async with open_channels(house.config, key) as channels:
        await house.database.awrite(lambda c: _tell_missing(c, channels.keys(), house.now))
        beats = {name: house.pulse.expect(f"outbox/{name}") for name in channels}
        outbox = Outbox(
            house.database,
            channels,
            house.outlets,
            now=house.now,
            on_sent=house.watcher.on_sent,
            on_turn=lambda name: beats[name](),
            pacers={"telegram": house.pacer},
            buttons=callback_key(house.config.telegram_token),
            # By host: a restart goes on at once, for the instance lock says that its predecessor is dead.
            holder=f"{HOLDER}@{host}",
        )
        house.herald.channels = channels
        with suppress(
            DatabaseError
        ):  # known before anything is looked for: damage is found in the first second
            house.herald.operators = await house.database.aread(lambda c: Bulletins(c).operators())
        watch = StoreWatch(house.database, house.herald, now=house.now, measure=house.metrics.set_store)
        told = asyncio.Event()
        house.queued.answer(outbox.wake)
        house.queued.answer(told.set)
        yield Part(
            loops={"outbox": outbox.run, "fan-out": lambda: _fan_out(house, told, outbox.wake)},
            ticks=(Tick("store", storewatch.EVERY, watch.look),),
            stop=outbox.stop,
        )


def hold_after_move(connection: Connection, host: str, now: datetime) -> bool:
    """Stop sending where the archive was last served by another host; True when it does.

    Two hosts with copies of one archive and one token both send, and no server prevents it: somebody must say
    that the other one is stopped. Once they did, this host is the known one.
    """
    upkeep = Upkeep(connection)
    known = upkeep.last("host")
    if known and known.detail["name"] == host:
        return False
    upkeep.note("host", now, {"name": host})
    if known is None:
        return False
    cause = (
        f"the archive was served by the host {known.detail['name']} until now: is that one stopped for good?"
    )
    Dispatch(connection).halt("", now, host, cause)
    Logbook(connection).open_event("sending_held", "", cause=cause, now=now)
    return True


async def _fan_out(house: House, told: asyncio.Event, wake: Callable[[], None]) -> None:
    """Queue each alert for all of its readers, a step at a time: what else is written comes in between."""
    beat = house.pulse.expect("fan-out")
    while True:
        beat()
        while await house.database.awrite(lambda c: tell_further(c, house.now())):
            wake()
            beat()
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await told.wait()
        told.clear()


def _tell_missing(connection: Connection, there: Collection[str], clock: Callable[[], datetime]) -> None:
    """Open an event for each channel that somebody waits at and that is not set up; close those of the others."""
    logbook, now = Logbook(connection), clock()
    waiting = {CHANNEL_OF[each.kind] for each in Subscribers(connection).all() if each.kind in CHANNEL_OF}
    for name in set(CHANNEL_OF.values()) - (waiting - set(there)):
        logbook.close_event("channel_missing", name, now)
    for name in waiting - set(there):
        log.warning("there are subscribers on %s, and it is not set up: they are told nothing", name)
        logbook.open_event(
            "channel_missing",
            name,
            cause="it has subscribers and is not set up: they are told nothing",
            now=now,
        )
