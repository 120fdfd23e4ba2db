"""Keeping the archive safe: backups that are verified, a restore that sends nothing twice, drills that prove both."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from alerts.digests.making import Maker
from alerts.digests.nouns import DigestKind, Edition, Outcome
from alerts.digests.rendering import message_of
from alerts.messages import Letter, Reader, render
from alerts.notices import notice_of
from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.storage import Alerts, DeliveryQueue, Departures, Dispatch, Left, Logbook, Newsdesk, Upkeep
from crawler.database import Connection, Database, DatabaseError, peek
from crawler.nouns import Outlet
from crawler.storage import Archive
from scheduler.archive import alone, is_archive, open_database

KEEP = 14  # backups that stay in their folder
BACKUP_STALE = timedelta(hours=26)  # a nightly one, and two hours
LEAST_DISK = 500_000_000  # bytes: a day's articles and a backup
BESIDE = ("", "-wal", "-shm")  # the files of an archive
ABANDONED = timedelta(days=1)  # a copy so old belongs to nobody that still works on it
EVER = datetime.min.replace(tzinfo=UTC)
NO_ARCHIVE = "holds no Marsad archive; `marsad backup --list` shows what there is"
LEFT_OVER = re.compile(r"marsad-\d{8}T\d{6}Z\.part(-wal|-shm|-journal)?|marsad-(drill-)?[a-z0-9_]{8}")
NAME = re.compile(r"marsad-\d{8}T\d{6}Z\.sqlite")


class UpkeepError(Exception):
    """A backup cannot be made or taken; one line that names the file and the way out."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A file that was opened, read whole and found sound."""

    path: Path
    counts: dict[str, int]
    sha256: str


def counts_of(database: Database) -> dict[str, int]:
    """Return how many rows there are of each noun."""
    return database.read(lambda c: Archive(c).counts() | Newsdesk(c).counts() | DeliveryQueue(c).counts())


def back_up(database: Database, folder: Path, now: datetime, keep: int = KEEP) -> Backup:
    """Write a verified backup into ``folder``, and let the oldest beyond ``keep`` go. Blocks for seconds.

    Raises:
        UpkeepError: it cannot be written, or what was written is not sound; earlier ones are left alone.
    """
    path = folder / f"marsad-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.sqlite"
    part = path.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.unlink(missing_ok=True)
        database.copy_to(part)
        part.chmod(0o600)  # it holds subscribers' addresses
        made = verify(part)
        _sync(part)
        part.rename(path)
    except (OSError, DatabaseError) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise UpkeepError(
            f"{path}: no backup was made ({_why(error)}); free space or name another folder"
        ) from error
    database.write(
        lambda c: Upkeep(c).note(
            "backup", now, {"file": str(path), "sha256": made.sha256, "counts": made.counts}
        )
    )
    for old in backups(folder)[:-keep]:
        old.unlink()
    _sweep(folder, now - ABANDONED)
    return Backup(path, made.counts, made.sha256)


def _sweep(folder: Path, before: datetime) -> None:
    """Let go of the copies that killed backups and drills left in their folder: each is as large as the archive."""
    for path in folder.iterdir():
        if not LEFT_OVER.fullmatch(path.name) or path.stat().st_mtime > before.timestamp():
            continue
        with suppress(OSError):  # the next night's backup tries again
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def backups(folder: Path) -> list[Path]:
    """Return the backups in a folder, oldest first."""
    return sorted(path for path in folder.glob("marsad-*.sqlite") if NAME.fullmatch(path.name))


def verify(path: Path) -> Backup:
    """Open a copy of a backup, read all of it and count; raises UpkeepError where it is not sound."""
    with _opened_copy(path) as database:
        return Backup(path, counts_of(database), _sha256(path))


@contextmanager
def _opened_copy(path: Path) -> Iterator[Database]:
    """Open a copy: opening migrates, and a backup stays as it was written."""
    if not path.is_file():
        raise UpkeepError(f"{path}: no such file; `marsad backup --list` shows what there is")
    with TemporaryDirectory(prefix="marsad-", dir=path.parent) as scratch:
        copy = Path(scratch) / "copy.sqlite"
        shutil.copyfile(path, copy)
        try:
            if not is_archive(copy):
                raise UpkeepError(f"{path}: {NO_ARCHIVE}")
            with open_database(copy) as database:
                if problems := database.problems():
                    raise UpkeepError(f"{path}: damaged ({problems[0]}); take an older backup")
                yield database
        except DatabaseError as error:
            raise UpkeepError(
                f"{path}: cannot be taken ({str(error).removeprefix(f'{copy}: ')}); take an older backup"
            ) from error


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of the archive that a backup replaced."""

    former: Path | None  # where it lies now; None where there was none
    gone: int | None  # subscribers that left it since the backup, and stay gone; None where nobody can say


def restore(path: Path, archive: Path, actor: str, now: datetime) -> Restored:
    """Put a backup in the archive's place, sending stopped.

    What was sent after the backup was made is not known to it: nothing is sent before an operator says so. Who left
    meanwhile is not known to it either: that is read from the former archive.

    Raises:
        UpkeepError: the backup is not sound; the archive is as it was.
        AlreadyRunningError: a service or `marsad web` works on the archive.
    """
    with alone(archive):
        verify(path)
        left = _left(archive)
        aside = archive.with_name(f"{archive.name}.before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
        fresh = archive.with_name(archive.name + ".restored")
        for suffix in BESIDE:  # of a restore that was killed: its log is no part of this copy
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(path, fresh)
        fresh.chmod(0o600)
        with open_database(fresh) as database:
            gone = database.write(partial(_hold_restored, name=path.name, actor=actor, now=now, left=left))
        _sync(fresh)
        former = archive.exists()
        for suffix in BESIDE:
            file = archive.with_name(archive.name + suffix)
            if file.exists():
                file.rename(aside.with_name(aside.name + suffix))
        fresh.rename(archive)
    return Restored(aside if former else None, gone)


def _left(archive: Path) -> Left | None:
    """Who left an archive, as far as it can be read: it may be damaged, of another version, or not there."""
    try:
        return peek(archive, lambda c: Departures(c).left())
    except DatabaseError:
        return None


def _hold_restored(
    connection: Connection, name: str, actor: str, now: datetime, left: Left | None
) -> int | None:
    why = f"restored from {name}: look before it sends"
    logbook = Logbook(connection)
    Dispatch(connection).halt("", now, actor, why)
    logbook.open_event("sending_held", "", cause=why, now=now)
    logbook.audit(now, actor, "restore", name)
    return Departures(connection).keep(left) if left else None


@dataclass(frozen=True, slots=True)
class Drill:
    """What came of a rehearsed restore."""

    backup: Path
    counts: dict[str, int]
    alert: str  # the newest alert's message as it would read; empty where there is no alert yet
    digest: Letter  # the mail of the day up to that alert, for a reader who asks for everything
    stories: int  # in that digest


def drill(
    path: Path, outlets: Mapping[str, Outlet], now: datetime, expected: Mapping[str, int] | None
) -> Drill:
    """Restore a backup into a folder of its own and prove it: counts, sending stopped, an alert and a digest rendered.

    Args:
        path: the backup.
        outlets: by id; messages name them.
        now: the moment.
        expected: the rows that were counted when it was made, where that is known.

    Raises:
        UpkeepError: it would not have done.
    """
    with TemporaryDirectory(prefix="marsad-drill-", dir=path.parent) as scratch:
        archive = Path(scratch) / "archive.sqlite"
        restore(path, archive, "drill", now)
        with open_database(archive) as database:
            counts = counts_of(database)
            wrong = {name: n for name, n in (expected or {}).items() if name in counts and counts[name] != n}
            if wrong:
                raise UpkeepError(
                    f"{path}: counts differ from when it was made: {wrong}; take an older backup"
                )
            if not database.read(lambda c: Dispatch(c).is_halted("telegram")):
                raise UpkeepError(f"{path}: sending would not have been stopped")
            try:
                alert, letter, stories = database.read(lambda c: _rendered(c, outlets, now))
            except Exception as error:
                # Whatever breaks here would break after a restore: to find that is what a drill is for.
                raise UpkeepError(
                    f"{path}: no digest could be made from it ({type(error).__name__}: {error}); take an older backup"
                ) from error
        return Drill(path, counts, alert, letter, stories)


def rehearse(
    database: Database, path: Path, outlets: Mapping[str, Outlet], now: datetime
) -> tuple[Drill, bool]:
    """Drill a backup of ``database``'s archive, and keep and tell there how that went.

    Returns:
        The drill, and whether the counts of the day it was made were known.

    Raises:
        UpkeepError: as ``drill``; operators are told.
    """
    expected = database.read(lambda c: Upkeep(c).counted(path.name))
    try:
        done = drill(path, outlets, now, expected)
    except UpkeepError as error:
        database.write(partial(_keep_failure, path=path, why=str(error), now=now))
        raise

    def keep(connection: Connection) -> None:
        Upkeep(connection).note("drill", now, {"file": str(path), "counts": done.counts})
        Logbook(connection).close_event("drill_failed", "", now)

    database.write(keep)
    return done, expected is not None


def _keep_failure(connection: Connection, *, path: Path, why: str, now: datetime) -> None:
    Upkeep(connection).note("drill_failed", now, {"file": str(path), "why": why})
    if not Logbook(connection).open_event("drill_failed", "", cause=why, now=now):
        Logbook(connection).restate("drill_failed", "", cause=why)


def _rendered(
    connection: Connection, outlets: Mapping[str, Outlet], now: datetime
) -> tuple[str, Letter, int]:
    """The newest alert's text, and the digest of the day up to it: for a reader who asks for everything."""
    newest = next(iter(Alerts(connection).since(EVER, 1)), None)
    alert = render(notice_of(connection, newest.id, outlets), Reader()).text if newest else ""
    until = newest.created_at if newest else now
    reader = Subscriber(RecipientKind.MAIL, "", now)
    slot, since = f"{until:%Y-%m-%d}", until - timedelta(days=1)
    edition = Edition(0, DigestKind.DAILY, slot, "UTC", until, now, since, until, Outcome.SENT)
    digest = Maker(connection, outlets).make(edition, [Subscription(0)])
    letter = message_of(digest, reader, outlets).letter
    if letter is None or not letter.text or not letter.html:
        raise LookupError("a mail without a text")
    return alert, letter, len(digest.pieces)


def _why(error: Exception) -> str:
    return error.strerror or "no reason is given" if isinstance(error, OSError) else str(error)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
