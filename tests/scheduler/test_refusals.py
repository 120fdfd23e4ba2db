"""What is mistyped is refused in one line that names it; nothing is done, and nothing is called a success."""

import json
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
