"""``kill -9`` at random moments, and an orderly end: nothing is lost, and doubles are bounded by what was in flight."""

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from alerts.nouns import DeliveryState, RecipientKind, Subscriber, Subscription
from alerts.storage import DeliveryQueue, Newsdesk, Subscribers
from crawler.newsroom import Newsroom
from crawler.newsroom.press import drafts
from crawler.nouns import Outlet
from crawler.storage import Archive
from scheduler.archive import open_database, utc_now
from tests.fakes.bot_api import BotApi, serve
from tests.journeys.conftest import until

TOKEN = "123456789:AAtest_token_of_thirty_five_chars_xx"
KILLS = 40 if os.environ.get("MARSAD_PROOF") == "full" else 8
SEED = int(os.environ.get("MARSAD_SEED", "20261123"))
PEOPLE = 20


def write_outlets(folder: Path, outlets: Sequence[Outlet]) -> None:
    folder.mkdir(exist_ok=True)
    for outlet in outlets:
        sources = [{"url": source.url, "kind": source.kind.value} for source in outlet.sources]
        text = {
            "id": outlet.id, "name_ar": outlet.name_ar, "name_en": outlet.name_en, "country": outlet.country,
            "timezone": outlet.timezone, "home": outlet.home, "tier": outlet.tier, "sources": sources,
            "delay": 0.4,  # slow enough that kills fall into the middle of the crawl
        }  # fmt: skip
        (folder / f"{outlet.id}.yaml").write_text(yaml.safe_dump(text, allow_unicode=True), encoding="utf-8")


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[tuple[BotApi, dict[str, str], Path]]:
    """A newsroom with everything published, a Bot API, an archive with subscribers: what `marsad run` needs."""
    published = [replace(draft, after=0.0, minutes_ago=max(draft.minutes_ago, 1)) for draft in drafts()]
    database = tmp_path / "archive.sqlite"
    async with Newsroom(drafts=published) as room, serve(api := BotApi(latency=0.25)):
        write_outlets(tmp_path / "outlets", room.outlets)
        with open_database(database) as opened:
            for chat in range(1, PEOPLE + 1):
                person = Subscriber(RecipientKind.PRIVATE_CHAT, str(chat), utc_now())
                opened.write(lambda c, p=person: Subscribers(c).subscribe(p, [Subscription(0)]))
        settings = {
            "MARSAD_DATABASE": str(database),
            "MARSAD_OUTLETS": str(tmp_path / "outlets"),
            "MARSAD_TELEGRAM_TOKEN": TOKEN,
            "MARSAD_TELEGRAM_API": api.url,
            "MARSAD_ALLOWED_NETWORKS": "127.0.0.0/8",
        }
        yield api, settings, database


@asynccontextmanager
async def marsad_run(settings: dict[str, str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `marsad run` in a process of its own; killed at the end if it still lives."""
    with log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-W",
            "default",
            "-m",
            "scheduler.cli",
            "run",
            env=os.environ | settings,
            stderr=stderr,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def in_flight(database: Path) -> int:
    with open_database(database) as opened:
        return opened.read(lambda c: DeliveryQueue(c).counts())["leased"]


def told(database: Path) -> dict[str, int]:
    with open_database(database) as opened:
        return opened.read(lambda c: DeliveryQueue(c).counts() | Archive(c).counts())


async def a_send(api: BotApi) -> None:
    """Wait until something is sent, or a few seconds: towards the end there may be nothing left to send."""
    before, end = len(api.accepted), time.monotonic() + 8
    while len(api.accepted) == before and time.monotonic() < end:
        await asyncio.sleep(0.01)


@pytest.mark.proof
async def test_kills_lose_nothing(world, tmp_path):
    api, settings, database = world
    dice, flying = random.Random(SEED), 0
    for kill in range(KILLS):
        log = tmp_path / f"log{kill}"
        async with marsad_run(settings, log) as process:
            if kill % 4:  # every fourth kill falls into the start, the others into the work
                await until(
                    lambda log=log: b"serving" in log.read_bytes(), within=60, what="a service at work"
                )
            if kill % 2:
                await a_send(api)
            await asyncio.sleep(dice.uniform(0.05, 0.5))
            process.kill()
            await process.wait()
        flying += in_flight(database)

    async with marsad_run(settings, tmp_path / "log") as process:

        def settled() -> bool:
            counts = told(database)
            waiting = counts["pending"] + counts["queued"] + counts["leased"] + counts["unknown"]
            return process.returncode is not None or (
                counts["articles"] >= len(list(drafts())) and not waiting
            )

        await until(settled, within=60, what="everything read and delivered")
        assert process.returncode is None
    with open_database(database) as opened:
        counts = opened.read(lambda c: Newsdesk(c).counts())
        deliveries = [
            (delivery, subscriber)
            for alert in range(1, counts["alerts"] + 1)
            for delivery, subscriber in opened.read(lambda c, a=alert: DeliveryQueue(c).deliveries_of(a))
        ]
    messages = [entry for entry in api.accepted if entry["kind"] == "message"]
    accepted = Counter(message["chat_id"] for message in messages)
    doubles = sum(accepted.values()) - len(deliveries)
    print(f"\nkills {KILLS} (seed {SEED}), articles {told(database)['articles']}, flags {counts['flags']}, "
          f"alerts {counts['alerts']}, deliveries {len(deliveries)}, accepted {sum(accepted.values())}, "
          f"lost 0, doubles {doubles}, in flight at the kills {flying}")  # fmt: skip
    assert counts["flags"] >= 12
    assert len(deliveries) == counts["alerts"] * PEOPLE
    assert {delivery.state for delivery, _ in deliveries} == {DeliveryState.SENT}
    receipts = {(str(message["chat_id"]), str(message["message_id"])) for message in messages}
    assert {(subscriber.address, delivery.receipt) for delivery, subscriber in deliveries} <= receipts
    assert flying > 0, "no kill fell into a delivery: the bound proves nothing"
    assert 0 <= doubles <= flying


async def test_case_04_sigterm_ends_cleanly_in_the_middle_of_work(world, tmp_path):
    _, settings, database = world
    log = tmp_path / "log"
    async with marsad_run(settings, log) as process:
        await until(lambda: told(database)["articles"] > 3, what="work under way")
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    text = log.read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert "Warning" not in text
    assert '"level": "error"' not in text
    assert TOKEN not in text
    with open_database(database) as opened:
        assert opened.problems() == []
        assert opened.write(lambda c: c.conn.in_transaction), "the write lock was free"


async def test_a_second_service_on_the_same_archive_is_refused_by_name(world, tmp_path):
    _, settings, database = world
    async with marsad_run(settings, tmp_path / "one") as first:
        await until(lambda: told(database)["polls"] > 0, what="the first at work")
        async with marsad_run(settings, tmp_path / "two") as second:
            async with asyncio.timeout(30):
                assert await second.wait() == 1
    refusal = (tmp_path / "two").read_text(encoding="utf-8")
    assert f"process {first.pid}" in refusal
    assert "MARSAD_DATABASE" in refusal
    assert "Traceback" not in refusal
