"""Cases 9 and 10: an archive that somebody holds, and one with damaged pages, under the whole service."""

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from alerts.storage import Bulletins, DeliveryQueue, Dispatch, Logbook, Subscribers
from crawler import database as adapter
from crawler.database import Database, DatabaseError
from crawler.newsroom import Newsroom
from scheduler import storewatch
from scheduler.archive import open_database, utc_now
from scheduler.parts.keeping import Keeper
from scheduler.upkeep import back_up, restore
from tests.alerts.delivering import raid, subscribe
from tests.fakes.bot_api import BotApi, serve
from tests.fakes.disks import damage
from tests.journeys.conftest import running, until
from tests.journeys.test_full_disk import DULL, OPERATOR, RAID, READERS, TOKEN, said, states
from tests.journeys.test_full_disk import subscribe as subscribe_all
from tests.scheduler.test_keeping import house  # noqa: F401 (a fixture)

SECONDS = timedelta(seconds=1)


def open_events(database: Database) -> set[str]:
    return {event.kind for event in database.read(lambda c: Logbook(c).open_events())}


async def test_case_09_a_reader_that_never_ends_stops_nobody_and_is_told_by_the_log_that_grows(house):  # noqa: F811
    keeper = Keeper(house, largest_wal=200_000)
    with closing(sqlite3.connect(house.config.database)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM article").fetchone()
        subscribe(house.database, "7")
        for town in range(40):
            await raid(house.database, arrested=20 + town, page=town)
        await keeper.disk()
        assert "log_grows" in open_events(house.database)
    house.database.write(lambda _: None)
    with closing(sqlite3.connect(house.config.database)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    await keeper.disk()
    assert "log_grows" not in open_events(house.database)


async def test_case_09_an_archive_held_longer_than_the_busy_timeout_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(adapter, "BUSY_TIMEOUT", 0.4)
    monkeypatch.setattr(storewatch, "EVERY", SECONDS / 3)
    monkeypatch.setattr(storewatch, "TELL_AFTER", SECONDS / 2)
    path = tmp_path / "a.sqlite"
    async with serve(BotApi()) as api, Newsroom(drafts=[DULL]) as room:
        more = {"telegram_token": TOKEN, "telegram_api": api.url}
        with open_database(path) as database:
            subscribe_all(database)
            async with running(path, room.outlets, every=SECONDS, **more) as seen:
                await until(lambda: bool(seen.articles), what="an article at good times")
                with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as holder:
                    holder.execute("BEGIN EXCLUSIVE")
                    room.publish(RAID)
                    await until(
                        lambda: any("database is locked" in text for text in said(api, OPERATOR)),
                        what="a word to the operator",
                    )
                    assert [said(api, chat) for chat in READERS] == [[], [], []]
                    assert not states(database)
                    holder.execute("ROLLBACK")
                await until(lambda: states(database) == {"sent": len(READERS)}, within=40, what="the alert")
                await until(lambda: any("Over" in text for text in said(api, OPERATOR)), what="its end")
            assert {chat: len(said(api, chat)) for chat in READERS} == dict.fromkeys(READERS, 1)
            assert "archive_unwritable" not in open_events(database)


async def test_case_10_an_archive_too_damaged_to_start_on_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / "a.sqlite"
    with open_database(path) as database:
        subscribe(database, "7")
        await raid(database)
        backup = back_up(database, tmp_path / "backups", utc_now())
    damage(path, "delivery")
    async with serve(BotApi()) as api:
        with pytest.raises(DatabaseError, match=r"malformed.*marsad restore"):
            async with running(path, [], telegram_token=TOKEN, telegram_api=api.url):
                await until(lambda: False, within=10, what="the refusal")
    assert api.sent(7) == []
    restore(backup.path, path, "mina", utc_now())
    with open_database(path) as database:
        assert database.problems() == []


@pytest.mark.parametrize("table", ["article", "event", "story"])
async def test_case_10_a_damaged_page_stops_all_sending_and_a_restore_loses_nothing(tmp_path, table):
    good = tmp_path / "good.sqlite"
    with open_database(good) as database:
        numbers = [subscribe(database, str(chat)) for chat in READERS]
        operator = subscribe(database, str(OPERATOR))
        database.write(lambda c: Subscribers(c).want(operator, []))
        database.write(lambda c: Bulletins(c).appoint(operator, utc_now()))
        await raid(database)
        # Due only when the damage was found: what is sent before that is sent from what is still read well.
        for number in numbers:
            database.write(lambda c, n=number: Subscribers(c).hold(n, utc_now() + 4 * SECONDS))
        due = utc_now() + 5 * SECONDS
        backup = back_up(database, tmp_path / "backups", utc_now())
    archive = tmp_path / "a.sqlite"
    shutil.copyfile(good, archive)
    damage(archive, table)
    async with serve(BotApi()) as api:
        more = {"telegram_token": TOKEN, "telegram_api": api.url}
        async with running(archive, [], **more):
            await until(
                lambda: any("docs/runbooks/archive-damaged.md" in text for text in said(api, OPERATOR)),
                what="a word to the operator",
            )
            await until(lambda: utc_now() > due, what="the deliveries' time")
        assert [said(api, chat) for chat in READERS] == [[], [], []], "nothing is sent from a damaged archive"
        restore(backup.path, archive, "mina", utc_now())
        with open_database(archive) as database:
            assert database.problems() == []
            async with running(archive, [], **more):
                assert database.read(lambda c: Dispatch(c).is_halted("telegram"))
                database.write(lambda c: Dispatch(c).resume(""))
                await until(lambda: states(database) == {"sent": len(READERS)}, what="the alert to everybody")
            assert database.read(lambda c: DeliveryQueue(c).counts())["dead"] == 0
        assert {chat: len(said(api, chat)) for chat in READERS} == dict.fromkeys(READERS, 1)
