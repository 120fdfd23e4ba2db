"""Log lines for machines and for people, and no secret in either."""

import io
import json
import logging

import pytest
from click.testing import CliRunner

from scheduler.cli import marsad
from scheduler.logs import set_up

TOKEN = "123456789:AAtest_token_of_thirty_five_chars_xx"


@pytest.fixture
def root():
    logger = logging.getLogger()
    before = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:], level = before[0], before[1]
    logger.setLevel(level)


def written(form, work):
    out = io.StringIO()
    set_up("info", form, out)
    work(logging.getLogger("scheduler.service"))
    return out.getvalue()


def fail(log):
    try:
        raise ValueError(f"refused {TOKEN}")
    except ValueError:
        log.exception("sending with %s failed", TOKEN, extra={"delivery": 7})


@pytest.mark.usefixtures("root")
def test_a_line_is_json_with_ids_and_without_secrets():
    text = written("json", fail)
    assert TOKEN not in text
    (line,) = map(json.loads, text.splitlines())
    assert (line["level"], line["logger"], line["delivery"]) == ("error", "scheduler.service", 7)
    assert line["event"] == "sending with <token> failed"
    assert "ValueError: refused <token>" in line["exception"]
    assert line["ts"].endswith("Z")
    assert line["run"]


@pytest.mark.usefixtures("root")
def test_a_person_reads_a_line_without_secrets():
    text = written("console", fail)
    assert TOKEN not in text
    assert "sending with <token> failed" in text
    assert "delivery" in text


@pytest.mark.usefixtures("root")
def test_marsad_logs_shows_lines_to_a_person(tmp_path):
    file = tmp_path / "log"

    def work(log):
        log.info("polled", extra={"outlet": "alif", "cause": "ok"})
        log.warning("polled", extra={"outlet": "baa", "cause": "empty"})

    file.write_text(
        written("json", work) + "Fatal Python error: Aborted \x1b[31m\n[1, 2]\n", encoding="utf-8"
    )

    def shown(*options):
        return CliRunner().invoke(marsad, ["logs", *options, str(file)]).output

    everything = shown()
    assert "outlet=alif" in everything
    binary = tmp_path / "a.sqlite"
    binary.write_bytes(b"SQLite format 3\0\x10\xff")
    refused = CliRunner().invoke(marsad, ["logs", str(binary)])
    assert (refused.exit_code, "a.sqlite: this is no log" in refused.stderr) == (1, True)
    assert "Fatal Python error" in everything
    assert "\x1b" not in everything, "what is no line of ours cannot steer a terminal"
    assert "alif" not in shown("--level", "warning")
    assert "baa" in shown("--level", "warning")
    assert "baa" not in shown("--about", "alif")
