"""Seven simulated days with a hundred outlets and faults on: nothing grows, nothing is lost, nothing is sent twice.

make soak        # the whole week; a few hours with ten outlets run with the suite
"""

import multiprocessing
import os
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest

from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.storage import Bulletins, Subscribers
from crawler.database import Database, to_text
from crawler.urls import url_key
from scheduler.archive import open_database
from scheduler.wiring import Config
from tests.soak.week import Week, descriptors, resident
from tests.soak.world import HOUR, START, live, outlets, pieces

FULL = os.environ.get("MARSAD_PROOF") == "full"
SEED = int(os.environ.get("MARSAD_SEED", "20261123"))
OUTLETS, HOURS = (100, 7 * 24) if FULL else (10, 6)
WARM = HOURS // 4  # hours until what is kept for good is there
READERS = 5
GROWTH, SPARE = 1.05, 8  # of memory after the warm-up; file descriptors that may come and go
TOKEN = "123456789:AAtest_token_of_thirty_five_chars_xx"
FORKS = multiprocessing.get_context("forkserver")


def subscribe(database: Database) -> None:
    for chat in range(1, READERS + 1):
        wanted = [Subscription(0)] if chat < READERS else [Subscription(0, cadence="daily")]
        person = Subscriber(RecipientKind.PRIVATE_CHAT, str(chat), START, timezone="Africa/Cairo")
        database.write(lambda c, p=person, w=wanted: Subscribers(c).subscribe(p, w))
    operator = Subscriber(RecipientKind.PRIVATE_CHAT, "99", START)
    number = database.write(lambda c: Subscribers(c).subscribe(operator, []))
    database.write(lambda c: Bulletins(c).appoint(number, START))


def one(database: Database, sql: str, **params: str) -> int:
    return next(iter(database.read(lambda c: list(c.query(f"SELECT ({sql}) AS n", params)))))["n"]


def check(database: Database, now: datetime) -> None:
    """What must hold at every hour."""
    assert one(database, "SELECT count(*) FROM flag WHERE article_id NOT IN (SELECT article_id FROM story_article "
               "WHERE story_id IS NOT NULL)") == 0, "every flagged article has its story"  # fmt: skip
    short = one(
        database, "SELECT count(*) FROM alert WHERE hold = '' AND fan_after IS NULL AND kind IN ('new', 'update') AND "
        "(SELECT count(*) FROM delivery WHERE alert_id = alert.id) <> :readers", readers=READERS - 1,
    )  # fmt: skip
    assert short == 0, "every alert has a delivery to each of its readers, whatever became of it"
    assert one(database, "SELECT count(*) FROM delivery WHERE state IN ('dead', 'cancelled')") == 0
    twice = "SELECT count(*) - count(DISTINCT subscriber_id || ' ' || receipt) FROM delivery WHERE state = 'sent' AND receipt <> ''"
    assert one(database, twice) == 0, "no message is the receipt of two"
    old = to_text(now - HOUR)
    assert one(database, "SELECT count(*) FROM delivery WHERE state IN ('queued', 'leased', 'unknown') AND due < :old",
               old=old) == 0, "nothing waits for an hour that is due"  # fmt: skip
    late = to_text(now - timedelta(minutes=5))
    assert one(database, "SELECT count(*) FROM source WHERE watched AND next_due < :late", late=late) == 0, (
        "every outlet in its time"
    )
    assert (
        one(database, "SELECT count(*) FROM event WHERE kind LIKE 'loop_%' OR kind = 'article_not_judged'")
        == 0
    )


def lost(database: Database, wanted: tuple) -> list[str]:
    """Articles that were published and are not in the archive."""
    there = {row["url_key"] for row in database.read(lambda c: list(c.query("SELECT url_key FROM article")))}
    urls = [
        outlet.home.rstrip("/") + piece.path
        for number, outlet in enumerate(wanted, 1)
        for piece in pieces(SEED, number, HOURS)
        if piece.at > START
    ]
    return [url for url in urls if url_key(url) not in there]


def tell(hour: int, week: Week, memory: list[float], files: list[int], began: float) -> None:
    counted = week.counted
    print(
        f"day {hour / 24:4.2f}  {time.monotonic() - began:6.0f} s  polls {counted.polls:6,}  articles {counted.articles:5,}  "
        f"flags {counted.flags:4}  sent {counted.sent:5,}  memory {memory[-1]:6.1f} MB  descriptors {files[-1]}", flush=True
    )  # fmt: skip


@pytest.mark.proof
async def test_a_week_with_faults_grows_nothing_loses_nothing_and_doubles_nothing(tmp_path):
    ours, theirs = FORKS.Pipe()
    clock = FORKS.Value("d", START.timestamp())
    world = FORKS.Process(target=live, args=(SEED, OUTLETS, HOURS, clock, theirs))
    world.start()
    theirs.close()
    memory, files, began = [], [], time.monotonic()
    messages: Counter[tuple[int, str]] = Counter()
    try:
        port, api = ours.recv()
        path = tmp_path / "a.sqlite"
        config = Config(
            path,
            telegram_token=TOKEN,
            telegram_api=api,
            allowed_networks=("127.0.0.0/8",),
            backups=tmp_path / "b",
        )
        with open_database(path) as database:
            subscribe(database)
            week, cuts = Week(database, outlets(OUTLETS, port), clock, START, config), 0
            async with week.open():
                for hour in range(1, HOURS + 1):
                    for _ in range(60):
                        await week.step()
                    check(database, week.now())
                    ours.send("count")
                    accepted, cut, wrong = ours.recv()
                    assert wrong == []
                    messages.update(accepted)
                    cuts += cut
                    memory.append(resident())
                    files.append(descriptors())
                    if hour % (6 if FULL else 1) == 0:
                        tell(hour, week, memory, files, began)
            sent = one(database, "SELECT count(*) FROM delivery WHERE state = 'sent'")
            assert lost(database, week.outlets) == []
            assert database.problems() == []
            assert (
                one(database, "SELECT count(*) FROM delivery WHERE state IN ('queued', 'leased', 'unknown')")
                == 0
            )
        doubles = sum(messages.values()) - sent
        print(f"{week.counted}, accepted {sum(messages.values())}, sent {sent}, doubles {doubles}, answers cut {cuts}, "
              f"memory {memory[WARM]:.1f} → {max(memory[WARM:]):.1f} MB, descriptors {min(files[WARM:])}–{max(files[WARM:])}, "
              f"{time.monotonic() - began:.0f} s")  # fmt: skip
        assert week.counted.flags > 0
        assert 0 <= doubles <= cuts
        assert max(files[WARM:]) <= min(files[WARM:]) + SPARE
        if FULL:  # a few hours are no measure of what grows
            assert max(memory[WARM:]) <= memory[WARM] * GROWTH
    finally:
        ours.send("end")
        world.join(10)
        if world.is_alive():
            world.kill()
            world.join()
        ours.close()
