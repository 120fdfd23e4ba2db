"""What operators do: once, by whom, and in the audit trail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.operators import acting
from alerts.operators.nouns import Silence
from alerts.operators.routing import silenced_kinds
from alerts.schema import migrations as alert_tables
from alerts.storage import Bulletins, Logbook
from crawler.database import Database
from crawler.schema import migrations

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
QUIET = Silence("outlet_silent", "alif", NOW + timedelta(hours=8), "nura", "a move")


@pytest.fixture
def database(tmp_path):
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        database.write(lambda c: Logbook(c).open_event("outlet_silent", "alif", cause="quiet", now=NOW))
        yield database


def audited(database):
    return [(row["actor"], row["action"]) for row in database.read(lambda c: Logbook(c).audited(9))][::-1]


def test_who_knows_first_is_kept(database):
    for who in ("nura", "omar"):
        assert database.write(lambda c, w=who: acting.acknowledge(c, 1, w, NOW)).acknowledged_by == "nura"
    assert audited(database) == [("nura", "acknowledge")]
    database.write(lambda c: Logbook(c).close_event("outlet_silent", "alif", NOW))
    assert database.write(lambda c: acting.acknowledge(c, 1, "omar", NOW)) is None


def test_of_one_subject_there_is_one_silence_the_longest(database):
    for hours, moment in ((8, 0), (8, 1), (1, 2), (24, 3)):
        until = NOW + timedelta(hours=hours, minutes=moment)
        database.write(lambda c, u=until: acting.silence(c, replace(QUIET, until=u), NOW))
    (kept,) = database.read(lambda c: Bulletins(c).silences(NOW))
    assert kept.until == NOW + timedelta(hours=24, minutes=3)
    assert len(audited(database)) == 2, "a second press of the same button changes nothing"
    database.write(lambda c: acting.silence(c, replace(QUIET, subject="baa"), NOW))
    assert len(database.read(lambda c: Bulletins(c).silences(NOW))) == 2, "another subject has its own"


@pytest.mark.parametrize(("kind", "about"), [("outlet_silnt", "*"), ("*", "*"), ("*", "**"), ("*", "")])
def test_a_silence_of_nothing_or_of_everything_is_refused(kind, about):
    with pytest.raises(ValueError, match=r"no kind of event|silence everything"):
        silenced_kinds(replace(QUIET, kind=kind, subject=about))
