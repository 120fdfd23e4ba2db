"""Every command of every runbook, run against an instance that has seen some work."""

import asyncio
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from alerts.indexing import Indexer
from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.storage import Logbook, Subscribers
from crawler.newsroom import Newsroom
from crawler.newsroom.press import drafts
from scheduler.archive import open_database, utc_now
from scheduler.cli import marsad
from scheduler.upkeep import back_up
from tests.journeys.conftest import running, until
from tests.journeys.test_kill import write_outlets

BOOKS = Path(__file__).parent.parent.parent / "docs" / "runbooks"
PAGES = sorted(path for path in BOOKS.glob("*.md") if path.stem != "README")
MARKS = ("SAFE", "CHANGES STATE", "SENDS MESSAGES")
OUTLET = "almirqab"
ASKING = (
    "marsad poll",
    "marsad read",
    "marsad digest",
    "marsad outlets probe",
    "marsad doctor --online",
)
HARMLESS = {"df", "date"}  # of the machine's own commands


def fences(text: str) -> list[tuple[str, list[str]]]:
    """Each fence of commands with the text of the page before it."""
    parts = re.split(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    return [("".join(parts[:n:2]), parts[n].strip().splitlines()) for n in range(1, len(parts), 2)]


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The folder of an instance with articles, alerts, deliveries in several states, an operator and a backup."""
    folder = tmp_path_factory.mktemp("demo")
    path = folder / "archive.sqlite"
    asyncio.run(_work(folder, path))
    with open_database(path) as database:
        asyncio.run(Indexer(database).run())
        database.write(
            lambda c: c.execute("UPDATE delivery SET state = 'dead', error = 'too long' WHERE id = 17")
        )
        database.write(lambda c: c.execute("UPDATE delivery SET state = 'queued' WHERE id = 18"))
        for kind in ("dead_letters", "loop_stalled", "outbox_stuck"):
            database.write(
                lambda c, k=kind: Logbook(c).open_event(k, "", cause="for the drill", now=utc_now())
            )
        back_up(database, folder / "backups", utc_now())
    return folder


async def _work(folder: Path, path: Path) -> None:
    published = [replace(draft, after=0.0, minutes_ago=max(draft.minutes_ago, 1)) for draft in drafts()]
    with open_database(path) as database:
        for name in ("one", "two"):
            person = Subscriber(RecipientKind.CONSOLE, name, utc_now())
            database.write(lambda c, p=person: Subscribers(c).subscribe(p, [Subscription(0)]))
    assert say(folder, "marsad operators add console").exit_code == 0
    async with Newsroom(drafts=published) as room:
        write_outlets(folder / "outlets", room.outlets)
        async with running(path, room.outlets) as seen:
            await until(lambda: len(seen.sent) >= 20, what="messages")


def say(folder: Path, command: str):
    settings = {
        "MARSAD_DATABASE": str(folder / "archive.sqlite"), "MARSAD_BACKUPS": str(folder / "backups"),
        "MARSAD_OUTLETS": str(folder / "outlets"), "MARSAD_ALLOWED_NETWORKS": "127.0.0.0/8", "COLUMNS": "160",
    }  # fmt: skip
    return CliRunner().invoke(marsad, shlex.split(command)[1:], env=settings, input="y\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_command_runs(page, demo, tmp_path):
    here = tmp_path / "instance"
    shutil.copytree(demo, here)
    if page.stem == "sending-held":
        say(here, 'marsad outbox hold --reason "for the drill"')
    for _, commands in fences(page.read_text(encoding="utf-8")):
        for command in commands:
            if command.split()[0] in HARMLESS:
                subprocess.run(shlex.split(command), check=True, capture_output=True, cwd=here)
                continue
            result = say(here, command.replace("OUTLET", OUTLET).replace("URL", "http://127.0.0.1:9/"))
            assert "Traceback" not in result.output, command
            good = (
                {0, 1} if command.startswith(ASKING) else {0}
            )  # nobody answers there, or the reader asks for none
            assert result.exit_code in good, f"{command}: {result.output[-300:]}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_page_says_what_its_commands_do(page):
    text = page.read_text(encoding="utf-8")
    assert re.search(r"^# .+\n\nالملخص: [^\n]+\.", text), "an Arabic summary on top"
    for before, commands in fences(text):
        section = before.rpartition("\n\n**")[2]
        assert any(mark in section for mark in MARKS), f"what do these do? {commands}"
