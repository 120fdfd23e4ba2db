"""Seen to sent, and our pacer beside python-telegram-bot's AIORateLimiter, on a server with the documented limits.

"Marsad, seen to sent" is the whole way: an article is kept, flagged, planned, queued and sent by the real outbox over
an archive; the others only send. The server counts what it had to refuse. The floor is the time the limits
themselves ask for. Runs in about five minutes, nearly all of it waiting.
"""

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.table import Table
from telegram.error import TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from alerts.channels.telegram import TelegramChannel  # noqa: E402  (the server lives among the tests)
from alerts.flagging import Flagger  # noqa: E402
from alerts.matching import RuleSet  # noqa: E402
from alerts.messages import Line, Message, Run  # noqa: E402
from alerts.nouns import RecipientKind, Subscriber, Subscription  # noqa: E402
from alerts.outbox import Outbox, Sent  # noqa: E402
from alerts.pacing import Pacer  # noqa: E402
from alerts.storage import Subscribers  # noqa: E402
from alerts.telling import tell_further  # noqa: E402
from crawler.database import Connection, Database  # noqa: E402
from crawler.nouns import Article  # noqa: E402
from crawler.storage import Archive  # noqa: E402
from scheduler.archive import open_database, utc_now  # noqa: E402
from tests.fakes.bot_api import BotApi, Floods, serve  # noqa: E402

TOKEN = "424242:" + "t" * 35
LATENCY = 0.08  # seconds an answer takes, as from Europe
RULES = RuleSet.load()
RAID = "الشرطة تداهم مركز احتيال إلكتروني في سيهانوكفيل بكمبوديا وتوقف 63 شخصا"
MESSAGE = Message((Line((Run("عاجل · خبر"),)),))

Work = list[int]  # chat ids, in the order they are wanted
# Rounds: what is measured at the full rate runs alone, what mostly waits runs side by side.
ROUNDS: list[dict[str, Work]] = [
    {"1 subscriber": [1]},
    {"1,000 subscribers": list(range(1, 1001))},
    {
        "1 chat x 20": [1] * 20,
        "200 x 2, 4 groups x 25": [*range(1, 201), *range(1, 201), *([-1, -2, -3, -4] * 25)],
    },
]


@dataclass(frozen=True)
class Result:
    """One run of one piece of work."""

    seconds: float
    first: float
    delivered: int
    refused: int


def floor(work: Work) -> float:
    """The seconds the documented limits ask for, with the bursts they let pass."""
    groups = [count for chat, count in Counter(work).items() if chat < 0]
    private = max((count for chat, count in Counter(work).items() if chat > 0), default=0)
    by_group = max(((count - 1) // 20 * 60 for count in groups), default=0)
    return max(LATENCY, len(work) / 30 - 1, private - 3, by_group)


async def ours(api: BotApi, work: Work) -> None:
    """The pacer before the channel."""
    pacer, channel = Pacer(), TelegramChannel(TOKEN, api=api.url)

    async def tell(chat: int) -> None:
        kind = RecipientKind.PRIVATE_CHAT if chat > 0 else RecipientKind.GROUP
        async with pacer.turn(str(chat), kind):
            await channel.send(str(chat), MESSAGE)

    await asyncio.gather(*map(tell, work))
    await channel.close()


async def peer(api: BotApi, work: Work) -> None:
    """The library's own rate limiter, with retries."""
    request = HTTPXRequest(connection_pool_size=16, pool_timeout=600, read_timeout=30)
    bot = ExtBot(
        TOKEN,
        base_url=f"{api.url}/bot",
        request=request,
        rate_limiter=AIORateLimiter(max_retries=5),
    )
    async with bot:

        async def tell(chat: int) -> None:
            try:
                await bot.send_message(chat, MESSAGE.html)
            except TelegramError:
                return  # dropped: the server's count shows it

        await asyncio.gather(*map(tell, work))


async def measure(run: Callable[[BotApi, Work], Awaitable[None]], work: Work) -> Result:
    """Let one contender do one piece of work on a server of its own."""
    api = BotApi(floods=Floods(), latency=LATENCY)
    async with serve(api):
        began, wall = time.monotonic(), time.time()
        await run(api, work)
        took = time.monotonic() - began
    sent = [each for each in api.accepted if each["kind"] == "message"]
    return Result(took, sent[0]["at"] - wall, len(sent), api.floods.refused)


async def seen_to_sent(readers: int) -> Result:
    """From the moment an article is kept until the last of ``readers`` was told, through the real outbox."""
    api = BotApi(floods=Floods(), latency=LATENCY)
    with tempfile.TemporaryDirectory(prefix="marsad-bench-") as folder:
        async with serve(api):
            with open_database(Path(folder) / "a.sqlite") as database:
                return await _whole_way(api, database, readers)


async def _whole_way(api: BotApi, database: Database, readers: int) -> Result:
    def people(connection: Connection) -> None:
        for chat in range(1, readers + 1):
            person = Subscriber(RecipientKind.PRIVATE_CHAT, str(chat), utc_now())
            Subscribers(connection).subscribe(person, [Subscription(0)])

    database.write(people)
    channel, sent, all_told = TelegramChannel(TOKEN, api=api.url), [], asyncio.Event()

    def on_sent(one: Sent) -> None:
        sent.append(one)
        if len(sent) == readers:
            all_told.set()

    outbox = Outbox(
        database, {"telegram": channel}, {}, now=utc_now, on_sent=on_sent, pacers={"telegram": Pacer()}
    )
    flagger = Flagger(database, lambda: RULES, {}, now=utc_now)
    sending = asyncio.create_task(outbox.run())
    began, wall = time.monotonic(), time.time()
    await database.awrite(
        lambda c: Archive(c).keep(Article("alif", "https://alif.example/1", RAID, RAID, utc_now()))
    )
    await flagger.run_batch()
    outbox.wake()
    while await database.awrite(lambda c: tell_further(c, utc_now())):
        outbox.wake()
    await all_told.wait()
    took = time.monotonic() - began
    await outbox.stop(1)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await channel.close()
    return Result(took, api.accepted[0]["at"] - wall, len(api.accepted), api.floods.refused)


def run_with_peer() -> int:
    """Run this file again beside the package that AIORateLimiter needs and Marsad does not."""
    uv = ROOT / ".uv" / "bin" / "uv"
    with tempfile.TemporaryDirectory(prefix="marsad-bench-") as folder:
        install = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            sys.executable,
            "--target",
            folder,
            "aiolimiter",
        ]
        subprocess.run(install, check=True)
        again = [sys.executable, __file__]
        return subprocess.run(again, check=False, env={**os.environ, "PYTHONPATH": folder}).returncode


async def main() -> None:
    """Let both do every piece of work, and print what it took."""
    logging.getLogger("telegram.ext").setLevel(logging.CRITICAL)  # the peer logs every message it gives up
    table = Table("work", "sender", "s", "x floor", "first, s", "refused", "delivered")

    def add(name: str, who: str, one: Result, work: Work) -> None:
        table.add_row(
            name, who, f"{one.seconds:.1f}", f"{one.seconds / floor(work):.2f}", f"{one.first:.2f}",
            str(one.refused), f"{one.delivered} of {len(work)}",
        )  # fmt: skip

    for readers in (1, 1000):
        one = await seen_to_sent(readers)
        add(
            f"{readers:,} subscriber{'s' * (readers > 1)}",
            "Marsad, seen to sent",
            one,
            list(range(1, readers + 1)),
        )
    for works in ROUNDS:
        for who, run in (("Marsad", ours), ("AIORateLimiter", peer)):
            results = await asyncio.gather(*(measure(run, work) for work in works.values()))
            for (name, work), one in zip(works.items(), results, strict=True):
                add(name, who, one, work)
    Console(width=100).print(table)


if __name__ == "__main__":
    if find_spec("aiolimiter") is None:
        sys.exit(run_with_peer())
    asyncio.run(main())
