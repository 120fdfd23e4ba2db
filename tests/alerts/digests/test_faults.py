"""Cases 14 and 16: a digest whose making kills the process, and a zone whose rule changes in tonight's tzdata."""

import asyncio
import multiprocessing
import os
import signal
import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from alerts import composing
from alerts.digests.posting import DigestDesk
from alerts.digests.rendering import SHORTER, STORIES
from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.storage import DeliveryQueue, Digests, Subscribers
from scheduler.archive import open_database
from tests.alerts.digests.newsroom import OUTLETS, tell_story
from tests.fakes.bot_api import BotApi, serve
from tests.journeys.conftest import until
from tests.journeys.outbox_process import run

EIGHT = datetime(2026, 3, 4, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.journeys.outbox_process"])


def run_with_little_memory(archive: Path, api: str) -> None:
    """Deliver, until the kernel ends a process that makes a digest of all its stories: it has no memory for that."""
    make = composing.message_of

    def killed(*args, most: int, **named):
        if most == STORIES:
            os.kill(os.getpid(), signal.SIGKILL)
        return make(*args, most=most, **named)

    composing.message_of = killed
    run(archive, api)


def subscribe_daily(database, zone: str) -> int:
    reader = Subscriber(RecipientKind.PRIVATE_CHAT, "7", EIGHT - 30 * 24 * HOUR, timezone=zone)
    return database.write(lambda c: Subscribers(c).subscribe(reader, [Subscription(0, cadence="daily")]))


async def test_case_14_a_digest_that_kills_its_maker_twice_is_made_shorter_and_arrives_once(tmp_path):
    path = tmp_path / "a.sqlite"
    async with serve(BotApi()) as api:
        with open_database(path) as database:
            subscribe_daily(database, "UTC")
            for n in range(STORIES + 5):
                database.write(lambda c, n=n: tell_story(c, EIGHT - HOUR, f"خبر رقم {n}"))
            await DigestDesk(database, OUTLETS, now=lambda: EIGHT).run()
            deaths = 0
            for _ in range(4):
                child = FORKS.Process(target=run_with_little_memory, args=(path, api.url))
                child.start()
                await until(
                    lambda c=child: not c.is_alive() or bool(api.sent(7)),
                    within=30,
                    what="an end, or the digest",
                )
                if child.is_alive():
                    await until(
                        lambda: database.read(lambda c: DeliveryQueue(c).counts())["sent"] == 1,
                        what="its receipt",
                    )
                    child.kill()
                    child.join()
                    break
                deaths += child.exitcode == -signal.SIGKILL
                child.join()
    assert deaths == 2, "twice as it is, then shorter"
    assert len(api.sent(7)) == 1
    told = sum("خبر رقم" in line for line in api.sent(7)[0]["text"].splitlines())
    assert 0 < told <= SHORTER


@pytest.fixture
def tzdata(tmp_path):
    """A folder of zones that comes before the installed ones."""
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([tmp_path / "zones"])
    yield tmp_path / "zones"
    zoneinfo.reset_tzpath(before)
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.parametrize(("rule", "first", "second"), [("Etc/GMT-3", 5, 29), ("Etc/GMT-1", 7, 31)])
def test_case_16_tonights_tzdata_moves_the_hour_and_brings_no_second_digest(
    tmp_path, tzdata, rule, first, second
):
    """Cairo is at UTC+2 here; tonight's update puts it an hour ahead or back."""
    at, made = EIGHT.replace(hour=6), []
    with open_database(tmp_path / "a.sqlite") as database:
        number = subscribe_daily(database, "Africa/Cairo")
        desk = DigestDesk(database, OUTLETS, now=lambda: at)

        def tick(hours: float) -> None:
            nonlocal at
            at = EIGHT.replace(hour=0) + timedelta(hours=hours)
            database.write(lambda c: tell_story(c, at, f"خبر الساعة {at:%d %H}"))
            asyncio.run(desk.run())
            database.write(lambda c: c.execute("UPDATE delivery SET state = 'sent' WHERE state = 'queued'"))
            made.append(len(database.read(lambda c: Digests(c).editions(number))))

        for hours in (6, 6.5):
            tick(hours)
        assert made == [1, 1], "08:00 in Cairo, once"
        zone = files("tzdata.zoneinfo").joinpath(*rule.split("/")).read_bytes()
        (tzdata / "Africa").mkdir(parents=True)
        (tzdata / "Africa" / "Cairo").write_bytes(zone)
        zoneinfo.ZoneInfo.clear_cache()
        for hours in (7, first + 0.5, 12, second - 0.1, second + 0.1):
            tick(hours)
    assert made[2:5] == [1, 1, 1], "its date was decided, whatever the hour is called now"
    assert made[5:] == [1, 2], "tomorrow by the new rule"
