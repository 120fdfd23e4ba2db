"""Case 15: a process that dies in the middle of a migration leaves whole steps; the next start goes on."""

import multiprocessing
import os
import random
import shlex
import signal
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crawler.database import connect
from scheduler.archive import MIGRATIONS, open_database
from scheduler.cli import marsad

SEED = int(os.environ.get("MARSAD_SEED", "20261123"))
KILLS = 12
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["scheduler.archive"])


def migrate_and_die(path: Path, statement: int) -> None:
    """Migrate a file as opening it does, and die by SIGKILL before the given statement."""
    connection, seen = connect(path), 0

    def count(_sql: str) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    connection.conn.set_trace_callback(count)
    for each in MIGRATIONS:
        each.apply(connection)


def schema(path: Path) -> list[tuple[str, ...]]:
    """What the file consists of, tables in the order of their names."""
    with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as raw:
        found = raw.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    raw.close()
    return found


def steps_taken(path: Path) -> int:
    connection = connect(path, readonly=True)
    taken = sum(len(each.applied(connection)) for each in MIGRATIONS)
    connection.close()
    return taken


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[list[tuple[str, ...]], int]:
    """What a migration without a fault makes, and of how many statements."""
    path, seen = tmp_path_factory.mktemp("whole") / "a.sqlite", []
    connection = connect(path)
    connection.conn.set_trace_callback(seen.append)
    for each in MIGRATIONS:
        each.apply(connection)
    connection.close()
    return schema(path), len(seen)


def moments(count: int) -> list[int]:
    return sorted(random.Random(SEED).sample(range(2, count), KILLS))


def test_case_15_a_start_killed_at_any_statement_of_its_migrations_is_gone_on_with(whole, tmp_path):
    right, count = whole
    assert count > 100
    died_between = 0
    for statement in moments(count):
        fresh = tmp_path / f"{statement}.sqlite"
        child = FORKS.Process(target=migrate_and_die, args=(fresh, statement))
        child.start()
        child.join(30)
        assert child.exitcode == -signal.SIGKILL
        died_between += steps_taken(fresh) > 0
        with open_database(fresh) as database:
            assert database.problems() == []
        assert schema(fresh) == right
    assert died_between > KILLS // 2


QUESTIONS = (
    "doctor", "subscribers list", "subscribers show 1", "subscribers export", "operators list", "events list", "story show M0001",
    "explain https://alif.example/1", "outbox ls", "digest list", "digest send", "silence list", "search قمار", "db check",
    "outlets status", "rules report", "evidence https://alif.example/1", "replay --since 2d", "recall 1 --reason x --dry-run",
)  # fmt: skip


@pytest.fixture
def former(tmp_path):
    """An archive as a version before the last step left it, with a service that keeps it open."""
    path = tmp_path / "a.sqlite"
    with open_database(path) as database:
        database.write(
            lambda c: [c.execute(f"DROP TABLE {name}") for name in ("label", "lesson", "near_miss")]
        )
        database.write(lambda c: c.execute("DELETE FROM _sqlite_migrations WHERE name = 'm006_labels'"))
        yield path


def say(path: Path, command: str) -> Result:
    return CliRunner(env={"MARSAD_DATABASE": str(path)}).invoke(marsad, shlex.split(command))


@pytest.mark.parametrize("command", QUESTIONS)
def test_a_question_takes_no_step_under_a_service_that_runs(former, command):
    before = schema(former)
    asked = say(former, command)
    assert "1 step is due" in asked.output
    assert "marsad migrate" in asked.output
    assert asked.exit_code == (0 if command == "doctor" else 1)
    assert schema(former) == before


def test_what_changes_something_takes_the_steps(former, whole):
    assert say(former, "subscribers add console").exit_code == 0
    assert schema(former) == whole[0]
    for command in QUESTIONS:
        assert "step is due" not in say(former, command).output, command
