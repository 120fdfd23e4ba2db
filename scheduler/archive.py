"""The archive as the service and the commands open it, the lock of its one running service, and the wall clock."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from alerts.schema import migrations as alert_tables
from crawler.database import Database, DatabaseError, Readable, holds_archive, no_folder
from crawler.schema import migrations as crawler_tables

MIGRATIONS = (crawler_tables, alert_tables)


class AlreadyRunningError(Exception):
    """Another service holds the archive; one line that names it."""


def utc_now() -> datetime:
    """Return the wall clock; the only one in the service."""
    return datetime.now(UTC)


def open_database(path: Path) -> Database:
    """Open and migrate the archive, make it where there is none; raises DatabaseError."""
    return Database(path, MIGRATIONS)


def open_readable(path: Path) -> Readable:
    """Open the archive to ask it something, and leave it as it is: an older service may work on it.

    Raises:
        DatabaseError: it cannot be read, or steps are due first.
    """
    return Readable(path, MIGRATIONS)


def is_archive(path: Path) -> bool:
    """Return whether a file that is there is an archive of ours; raises DatabaseError where it is no SQLite file."""
    return holds_archive(path, MIGRATIONS)


def no_archive(path: Path) -> str:
    """Say that a file is no archive of ours, and the ways out."""
    return f"{path}: holds no Marsad archive; `marsad run` makes one, MARSAD_DATABASE names another file"


@contextmanager
def instance_lock(database: Path) -> Iterator[None]:
    """Hold the archive as its one running service; raises AlreadyRunningError.

    The lock is the kernel's: it ends with the process, however that ends.
    """
    path = database.with_name(database.name + ".lock")
    with _lock_file(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise AlreadyRunningError(
                f"{database}: another `marsad run` (process {holder}) works on it; "
                "stop that one, or set MARSAD_DATABASE"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def beside(database: Path) -> Iterator[None]:
    """Work on the archive for as long as the process lives, beside `marsad run`: it is not replaced meanwhile.

    Raises:
        AlreadyRunningError: it is being replaced just now.
    """
    with _lock_file(database.with_name(database.name + ".beside.lock")) as file:
        _lock(file, fcntl.LOCK_SH, f"{database}: is being replaced by a backup; try again in a minute")
        yield


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """Replace the archive; raises AlreadyRunningError where something works on it: it would write into the old file."""
    with instance_lock(database), _lock_file(database.with_name(database.name + ".beside.lock")) as file:
        _lock(
            file,
            fcntl.LOCK_EX,
            f"{database}: `marsad web` works on it; stop that one, and start it afterwards",
        )
        yield


def _lock(file: TextIO, kind: int, refusal: str) -> None:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as error:
        raise AlreadyRunningError(refusal) from error


def _lock_file(path: Path) -> TextIO:
    if not path.parent.is_dir():
        raise DatabaseError(no_folder(path.with_suffix("")))
    try:
        return path.open("a+", encoding="ascii")
    except OSError as error:
        raise DatabaseError(f"{path}: cannot be written ({error.strerror}); set MARSAD_DATABASE") from error
