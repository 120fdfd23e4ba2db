"""Disks that are full: a real small one where it may be mounted, and a limit on what this process may write where not."""

import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from crawler.database import Connection

SIZE = 12 << 20  # bytes: an archive with its log, and a few articles


class Mounted:
    """A file system of its own in memory, filled to the last byte on request."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave no byte, not even in the write-ahead logs that lie there."""
        for archive in self.folder.glob("*.sqlite"):
            _empty_log(archive)
        with self._filler.open("ab", buffering=0) as file, suppress(OSError):
            size = 1 << 20
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 2

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)


class Limited:
    """A folder into which this process may write nothing while it is full: the kernel's limit on a file's size."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, self._before[1]))

    def free(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)


Disk = Mounted | Limited


def _empty_log(archive: Path) -> None:
    with sqlite3.connect(archive, timeout=10) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()


def write_until_full(connection: Connection) -> None:
    """Write as to a full disk: SQLite itself refuses, by a limit on the pages of the file."""
    connection.execute("PRAGMA max_page_count = 1")  # never less than it has
    try:
        connection.execute("CREATE TABLE filler AS SELECT zeroblob(1000000) AS noughts")
    finally:
        connection.execute("PRAGMA max_page_count = 4294967294")


def damage(path: Path, table: str) -> None:
    """Write noise over the first page of a table, as a failing disk does."""
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()
        (size,) = raw.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


@contextmanager
def _mounted(folder: Path) -> Iterator[Disk]:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("no file system may be mounted here; the limit stands in for it")
    try:
        yield Mounted(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def _limited(folder: Path) -> Iterator[Disk]:
    disk = Limited(folder)
    try:
        yield disk
    finally:
        disk.free()


WAYS = {"mounted": _mounted, "limited": _limited}


@contextmanager
def open_disk(way: str, folder: Path) -> Iterator[Disk]:
    """A disk of one of the WAYS at ``folder``, with space."""
    folder.mkdir(exist_ok=True)
    with WAYS[way](folder) as disk:
        yield disk
