"""What is mistyped is refused in one line that names it; nothing is done, and nothing is called a success."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerts.storage import Dispatch, Logbook, Subscribers
from scheduler.archive import open_database
from scheduler.cli import marsad
from tests.alerts.test_flagging import RAID, WEATHER, flagger, keep

HUGE = "99999999999999999999999"
LABELLED = {"id": "x", "title": "تفكيك وكر احتيال في كمبوديا", "label": {"fraud": True}}


@pytest.fixture
async def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.sqlite"
    with open_database(path) as database:
        keep(database, WEATHER, RAID)
        await flagger(database).run_batch()
    return path


@pytest.fixture
def run(archive: Path):
    def call(*words: object, given: str = "", **settings: str) -> Result:
        environment = {"MARSAD_DATABASE": str(archive), "COLUMNS": "100"} | settings
        result = CliRunner().invoke(marsad, list(map(str, words)), input=given, env=environment)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return call


def refused(result: Result, says: str) -> None:
    """The command did not do it, and its last line says why."""
    assert result.exit_code in {1, 2}, result.output
    assert says in " ".join(result.stderr.split()), result.stderr


def test_a_channel_that_is_none_is_held_by_nobody(run, archive):
    for words in (("hold", "--reason", "x"), ("ls",), ("release",)):
        refused(run("outbox", *words, "--channel", "telegarm"), "'telegarm' is not one of")
        refused(run("outbox", *words, "--channel", "telegarm"), "'telegram'")
    with open_database(archive) as database:
        assert database.read(lambda c: Dispatch(c).halts()) == []
        assert database.read(lambda c: Logbook(c).open_events()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("outbox", "hold", "--reason", " "),
        ("silence", "add", "outlet_silent", "--reason", ""),
        ("story", "merge", "1", "2", "--reason", ""),
        ("story", "split", "1", "--reason", "\t"),
        ("recall", "1", "--reason", " "),
        ("test-alert", "--text", ""),
    ],
)
def test_a_sentence_that_is_empty_tells_nobody_anything(run, words):
    refused(run(*words), "is empty; say it in a sentence")


@pytest.mark.parametrize(
    "words",
    [
        ("subscribers", "show"),
        ("subscribers", "remove"),
        ("subscribers", "fallback"),
        ("operators", "remove"),
        ("outbox", "show"),
        ("outbox", "retry"),
        ("outbox", "drop", "--yes"),
        ("outbox", "ls", "--subscriber"),
        ("outbox", "ls", "--alert"),
        ("events", "show"),
        ("events", "ack"),
        ("silence", "end"),
        ("story", "split", "--reason", "x"),
        ("digest", "why"),
        ("digest", "preview"),
        ("digest", "send"),
        ("db", "prune", "--yes", "--days"),
        ("rules", "audit", "--since"),
        ("rules", "backtest", "--since"),
        ("rules", "report", "--since"),
    ],
)
def test_a_number_that_no_row_and_no_calendar_has_is_refused(run, words):
    refused(run(*words, HUGE), "is not in the range")
    refused(run(*words, "0"), "is not in the range")


def test_what_has_no_label_is_not_measured_as_perfect(run):
    for words in (("rules", "eval", "-"), ("rules", "learn", "-")):
        refused(run(*words), "no labelled line")
        refused(run(*words, given='{"title": "x", "label": "fraud"}'), "line 1: needs a label, an object")
        refused(run(*words, given='{"title": "x"}'), "line 1: needs a label")
        wrong = json.dumps(LABELLED | {"countries": "KH"})
        refused(run(*words, given=wrong), "line 1: countries must be a list")
    refused(run("rules", "eval", "--labelled"), "no labelled line")
    borderline = json.dumps(LABELLED | {"borderline": True})
    refused(run("rules", "eval", "-", given=borderline), "--borderline counts them")
    assert run("rules", "eval", "-", given=json.dumps(LABELLED)).exit_code == 0


@pytest.mark.parametrize("command", ["match", "eval", "learn", "backtest", "audit"])
def test_a_misspelt_key_is_named_with_its_line(run, command):
    line = '{"id": "1", "titel": "احتيال", "label": {}}'
    refused(run("rules", command, "-", given=f"\n\n{line}\n"), "line 3: has no 'title'; is it 'titel'?")
    line = '{"id": "1", "title": "احتيال", "boddy": "x", "label": {}}'
    refused(run("rules", command, "-", given=line), "line 1: has no 'body'; is it 'boddy'?")


def test_an_empty_text_is_not_judged(run):
    refused(run("rules", "explain", "-", given=" \n"), "holds no text to judge")
    assert "fraud" in run("rules", "explain", "-", given=f"\n{LABELLED['title']}").output


def test_outlets_and_places_that_are_none_are_refused(run, archive, tmp_path):
    refused(
        run("subscribers", "add", "console", "--outlet", "aawsatt"), "'aawsatt' is no outlet; is it 'aawsat'?"
    )
    refused(run("subscribers", "add", "console", "--outlet", "qqqq"), "`marsad outlets list` shows them")
    readers = tmp_path / "readers.jsonl"
    readers.write_text('{"kind": "console", "outlets": ["qqqq"]}\n', encoding="utf-8")
    refused(run("subscribers", "import", readers), "line 1: 'qqqq' is no outlet")
    refused(run("rules", "label", RAID.url, "relevant", "--place", "ZZ"), "'ZZ' is no country of the rules")
    assert run("rules", "label", RAID.url, "relevant", "--topic", "fraud", "--place", "kh").exit_code == 0
    with open_database(archive) as database:
        assert database.read(lambda c: Subscribers(c).all()) == []


def test_config_check_refuses_what_run_refuses(run, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for name, value, says in (
        ("MARSAD_RULES", tmp_path / "empty", str(tmp_path / "empty")),
        ("MARSAD_BACKUPS", tmp_path / "file", "is a file; name a folder"),
        ("MARSAD_REACTOR", "yes", "'yes' must be 1 or 0"),
        ("MARSAD_SMTP_PORT", "abc", "MARSAD_SMTP_PORT: 'abc' is no port"),
        ("MARSAD_TELEGRAM_TOKN", "x", "did you mean MARSAD_TELEGRAM_TOKEN?"),
        ("MARSAD_DATABASE", tmp_path / "no" / "a", "there is no folder"),
        ("MARSAD_DATABASE", tmp_path / "file", "holds no Marsad archive"),
        ("MARSAD_USER_AGENT", "مرصد", "printable ASCII"),
    ):
        refused(run("config", "check", **{name: str(value)}), says)
    assert run("config", "check").output == "the settings are sound\n"


def test_a_contact_that_no_header_carries_is_refused_before_anything_is_written(run, tmp_path):
    folder = tmp_path / "set-up"
    refused(run("init", "--yes", "--offline", "--folder", folder, "--contact", "كلام"), "printable ASCII")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("export",), "o.csv"),
        (("export",), "o.jsonl"),
        (("subscribers", "export", "--to"), "o.csv"),
        (("digest", "preview", "--to"), "o.html"),
        (("evidence", RAID.url, "--warc"), "o.warc.gz"),
    ],
)
def test_a_file_is_not_written_over_nor_where_nothing_can_be_written(run, tmp_path, words, name):
    target = tmp_path / name
    target.write_text("mine", encoding="utf-8")
    refused(run(*words, target), f"{target}: is there already; --overwrite replaces it")
    assert target.read_text(encoding="utf-8") == "mine"
    if words[0] != "evidence":  # which would fetch first
        refused(run(*words, f"/nonexistent/{name}"), f"/nonexistent/{name}: cannot be written (No such file")
        assert run(*words, target, "--overwrite").exit_code == 0
        assert target.read_bytes() != b"mine"
        assert list(tmp_path.glob("*.part")) == []


def test_a_device_is_written_to_as_it_is(run):
    assert run("digest", "preview", "--to", "/dev/null").exit_code == 0
    refused(run("digest", "preview", "--to", "/dev/full"), "cannot be written (No space left")
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize(
    "words",
    [
        ("events",),
        ("config", "show"),
        ("outlets", "list"),
        ("subscribers", "export"),
        ("rules", "match", "-"),
        ("--help",),
    ],
)
def test_output_that_is_lost_is_an_error_and_no_traceback(archive, words):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "scheduler.cli", *words],
            input=json.dumps(LABELLED),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "MARSAD_DATABASE": str(archive)},
            timeout=60,
            check=False,
        )
    assert done.stderr == "Error: the output cannot be written (No space left on device)\n"
    assert done.returncode == 1


def test_a_reader_that_has_enough_hears_nothing_more(archive):
    with subprocess.Popen(
        [sys.executable, "-m", "scheduler.cli", "outlets", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "MARSAD_DATABASE": str(archive)},
    ) as listing:
        listing.stdout.close()
        assert listing.stderr.read() == b""
        assert listing.wait(60) == 1


def test_what_asks_where_nobody_answers_says_so(run, tmp_path):
    refused(run("outbox", "drop", "1"), "nobody answers here; --yes")
    refused(run("init", "--folder", tmp_path / "new"), "nobody answers here; --yes")
    assert not (tmp_path / "new").exists()


def test_nothing_is_called_a_success_that_found_nothing(run, tmp_path):
    nowhere, file, empty = tmp_path / "nowhere", tmp_path / "file", tmp_path / "empty"
    file.write_bytes(b"\x00\xffno mail")
    empty.mkdir()
    refused(run("outlets", "replay", MARSAD_RECORDINGS=str(nowhere)), f"{nowhere}: no such folder")
    refused(run("outlets", "status", "--country", "ZZ"), "no outlet fits")
    refused(run("outlets", "record", "aawsat", "--url", "notaurl"), "'notaurl' is not an address")
    refused(run("mail", "bounces", file), "is no mbox file")
    assert run("mail", "bounces", "-").output == "0 mails read\n"
    refused(run("backup", "--list", "--to", nowhere), f"{nowhere}: no such folder")
    refused(run("backup", "--to", file), f"{file}: is a file")
    assert run("backup", "--list", "--to", empty).output == f"{empty}: no backup; `marsad backup` makes one\n"


@pytest.mark.parametrize(("text", "says"), [("", "nothing"), ("- a\n", "a list"), ("كلام\n", "'كلام'")])
def test_an_outlet_file_that_is_no_list_of_keys_is_told_in_words(run, tmp_path, text, says):
    (tmp_path / "alif.yaml").write_text(text, encoding="utf-8")
    refused(run("outlets", "list", MARSAD_OUTLETS=str(tmp_path)), f"and there is {says}")


def test_a_dry_run_that_read_nothing_is_none_and_names_no_object_of_python(run, tmp_path):
    source = "- {url: 'https://127.0.0.1:9/feed', kind: feed}"
    (tmp_path / "alif.yaml").write_text(
        "id: alif\nname_ar: ألف\nname_en: Alif\ncountry: EG\ntimezone: Africa/Cairo\n"
        f"home: https://127.0.0.1:9\ndelay: 0\nsources:\n{source}\n",
        encoding="utf-8",
    )
    done = run(
        "poll", "alif", "--dry-run", MARSAD_OUTLETS=str(tmp_path), MARSAD_ALLOWED_NETWORKS="127.0.0.0/8"
    )
    refused(done, "alif: no source could be read")
    assert "127.0.0.1:9" in done.output
    assert "ssl:" not in done.output
