"""`marsad doctor`, `config`, `export`, `migrate` and `db prune`, as an operator meets them."""

import asyncio
import csv
import json
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from alerts.storage import Newsdesk
from crawler.database import connect
from crawler.storage import Archive
from scheduler.archive import MIGRATIONS, open_database, utc_now
from scheduler.checking import check_online
from scheduler.cli import marsad
from scheduler.wiring import VARIABLES
from tests.alerts.test_flagging import RAID, WEATHER, flagger, keep
from tests.fakes import mail_server
from tests.fakes.bot_api import BotApi, serve
from tests.journeys.conftest import outlet_at

TOKEN = "123456789:AAtest_token_of_thirty_five_chars_xx"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive.sqlite"


def say(path, *words, **settings):
    result = CliRunner().invoke(
        marsad, words, env={"MARSAD_DATABASE": str(path), "COLUMNS": "200"} | settings
    )
    assert "Traceback" not in result.output
    return result


def text(result):
    return " ".join(result.output.split())


def test_a_fresh_installation_is_told_what_is_missing(path):
    result = say(path, "doctor")
    assert result.exit_code == 0
    assert "`marsad run` makes it" in text(result)
    assert "MARSAD_DEADMAN_URL" in text(result)


def test_what_does_not_work_is_named_and_secrets_are_not_shown(path, tmp_path):
    with open_database(path):
        pass
    broken = tmp_path / "rules"
    broken.mkdir()
    secret = tmp_path / "token"
    secret.write_text(TOKEN)
    secret.chmod(0o644)
    result = say(path, "doctor", MARSAD_RULES=str(broken), MARSAD_TELEGRAM_TOKEN_FILE=str(secret))
    assert result.exit_code == 1
    assert "does not work: rules" in text(result)
    assert "others may read this secret" in text(result)
    assert TOKEN not in result.output
    shown = say(path, "config", "show", MARSAD_TELEGRAM_TOKEN_FILE=str(secret))
    told = dict(line.split(maxsplit=1) for line in shown.output.splitlines())
    assert list(told) == sorted(VARIABLES)
    assert told["MARSAD_TELEGRAM_TOKEN"] == "set"
    assert told["MARSAD_TELEGRAM_TOKEN_FILE"] == str(secret)
    assert told["MARSAD_DATABASE"] == str(path)
    assert (told["MARSAD_PROXY"], told["MARSAD_LOG"], told["MARSAD_REACTOR"]) == ("not set", "info", "0")
    assert TOKEN not in shown.output
    assert say(path, "config", "check", MARSAD_COLOUR="red").exit_code == 1


def test_nobody_else_reads_the_archive(path):
    with open_database(path) as database:
        database.write(lambda c: c.execute("UPDATE article SET id = id"))
        modes = {each.stat().st_mode & 0o777 for each in path.parent.glob(f"{path.name}*")}
    assert modes == {0o600}, "the archive, its -wal and its -shm"
    assert "others may read it" not in text(say(path, "doctor"))
    path.chmod(0o644)
    assert "others may read it, with all addresses; chmod 600" in text(say(path, "doctor"))


def test_case_12_a_clock_behind_the_archive_is_named(path):
    with open_database(path) as database:
        later = utc_now() + timedelta(days=365)
        database.write(
            lambda c: c.execute("INSERT INTO source (id, outlet, url, next_due) VALUES (1, 'a', 'u', 't')")
        )
        database.write(
            lambda c: c.execute(
                "INSERT INTO poll (source_id, started_at, took_ms, outcome, cause, detail, entries, fresh, undated) "
                "VALUES (1, :at, 1, 'ok', 'ok', '', 0, 0, 0)",
                {"at": later.isoformat()},
            )
        )
    result = say(path, "doctor")
    assert result.exit_code == 1
    assert "the clock went back" in text(result)


async def test_online_telegram_is_asked_who_we_are(path):
    def run(api):
        return say(
            path, "doctor", "--online", MARSAD_TELEGRAM_TOKEN=TOKEN, MARSAD_TELEGRAM_API=api.url,
            MARSAD_OUTLETS=str(path.parent / "none"),
        )  # fmt: skip

    (path.parent / "none").mkdir()
    async with serve(BotApi()) as api:
        good = await asyncio.to_thread(run, api)
    async with serve(BotApi(tokens={"another"})) as api:
        bad = await asyncio.to_thread(run, api)
    assert "telegram (online) │ answers" in text(good)
    assert "copy it once more from @BotFather" in text(bad)
    assert bad.exit_code == 1
    assert TOKEN not in good.output + bad.output


async def test_online_the_relay_is_asked_whether_it_takes_our_mails(path):
    def run(port):
        return say(
            path, "doctor", "--online", MARSAD_SMTP_HOST="127.0.0.1", MARSAD_SMTP_PORT=str(port),
            MARSAD_SMTP_SECURITY="none", MARSAD_MAIL_FROM="news@example.org",
            MARSAD_PUBLIC_URL="https://news.example.org", MARSAD_OUTLETS=str(path.parent / "none"),
        )  # fmt: skip

    (path.parent / "none").mkdir()
    async with mail_server.serve() as relay:
        good = await asyncio.to_thread(run, relay.port)
    gone = await asyncio.to_thread(run, relay.port)
    assert "mail (online) │ answers" in text(good)
    assert f"mail (online) │ 127.0.0.1:{relay.port}: " in text(gone)


def test_names_that_do_not_resolve_are_listed():
    def resolve(host):
        if host == "gone.example":
            raise OSError
        return "127.0.0.1"

    outlets = (outlet_at("http://gone.example", "/a"), outlet_at("http://here.example", "/b"))
    (finding,) = check_online(outlets, resolve)
    assert finding.says == "cannot be resolved: gone.example"


async def test_flagged_articles_are_exported_whole_and_harmless(path, tmp_path):
    with open_database(path) as database:
        keep(database, WEATHER, replace(RAID, title="=HYPERLINK(1) " + RAID.title))
        await flagger(database).run_batch()
    out = tmp_path / "flagged.csv"
    assert say(path, "export", str(out)).exit_code == 0
    with out.open(encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert row["title"].startswith("'=HYPERLINK"), "no cell is a formula"
    assert row["body"] == RAID.body
    lines = tmp_path / "flagged.jsonl"
    assert say(path, "export", str(lines)).exit_code == 0
    assert json.loads(lines.read_text(encoding="utf-8"))["title"].startswith("=HYPERLINK")
    assert "0 articles" in say(path, "export", "--overwrite", "--since", "2100-01-01", str(lines)).output
    assert say(path, "export", str(tmp_path / "flagged.xls")).exit_code == 2


async def test_flagged_articles_are_exported_to_parquet_where_the_extra_is_installed(path, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet: 160 MB, not in dev")
    with open_database(path) as database:
        keep(database, WEATHER, RAID)
        await flagger(database).run_batch()
    out = tmp_path / "flagged.parquet"
    assert "1 article" in say(path, "export", str(out)).output
    table = parquet.read_table(out)
    (row,) = table.to_pylist()
    assert (row["title"], row["body"], row["places"]) == (RAID.title, RAID.body, "KH")
    assert "0 articles" in say(path, "export", "--since", "2100-01-01", str(out)).output
    assert parquet.read_table(out).schema == table.schema, "no rows, and still its columns"


def test_parquet_without_the_extra_is_one_line_that_names_the_way_out(path, tmp_path, monkeypatch):
    with open_database(path):
        pass
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = say(path, "export", str(tmp_path / "flagged.parquet"))
    assert result.exit_code == 1
    assert text(result).endswith("Error: Parquet needs an extra: pip install 'marsad[parquet]'")
    assert not (tmp_path / "flagged.parquet").exists()


async def test_old_unflagged_bodies_are_forgotten_and_nothing_else(path):
    with open_database(path) as database:
        keep(database, WEATHER, RAID)
        await flagger(database).run_batch()
        old = (utc_now() - timedelta(days=200)).isoformat()
        database.write(lambda c: c.execute("UPDATE article SET first_seen = :old", {"old": old}))
        assert "1 body forgotten" in say(path, "db", "prune", "--yes").output
        bodies = {
            a.url: a.body for a in (database.read(lambda c, n=n: Archive(c).article(n)) for n in (1, 2))
        }
        assert sorted(map(bool, bodies.values())) == [False, True]
        assert bodies[RAID.url] == RAID.body
        assert database.read(lambda c: Newsdesk(c).counts())["flags"] == 1
        assert "0 bodies" in say(path, "db", "prune", "--yes").output


def test_a_migration_is_shown_before_it_is_taken(path):
    assert say(path, "migrate", "--plan").exit_code == 1
    with closing(connect(path)) as connection:
        MIGRATIONS[0].apply(connection, stop_before="m002_hosts")
    plan = say(path, "migrate", "--plan")
    assert "would take crawler.m002_hosts" in plan.output
    assert "takes alerts.m001_newsdesk" in say(path, "migrate").output
    assert "nothing to do" in say(path, "migrate", "--plan").output
