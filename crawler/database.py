"""The adapter to SQLite: opening, migrating, one writer thread, readers of their own.

What differs between engines stands here and in the stores' migrations;
the stores keep to the SQL that SQLite and PostgreSQL share.
"""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlite_utils import Database as Connection
from sqlite_utils import Migrations

__all__ = [
    "Connection",
    "Database",
    "DatabaseError",
    "Readable",
    "connect",
    "first",
    "from_text",
    "immediate",
    "rows",
    "to_text",
]

T = TypeVar("T")

BUSY_TIMEOUT = 30.0  # seconds; other processes hold the file for milliseconds, a backup for a second
READERS = 4
AGAIN = 2.0  # seconds between tries of what must be kept
# What SQLite says of the file: a full disk, a lock held too long, a damaged page. All else is said of what we asked,
# and is a defect of ours: it is raised as it is.
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FILE_TROUBLE = _DAMAGED | {
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM),
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY),
}


class DatabaseError(Exception):
    """The file cannot be opened or written, is not ours, or is newer than this program. One line for a person."""


def to_text(at: datetime) -> str:
    """Return ``at`` as UTC text of one width, so that text order is time order."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def from_text(text: str) -> datetime:
    """Return the instant that ``to_text`` wrote."""
    return datetime.fromisoformat(text)


def rows(connection: Connection, sql: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return all rows at once: a cursor left open would hold its transaction's snapshot."""
    return list(connection.query(sql, params or {}))


def first(connection: Connection, sql: str, params: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """Return the first row, or None."""
    return next(iter(rows(connection, sql, params)), None)


@contextmanager
def immediate(connection: Connection) -> Iterator[Connection]:
    """Run the block in a transaction that holds the write lock from its first statement.

    ``atomic()`` alone begins deferred: a read that turns into a write then fails at once
    when another process wrote in between, and no timeout helps.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.commit()
    except BaseException:
        connection.rollback()  # a commit that failed leaves its transaction open, too
        raise


def connect(path: Path, *, readonly: bool = False) -> Connection:
    """Open the file with the settings that were paid for; raises DatabaseError."""
    uri = f"{path.absolute().as_uri()}?mode={'ro' if readonly else 'rwc'}"
    try:
        raw = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT, check_same_thread=False)
        connection = Connection(raw)
        if not readonly:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.DatabaseError as error:
        raise DatabaseError(f"{path}: cannot be opened as Marsad's database ({error})") from error
    return connection


def no_folder(path: Path) -> str:
    """Say that a file's folder is not there, and the ways out."""
    return (
        f"{path}: there is no folder {path.parent}; `mkdir -p` makes it, MARSAD_DATABASE names another file"
    )


def pending(path: Path, migrations: tuple[Migrations, ...]) -> list[str]:
    """Return the steps that opening the file would take, as "set.step"; raises DatabaseError."""
    connection = connect(path, readonly=True)
    try:
        _refuse_newer(connection, path, migrations)
        return [f"{each.name}.{step.name}" for each in migrations for step in each.pending(connection)]
    except sqlite3.DatabaseError as error:
        raise DatabaseError(f"{path}: is not Marsad's, or cannot be read ({error})") from error
    finally:
        connection.close()


def holds_archive(path: Path, migrations: tuple[Migrations, ...]) -> bool:
    """Return whether the file is an archive of ours, however old; an empty file and a stranger's are none.

    Raises:
        DatabaseError: it is no SQLite file, or cannot be read.
    """
    connection = connect(path, readonly=True)
    try:
        return any(each.applied(connection) for each in migrations)
    except sqlite3.DatabaseError as error:
        raise DatabaseError(f"{path}: is not Marsad's, or cannot be read ({error})") from error
    finally:
        connection.close()


def _refuse_foreign(path: Path, migrations: tuple[Migrations, ...]) -> None:
    """Refuse a file with somebody else's tables, before anything is written into it."""
    if not path.exists() or holds_archive(path, migrations):
        return
    connection = connect(path, readonly=True)
    try:
        if set(connection.table_names()) - {each.migrations_table for each in migrations}:
            raise DatabaseError(f"{path}: holds tables that are not Marsad's; name another file")
    finally:
        connection.close()


def _refuse_newer(connection: Connection, path: Path, migrations: tuple[Migrations, ...]) -> None:
    empty = Connection(memory=True)
    for each in migrations:
        steps = {step.name for step in each.pending(empty)}  # to an empty file, all steps are still to come
        for done in each.applied(connection):
            if done.name not in steps:
                raise DatabaseError(
                    f"{path}: written by a newer Marsad (step {done.name}); "
                    "install that version, or name another file"
                )
    empty.close()


@contextmanager
def _file_trouble(path: Path, what: str) -> Iterator[None]:
    """Raise what is wrong with the file as a DatabaseError, and defects of ours as they are."""
    try:
        yield
    except sqlite3.Error as error:
        code = (
            getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        )  # its higher bits say more of it
        if code not in _FILE_TROUBLE:
            raise
        way_out = "; `marsad restore` puts a backup in its place" if code in _DAMAGED else ""
        raise DatabaseError(f"{path}: cannot be {what} ({error}{way_out})") from error


def peek(path: Path, work: Callable[[Connection], T]) -> T:
    """Run ``work`` on a file as it is, of whatever version; raises DatabaseError where it cannot be read so."""
    connection = connect(path, readonly=True)
    try:
        return work(connection)
    except sqlite3.Error as error:
        raise DatabaseError(f"{path}: cannot be read ({error})") from error
    finally:
        connection.close()


class Readable:
    """One SQLite file that is read and never changed: not one table, not one row.

    ``work`` is a function of a connection, which never leaves the thread that uses it.
    """

    def __init__(self, path: Path, migrations: tuple[Migrations, ...]) -> None:
        """Open the file; raises DatabaseError, also where its tables are not this version's."""
        if steps := pending(path, migrations):
            due = "1 step is" if len(steps) == 1 else f"{len(steps)} steps are"
            raise DatabaseError(
                f"{path}: {due} due before this version can read it; `marsad migrate` takes what is due"
            )
        self._begin(path)

    def _begin(self, path: Path) -> None:
        self.path = path
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._local = threading.local()
        self._opened: list[Connection] = []

    def _do_read(self, work: Callable[[Connection], T]) -> T:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self.path, readonly=True)
            self._opened.append(connection)
        with _file_trouble(self.path, "read"):
            try:
                return work(connection)
            except sqlite3.Error:
                # A read that failed half-way holds its snapshot: this connection would see nothing new any more.
                connection.close()
                self._opened.remove(connection)
                self._local.connection = None
                raise

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on a read-only connection and return what it returns; blocks. Raises DatabaseError."""
        return self._readers.submit(self._do_read, work).result()

    async def aread(self, work: Callable[[Connection], T]) -> T:
        """As ``read``, from a coroutine."""
        return await asyncio.wrap_future(self._readers.submit(self._do_read, work))

    def problems(self) -> list[str]:
        """Return what SQLite finds wrong with the file; nothing when it is sound. Reads all of it."""
        try:
            found = self.read(
                lambda c: [next(iter(row.values())) for row in rows(c, "PRAGMA integrity_check")]
            )
            broken = self.read(
                lambda c: [f"{row['table']} refers to nothing" for row in rows(c, "PRAGMA foreign_key_check")]
            )
        except DatabaseError as error:  # so damaged that it cannot be read to its end
            return [str(error)]
        return [problem for problem in found + broken if problem != "ok"]

    def copy_to(self, path: Path) -> None:
        """Write a whole, compact copy of this moment's file; writers go on meanwhile. ``path`` must not exist.

        Raises:
            DatabaseError: the copy cannot be written; nothing is left of it.
        """
        try:
            # A snapshot, where copying pages would begin anew with every write of another process.
            self.read(lambda c: c.execute("VACUUM INTO :path", {"path": str(path)}))
        except DatabaseError as error:
            path.unlink(missing_ok=True)
            raise DatabaseError(f"{path}: the copy cannot be written ({error})") from error

    def spare(self) -> int:
        """Return how many bytes of the file hold nothing, and are used by what comes."""
        pages, size = (
            self.read(lambda c, what=what: c.execute(f"PRAGMA {what}").fetchone()[0])  # type: ignore[misc]
            for what in ("freelist_count", "page_size")
        )
        return int(pages * size)

    def close(self) -> None:
        """Finish what was handed in, then close every connection."""
        self._readers.shutdown()
        for connection in reversed(self._opened):
            connection.close()
        self._opened.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Database(Readable):
    """A file that is written, too: writes go one after the other through one thread, reads run beside them.

    A write's ``work`` is one IMMEDIATE transaction, all of it or nothing.
    """

    def __init__(self, path: Path, migrations: tuple[Migrations, ...]) -> None:
        """Open the file, make it where there is none, and bring its tables to this version; raises DatabaseError."""
        if not path.parent.is_dir():  # a mistyped path must not become a second, empty archive
            raise DatabaseError(no_folder(path))
        _refuse_foreign(path, migrations)
        # It holds subscribers' addresses; what SQLite puts beside it takes its mode.
        with suppress(OSError):  # said better by SQLite
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._begin(path)
        self._writer = ThreadPoolExecutor(1, "writer")
        try:
            self._connection = self._writer.submit(connect, path).result()
            self._opened.append(self._connection)
            with _file_trouble(path, "written"):
                self._writer.submit(self._migrate, migrations).result()
        except BaseException:
            self.close()
            raise

    def _migrate(self, migrations: tuple[Migrations, ...]) -> None:
        _refuse_newer(self._connection, self.path, migrations)
        for each in migrations:
            each.apply(self._connection)

    def _do_write(self, work: Callable[[Connection], T]) -> T:
        with _file_trouble(self.path, "written"), immediate(self._connection):
            return work(self._connection)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction and return what it returns; blocks. Raises DatabaseError."""
        return self._writer.submit(self._do_write, work).result()

    async def awrite(self, work: Callable[[Connection], T]) -> T:
        """As ``write``, from a coroutine. A cancelled caller does not undo a transaction that has begun."""
        return await asyncio.wrap_future(self._writer.submit(self._do_write, work))

    async def akeep(self, work: Callable[[Connection], T], within: timedelta) -> T:
        """As ``awrite``, tried again for so long while the file cannot be written: a full disk costs no fetch.

        Raises:
            DatabaseError: it could not be written in all that time.
        """
        end = time.monotonic() + within.total_seconds()
        while True:
            try:
                return await self.awrite(work)
            except DatabaseError:
                if time.monotonic() + AGAIN > end:
                    raise
            await asyncio.sleep(AGAIN)

    def shrink(self) -> None:
        """Give the room of what was deleted back to the disk; every other writer waits meanwhile.

        Raises:
            DatabaseError: there is too little room for the copy that SQLite makes of the file; nothing is changed.
        """
        with _file_trouble(self.path, "made smaller"):
            self._writer.submit(self._connection.execute, "VACUUM").result()
            self._writer.submit(self._connection.execute, "PRAGMA wal_checkpoint(TRUNCATE)").result()

    def close(self) -> None:
        """Finish what was handed in, then close every connection."""
        self._writer.shutdown()
        super().close()
