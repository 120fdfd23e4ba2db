"""Backups under a live writer, a restore that sends nothing, drills that fail when they should."""

import os
import re
import shutil
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from alerts.consent import address_hash, forget, mail_key, withdraw_consent
from alerts.mail.tokens import Purpose, sign
from alerts.nouns import RecipientKind, Subscriber, SubscriberState, Subscription
from alerts.storage import Digests, Dispatch, Logbook, Mailboxes, Newsdesk, Subscribers, Upkeep
from crawler.storage import Archive
from scheduler.archive import alone, beside, instance_lock, open_database, utc_now
from scheduler.cli import marsad
from scheduler.upkeep import UpkeepError, back_up, backups, drill, restore, verify
from tests.alerts.test_flagging import RAID, WEATHER, flagger, keep

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive.sqlite"


@pytest.fixture
async def database(path):
    with open_database(path) as opened:
        keep(opened, WEATHER, RAID)
        await flagger(opened).run_batch()
        yield opened


def say(path, *words):
    result = CliRunner().invoke(marsad, words, env={"MARSAD_DATABASE": str(path), "COLUMNS": "200"})
    assert "Traceback" not in result.output
    return result


def test_twenty_backups_under_a_live_writer_are_all_restorable(database, tmp_path):
    ended = threading.Event()

    def write():
        number = 0
        while not ended.is_set():
            number += 1
            article = replace(WEATHER, url=f"http://a.example/{number}", title=f"خبر {number}")
            database.write(lambda c, a=article: Archive(c).keep(a))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [back_up(database, tmp_path / "b", NOW + timedelta(seconds=n), keep=20) for n in range(20)]
    finally:
        ended.set()
        writer.join()
    counts = [drill(each.path, {}, NOW, each.counts).counts["articles"] for each in made]
    assert counts == sorted(counts), "each one is a moment"
    assert counts[-1] > counts[0] + 20, "the writer went on meanwhile"


def test_the_oldest_go_and_what_is_not_ours_stays(database, tmp_path):
    folder = tmp_path / "b"
    for hour in range(5):
        back_up(database, folder, NOW + timedelta(hours=hour), keep=3)
    (folder / "marsad-notes.sqlite").touch()
    back_up(database, folder, NOW + timedelta(hours=5), keep=3)
    assert [each.name[7:18] for each in backups(folder)] == ["20261123T07", "20261123T08", "20261123T09"]
    assert (folder / "marsad-notes.sqlite").exists()
    assert {oct(each.stat().st_mode & 0o777) for each in backups(folder)} == {"0o600"}
    assert database.read(lambda c: Upkeep(c).last("backup")).at == NOW + timedelta(hours=5)


async def test_case_11_after_a_restore_nothing_is_sent_before_an_operator_says_so(database, path, tmp_path):
    made = back_up(database, tmp_path / "b", NOW)
    keep(database, replace(WEATHER, url="http://a.example/later"))
    database.close()
    aside = restore(made.path, path, "mina", utc_now()).former
    with open_database(path) as restored:
        assert restored.read(lambda c: Archive(c).counts())["articles"] == 2
        (halt,) = restored.read(lambda c: Dispatch(c).halts())
        assert halt.reason.startswith("restored from marsad-")
        assert restored.read(lambda c: Dispatch(c).is_halted("telegram"))
    with open_database(aside) as former:
        assert former.read(lambda c: Archive(c).counts())["articles"] == 3, "nothing is thrown away"
    assert "HELD: all channels" in say(path, "outbox", "ls").output
    assert say(path, "outbox", "release").exit_code == 0


def test_a_restore_is_refused_while_the_service_runs(database, path, tmp_path):
    made = back_up(database, tmp_path / "b", NOW)
    with instance_lock(path):
        result = say(path, "restore", str(made.path), "--yes")
    assert result.exit_code == 1
    assert "another `marsad run`" in result.output


def test_a_restore_is_refused_while_the_web_pages_write(database, path, tmp_path):
    """They would go on in the file that is set aside: "unsubscribed", and the mails come all the same."""
    made = back_up(database, tmp_path / "b", NOW)
    with beside(path), beside(path):
        result = say(path, "restore", str(made.path), "--yes")
        assert result.exit_code == 1
        assert "`marsad web` works on it" in result.output
    assert say(path, "restore", str(made.path), "--yes").exit_code == 0


def test_the_web_pages_do_not_begin_on_an_archive_that_is_being_replaced(path):
    with alone(path):
        env = {"MARSAD_DATABASE": str(path), "MARSAD_PUBLIC_URL": "https://a.example"}
        result = CliRunner().invoke(marsad, ["web", "--port", "0"], env=env)
    assert result.exit_code == 1
    assert "is being replaced" in result.output


def test_who_left_since_the_backup_stays_gone(database, path, tmp_path):
    def begin(connection):
        mail_key(connection, NOW)
        for number, kind in enumerate(["mail", "private_chat", "mail", "group", "mail"], 1):
            one = Subscriber(RecipientKind(kind), f"{number}@a.example", NOW)
            Subscribers(connection).subscribe(one, [Subscription(0)])

    def leave(connection):
        key, people = mail_key(connection, NOW), Subscribers(connection)
        withdraw_consent(connection, sign(key, Purpose.UNSUBSCRIBE, 1), key, NOW)
        forget(connection, people.get(2), NOW)
        people.set_state(3, SubscriberState.SUSPENDED)
        forget(connection, people.get(3), NOW)
        people.set_state(4, SubscriberState.SUSPENDED)

    database.write(begin)
    made = back_up(database, tmp_path / "b", NOW)
    database.write(leave)
    database.close()
    assert (
        "4 subscribers left since that backup, and stay gone."
        in say(path, "restore", str(made.path), "--yes").output
    )
    with open_database(path) as restored:
        known = {number: restored.read(lambda c, n=number: Subscribers(c).get(n)) for number in range(1, 6)}
        assert [one.state for one in known.values()] == [
            "removed",
            "removed",
            "removed",
            "suspended",
            "active",
        ]
        assert [known[number].address for number in (2, 3)] == ["forgotten:2", "forgotten:3"]
        hashed = restored.write(lambda c: address_hash(mail_key(c, NOW), "3@a.example"))
        assert restored.read(lambda c: Mailboxes(c).suppressed(hashed))


@pytest.mark.parametrize("former", [b"", b"no archive at all" * 300, None])
def test_a_restore_says_where_it_cannot_know_who_left(database, path, tmp_path, former):
    made = back_up(database, tmp_path / "b", NOW)
    database.close()
    for file in path.parent.glob("archive.sqlite*"):
        file.unlink()
    if former is not None:
        path.write_bytes(former)
    done = say(path, "restore", str(made.path), "--yes")
    assert done.exit_code == 0
    assert "would be written to again" in done.output


def test_what_killed_backups_left_is_let_go_after_a_day(database, tmp_path):
    folder = tmp_path / "b"
    back_up(database, folder, NOW)
    left = [
        "marsad-abcd_123/copy.sqlite",
        "marsad-drill-abcd_123/archive.sqlite",
        "marsad-20261101T040000Z.part",
    ]
    young = ["marsad-zzzzzzz1/copy.sqlite", "marsad-20261122T040000Z.part"]
    others = ["notes/copy.sqlite", "marsad-abcd_123.txt"]
    for name in left + young + others:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
        age = timedelta(hours=23 if name in young else 25)
        for file in {folder / name, folder / name.split("/")[0]}:
            os.utime(file, times=((NOW - age).timestamp(),) * 2)
    back_up(database, folder, NOW)
    assert [name for name in left if (folder / name).exists()] == []
    assert [name for name in young + others if not (folder / name).exists()] == []


def test_a_damaged_backup_is_refused_and_the_archive_stays(database, path, tmp_path):
    made = back_up(database, tmp_path / "b", NOW)
    with made.path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 8192)
    with pytest.raises(UpkeepError, match="take an older backup"):
        restore(made.path, path, "mina", utc_now())
    with pytest.raises(UpkeepError):
        drill(made.path, {}, NOW, None)
    assert database.read(lambda c: Newsdesk(c).counts())["flags"] == 1
    assert [each.name for each in path.parent.glob("archive.sqlite.before-*")] == []


def test_a_copied_main_file_is_no_backup(path, tmp_path):
    with open_database(path) as database:
        keep(database, WEATHER)
        shutil.copyfile(path, tmp_path / "copy.sqlite")
        with sqlite3.connect(tmp_path / "copy.sqlite") as copy:
            found = copy.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        copy.close()
        assert found == 0, "why `marsad backup` does not copy the file"


def test_a_drill_notices_missing_rows_and_a_full_disk_leaves_no_half_backup(database, tmp_path):
    made = back_up(database, tmp_path / "b", NOW)
    with pytest.raises(UpkeepError, match="counts differ"):
        drill(made.path, {}, NOW, made.counts | {"articles": 99})
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(UpkeepError, match="no backup was made"):
        back_up(database, blocked, NOW)
    assert verify(made.path).sha256 == made.sha256


def test_a_drill_makes_the_digest_of_the_day_from_the_copy(database, tmp_path):
    made = back_up(database, tmp_path / "b", NOW)
    done = drill(made.path, {}, NOW, made.counts)
    assert done.stories == 1
    for part in (done.digest.html, done.digest.text):
        assert RAID.title in re.sub(r"<[^>]+>|[\u200e\u200f\u2066-\u2069]", "", part)
    assert database.read(lambda c: Digests(c).editions(0)) == [], "nothing of it is kept"


@pytest.mark.parametrize("table", ["story", "flag"])
def test_a_backup_that_restores_and_cannot_be_told_from_is_told_to_operators(database, path, tmp_path, table):
    column = {"story": "topics", "flag": "verdict"}[table]
    good = database.read(lambda c: next(iter(c.table(table).rows))[column])
    database.write(lambda c: c.table(table).update(1, {column: "fraud"}))
    back_up(database, tmp_path / "backups", NOW)
    said = say(path, "drill")
    assert said.exit_code == 1
    assert "no digest could be made from it (JSONDecodeError" in said.output
    (event,) = database.read(lambda c: Logbook(c).open_events())
    assert (event.kind, event.runbook) == ("drill_failed", "drill-failed")
    assert "JSONDecodeError" in event.cause
    database.write(lambda c: c.table(table).update(1, {column: good}))
    back_up(database, tmp_path / "backups", NOW + timedelta(hours=1))
    assert say(path, "drill").exit_code == 0
    assert database.read(lambda c: Logbook(c).open_events()) == []


def test_an_older_backup_is_compared_with_its_own_day(database, path, tmp_path):
    older = back_up(database, tmp_path / "backups", NOW)
    keep(database, replace(WEATHER, url="http://a.example/later"))
    back_up(database, tmp_path / "backups", NOW + timedelta(hours=1))
    assert "counts are those of the day" in say(path, "drill", str(older.path)).output
    shutil.copyfile(backups(tmp_path / "backups")[-1], older.path)
    assert "counts differ" in say(path, "drill", str(older.path)).output


def test_the_commands_say_what_they_did(database, path, tmp_path):
    folder = str(tmp_path / "backups")
    assert "sound, 2 articles" in say(path, "backup", "--to", folder).output
    assert "marsad-" in say(path, "backup", "--to", folder, "--list").output
    told = say(path, "drill").output
    assert "counts are those of the day it was made" in told
    assert RAID.title in told.replace("\u200f", ""), "its newest alert reads as before"
    assert "a digest of 1 story was made from it" in told
    database.close()
    assert "is marsad-" in say(path, "restore", "latest", "--yes").output
    assert say(path, "restore", "nowhere.sqlite", "--yes").exit_code == 1


def strangers(tmp_path):
    """An empty file, and somebody else's tables."""
    (tmp_path / "zero").touch()
    with closing(sqlite3.connect(tmp_path / "theirs")) as theirs, theirs:
        theirs.execute("CREATE TABLE recipe (name TEXT)")
    return tmp_path / "zero", tmp_path / "theirs"


def test_what_is_no_backup_of_ours_never_takes_the_archives_place(database, path, tmp_path):
    for file in strangers(tmp_path):
        before = file.read_bytes()
        for words in (("restore", str(file), "--yes"), ("drill", str(file))):
            said = say(path, *words)
            assert said.exit_code == 1
            assert f"{file}: holds no Marsad archive" in said.stderr
        assert file.read_bytes() == before
    assert say(path, "drill", "nowhere").exit_code == 1
    assert database.read(lambda c: Archive(c).counts())["articles"] == 2
    assert database.read(lambda c: Logbook(c).open_events()) == [], "a mistyped name is nobody's night"
    assert list(path.parent.glob("archive.sqlite.before-*")) == []


def test_a_question_makes_no_archive_of_an_empty_file_and_nothing_writes_into_a_strangers(tmp_path):
    zero, theirs = strangers(tmp_path)
    for file in (zero, theirs):
        before = file.read_bytes()
        for words in (
            ("outbox", "ls"),
            ("db", "check"),
            ("search", "x"),
            ("migrate",),
            ("events",),
            ("doctor",),
        ):
            said = say(file, *words)
            assert said.exit_code == 1, words
            assert "holds no Marsad archive" in said.output, words
        assert file.read_bytes() == before
    before = theirs.read_bytes()
    said = say(theirs, "subscribers", "add", "console")
    assert said.exit_code == 1
    assert "tables that are not Marsad's" in said.stderr
    assert theirs.read_bytes() == before
    assert say(zero, "subscribers", "add", "console").exit_code == 0, (
        "who says that it is his archive gets one"
    )


def test_a_mistyped_folder_is_made_by_nobody(tmp_path):
    for words in (("run",), ("subscribers", "add", "console")):
        said = say(tmp_path / "nowhere" / "x.sqlite", *words)
        assert said.exit_code == 1
        assert "there is no folder" in said.stderr
        assert "mkdir -p" in said.stderr
    assert not (tmp_path / "nowhere").exists()


def test_pruning_gives_room_back_to_the_disk_once_nobody_writes(database, path):
    now = utc_now()
    long = replace(WEATHER, body="خبر طويل عن الطقس. " * 200_000, first_seen=now - timedelta(days=100))
    keep(database, replace(long, url="http://a.example/long"))
    database.close()
    with instance_lock(path):
        assert "1 body forgotten; what comes uses the room first" in say(path, "db", "prune", "--yes").output
        before = path.stat().st_size
    assert "0 bodies forgotten; the archive takes" in say(path, "db", "prune", "--yes").output
    assert path.stat().st_size < before / 2
    assert "as small as it can be" in say(path, "db", "prune", "--yes").output
    assert "sound" in say(path, "db", "check").output
