"""A restored archive under the real service: nothing goes to readers before an operator says so; operators are told."""

import asyncio

from click.testing import CliRunner

from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.storage import Subscribers
from crawler.database import to_text
from crawler.storage import Archive
from scheduler.archive import open_database, utc_now
from scheduler.cli import marsad
from scheduler.upkeep import back_up
from tests.alerts.test_flagging import RAID, flagger
from tests.fakes.bot_api import BotApi, serve
from tests.journeys.conftest import running, until

TOKEN = "123456789:AAtest_token_of_thirty_five_chars_xx"
READER, OPERATOR = 7, 8


def say(path, *words):
    result = CliRunner().invoke(marsad, words, env={"MARSAD_DATABASE": str(path)})
    assert result.exit_code == 0, result.output
    return result.output


def sent_to(api, chat):
    return [each["text"] for each in api.accepted if each["kind"] == "message" and each["chat_id"] == chat]


async def test_case_11_a_restored_archive_sends_nothing_until_it_is_released(tmp_path):
    path = tmp_path / "archive.sqlite"
    say(path, "operators", "add", "private_chat", str(OPERATOR))
    with open_database(path) as database:
        reader = Subscriber(RecipientKind.PRIVATE_CHAT, str(READER), utc_now())
        database.write(lambda c: Subscribers(c).subscribe(reader, [Subscription(0)]))
        database.write(lambda c: Archive(c).keep(RAID))
        await flagger(database).run_batch()
        now = to_text(utc_now())
        database.write(lambda c: c.execute("UPDATE delivery SET due = :now, created_at = :now", {"now": now}))
        made = back_up(database, tmp_path / "backups", utc_now())
    say(path, "restore", str(made.path), "--yes")
    async with serve(BotApi()) as api, running(path, [], telegram_token=TOKEN, telegram_api=api.url):
        await until(lambda: any("sending_held" in text for text in sent_to(api, OPERATOR)), what="the event")
        say(path, "test-alert", "--text", "later than the reader's alert")
        await until(lambda: "later than" in " ".join(sent_to(api, OPERATOR)), what="the test")
        await asyncio.sleep(1.0)  # several turns of the outbox
        assert sent_to(api, READER) == []
        say(path, "outbox", "release")
        await until(lambda: len(sent_to(api, READER)) == 1, what="the alert that waited")
