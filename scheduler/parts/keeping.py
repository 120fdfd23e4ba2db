"""The archive is kept safe while the service runs: nightly backups, weekly drills, disk, clock, and a sound file."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from alerts.consent import forget_unanswered
from alerts.nouns import DeliveryState
from alerts.operators.nouns import Event
from alerts.operators.wording import spoken
from alerts.retrying import STUCK
from alerts.storage import DeskFigures, Dispatch, Logbook, Upkeep
from crawler.database import Connection
from scheduler.metrics import critical_wait
from scheduler.parts import House, Part
from scheduler.steady import JUMP
from scheduler.timetable import Tick
from scheduler.upkeep import BACKUP_STALE, LEAST_DISK, UpkeepError, back_up, backups, rehearse

log = logging.getLogger(__name__)

BACKUP_EVERY = timedelta(hours=24)
DRILL_EVERY = timedelta(days=7)
DRILL_STALE = timedelta(days=35)
LARGEST_WAL = 200_000_000  # bytes: a reader that never ends keeps it from shrinking

LOOK = timedelta(seconds=5)
CARE = timedelta(minutes=10)
SOUND = timedelta(hours=24)
LONG = timedelta(
    hours=2
)  # that reading or copying the whole file may take; late backups are an event of their own


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Look after the archive until the service ends."""
    keeper = Keeper(house)
    yield Part(
        ticks=(
            Tick("clock", LOOK, keeper.clock),
            Tick("disk", timedelta(minutes=1), keeper.disk),
            Tick("queue", timedelta(minutes=1), keeper.queue),
            Tick("backup", CARE, keeper.backup, takes=LONG),
            Tick("soundness", SOUND, keeper.soundness, takes=LONG),
            Tick("unanswered", timedelta(hours=1), keeper.unanswered),
        )
    )


class Keeper:
    """What is looked at, and what is told of it."""

    def __init__(self, house: House, *, least_disk: int = LEAST_DISK, largest_wal: int = LARGEST_WAL) -> None:
        self._house = house
        self._least_disk = least_disk  # bytes
        self._largest_wal = largest_wal
        self._jumped = True  # until seen: an event that a former process opened must close

    async def clock(self) -> None:
        """Tell of a wall clock that jumped away from the service's own, until both agree again."""
        ahead = self._house.wall() - self._house.now()
        jumped = abs(ahead) > JUMP
        if jumped and not self._jumped:
            log.error("the machine's clock jumped by %+.0f seconds", ahead.total_seconds())
        if jumped:
            cause = (
                f"the machine's clock is {ahead.total_seconds():+.0f} s from ours, which goes on as it was"
            )
            await self._set("clock_jump", cause)
        elif self._jumped:
            await self._set("clock_jump", "")
        self._jumped = jumped

    async def disk(self) -> None:
        """Tell of a disk that fills before it is full, and of a write-ahead log that does not shrink."""
        database = self._house.config.database
        free = shutil.disk_usage(database.absolute().parent).free
        await self._set("disk_full", f"{free / 1e6:,.0f} MB are free" if free < self._least_disk else "")
        wal = database.with_name(database.name + "-wal")
        size = wal.stat().st_size if wal.exists() else 0
        await self._set(
            "log_grows", f"the write-ahead log has {size / 1e6:,.0f} MB" if size > self._largest_wal else ""
        )

    async def queue(self) -> None:
        """Tell of critical messages that wait too long, and of those that will never be accepted."""
        now = self._house.now()
        waiting, counts = await self._house.database.aread(
            lambda c: (DeskFigures(c).oldest_waiting(now), DeskFigures(c).deliveries())
        )
        oldest = critical_wait(waiting)
        await self._set(
            "outbox_stuck", f"a critical message waits for {spoken(oldest)}" if oldest > STUCK else ""
        )
        dead = sum(count for _, state, count in counts if state == DeliveryState.DEAD)
        await self._set("dead_letters", f"{dead} messages will never be accepted as they are" if dead else "")

    async def backup(self) -> None:
        """Make the nightly backup and rehearse a restore, where a folder is set; tell when either is overdue."""
        folder, now = self._house.config.backups, self._house.now()
        if folder is None:
            return
        database = self._house.database
        if await self._overdue("backup", BACKUP_EVERY):
            try:
                await asyncio.to_thread(back_up, database, folder, now)
            except UpkeepError as error:
                log.error("%s", error)  # noqa: TRY400 (one line says it; the event follows)
        # One that failed is tried again with the next night's backup.
        if await self._overdue("drill", DRILL_EVERY) and await self._overdue("drill_failed", BACKUP_EVERY):
            await self._drill(folder, now)
        for kind, limit, event in (
            ("backup", BACKUP_STALE, "backup_stale"),
            ("drill", DRILL_STALE, "drill_stale"),
        ):
            late = await self._overdue(kind, limit)
            await self._set(event, f"none for {limit.total_seconds() / 3600:.0f} hours" if late else "")

    async def _drill(self, folder: Path, now: datetime) -> None:
        for newest in backups(folder)[-1:]:
            try:
                await asyncio.to_thread(rehearse, self._house.database, newest, self._house.outlets, now)
            except UpkeepError as error:
                log.error("%s", error)  # noqa: TRY400 (one line says it; an event is open)

    async def _overdue(self, kind: str, limit: timedelta) -> bool:
        last = await self._house.database.aread(lambda c: Upkeep(c).last(kind))
        return last is None or self._house.now() - last.at > limit

    async def soundness(self) -> None:
        """Read the whole file once a day; a damaged one stops all sending before it sends what is not so."""
        problems = await asyncio.to_thread(self._house.database.problems)
        if not problems:
            await self._set("archive_damaged", "")
            return
        now, reason = self._house.now(), f"the archive is damaged: {problems[0]}"
        log.critical("%s", reason)
        try:
            # First of all: where the event's own pages are damaged, nothing more can be written.
            await self._house.database.awrite(lambda c: Dispatch(c).halt("", now, "marsad run", reason))
            await self._set("archive_damaged", problems[0])
        finally:
            await self._house.herald.tell(Event("archive_damaged", "", problems[0], now), now)

    async def unanswered(self) -> None:
        """Forget the addresses whose owners were asked for their consent and did not give it."""
        now = self._house.now()
        if count := await self._house.database.awrite(lambda c: forget_unanswered(c, now)):
            log.info("%d addresses forgotten that nobody confirmed", count)

    async def _set(self, kind: str, cause: str) -> None:
        """Open the event with its cause, or close it where there is none."""
        await self._house.database.awrite(partial(_keep, kind=kind, cause=cause, now=self._house.now()))


def _keep(connection: Connection, *, kind: str, cause: str, now: datetime) -> bool:
    logbook = Logbook(connection)
    return logbook.open_event(kind, "", cause=cause, now=now) if cause else logbook.close_event(kind, "", now)
