"""``marsad digest``: what an operator sees and does."""

from datetime import timedelta

import pytest
from click.testing import CliRunner

from alerts.digests.nouns import DigestSettings
from alerts.nouns import Subscription
from alerts.storage import Digests
from scheduler.archive import open_database, utc_now
from scheduler.cli import marsad
from tests.alerts.digests.newsroom import subscribe, tell_story


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("MARSAD_DATABASE", str(tmp_path / "marsad.sqlite"))

    def command(*words):
        return CliRunner().invoke(marsad, ["digest", *words])

    return command


@pytest.fixture
def reader(tmp_path):
    """A reader whose digest comes in an hour, and one story for it."""
    with open_database(tmp_path / "marsad.sqlite") as database:
        number = database.write(lambda c: subscribe(c, "reader", Subscription(0, cadence="daily")))
        coming = (utc_now() + timedelta(hours=1)).time().replace(second=0, microsecond=0)
        database.write(lambda c: Digests(c).keep_settings(DigestSettings(number, at=coming)))
        database.write(lambda c: tell_story(c, utc_now() - timedelta(hours=1), "مداهمة مجمع احتيال"))
    return str(number)


def test_a_digest_of_invented_stories_can_be_looked_at_before_there_is_anything(run, tmp_path):
    page = tmp_path / "digest.html"
    done = run("preview", "--to", str(page), "--kind", "weekly")
    assert done.exit_code == 0
    assert "8 قصص جديدة" in done.output
    html = page.read_text(encoding="utf-8")
    assert 'dir="rtl"' in html
    assert "data:image/png;base64," in html
    assert "cid:" not in html


def test_what_a_reader_would_get_is_shown_and_nothing_is_kept(run, reader):
    shown = run("preview", reader, "--text")
    assert "مداهمة مجمع احتيال" in shown.output
    assert "empty" not in run("list").output
    assert reader not in run("list").output


def test_one_that_is_sent_ahead_takes_its_dates_place(run, reader):
    assert "would make" in run("send", reader).output
    assert "handed to the outbox" in run("send", reader, "--once").output
    again = run("send", reader, "--once")
    assert again.exit_code == 1
    assert "was decided" in again.output
    assert "queued" in run("list").output


@pytest.mark.usefixtures("reader")
def test_what_is_due_can_be_made_without_the_service(run):
    assert "0 due" in run("send", "--once").output


def test_why_says_when_the_next_one_comes(run, reader):
    said = run("why", reader).output
    assert "the next at" in said
    assert "nothing on an empty day" in said
    nobody = run("why", "99")
    assert nobody.exit_code == 1
    assert "subscribers list" in nobody.output
    assert "asks for no weekly digest" in run("preview", reader, "--kind", "weekly").output
