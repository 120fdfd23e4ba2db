"""An outbox against a Bot API server: what tests of delivery share."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from alerts.channels.telegram import TelegramChannel
from alerts.flagging import Flagger
from alerts.matching import RuleSet
from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.outbox import Outbox, Sent
from alerts.pacing import Pacer
from alerts.storage import DeliveryQueue, Logbook, Subscribers
from crawler.database import Database
from crawler.nouns import Article
from crawler.storage import Archive
from tests.fakes.bot_api import BotApi

TOKEN = "123456789:AAtest_token_of_thirty_five_chars_xx"
RULES = RuleSet.load()


# The same raid in another outlet's own words: a second voice.
RETOLD = "مداهمة مركز للاحتيال الإلكتروني في سيهانوكفيل بكمبوديا وتوقيف 63 شخصا"


def now() -> datetime:
    return datetime.now(UTC)


def subscribe(
    database: Database, address: str, kind: RecipientKind = RecipientKind.PRIVATE_CHAT, **more: object
) -> int:
    who = Subscriber(kind, address, now(), **more)
    return database.write(lambda c: Subscribers(c).subscribe(who, [Subscription(0)]))


async def raid(
    database: Database,
    town: str = "سيهانوكفيل",
    arrested: int = 63,
    outlet: str = "alif",
    *,
    title: str = "",
    page: int = 1,
    at: datetime | None = None,
) -> None:
    """Publish an article of a raid, and queue what follows from it; now, or as it was queued at a stated time."""
    at = at or now()
    title = title or f"الشرطة تداهم مركز احتيال إلكتروني في {town} بكمبوديا وتوقف {arrested} شخصا"
    article = Article(outlet, f"https://{outlet}.example/{arrested}/{page}", title, title + ".", at)
    database.write(lambda c: Archive(c).keep(article))
    await Flagger(database, lambda: RULES, {}, now=lambda: at).run_batch()


@asynccontextmanager
async def delivering(
    database: Database,
    api: BotApi,
    sent: list[Sent],
    *,
    clock: Callable[[], datetime] = now,
    read_timeout: float = 0.5,
    **more: object,
) -> AsyncIterator[Outbox]:
    channel = TelegramChannel(TOKEN, api=api.url, read_timeout=read_timeout)
    pacers = {"telegram": Pacer()}
    outbox = Outbox(
        database, {"telegram": channel}, {}, now=clock, on_sent=sent.append, **{"pacers": pacers} | more
    )
    task = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        await outbox.stop(2)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await channel.close()


def states(database: Database) -> dict[str, int]:
    return {state: n for state, n in database.read(lambda c: DeliveryQueue(c).counts()).items() if n}


def events(database: Database) -> dict[str, str]:
    """What is open, by kind, with its subject."""
    return {each.kind: each.subject for each in database.read(lambda c: Logbook(c).open_events())}


async def until(holds: Callable[[], object], within: float = 8.0) -> None:
    async with asyncio.timeout(within):
        while not holds():
            await asyncio.sleep(0.02)
