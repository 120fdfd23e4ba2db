"""What is trouble of the file, and what is a defect of ours."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Migrations

from crawler.database import READERS, Database, DatabaseError, rows
from crawler.schema import migrations
from tests.fakes.disks import damage, write_until_full


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Database(tmp_path / "a.sqlite", (migrations,)).close()
    return tmp_path / "a.sqlite"


@pytest.fixture
def database(path: Path):
    with Database(path, (migrations,)) as database:
        yield database


@pytest.mark.parametrize(
    "sql", ["SELECT no_such_column FROM article", "SELEC", "INSERT INTO nowhere VALUES (1)"]
)
def test_a_defect_of_ours_is_raised_as_it_is(database, sql):
    for run in (database.read, database.write):
        with pytest.raises(sqlite3.OperationalError):
            run(lambda c: c.execute(sql))


def test_so_is_a_call_that_names_no_value(database):
    with pytest.raises(sqlite3.ProgrammingError):
        database.write(lambda c: c.execute("SELECT :a", {}))


def test_a_full_disk_is_trouble_of_the_file(database):
    with pytest.raises(DatabaseError, match=r"cannot be written \(database or disk is full\)"):
        database.write(write_until_full)


def test_a_lock_is_trouble_of_the_file(database):
    database.write(lambda c: c.execute("PRAGMA busy_timeout = 1"))
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError, match=r"cannot be written \(database is locked\)"):
            database.write(lambda c: c.execute("DELETE FROM article"))


def test_damage_names_the_way_out_whatever_sqlite_calls_it(path, database):
    with path.open("r+b") as file:
        file.write(b"no database")
    with pytest.raises(DatabaseError, match=r"cannot be read \(file is not a database; `marsad restore`"):
        database.read(lambda c: c.execute("SELECT count(*) FROM article").fetchone())


def test_a_step_of_ours_that_is_wrong_is_no_trouble_of_the_file(tmp_path):
    wrong = Migrations("wrong")

    @wrong()
    def m001_wrong(db):
        db.execute("CREATE TABEL x (y)")

    with pytest.raises(sqlite3.OperationalError, match="syntax"):
        Database(tmp_path / "b.sqlite", (wrong,))


def test_a_reader_that_met_a_damaged_page_sees_what_is_written_after_it(path):
    with Database(path, (migrations,)) as database:
        database.write(lambda c: c.execute("CREATE TABLE long (text)"))
        database.write(lambda c: c.execute("CREATE TABLE short (id INTEGER)"))
        for _ in range(99):
            database.write(lambda c: c.execute("INSERT INTO long VALUES (hex(randomblob(4000)))"))
    damage(path, "long")
    with Database(path, (migrations,)) as database:
        for _ in range(2 * READERS):
            with pytest.raises(DatabaseError, match="malformed"):
                database.read(lambda c: rows(c, "SELECT * FROM long"))
        database.write(lambda c: c.execute("INSERT INTO short VALUES (7)"))
        seen = [database.read(lambda c: rows(c, "SELECT id FROM short")) for _ in range(2 * READERS)]
    assert seen == [[{"id": 7}]] * (2 * READERS)
