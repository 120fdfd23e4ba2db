"""The outbox against a relay that fails: nothing is lost, and nothing doubled but what nobody can know."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.channels import open_channel
from alerts.consent import ask_consent
from alerts.flagging import Flagger
from alerts.matching import RuleSet
from alerts.nouns import Delivery, RecipientKind, Subscriber, SubscriberState, Subscription
from alerts.outbox import Outbox
from alerts.schema import migrations as alert_tables
from alerts.storage import DeliveryQueue, Logbook, Subscribers
from crawler.database import Database
from crawler.nouns import Article
from crawler.schema import migrations
from crawler.storage import Archive
from tests.fakes.mail_server import Fault, MailServer, serve

TITLE = "الشرطة تداهم مركز احتيال إلكتروني في سيهانوكفيل بكمبوديا وتوقف 63 شخصا"
RULES = RuleSet.load()
MINUTE = timedelta(minutes=1)


class Clock:
    """The wall clock, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path, clock: Clock) -> Iterator[Database]:
    """Readers a and b, and one alert queued for each."""
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        subscribe(database, clock, "a", "b")
        alert(database, clock)
        yield database


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr("alerts.retrying.LONGEST_OUTAGE", timedelta(seconds=0.05))


def subscribe(database: Database, clock: Clock, *names: str) -> None:
    for name in names:
        reader = Subscriber(RecipientKind.MAIL, f"{name}@example.org", clock.now())
        database.write(lambda c, reader=reader: Subscribers(c).subscribe(reader, [Subscription(0)]))


def alert(database: Database, clock: Clock) -> None:
    article = Article("alif", "https://alif.example/1", TITLE, TITLE + ".", clock.now())
    database.write(lambda c: Archive(c).keep(article))
    asyncio.run(Flagger(database, lambda: RULES, {}, now=clock.now).run_batch())


@asynccontextmanager
async def delivering(database: Database, clock: Clock, port: int) -> AsyncIterator[None]:
    channel = open_channel("mail", {
        "host": "127.0.0.1", "port": str(port), "security": "none", "from": "news@marsad.example",
        "public_url": "https://news.marsad.example", "key": "6b" * 32,
    })  # fmt: skip
    outbox = Outbox(database, {"mail": channel}, {}, now=clock.now)
    task = asyncio.create_task(outbox.run())
    try:
        yield
    finally:
        await outbox.stop(3)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await channel.close()


async def until(holds, within: float = 12.0) -> None:
    async with asyncio.timeout(within):
        while not holds():
            await asyncio.sleep(0.02)


def states(database: Database) -> dict[str, int]:
    return {state: n for state, n in database.read(lambda c: DeliveryQueue(c).counts()).items() if n}


def deliveries(database: Database) -> dict[str, Delivery]:
    """By the reader's name."""
    found = database.read(lambda c: DeliveryQueue(c).deliveries_of(1))
    return {who.address.partition("@")[0]: delivery for delivery, who in found}


def ids(server: MailServer, name: str) -> list[str]:
    return [mail.message["Message-ID"] for mail in server.to(f"{name}@example.org")]


async def test_case_55_greylisting_waits_5_then_15_minutes_and_keeps_the_message_id(database, clock):
    async with serve() as relay:
        relay.faults.append(Fault("RCPT", "450 4.2.0 Greylisted", to="a@example.org", times=2))
        async with delivering(database, clock, relay.port):
            for wait in (5 * MINUTE, 15 * MINUTE):
                await until(lambda: states(database) == {"queued": 1, "sent": 1})
                left = deliveries(database)["a"].due - clock.now()
                assert wait - MINUTE < left <= wait
                attempts = deliveries(database)["a"].attempts
                clock.ahead += wait
                await until(lambda attempts=attempts: deliveries(database)["a"].attempts > attempts)
            await until(lambda: states(database) == {"sent": 2})
        assert ids(relay, "a") == ["<alert-1.1@marsad.example>"]
        assert relay.commands.count("RCPT") == 4


async def test_many_greylisting_servers_are_no_outage(database, clock):
    names = [f"g{n}" for n in range(6)]
    subscribe(database, clock, *names)
    for name in names:
        database.write(
            lambda c, name=name: c.execute(
                "INSERT INTO delivery (alert_id, subscriber_id, channel, level, state, due, created_at) "
                "SELECT 1, id, 'mail', 1, 'queued', created_at, created_at FROM subscriber WHERE address = :a",
                {"a": f"{name}@example.org"},
            )
        )
    async with serve() as relay:
        relay.faults += [Fault("RCPT", "451 4.7.1 Greylisted", to=f"{name}@example.org") for name in names]
        async with delivering(database, clock, relay.port):
            await until(lambda: states(database) == {"queued": 6, "sent": 2})
            await asyncio.sleep(0.5)
        assert relay.commands.count("RCPT") == 8, "each waits its five minutes"


async def test_case_56_an_unknown_user_is_suspended_at_once(database, clock):
    async with serve() as relay:
        relay.faults.append(Fault("RCPT", "550 5.1.1 User unknown", to="a@example.org", times=99))
        async with delivering(database, clock, relay.port):
            await until(lambda: states(database) == {"cancelled": 1, "sent": 1})
    found = database.read(lambda c: Subscribers(c).get(1))
    assert found.state is SubscriberState.SUSPENDED
    assert "a@example.org" not in deliveries(database)["a"].error


async def test_case_57_refused_content_is_dead_and_not_tried_again(database, clock):
    async with serve() as relay:
        relay.faults.append(Fault("DATA", "554 5.7.1 Content rejected", to="a@example.org", times=99))
        async with delivering(database, clock, relay.port):
            await until(lambda: states(database) == {"dead": 1, "sent": 1})
            clock.ahead += timedelta(hours=6)
            await asyncio.sleep(0.3)
        assert relay.commands.count("DATA") == 2
    assert database.read(lambda c: Subscribers(c).get(1)).state is SubscriberState.ACTIVE


async def test_case_58_a_relay_that_is_down_for_half_a_day_costs_nothing_but_time(database, clock):
    async with serve() as relay:
        port = relay.port
    database.write(lambda c: ask_consent(c, "new@example.org", [Subscription(0)], now=clock.now()))
    async with delivering(database, clock, port):
        for _ in range(11):
            await asyncio.sleep(0.15)
            clock.ahead += timedelta(hours=1)
        await until(lambda: bool(database.read(lambda c: Logbook(c).open_events())))
        (event,) = database.read(lambda c: Logbook(c).open_events())
        assert (event.kind, event.subject) == ("channel_down", "mail")
        assert set(states(database)) <= {"queued", "leased"}
        async with serve(port=port) as relay:
            await until(lambda: states(database) == {"sent": 3})
            assert sorted(mail.recipient for mail in relay.accepted) == [
                "a@example.org", "b@example.org", "new@example.org",
            ]  # fmt: skip
    assert database.read(lambda c: Logbook(c).open_events()) == []


async def test_case_59_an_answer_lost_after_data_is_sent_once_more_after_15_minutes(database, clock):
    async with serve() as relay:
        relay.faults.append(Fault("ACCEPTED", to="a@example.org", times=2))
        async with delivering(database, clock, relay.port):
            await until(lambda: states(database) == {"unknown": 1, "sent": 1})
            clock.ahead += 14 * MINUTE
            await asyncio.sleep(0.3)
            assert len(ids(relay, "a")) == 1, "not before"
            clock.ahead += 2 * MINUTE
            await until(lambda: states(database) == {"sent": 2})
            clock.ahead += timedelta(hours=3)
            await asyncio.sleep(0.3)
        assert ids(relay, "a") == ["<alert-1.1@marsad.example>"] * 2
        assert "believed sent" in deliveries(database)["a"].error


async def test_case_60_each_reader_has_a_mail_of_his_own(database, clock):
    async with serve() as relay, delivering(database, clock, relay.port):
        await until(lambda: states(database) == {"sent": 2})
        assert all(mail.message["To"] == mail.recipient for mail in relay.accepted)
        assert len({mail.sender for mail in relay.accepted}) == 2


REPLIES = [
    ("MAIL", "421 4.3.2 Shutting down"), ("MAIL", ""), ("RCPT", "451 4.7.1 Greylisted"), ("RCPT", ""),
    ("DATA", "451 4.3.0 Try later"), ("DATA", ""), ("ACCEPTED", ""), ("ACCEPTED", "451 4.3.0 Too slow"),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
async def test_nothing_is_lost_and_only_what_nobody_can_know_is_doubled(tmp_path, clock, seed):
    dice = random.Random(seed)
    names = [f"r{n}" for n in range(12)]
    with Database(tmp_path / "r.sqlite", (migrations, alert_tables)) as database:
        subscribe(database, clock, *names)
        await asyncio.to_thread(alert, database, clock)
        async with serve() as relay:
            relay.faults += [
                Fault(step, reply, to=f"{dice.choice(names)}@example.org" if step != "MAIL" else "")
                for step, reply in dice.choices(REPLIES, k=25)
            ]
            lied = Counter(fault.to for fault in relay.faults if fault.step == "ACCEPTED")
            async with delivering(database, clock, relay.port):
                async with asyncio.timeout(20):
                    while states(database) != {"sent": len(names)}:
                        await asyncio.sleep(0.05)
                        # A mail that is in flight is not made to outlast its lease: that would be a double of the test.
                        if "leased" not in states(database):
                            # Held below the age at which an alert is left to the digest.
                            clock.ahead = min(clock.ahead + 7 * MINUTE, timedelta(hours=11))
            for name in names:
                copies = ids(relay, name)
                assert copies, "nothing is lost"
                assert set(copies) == {f"<alert-1.{names.index(name) + 1}@marsad.example>"}
                assert len(copies) <= 1 + lied[f"{name}@example.org"]
