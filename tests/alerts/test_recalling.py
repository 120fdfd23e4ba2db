"""Case 74: a false alert is taken back where it was read, and is not sent where it was not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerts.nouns import AlertKind
from alerts.outbox import Sent
from alerts.recalling import RecallError, plan_recall
from alerts.schema import migrations as alert_tables
from alerts.storage import Alerts
from crawler.database import Database
from crawler.schema import migrations
from scheduler.cli import marsad
from tests.alerts.delivering import RETOLD, delivering, now, raid, states, subscribe, until
from tests.fakes.bot_api import BotApi, serve

REASON = "الخبر من عام 2023 <b>وليس</b> من اليوم"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.sqlite"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    """Three chats, of which two may be written to; one alert queued for each."""
    with Database(path, (migrations, alert_tables)) as database:
        for chat in ("1", "2", "3"):
            subscribe(database, chat)
        await raid(database)
        database.write(lambda c: c.execute("UPDATE subscriber SET not_before = '9' WHERE id = 3"))
        yield database


def marsad_recall(path: Path, *words: str, **more: str) -> Result:
    return CliRunner().invoke(marsad, ["recall", *words], env={"MARSAD_DATABASE": str(path)}, **more)


async def test_case_74_readers_see_it_in_the_message_and_in_a_reply_and_nobody_else_hears_of_it(
    database, path
):
    sent: list[Sent] = []
    async with serve(BotApi()) as api, delivering(database, api, sent):
        await until(lambda: len(sent) == 2)
        result = marsad_recall(path, "M0001", "--reason", REASON, "--yes")
        assert result.exit_code == 0, result.output
        assert "2 readers told; 1 delivery that waited" in result.output
        await until(lambda: len(sent) == 4 and sum(each["kind"] == "edit" for each in api.accepted) == 2)
        database.write(lambda c: c.execute("UPDATE subscriber SET not_before = '' WHERE id = 3"))
    assert states(database) == {"sent": 4, "cancelled": 1}
    for chat in (1, 2):
        first, reply = api.sent(chat)
        (edit,) = [each for each in api.accepted if each["kind"] == "edit" and each["chat_id"] == chat]
        assert edit["message_id"] == reply["reply_to"] == first["message_id"]
        for text in (edit["text"], reply["text"]):
            assert "سُحب هذا التنبيه" in text
            assert "وليس" in text
            assert "داهمت" not in text
            assert "▌" not in text
    assert api.sent(3) == []
    assert api.violations == []
    kinds = [each.kind for each in database.read(lambda c: Alerts(c).of(1))]
    assert kinds == [AlertKind.NEW, AlertKind.WITHDRAWAL], "what a digest tells of it next"
    (row,) = database.read(lambda c: list(c.query("SELECT action, subject, detail FROM audit")))
    assert row == {"action": "recall", "subject": "M0001", "detail": REASON}


async def test_a_message_whose_answer_was_lost_arrives_as_withdrawn(database, path):
    database.write(lambda c: c.execute("UPDATE delivery SET state = 'unknown' WHERE id = 1"))
    assert marsad_recall(path, "1", "--reason", REASON, "--yes").exit_code == 0
    sent: list[Sent] = []
    async with serve(BotApi()) as api, delivering(database, api, sent):
        await until(lambda: len(sent) == 2)
    assert all("سُحب هذا التنبيه" in each["text"] for each in api.sent(1))
    assert api.sent(2) == api.sent(3) == []


async def test_a_dry_run_and_a_no_change_nothing(database, path):
    shown = marsad_recall(path, "1", "--reason", REASON, "--dry-run")
    assert "nothing was changed" in shown.output
    assert marsad_recall(path, "1", "--reason", REASON, input="n\n").exit_code == 1
    assert states(database) == {"queued": 3}


async def test_only_what_was_told_is_taken_back_and_only_once(database, path):
    assert "there is no alert 99" in marsad_recall(path, "99", "--reason", REASON).stderr
    assert "neither an alert's number" in marsad_recall(path, "x", "--reason", REASON).stderr
    assert marsad_recall(path, "1", "--reason", " ").exit_code == 2
    assert marsad_recall(path, "1", "--reason", REASON, "--yes").exit_code == 0
    with pytest.raises(RecallError):
        database.read(lambda c: plan_recall(c, story=1))


async def test_another_voice_is_counted_into_what_was_sent_after_five_minutes_without_a_sound(database):
    sent: list[Sent] = []
    async with serve(BotApi()) as api:
        async with delivering(database, api, sent):
            await until(lambda: len(sent) == 2)
            await raid(
                database,
                outlet="baa",
                title=RETOLD,
            )
            await raid(
                database,
                outlet="baa",
                title="مداهمة مركز للاحتيال الإلكتروني في سيهانوكفيل الكمبودية وتوقيف 63 شخصا",
                page=2,
            )
        rows = database.read(lambda c: list(c.query("SELECT due FROM edit")))
        assert len(rows) == 2, "one edit a message, however many articles"
        assert all((each["due"] > now().isoformat()) for each in rows), "not at once"
        database.write(lambda c: c.execute("UPDATE edit SET due = ''"))
        async with delivering(database, api, sent):
            await until(lambda: sum(each["kind"] == "edit" for each in api.accepted) == 2)
    assert len(sent) == 2, "no second message"
    assert all("وسيلتان" in each["text"] for each in api.accepted[2:])
