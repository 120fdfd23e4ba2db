"""Operators are asked after every five seconds: that must cost next to nothing while there is nothing to tell."""

import asyncio
from datetime import UTC, datetime

import pytest

from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.storage import Bulletins, Logbook, Subscribers
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
