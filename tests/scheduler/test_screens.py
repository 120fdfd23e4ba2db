"""What commands show on a terminal of eighty columns, and to a program behind a pipe."""

import json
import os
import pty
import select
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from rich.text import Text

from alerts.nouns import Span
from alerts.storage import Logbook, Newsdesk
from crawler.registry import load_outlets
from scheduler.archive import open_database, utc_now
from scheduler.cli import marsad
from scheduler.commands.screen import marked
from tests.alerts.test_flagging import RAID, WEATHER, flagger, keep


@pytest.fixture
async def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.sqlite"
    with open_database(path) as database:
        keep(database, WEATHER, RAID)
        await flagger(database).run_batch()
    return path


def run(path, *words):
    result = CliRunner().invoke(marsad, words, env={"MARSAD_DATABASE": str(path), "COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def on_a_terminal(path, *words):
    """What a command shows on a terminal of eighty columns, line by line, without its colours."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "MARSAD_DATABASE": str(path), "COLUMNS": "80", "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "scheduler.cli", *words],
        stdout=theirs,
        stderr=theirs,
        env=environment,
    ) as command:
        os.close(theirs)
        seen = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not chunk:
                break
            seen += chunk
        assert command.wait(60) == 0
    os.close(ours)
    return [Text.from_ansi(line).plain.rstrip() for line in seen.decode().splitlines()]


@pytest.mark.parametrize(
    "words",
    [("outlets", "list"), ("story", "show", "M0001"), ("outbox", "ls", "--state", "sent"), ("--help",)],
)
def test_nothing_is_wider_than_eighty_columns(archive, words):
    assert [line for line in on_a_terminal(archive, *words) if cell_len(line) > 80] == []


def test_no_id_of_an_outlet_is_cut(archive):
    first = {line.split(" ")[0] for line in on_a_terminal(archive, "outlets", "list")}
    assert {outlet.id for outlet in load_outlets()} - first == set()


def test_a_list_of_nothing_is_a_sentence(tmp_path):
    path = tmp_path / "a.sqlite"
    with open_database(path):
        pass
    for words, says in (
        (("subscribers", "list"), "Nobody subscribes yet"),
        (("digest", "list"), "No digest was decided yet."),
        (("events", "list"), "No event is open."),
        (("operators", "list"), "Nobody is told of trouble"),
        (("silence", "list"), "Nothing is silenced."),
        (("outbox", "ls"), "No delivery fits."),
        (("rules", "report"), "No rule flagged anything in the last 30 days."),
    ):
        said = run(path, *words)
        assert said.exit_code == 0
        assert says in said.output
        assert said.output.count("\n") == 1


def test_one_is_counted_as_one(archive):
    assert run(archive, "operators", "add", "console").exit_code == 0
    assert "queued for 1 operator;" in run(archive, "test-alert").output
    assert "1 of 1 outlet:" in run(archive, "outlets", "status", "aawsat").output
    said = run(archive, "outbox", "hold", "--reason", "x")
    assert said.exit_code == 0
    assert "by the " not in run(archive, "outbox", "ls").output


def test_a_silence_says_until_when(archive):
    assert run(archive, "silence", "add", "outlet_silent", "--for", "8h", "--reason", "x").exit_code == 0
    until = utc_now() + timedelta(hours=8)
    lines = run(archive, "silence", "list").output
    assert any(f"{until - timedelta(minutes=n):%m-%d %H:%M}" in lines for n in (0, 1))


def test_what_does_not_exist_is_said_so(archive):
    for words, says in (
        (("recall", "M9999", "--reason", "x"), "there is no story M9999"),
        (("recall", "999", "--reason", "x"), "there is no alert 999"),
    ):
        said = run(archive, *words)
        assert (said.exit_code, says in said.stderr) == (1, True)
    said = run(archive, "replay", "--since", "1h", "--send")
    assert said.exit_code == 0
    assert "nothing to flag, and nothing to send" in said.output


async def test_a_story_of_its_own_is_told_as_one(archive):
    title = "محكمة ماليزية تقضي بسجن سبعة أداروا شبكة احتيال على متقاعدين في كمبوديا"
    with open_database(archive) as database:
        keep(database, replace(RAID, url="http://b.example/2", title=title, body=title))
        await flagger(database).run_batch()
        number = database.read(lambda c: max(row["id"] for row in c.query("SELECT id FROM story")))
        assert number == 2
        (article,) = database.read(lambda c: Newsdesk(c).story(2)).articles
        why = database.read(lambda c: Newsdesk(c).why_placed(article))
    assert why.startswith("a story of its own; the nearest was article ")
    assert "a story of its own" in run(archive, "story", "show", "2").output


def test_an_audit_has_a_head_and_a_summary_and_a_pipe_gets_every_line(archive):
    piped = run(archive, "rules", "audit")
    assert piped.stdout.startswith("what\tword\tof\ttimes\n")
    assert piped.stderr.endswith(" terms never found\n")
    assert piped.stdout.count("silent\t") > 100
    shown = on_a_terminal(archive, "rules", "audit")
    shown = shown[next(at for at, line in enumerate(shown) if line.startswith("what")) :]  # a bar went before
    assert shown[0].split() == ["what", "word", "of", "times"]
    assert sum(line.startswith("silent") for line in shown) == 20
    assert " ".join(shown[-3:]).endswith("; --all lists them")


def test_an_audit_that_lists_everything_does_not_say_that_there_is_more(archive, tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(
        "topic: gambling\nconcepts:\n  games: {kind: word, terms: [قمار]}\n  se_asia: {kind: name, terms: [كمبوديا]}\nrules:\n"
        "- {id: g, level: notice, status: stable, author: a, reason: r, since: 2026-01-01,\n"
        "   when: '@games AND head:@se_asia', hits: [قمار في كمبوديا], misses: [قمار]}\n",
        encoding="utf-8",
    )
    shown = on_a_terminal(archive, "rules", "audit", "--rules", str(tmp_path / "rules"))
    assert shown[-1].endswith("never found")


def test_programs_are_told_in_json(archive):
    with open_database(archive) as database:
        database.write(
            lambda c: Logbook(c).open_event(
                "outlet_silent", "alif", cause="x", evidence={"n": 1}, now=utc_now()
            )
        )
    (event,) = json.loads(run(archive, "events", "list", "--json").output)
    assert (event["kind"], event["about"], event["evidence"]) == ("outlet_silent", "alif", {"n": 1})
    assert event["closed_at"] is None
    assert json.loads(run(archive, "config", "show", "--json").output)["MARSAD_DATABASE"] == str(archive)


def test_words_around_evidence_are_whole():
    body = "كلمة " * 40 + "مركز احتيال " + "أخرى " * 40
    start = body.index("مركز")
    article = replace(RAID, body=body)
    _, shown = marked(article, [Span("body", start, start + 4, "مركز", "x")])
    assert shown.plain.startswith("… كلمة ")
    assert shown.plain.endswith(" أخرى …")
    assert {word for word in shown.plain.split() if word != "…"} == {"كلمة", "مركز", "احتيال", "أخرى"}
    (spans,) = [each for each in shown.spans if "reverse" in str(each.style)]
    assert shown.plain[spans.start : spans.end] == "مركز"
    _, whole = marked(replace(RAID, body="قبل مركز بعد"), [Span("body", 4, 8, "مركز", "x")])
    assert whole.plain == "قبل مركز بعد"
