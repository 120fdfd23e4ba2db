"""What a bounce does to its reader, and the command that reads them."""

import mailbox
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from alerts.bouncing import SOFT_MOST, take_report, watch_bounces
from alerts.consent import ask_consent, mail_key
from alerts.mail.nouns import Asked, BounceKind
from alerts.mail.reports import Ignored
from alerts.mail.tokens import Purpose, sign
from alerts.nouns import RecipientKind, Subscriber, SubscriberState, Subscription
from alerts.schema import migrations as alert_tables
from alerts.storage import Logbook, Subscribers
from crawler.database import Database
from crawler.schema import migrations
from scheduler.cli import marsad
from tests.alerts.mail.reports import automatic, dsn

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        for n in range(1, 8):
            reader = Subscriber(RecipientKind.MAIL, f"r{n}@example.org", NOW)
            database.write(lambda c, reader=reader: Subscribers(c).subscribe(reader, [Subscription(0)]))
        yield database


def verp(database: Database, reader: int = 1) -> str:
    key = database.write(lambda c: mail_key(c, NOW))
    return f"bounces+{sign(key, Purpose.BOUNCE, reader)}@marsad.example"


def take(database: Database, raw: bytes, at: datetime = NOW) -> BounceKind | Ignored | None:
    return database.write(lambda c: take_report(c, raw, mail_key(c, NOW), at))


def state(database: Database, reader: int = 1) -> SubscriberState:
    return database.read(lambda c: Subscribers(c).get(reader)).state


def test_case_61_an_unknown_user_is_never_written_to_again(database):
    report = dsn(verp(database))
    assert take(database, report) is BounceKind.HARD
    assert state(database) is SubscriberState.SUSPENDED
    assert take(database, report) is None, "read twice, it counts once"
    asked = database.write(lambda c: ask_consent(c, "r1@example.org", [], now=NOW))
    assert asked is Asked.SUPPRESSED


def test_case_61_a_forged_bounce_suspends_nobody(database):
    assert take(database, dsn("bounces+aaaaaaaaaaaaaaaaaaaaa@marsad.example")) is Ignored.UNSIGNED
    assert state(database) is SubscriberState.ACTIVE


def test_case_62_an_automatic_answer_suspends_nobody(database):
    for n in range(20):
        assert (
            take(database, automatic(verp(database), Auto_Submitted="auto-replied", X_N=str(n)))
            is Ignored.AUTOMATIC
        )
    assert state(database) is SubscriberState.ACTIVE


def test_five_soft_bounces_in_a_fortnight_are_enough(database):
    to = verp(database)
    for n in range(SOFT_MOST - 1):
        take(database, dsn(to, "4.2.2") + b"%d" % n, NOW + n * DAY)
    assert state(database) is SubscriberState.ACTIVE
    take(database, dsn(to, "4.2.2") + b"last", NOW + 13 * DAY)
    assert state(database) is SubscriberState.SUSPENDED


def test_soft_bounces_far_apart_are_forgiven(database):
    to = verp(database)
    for n in range(10):
        take(database, dsn(to, "4.2.2") + b"%d" % n, NOW + n * 4 * DAY)
    assert state(database) is SubscriberState.ACTIVE


def test_many_bounces_in_a_day_are_told_and_over(database):
    for reader in range(1, 6):
        take(database, dsn(verp(database, reader)))
    database.write(lambda c: watch_bounces(c, NOW))
    (event,) = database.read(lambda c: Logbook(c).open_events())
    assert (event.kind, event.evidence["back"]) == ("mail_bounce_spike", 5)
    database.write(lambda c: watch_bounces(c, NOW + 2 * DAY))
    assert database.read(lambda c: Logbook(c).open_events()) == []


def run(path: Path, *words: str, **more):
    return CliRunner(env={"MARSAD_DATABASE": str(path)}).invoke(marsad, ["mail", "bounces", *words], **more)


def test_a_maildir_an_mbox_and_a_pipe_are_read(database, tmp_path):
    reports = [dsn(verp(database, n)) for n in (1, 2, 3)]
    box = mailbox.Maildir(tmp_path / "Maildir")
    box.add(reports[0])
    mbox = mailbox.mbox(tmp_path / "mbox")
    mbox.add(reports[1])
    mbox.add(automatic("x@y.example", Auto_Submitted="auto-replied"))
    mbox.close()

    assert run(database.path, str(tmp_path / "Maildir")).output == "1 mail read: 1 hard\n"
    assert run(database.path, str(tmp_path / "Maildir")).output == "0 mails read\n"
    assert len(list((tmp_path / "Maildir" / "cur").iterdir())) == 1
    assert run(database.path, str(tmp_path / "mbox")).output == "2 mails read: 1 automatic, 1 hard\n"
    assert run(database.path, str(tmp_path / "mbox")).output == "2 mails read: 1 automatic, 1 known already\n"
    assert run(database.path, "-", input=reports[2]).output == "1 mail read: 1 hard\n"
    assert [state(database, n) for n in (1, 2, 3, 4)] == [SubscriberState.SUSPENDED] * 3 + [
        SubscriberState.ACTIVE
    ]


def test_what_is_no_mailbox_is_one_line(database, tmp_path):
    result = run(database.path, str(tmp_path))
    assert result.exit_code == 1
    assert result.output.startswith("Error:")
    assert result.output.count("\n") == 1
