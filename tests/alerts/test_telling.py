"""Case 42: an alert for very many readers is queued in short steps, whatever happens between them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from alerts import telling
from alerts.nouns import Level, RecipientKind, Subscriber, Subscription
from alerts.recalling import plan_recall, recall
from alerts.schema import migrations as alert_tables
from alerts.storage import Alerts, DeliveryQueue, Subscribers
from alerts.telling import STEP, tell_further
from crawler.database import Database
from crawler.schema import migrations
from tests.alerts.delivering import now, raid, states, subscribe

READERS = 2 * STEP + 7


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An alert made for more readers than one step looks at."""
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:

        def people(connection) -> None:
            for chat in range(1, READERS + 1):
                person = Subscriber(RecipientKind.PRIVATE_CHAT, str(chat), now())
                Subscribers(connection).subscribe(person, [Subscription(0)])

        database.write(people)
        await raid(database)
        yield database


def further(database: Database) -> bool:
    return database.write(lambda c: tell_further(c, now()))


async def test_case_42_a_fan_out_is_short_steps_and_what_else_is_written_comes_in_between(database):
    assert states(database) == {"queued": STEP}
    done: list[int] = []

    async def fan_out() -> None:
        while await database.awrite(lambda c: tell_further(c, now())):
            done.append(states(database)["queued"])

    task = asyncio.create_task(fan_out())
    await database.awrite(
        lambda c: c.execute("UPDATE subscriber SET title = 'a poll that commits' WHERE id = 1")
    )
    assert states(database)["queued"] < READERS, "the poll did not wait for the whole fan-out"
    await task
    assert done == [2 * STEP, READERS]


async def test_case_1_a_crash_between_the_steps_goes_on_where_it_stopped(database, tmp_path):
    assert further(database)
    database.close()
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as again:
        while further(again):
            pass
        assert states(again) == {"queued": READERS}
        told = again.read(lambda c: DeliveryQueue(c).deliveries_of(1))
        assert len({who.id for _, who in told}) == READERS


async def test_who_comes_and_goes_between_the_steps(database):
    database.write(
        lambda c: c.execute("UPDATE subscriber SET state = 'suspended' WHERE id = :last", {"last": READERS})
    )
    subscribe(database, "99999")
    while further(database):
        pass
    told = {who.address for _, who in database.read(lambda c: DeliveryQueue(c).deliveries_of(1))}
    assert "99999" in told
    assert str(READERS) not in told


async def test_an_alert_that_is_taken_back_is_queued_for_nobody_else(database):
    database.write(lambda c: recall(c, plan_recall(c, alert=1), "خطأ", now()))
    assert not further(database)
    assert states(database) == {"cancelled": STEP}


async def test_what_is_critical_is_queued_first(database):
    await raid(database, "بافيت", 41)
    database.write(lambda c: c.execute("UPDATE alert SET level = 3 WHERE id = 2"))
    alert, after = database.read(lambda c: Alerts(c).half_told())
    assert (alert.id, alert.level, after) == (2, Level.CRITICAL, STEP)


async def test_who_sleeps_is_queued_for_the_morning(database, monkeypatch):
    monkeypatch.setattr(telling, "STEP", 10 * READERS)
    moment = now().replace(second=0, microsecond=0)
    night = {
        "quiet_from": (moment - timedelta(hours=1)).time(),
        "quiet_to": (moment + timedelta(hours=1)).time(),
    }
    subscribe(database, "1", **night)
    await raid(database, "بافيت", 41)
    held = [
        one for one, _ in database.read(lambda c: DeliveryQueue(c).deliveries_of(2)) if one.state == "held"
    ]
    assert [(one.subscriber, one.due.time()) for one in held] == [(1, night["quiet_to"])]
