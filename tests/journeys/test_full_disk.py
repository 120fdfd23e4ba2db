"""Cases 7 and 8: the disk is full while an article is kept, while a send is recorded, while a backup is made."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.storage import Bulletins, DeliveryQueue, Logbook, Newsdesk, Subscribers
from crawler.database import Database, DatabaseError
from crawler.newsroom import Newsroom
from crawler.newsroom.press import drafts
from crawler.storage import Archive
from scheduler import storewatch
from scheduler.archive import open_database, utc_now
from scheduler.parts.keeping import Keeper
from scheduler.wiring import Config
from tests.fakes.bot_api import BotApi, serve
from tests.fakes.disks import WAYS, Disk, Mounted, open_disk
from tests.journeys.conftest import Seen, running, until

TOKEN = "123456789:AAtest_token_of_thirty_five_chars_xx"
WRITTEN = {draft.id: draft for draft in drafts()}
RAID = replace(WRITTEN["compound-raid"], minutes_ago=0, after=0.0)
DULL = next(replace(d, minutes_ago=5, after=0.0) for d in drafts() if not d.topics)
READERS, OPERATOR = (7, 8, 9), 99


@pytest.fixture(params=WAYS)
def disk(request, tmp_path):
    with open_disk(request.param, tmp_path / "disk") as opened:
        yield opened


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(storewatch, "EVERY", timedelta(seconds=0.3))
    monkeypatch.setattr(storewatch, "TELL_AFTER", timedelta(seconds=0.5))


def subscribe(database: Database) -> None:
    for chat in (*READERS, OPERATOR):
        person = Subscriber(RecipientKind.PRIVATE_CHAT, str(chat), utc_now())
        wanted = [] if chat == OPERATOR else [Subscription(0)]
        number = database.write(lambda c, p=person, w=wanted: Subscribers(c).subscribe(p, w))
    database.write(lambda c: Bulletins(c).appoint(number, utc_now()))


@asynccontextmanager
async def service(disk: Disk, api: BotApi, room: Newsroom) -> AsyncIterator[tuple[Database, Seen]]:
    """A service at work on an archive on that disk: it has read one article and told nothing."""
    path = disk.folder / "archive.sqlite"
    more = {"telegram_token": TOKEN, "telegram_api": api.url}
    with open_database(path) as looking:
        subscribe(looking)
        async with running(path, room.outlets, every=timedelta(seconds=1), **more) as seen:
            await until(lambda: bool(seen.articles), what="an article at good times")
            yield looking, seen


def said(api: BotApi, chat: int) -> list[str]:
    return [each["text"] for each in api.sent(chat)]


def told(database: Database) -> Counter[tuple[str, bool]]:
    """Events by kind, and whether they are over."""
    events = database.read(lambda c: Logbook(c).recent_events(100))
    return Counter((event.kind, event.closed_at is not None) for event in events)


def states(database: Database) -> Counter[str]:
    """The deliveries of the one alert, by state."""
    return Counter(each.state.value for each, _ in database.read(lambda c: DeliveryQueue(c).deliveries_of(1)))


def sends_to(call: tuple[str, dict[str, str]]) -> int:
    method, params = call
    return int(params["chat_id"]) if method == "sendMessage" else 0


async def over(database: Database, api: BotApi) -> None:
    """Wait until the end of the trouble is kept, with its beginning, and told."""
    await until(lambda: told(database)["archive_unwritable", True] == 1, what="the event, over")
    await until(lambda: any("Over" in text for text in said(api, OPERATOR)), what="its end, told")
    assert not told(database)["archive_unwritable", False]


async def test_case_07_a_disk_full_at_an_article_leaves_no_half_and_loses_nothing(disk):
    async with serve(BotApi()) as api, Newsroom(drafts=[DULL]) as room, service(disk, api, room) as at_work:
        database, seen = at_work
        disk.fill()
        with pytest.raises(DatabaseError):
            database.write(lambda c: Archive(c).keep(replace(seen.articles[0][0], url="http://x.example/1")))
        room.publish(RAID)
        await until(
            lambda: any("archive_unwritable" in text for text in said(api, OPERATOR)),
            what="a word to the operator that needs no disk",
        )
        assert "docs/runbooks/archive-unwritable.md" in said(api, OPERATOR)[-1]
        await asyncio.sleep(2)
        counts = database.read(lambda c: Newsdesk(c).counts())
        assert counts["flags"] == counts["alerts"] == 0
        assert [said(api, chat) for chat in READERS] == [[], [], []]
        disk.free()
        await until(
            lambda: states(database) == {"sent": len(READERS)}, within=40, what="the alert, to everybody"
        )
        await over(database, api)
        assert {chat: len(said(api, chat)) for chat in READERS} == dict.fromkeys(READERS, 1)
        assert database.problems() == []
    assert api.violations == []


async def test_case_08_a_disk_full_at_an_accepted_send_sends_nothing_more_and_nothing_twice(disk):
    async with (
        serve(BotApi(latency=0.7)) as api,
        Newsroom(drafts=[DULL]) as room,
        service(disk, api, room) as at_work,
    ):
        database, _ = at_work
        room.publish(RAID)
        await until(lambda: any(sends_to(each) in READERS for each in api.calls), what="a send under way")
        disk.fill()  # accepted, or about to be; kept nowhere
        api.latency = 0.0
        await asyncio.sleep(3)  # longer than the sends under way take, and than the pacer waits between two
        under_way = len(api.accepted)
        before = states(database)
        assert before["leased"] >= 1
        assert before.keys() <= {"queued", "leased", "sent"}
        await until(
            lambda: any("archive_unwritable" in text for text in said(api, OPERATOR)),
            what="the operator's word",
        )
        alerts = [
            entry for entry in api.accepted if entry["kind"] == "message" and entry["chat_id"] != OPERATOR
        ]
        assert len(alerts) <= under_way, "nothing else was sent while nothing can be kept"
        disk.free()
        await until(
            lambda: states(database) == {"sent": len(READERS)}, within=40, what="all of it kept as sent"
        )
        await over(database, api)
        assert {chat: len(said(api, chat)) for chat in READERS} == dict.fromkeys(READERS, 1), (
            "lost 0, doubled 0"
        )


async def test_case_07_a_disk_full_at_a_backup_leaves_no_half_one_and_is_told_until_one_is_made(
    disk, tmp_path
):
    path = tmp_path / "archive.sqlite"
    with open_database(path) as database:
        house = SimpleNamespace(
            config=Config(database=path, backups=disk.folder),
            database=database,
            outlets={},
            now=utc_now,
            wall=utc_now,
        )
        keeper = Keeper(house)
        disk.fill()
        # Under a limit the archive's own log cannot be written either.
        with suppress(DatabaseError):
            await keeper.backup()
        assert [each for each in disk.folder.iterdir() if each.name != "filler"] == []
        if isinstance(disk, Mounted):
            assert told(database)["backup_stale", False] == 1
        disk.free()
        await keeper.backup()
        assert len(list(disk.folder.glob("marsad-*.sqlite"))) == 1
        assert not told(database)["backup_stale", False]
        assert not told(database)["drill_stale", False]
