"""Operators are asked after every five seconds: that must cost next to nothing while there is nothing to tell."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from alerts.nouns import RecipientKind, Subscriber, SubscriberState, Subscription
from alerts.retrying import OLD
from alerts.storage import Bulletins, DeliveryQueue, Dispatch, Logbook, Subscribers
from crawler.database import connect, immediate
from scheduler.archive import open_database
from scheduler.parts.operating import look

NIGHT = datetime(2026, 11, 23, 3, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
READERS = 30


@pytest.fixture
def database(tmp_path):
    """An archive with many readers, the last of whom is told of trouble."""
    with open_database(tmp_path / "a.sqlite") as database:
        for number in range(READERS):
            one = Subscriber(RecipientKind.PRIVATE_CHAT, str(number), NIGHT)
            database.write(lambda c, one=one: Subscribers(c).subscribe(one, [Subscription(0)]))
        database.write(lambda c: Bulletins(c).appoint(READERS, NIGHT))
        yield database


async def test_a_look_at_nothing_waits_for_no_writer(database):
    assert await look(database, MORNING) == 1, "all is well"
    beside = connect(database.path)
    try:
        with immediate(beside):
            async with asyncio.timeout(5):
                assert await look(database, NIGHT) == 0
                assert await look(database, MORNING) == 0, "told already today"
    finally:
        beside.close()


async def test_what_is_due_is_told_to_operators_alone(database):
    database.write(lambda c: Logbook(c).open_event("loop_stalled", "", cause="stands", now=NIGHT))
    assert await look(database, NIGHT) == 1
    assert await look(database, NIGHT) == 0
    told = database.read(lambda c: c.execute("SELECT subscriber_id, channel FROM delivery").fetchall())
    assert told == [(READERS, "telegram")]


async def test_an_operator_that_cannot_be_reached_is_told_what_is_still_open_when_it_is_back(database):
    def stands(state):
        database.write(lambda c: Subscribers(c).set_state(READERS, state))

    stands(SubscriberState.SUSPENDED)
    for kind in ("loop_stalled", "disk_full"):
        database.write(lambda c, kind=kind: Logbook(c).open_event(kind, "", cause="x", now=NIGHT))
        assert await look(database, NIGHT) == 0, "nobody is there to be told"
    database.write(lambda c: Logbook(c).close_event("disk_full", "", NIGHT))
    stands(SubscriberState.ACTIVE)
    assert await look(database, NIGHT) == 1
    (told,) = database.read(
        lambda c: c.execute(
            "SELECT text, kind FROM bulletin JOIN bulletin_event ON bulletin_id = bulletin.id"
        ).fetchall()
    )
    assert told[1] == "opened"


async def test_what_operators_could_not_be_told_for_half_a_day_lapses(database):
    database.write(lambda c: Logbook(c).open_event("loop_stalled", "", cause="stands", now=NIGHT))
    assert await look(database, NIGHT) == 1
    database.write(lambda c: Dispatch(c).fold(NIGHT + timedelta(hours=11), OLD))
    assert database.read(lambda c: DeliveryQueue(c).counts())["queued"] == 1
    database.write(lambda c: Dispatch(c).fold(NIGHT + timedelta(hours=13), OLD))
    assert database.read(lambda c: DeliveryQueue(c).counts())["cancelled"] == 1


def test_operators_are_read_without_everybody_else(database):
    read: list[str] = []

    def traced(connection):
        connection.conn.set_trace_callback(read.append)
        try:
            return Bulletins(connection).operators()
        finally:
            connection.conn.set_trace_callback(None)

    (one,) = database.read(traced)
    assert (one.id, one.address) == (READERS, str(READERS - 1))
    assert ["JOIN" in sql for sql in read if sql.startswith("SELECT")] == [True]
