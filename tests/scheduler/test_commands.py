"""The command line as people use it: what it prints, how it ends, and errors in one line."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from warcio.archiveiterator import ArchiveIterator

from alerts.operators.wording import counted
from scheduler.cli import marsad
from scheduler.commands.screen import open_console
from tests.fakes.site import article_page, rss, serve_site

LONG = "داهمت الشرطة الكمبودية مركزا للاحتيال الإلكتروني في سيهانوكفيل وأوقفت 63 شخصا من جنسيات مختلفة.\n" * 3
OUTLET = """\
id: alif
name_ar: ألف
name_en: Alif
country: EG
timezone: Africa/Cairo
home: {home}
delay: 0
sources:
- {{url: "{home}/feed.rss", kind: feed}}
"""


@pytest.fixture
def run(tmp_path: Path):
    """Run a command on an archive and outlets of the test's own."""
    (tmp_path / "outlets").mkdir()

    def call(*words: str, **settings: str) -> Result:
        environment = {
            "MARSAD_DATABASE": str(tmp_path / "a.sqlite"),
            "MARSAD_OUTLETS": str(tmp_path / "outlets"),
            "MARSAD_ALLOWED_NETWORKS": "127.0.0.0/8",
            "COLUMNS": "160",
        }
        return CliRunner().invoke(marsad, words, env=environment | settings)

    return call


def refused(result: Result) -> str:
    """Return the one line of an error; fails when there is more, or a traceback."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    (line,) = result.stderr.strip().splitlines()
    return line


BAD = {
    "an unknown setting": (("outlets", "list"), {"MARSAD_COLOUR": "red"}, "MARSAD_COLOUR: no such setting"),
    "a folder that is not there": (("outlets", "list"), {"MARSAD_OUTLETS": "/nowhere"}, "/nowhere"),
    "an unknown outlet": (("poll", "nobody"), {}, "no outlet 'nobody'"),
    "no archive": (("db", "check"), {}, "no such file"),
    "no archive to explain": (("explain", "https://alif.example/x"), {}, "no such file"),
    "a bad proxy": (("outlets", "list"), {"MARSAD_TELEGRAM_PROXY": "garbage"}, "MARSAD_TELEGRAM_PROXY"),
    "an agent of two lines": (("outlets", "list"), {"MARSAD_USER_AGENT": "a\nb"}, "MARSAD_USER_AGENT"),
    "a folder that cannot be made": (("run",), {"MARSAD_DATABASE": "/dev/null/x/a.sqlite"}, "/dev/null/x"),
    "an address that is none": (("explain", "not an address"), {}, "not an address"),
    "no rules": (("run",), {"MARSAD_RULES": "/nowhere"}, "/nowhere"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(run, case):
    words, settings, expected = BAD[case]
    assert expected in refused(run(*words, **settings))


def test_a_bad_outlet_file_is_named_by_every_command_that_reads_it(run, tmp_path):
    (tmp_path / "outlets" / "alif.yaml").write_text(
        OUTLET.format(home="https://alif.example") + "colour: red\n", encoding="utf-8"
    )
    for words in (("outlets", "list"), ("poll", "alif"), ("run",)):
        line = refused(run(*words))
        assert "alif.yaml" in line
        assert "unknown key colour" in line


def test_a_rule_without_misses_is_refused_by_name(run, tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "x.yaml").write_text(
        "concepts:\n  gambling: [قمار]\nrules:\n- {id: x.any, topic: gambling, level: high, when: '@gambling', hits: [قمار]}\n",
        encoding="utf-8",
    )
    line = run("subscribers", "add", "console", MARSAD_RULES=str(rules))
    assert line.exit_code == 1
    assert "misses" in line.stderr
    assert "x.any" in line.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("subscribers", "add", "private_chat", "nobody"), "not a chat id"),
        (("subscribers", "add", "channel", "nobody"), "nor an @name"),
        (("subscribers", "add", "console", "--topic", "weather"), "no topic of the rules"),
        (("subscribers", "add", "console", "--timezone", "Cairo"), "not an IANA time zone"),
        (("subscribers", "add", "console", "--timezone", "Africa"), "not an IANA time zone"),
        (("subscribers", "add", "console", "--place", "Myanmar"), "no country of the rules"),
        (("subscribers", "add", "private_chat", "²"), "not a chat id"),
        (("search", "..."), "no word to look for"),
    ],
)
def test_a_wrong_command_line_is_explained(run, words, expected):
    result = run(*words)
    assert result.exit_code == 2
    assert expected in " ".join(result.stderr.split())


def test_subscribers_come_and_go(run):
    assert (
        "subscriber 1 is told"
        in run("subscribers", "add", "group", "-5", "--topic", "fraud", "--place", "mm").output
    )
    shown = run("subscribers", "list").output
    assert "group" in shown
    assert "MM" in shown
    assert "told nothing more" in run("subscribers", "remove", "1").output
    assert "group" not in run("subscribers", "list").output
    assert "no subscriber 7" in refused(run("subscribers", "remove", "7"))


@pytest.mark.parametrize(
    "words",
    [
        "events",
        "events list --all",
        "events show 1",
        "subscribers list",
        "subscribers show 1",
        "subscribers export",
        "subscribers remove 1",
        "subscribers fallback 1",
        "operators list",
        "silence list",
        "story show M0001",
        "story merge 1 2 --reason x",
        "story split 1 --reason x",
        "outbox ls",
        "search word",
        "outlets status",
        "mail bounces -",
        "digest list",
        "evidence https://alif.example/x",
        "recall 1 --reason x",
        "replay --since 2d",
    ],
)
def test_a_question_makes_no_archive(run, tmp_path, words):
    assert "no such file; `marsad run` makes it" in run(*words.split()).stderr
    assert not (tmp_path / "a.sqlite").exists()


def test_events_say_when_there_are_none(run):
    run("operators", "add", "console")
    assert run("events").output == "No event is open.\n"


async def test_a_poll_reads_what_is_new_and_explain_and_search_find_it(run, tmp_path):
    title = "الشرطة الكمبودية تداهم مركز احتيال إلكتروني وتوقف 63 شخصا"
    site: dict = {"/raid.html": article_page(title, LONG, published="2026-11-22T10:00:00+02:00")}
    async with serve_site(site) as home:
        site["/feed.rss"] = rss("/raid.html", home=home)
        (tmp_path / "outlets" / "alif.yaml").write_text(OUTLET.format(home=home), encoding="utf-8")
        dry = await asyncio.to_thread(run, "poll", "alif", "--dry-run")
        assert title in dry.output
        assert "nothing was kept" in dry.output
        polled = await asyncio.to_thread(run, "poll", "alif")
        assert "1 page read: 1 new" in polled.output, polled.output
        again = await asyncio.to_thread(run, "poll", "alif")
        assert "0 pages read" in again.output
        assert "alif" in (await asyncio.to_thread(run, "outlets", "list")).output
        explained = run("explain", f"{home}/raid.html")
        kept = await asyncio.to_thread(
            run, "evidence", f"{home}/raid.html", "--warc", str(tmp_path / "raid.warc.gz")
        )
        assert "is in" in kept.output, kept.output
    with (tmp_path / "raid.warc.gz").open("rb") as file:
        record = next(iter(ArchiveIterator(file)))
        assert (record.rec_type, record.rec_headers["WARC-Target-URI"]) == ("response", f"{home}/raid.html")
        assert title in record.content_stream().read().decode()
    assert title in explained.output
    assert "Not flagged" in explained.output, "the flagger runs in the service"
    assert "articles" in run("db", "check").output
    assert "nothing found" in refused(run("search", "لاشيء"))
    assert "is not in" in refused(run("explain", f"{home}/nowhere.html"))
    assert "would have fired 1 time in 1 article" in run("rules", "backtest").output
    assert "silent" in run("rules", "audit").output


async def test_a_poll_that_fails_says_so_and_what_strangers_write_is_no_markup(run, tmp_path):
    hostile = "عنوان [/b] [red]غريب \x1b[31m"
    site: dict = {"/x.html": article_page(hostile, LONG)}
    async with serve_site(site) as home:
        site["/feed.rss"] = rss("/x.html", "/gone.html", home=home).replace(
            "<title>خبر", "<title>[/b]&#27;[31m خبر"
        )
        (tmp_path / "outlets" / "alif.yaml").write_text(OUTLET.format(home=home), encoding="utf-8")
        for words in (("poll", "alif", "--dry-run"), ("poll", "alif")):
            result = await asyncio.to_thread(run, *words)
            assert result.exit_code == 0, result.output
            assert "[/b]" in result.output
            assert "\x1b[31m" not in result.output
            assert "http_404" in result.output
        del site["/feed.rss"]
        assert "no source could be read" in (await asyncio.to_thread(run, "poll", "alif")).stderr


def test_another_programs_file_is_refused_in_one_line(run, tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as theirs:
        theirs.execute("CREATE TABLE article (x)")
        theirs.commit()
    assert "holds no Marsad archive" in refused(run("db", "check"))


@pytest.mark.parametrize(
    ("words", "meant"), [("outbxo", "outbox"), ("subscriber list", "subscribers"), ("outbox lst", "ls")]
)
def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(run, words, meant):
    assert f"Did you mean '{meant}'" in run(*words.split()).stderr


def test_what_is_no_terminal_gets_whole_lines(capsys):
    open_console().print("word " * 60)
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(("number", "says"), [(0, "0 tries"), (1, "1 try"), (2_000, "2,000 tries")])
def test_what_is_counted_agrees_with_its_number(number, says):
    assert counted(number, "try", "tries") == says
