"""Archives of earlier versions become today's: whole, with every row; those of later ones are refused."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from crawler.database import Connection, DatabaseError, connect, pending
from scheduler.archive import MIGRATIONS, open_database
from scheduler.cli import marsad
from tests.fakes.disks import write_until_full
from tests.schemas.filling import RAID, fill, tables

ROOT = Path(__file__).parent.parent.parent
RELEASES = sorted((ROOT / "tests" / "schemas").glob("*.sql"))
STEPS_BY_NAME = {
    (each.name, step.name): step for each in MIGRATIONS for step in each.pending(Connection(memory=True))
}
STEPS = list(STEPS_BY_NAME)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive.sqlite"


@pytest.fixture(params=RELEASES, ids=lambda file: file.stem)
def released(request, path):
    """An archive as a release left it."""
    connection = sqlite3.connect(path)
    connection.executescript(request.param.read_text(encoding="utf-8"))
    connection.close()
    return path


def say(path, *words):
    result = CliRunner().invoke(marsad, words, env={"MARSAD_DATABASE": str(path), "COLUMNS": "200"})
    assert "Traceback" not in result.output
    return result


def counts(path):
    connection = connect(path, readonly=True)
    try:
        return tables(connection)
    finally:
        connection.close()


def up_to(path, name, step):
    """An archive as it was before a step, with a row in every table."""
    connection = connect(path)
    for each in MIGRATIONS:
        each.apply(connection, stop_before=step if each.name == name else None)
        if each.name == name:
            break
    with connection.atomic():
        fill(connection)
    connection.close()


def holds(path, before):
    """What every migration owes: the steps that were told are taken, all rows are there, nothing refers to nothing."""
    plan = say(path, "migrate", "--plan")
    assert counts(path) == before, "a plan changes nothing"
    told = re.findall(r"would take (\S+)", plan.output)
    assert told == pending(path, MIGRATIONS)
    taken = say(path, "migrate")
    assert taken.exit_code == 0
    assert re.findall(r"takes (\S+)", taken.output) == told
    after = counts(path)
    assert {name: after.get(name) for name in before} == before
    with open_database(path) as database:
        assert database.problems() == []
    assert "nothing to do" in say(path, "migrate", "--plan").output


def test_every_release_becomes_today(released):
    before = counts(released)
    assert [name for name, count in before.items() if not count] == [], "a recording has a row in every table"
    holds(released, before)
    for words in (
        ["explain", RAID.url],
        ["outbox", "ls"],
        ["subscribers", "list"],
        ["events"],
        ["db", "check"],
        ["doctor"],
    ):
        assert say(released, *words).exit_code == 0, words
    assert RAID.title in say(released, "search", "احتيال").output.replace("\u200f", "")
    say(released, "backup")
    assert "a digest of 1 story" in say(released, "drill").output


@pytest.mark.parametrize(("name", "step"), STEPS[1:], ids=lambda word: word)
def test_every_step_keeps_all_rows(path, name, step):
    up_to(path, name, step)
    holds(path, counts(path))


@pytest.mark.parametrize(("name", "step"), STEPS[1:], ids=lambda word: word)
def test_case_15_a_step_that_breaks_at_its_end_was_never_taken(path, name, step, monkeypatch):
    up_to(path, name, step)
    before, whole = shape(path), STEPS_BY_NAME[name, step].fn

    def breaks(connection):
        whole(connection)
        write_until_full(connection)

    with monkeypatch.context() as broken:
        broken.setattr(STEPS_BY_NAME[name, step], "fn", breaks)
        with pytest.raises(DatabaseError, match="full"):
            open_database(path)
    assert shape(path) == before
    holds(path, counts(path))


def shape(path):
    connection = connect(path, readonly=True)
    found = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    return found, counts(path)


def test_a_service_that_is_killed_in_a_step_goes_on_from_the_step_before(path):
    up_to(path, "alerts", "m007_digest")
    before = shape(path)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    assert shape(path) == before
    holds(path, counts(path))


KILLED = """
import os, signal, sys
from pathlib import Path
from crawler.database import Connection
from scheduler.archive import MIGRATIONS, open_database

step = next(each for each in MIGRATIONS[1].pending(Connection(memory=True)) if each.name == "m007_digest")
taken = step.fn

def killed(connection):
    taken(connection)
    os.kill(os.getpid(), signal.SIGKILL)

step.fn = killed
open_database(Path(sys.argv[1]))
"""


def test_a_newer_archive_is_refused_in_one_line_and_never_changed(released):
    connection = connect(released)
    connection.table("_sqlite_migrations").insert(
        {"migration_set": "alerts", "name": "m099_later", "applied_at": ""}
    )
    connection.execute("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT")
    connection.close()
    before = released.read_bytes()
    for words in (["migrate", "--plan"], ["migrate"], ["outbox", "ls"], ["run"], ["backup"]):
        result = say(released, *words)
        assert result.exit_code == 1, words
        (line,) = result.output.strip().splitlines()
        assert line.startswith("Error: ")
        assert "written by a newer Marsad (step m099_later); install that version" in line
    assert "newer Marsad" in " ".join(say(released, "doctor").output.split())
    assert released.read_bytes() == before


def test_every_release_of_the_change_log_has_its_recording():
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    missing = set(re.findall(r"^## \[?(\d+\.\d+\.\d+)", log, re.MULTILINE)) - {file.stem for file in RELEASES}
    assert not missing, f"python -m tests.schemas {min(missing)} on that version"
