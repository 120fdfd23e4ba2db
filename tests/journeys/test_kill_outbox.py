"""``kill -9`` into sends, with every fault of a long day: nothing is lost, and every double is accounted for."""

import asyncio
import multiprocessing
import os
import random
import re
import time
from collections import Counter
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess

import pytest

from alerts.flagging import Flagger
from alerts.matching import RuleSet
from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.storage import Alerts, DeliveryQueue, Newsdesk, Subscribers
from alerts.telling import tell_further
from crawler.database import Database
from crawler.nouns import Article
from crawler.storage import Archive
from scheduler.archive import open_database, utc_now
from tests.fakes.bot_api import BotApi, Faults, Floods, mix, serve
from tests.journeys.outbox_process import PATIENCE, SCALE, TOKEN, run

FULL = os.environ.get("MARSAD_PROOF") == "full"
SEED = int(os.environ.get("MARSAD_SEED", "20261123"))
KILLS, PEOPLE = (200, 2000) if FULL else (8, 50)
TOWNS = ("سيهانوكفيل", "بافيت", "بويبت", "كوكونغ", "كامبوت")
FAULTS = 0.08  # of all calls
# Each outbox is a process of its own; what it imports is imported once, before they fork.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.journeys.outbox_process"])


async def queue_alerts(database: Database) -> int:
    """Five stories for everybody, an hour apart: no storm, none too old; returns how many deliveries that makes."""
    for chat in range(1, PEOPLE + 1):
        person = Subscriber(RecipientKind.PRIVATE_CHAT, str(chat), utc_now())
        database.write(lambda c, p=person: Subscribers(c).subscribe(p, [Subscription(0)]))
    rules = RuleSet.load()
    for hours, town in enumerate(TOWNS):
        at = utc_now() - timedelta(hours=10 - hours)
        await _raid(database, rules, f"outlet{hours}", town, 31 + 7 * hours, at)
    return database.read(lambda c: DeliveryQueue(c).counts())["queued"]


async def _raid(
    database: Database, rules: RuleSet, outlet: str, town: str, arrested: int, at: datetime
) -> None:
    title = f"الشرطة تداهم مركز احتيال إلكتروني في {town} بكمبوديا وتوقف {arrested} شخصا"
    database.write(
        lambda c: Archive(c).keep(Article(outlet, f"https://{outlet}.example/1", title, title + ".", at))
    )
    await Flagger(database, lambda: rules, {}, now=lambda: at).run_batch()
    while database.write(lambda c: tell_further(c, at)):
        pass  # as the service does, whatever the number of readers


def accepted_at_moments(dice: random.Random, deliveries: int) -> list[int]:
    """After how many accepted messages each kill falls."""
    return sorted(dice.randrange(deliveries) for _ in range(KILLS))


async def wait_for(api: BotApi, accepted: int, process: BaseProcess) -> None:
    before = len(api.calls)
    while len(api.calls) == before or len(api.accepted) < accepted:
        assert process.is_alive(), "the outbox ended by itself"
        await asyncio.sleep(0.005)


def lost_and_doubled(database: Database, api: BotApi) -> tuple[int, int, Counter[str]]:
    """Deliveries that no reader saw, messages beyond one a delivery, and the deliveries by state."""
    told = Counter(
        (str(each["chat_id"]), re.search(r"#(M[0-9A-F]+)", each["text"])[1])
        for each in api.accepted
        if each["kind"] == "message"
    )
    alerts = database.read(lambda c: Newsdesk(c).counts())["alerts"]
    wanted, by_state = set(), Counter()
    for number in range(1, alerts + 1):
        alert = database.read(lambda c, n=number: Alerts(c).get(n))
        code = database.read(lambda c, a=alert: Newsdesk(c).story(a.story)).code
        for delivery, who in database.read(lambda c, n=number: DeliveryQueue(c).deliveries_of(n)):
            wanted.add((who.address, code))
            by_state[delivery.state.value] += 1
    assert told.keys() <= wanted
    return len(wanted - told.keys()), sum(told.values()) - len(told), by_state


@pytest.mark.proof
async def test_cases_2_3_kills_into_sends_lose_nothing_and_double_no_more_than_was_in_flight(tmp_path):
    dice, archive = random.Random(SEED), tmp_path / "a.sqlite"
    api = BotApi(
        faults=Faults(FAULTS, random.Random(SEED), mix(hang=PATIENCE + 1)),
        floods=Floods(scale=SCALE),
        latency=0.05,
    )
    began, flying, into_sends = time.monotonic(), 0, 0
    with open_database(archive) as database:
        deliveries = await queue_alerts(database)
        assert deliveries == PEOPLE * len(TOWNS)
        async with serve(api):
            for moment in [*accepted_at_moments(dice, deliveries), None]:
                process = FORKS.Process(target=run, args=(archive, api.url))
                process.start()
                try:
                    if moment is None:
                        while _unfinished(database):
                            assert process.is_alive()
                            await asyncio.sleep(0.1)
                    else:
                        await wait_for(api, moment, process)
                        await asyncio.sleep(dice.uniform(0.0, 0.1))
                finally:
                    process.kill()
                    await asyncio.to_thread(process.join)
                leased = database.read(lambda c: DeliveryQueue(c).counts())["leased"]
                flying, into_sends = flying + leased, into_sends + (leased > 0)
        lost, doubles, by_state = lost_and_doubled(database, api)
        believed = database.read(
            lambda c: next(c.query("SELECT count(*) AS n FROM delivery WHERE error LIKE 'believed sent%'"))
        )["n"]
    cut = sum(each["kind"] == "cut_after_accept" for each in api.accepted)
    print(
        f"\nkills {KILLS} (seed {SEED}), {into_sends} of them into sends; deliveries {deliveries} ({dict(by_state)}), "
        f"calls {len(api.calls)}, lost {lost}, doubles {doubles}, in flight at the kills {flying}, "
        f"answers cut after acceptance {cut}, believed sent {believed}, refused by flood limits {api.floods.refused}, "
        f"{time.monotonic() - began:.0f} s"
    )
    assert lost == 0
    assert doubles <= flying + cut
    assert into_sends > KILLS // 2, "too few kills fell into a send: the bound proves little"
    assert cut > 0
    assert by_state == {"sent": deliveries}
    assert api.violations == []
    assert TOKEN not in str(api.accepted)


def _unfinished(database: Database) -> bool:
    counts = database.read(lambda c: DeliveryQueue(c).counts())
    return any(counts[state] for state in ("queued", "leased", "unknown", "held"))
