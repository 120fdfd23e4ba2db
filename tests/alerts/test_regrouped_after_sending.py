"""Case 75: stories that are merged or split after they were told, seen in the chat of a reader."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alerts.outbox import Sent
from alerts.regrouping import merge, split
from alerts.storage import Alerts, Newsdesk
from crawler.database import Database
from scheduler.archive import open_database
from tests.alerts.delivering import delivering, raid, subscribe, until
from tests.fakes.bot_api import BotApi, serve


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    with open_database(tmp_path / "a.sqlite") as opened:
        subscribe(opened, "1")
        yield opened


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with serve() as server:
        yield server
    assert server.violations == []


def stories(database: Database) -> list[int]:
    """The stories that stand, oldest first."""
    newsdesk = database.read(
        lambda c: [row["id"] for row in c.query("SELECT id FROM story WHERE merged_into IS NULL")]
    )
    return sorted(newsdesk)


async def test_case_75_a_merged_story_is_no_second_new_one_and_goes_on_under_its_oldest_message(
    database, api
):
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await raid(database, "سيهانوكفيل", 63)
        await raid(database, "بافيت", 41, outlet="baa")
        await until(lambda: len(sent) == 2)
        first, second = stories(database)
        database.write(lambda c: merge(c, second, first))
        # The same number again, from a third outlet: nobody's news. Then one that both stories did not have.
        await raid(database, "بافيت", 41, outlet="jim")
        await raid(database, "سيهانوكفيل", 263, outlet="dal")
        await until(lambda: len(sent) == 3)
    oldest, _, update = api.sent(1)
    assert stories(database) == [first]
    assert update["reply_to"] == oldest["message_id"]
    kinds = [one.alert.kind for one in database.read(lambda c: Alerts(c).told(first))]
    assert sorted(kinds) == ["new", "new", "update"]


async def test_case_75_a_split_story_is_not_told_as_new_and_its_news_answers_what_was_told(database, api):
    sent: list[Sent] = []
    async with delivering(database, api, sent):
        await raid(database, "سيهانوكفيل", 63)
        await raid(database, "سيهانوكفيل", 63, outlet="baa")
        await until(lambda: len(sent) == 1)
        (whole,) = stories(database)
        told = database.read(lambda c: Newsdesk(c).story(whole))
        assert len(told.articles) == 2
        database.write(lambda c: split(c, told.articles[1:]))
        _, parted = stories(database)
        await raid(database, "سيهانوكفيل", 63, outlet="jim")
    assert len(api.sent(1)) == 1, "nobody is told again"
    assert [one.alert.kind for one in database.read(lambda c: Alerts(c).told(parted))] == ["new"]
