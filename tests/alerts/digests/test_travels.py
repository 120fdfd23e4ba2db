"""From the desk through the outbox to a mail server and to a chat: what arrives, and how often."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from alerts.channels import open_channel
from alerts.channels.telegram import TelegramChannel
from alerts.digests.nouns import DigestSettings, Outcome
from alerts.digests.posting import DigestDesk
from alerts.nouns import RecipientKind, Subscription
from alerts.outbox import Outbox
from alerts.storage import Digests
from scheduler.archive import open_database
from tests.alerts.digests.newsroom import OUTLETS, subscribe, tell_story
from tests.fakes.bot_api import serve as serve_bots
from tests.fakes.mail_server import Fault, MailServer
from tests.fakes.mail_server import serve as serve_mail

DAILY = Subscription(0, cadence="daily")
STORIES = 70  # thirty are told in full, thirty by title, ten in an attached file


class Clock:
    """Eight in the morning, and as late as a test wants."""

    def __init__(self):
        self.started, self.ahead = datetime.now(UTC), timedelta(0)

    def now(self):
        eight = datetime(2026, 3, 4, 8, tzinfo=UTC)
        return eight + self.ahead + (datetime.now(UTC) - self.started)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database(tmp_path, clock):
    with open_database(tmp_path / "marsad.sqlite") as database:
        database.write(lambda c: _fill(c, clock.now()))
        yield database


def _fill(connection, now):
    for n in range(STORIES):
        tell_story(connection, now - timedelta(minutes=10 + n), f"مداهمة مجمع احتيال رقم {n}")


@asynccontextmanager
async def delivering(database, clock, channel):
    outbox = Outbox(database, {channel.name: channel}, OUTLETS, now=clock.now)
    desk = DigestDesk(database, OUTLETS, now=clock.now, wake=outbox.wake)
    task = asyncio.create_task(outbox.run())
    try:
        yield desk
    finally:
        await outbox.stop(3)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await channel.close()


def mail_channel(server):
    return open_channel("mail", {
        "host": "127.0.0.1", "port": str(server.port), "security": "none", "from": "news@marsad.example",
        "public_url": "https://news.marsad.example", "key": "6b" * 32,
    })  # fmt: skip


def outcome(database):
    return [(edition.outcome, state) for edition, state in database.read(lambda c: Digests(c).editions())]


async def until_sent(database, clock):
    async with asyncio.timeout(15):
        while outcome(database) != [(Outcome.SENT, "sent")]:
            clock.ahead += timedelta(minutes=1)  # waits of the retrying are over sooner
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("fault", [None, Fault("RCPT", "451 4.7.1 Greylisted"), Fault("DATA", "")], ids=str)
async def test_a_digest_arrives_by_mail_with_its_picture_its_links_and_all_its_stories(
    database, clock, fault
):
    number = database.write(lambda c: subscribe(c, "reader", DAILY))
    database.write(lambda c: Digests(c).keep_settings(DigestSettings(number, picture=True)))
    server = MailServer()
    if fault:
        server.faults.append(fault)
    async with serve_mail(server) as server, delivering(database, clock, mail_channel(server)) as desk:
        await desk.run()
        await until_sent(database, clock)
        await desk.run()
    (mail,) = server.to("reader@example.org")
    parts = {part.get_content_type(): part for part in mail.message.walk()}
    html, text = parts["text/html"].get_content(), parts["text/plain"]
    assert "70 قصة جديدة" in mail.message["Subject"]
    assert parts["image/png"]["Content-ID"].strip("<>") in html
    assert ".invalid" not in html
    assert mail.message["List-Unsubscribe"].strip("<>") in html
    attached = text.get_content() if text.get_filename() else ""
    told = html + attached
    assert [n for n in range(STORIES) if f"رقم {n}" not in told] == []


async def test_a_digest_arrives_in_a_chat_as_one_message(database, clock):
    database.write(lambda c: subscribe(c, "7", DAILY, kind=RecipientKind.PRIVATE_CHAT))
    database.write(lambda c: c.execute("UPDATE subscriber SET address = '7'"))
    async with serve_bots() as api:
        channel = TelegramChannel("424242:" + "t" * 35, api=api.url, read_timeout=0.5)
        async with delivering(database, clock, channel) as desk:
            await desk.run()
            await until_sent(database, clock)
        (sent,) = api.sent(7)
        assert api.violations == []
    assert "70 قصة جديدة" in sent["text"]
    assert sum(entity["type"] == "text_link" for entity in sent["entities"]) == 8
    assert "62 قصة أخرى: /last" in sent["text"]
