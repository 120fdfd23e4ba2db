"""What is told of the archive's disk, clock, queue and soundness, and when it is over."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from alerts.nouns import Cargo, Level, RecipientKind, Subscriber, Subscription
from alerts.storage import DeliveryQueue, Dispatch, Logbook, Subscribers, Upkeep
from scheduler.archive import open_database, utc_now
from scheduler.metrics import gauged
from scheduler.parts.keeping import Keeper
from scheduler.storewatch import Herald
from scheduler.vitals import stuck
from scheduler.wiring import Config


@pytest.fixture
def house(tmp_path):
    with open_database(tmp_path / "archive.sqlite") as database:
        yield SimpleNamespace(
            config=Config(database=tmp_path / "archive.sqlite", backups=tmp_path / "backups"),
            database=database, outlets={}, now=utc_now, wall=utc_now, herald=Herald(),
        )  # fmt: skip


def events(house):
    return {event.kind for event in house.database.read(lambda c: Logbook(c).open_events())}


@pytest.mark.parametrize("days", [365, -1])
async def test_case_12_a_jumping_clock_is_told_until_it_agrees_again(house, days):
    keeper = Keeper(house)
    await keeper.clock()
    assert events(house) == set()
    house.now = lambda: utc_now() - timedelta(days=days)
    await keeper.clock()
    assert events(house) == {"clock_jump"}
    house.now = utc_now
    await keeper.clock()
    assert events(house) == set()


async def test_case_07_a_disk_that_fills_is_told_before_it_is_full(house):
    await Keeper(house, least_disk=1 << 60, largest_wal=0).disk()
    assert events(house) == {"disk_full", "log_grows"}
    await Keeper(house).disk()
    assert events(house) == set()


async def test_case_10_a_damaged_archive_stops_all_sending(house, monkeypatch):
    keeper = Keeper(house)
    await keeper.soundness()
    assert not house.database.read(lambda c: Dispatch(c).is_halted("telegram"))
    monkeypatch.setattr(house.database, "problems", lambda: ["row 7 missing from index"])
    await keeper.soundness()
    assert events(house) == {"archive_damaged"}
    assert house.database.read(lambda c: Dispatch(c).is_halted("telegram"))


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        ("state = 'active'", {"outbox_stuck"}),
        ("state = 'degraded', not_before = '2999'", set()),
        ("state = 'suspended'", set()),
        ("state = 'active', not_before = '2999'", set()),
    ],
)
async def test_one_chat_that_takes_our_rights_is_not_the_whole_outbox(house, standing, told):
    early = utc_now() - timedelta(hours=1)

    def queue(connection):
        one = Subscriber(RecipientKind.GROUP, "-1007", early)
        Subscribers(connection).subscribe(one, [Subscription(0)])
        connection.execute("INSERT INTO bulletin (kind, created_at, text) VALUES ('test', '', '')")
        DeliveryQueue(connection).queue(Cargo.BULLETIN, 1, 1, "telegram", Level.CRITICAL, early)
        connection.execute(f"UPDATE subscriber SET {standing}")  # noqa: S608

    house.database.write(queue)
    await Keeper(house).queue()
    assert events(house) == told
    figures = house.database.read(lambda c: gauged(c, utc_now()))
    assert bool(stuck(figures, {}, utc_now(), timedelta(minutes=1))) is bool(told)


async def test_a_backup_and_its_drill_are_made_when_due_and_told_when_late(house):
    keeper = Keeper(house)
    await keeper.backup()
    assert len(list((house.config.backups).glob("*.sqlite"))) == 1
    assert house.database.read(lambda c: Upkeep(c).last("drill"))
    assert 0 <= house.database.read(lambda c: gauged(c, utc_now())).backup_age < 60
    await keeper.backup()
    assert len(list((house.config.backups).glob("*.sqlite"))) == 1, "one a day"
    house.config = Config(
        database=house.config.database, backups=house.config.database
    )  # no folder can be made there
    house.now = lambda: utc_now() + timedelta(days=40)
    await keeper.backup()
    assert events(house) == {"backup_stale", "drill_stale"}


async def test_a_drill_that_fails_is_told_and_tried_again_the_next_night(house):
    keeper, begun = Keeper(house), utc_now()
    house.config.backups.mkdir()
    (house.config.backups / "marsad-20991123T040000Z.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 4000)
    await keeper.backup()
    assert events(house) == {"drill_failed", "drill_stale"}
    (house.config.backups / "marsad-20991123T040000Z.sqlite").unlink()
    house.now = lambda: begun + timedelta(hours=1)
    await keeper.backup()
    assert "drill_failed" in events(house), "not every ten minutes: a copy may be large"
    house.now = lambda: begun + timedelta(hours=25)
    await keeper.backup()
    assert events(house) == set()
