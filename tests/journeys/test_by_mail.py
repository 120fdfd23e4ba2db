"""A journey by mail through a real Postfix: from an article to a mailbox, back as a bounce, and out by one click."""

import asyncio
import base64
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import dkim
import httpx
import pytest
import uvicorn
from click.testing import CliRunner

from alerts.channels import open_channel
from alerts.channels.mail import MailChannel
from alerts.consent import ask_consent, mail_key
from alerts.flagging import Flagger
from alerts.matching import RuleSet
from alerts.messages import Letter, Message
from alerts.nouns import RecipientKind, Subscriber, SubscriberState, Subscription
from alerts.outbox import Outbox
from alerts.schema import migrations as alert_tables
from alerts.storage import DeliveryQueue, Subscribers
from crawler.database import Database
from crawler.nouns import Article
from crawler.schema import migrations
from crawler.storage import Archive
from scheduler.cli import marsad
from scheduler.web.app import make_app
from tests.fakes import mail_server, postfix

TITLE = "الشرطة تداهم مركز احتيال إلكتروني في سيهانوكفيل بكمبوديا وتوقف 63 شخصا"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module", autouse=True)
def _there_is_a_postfix() -> None:
    why = postfix.why_not()
    if why and os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"CI must run this: {why}")
    if why:
        pytest.skip(why)


@pytest.fixture(scope="module")
def dkim_key() -> str:
    made = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True)
    return made.stdout.decode()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        yield database


def channel_to(relay: postfix.Postfix, database: Database, dkim_key: str = "") -> MailChannel:
    key = database.write(lambda c: mail_key(c, now()))
    channel = open_channel("mail", {
        "host": "127.0.0.1", "port": str(relay.port), "security": "none", "from": "news@marsad.example",
        "public_url": "https://news.marsad.example/a/path/of/some/length/that/does/not/fit/on/one/line", "key": key.hex(),
        "dkim_key": dkim_key, "dkim_selector": "m1",
    })  # fmt: skip
    assert isinstance(channel, MailChannel)
    return channel


def subscribe(database: Database, *addresses: str) -> None:
    for address in addresses:
        reader = Subscriber(RecipientKind.MAIL, address, now())
        database.write(lambda c, reader=reader: Subscribers(c).subscribe(reader, [Subscription(0)]))


async def deliver(database: Database, channel: MailChannel, done) -> None:
    """Run the outbox until ``done()``."""
    outbox = Outbox(database, {"mail": channel}, {}, now=now)
    task = asyncio.create_task(outbox.run())
    async with asyncio.timeout(30):
        while not done():
            await asyncio.sleep(0.02)
    await outbox.stop(5)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await channel.close()


def states(database: Database) -> dict[str, str]:
    return {
        one.address.partition("@")[0]: one.state.value
        for one in (database.read(lambda c, n=n: Subscribers(c).get(n)) for n in (1, 2, 3))
        if one
    }


def open_deliveries(database: Database) -> int:
    counts = database.read(lambda c: DeliveryQueue(c).counts())
    return counts["queued"] + counts["leased"] + counts["unknown"]


def public_half(pem: str) -> bytes:
    der = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"], input=pem.encode(), capture_output=True, check=True
    ).stdout
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)


class Web:
    """The pages, served as `marsad web` serves them."""

    def __init__(self, database: Database) -> None:
        key = database.write(lambda c: mail_key(c, now()))
        app = make_app(
            database, key=key, public_url="https://news.marsad.example", topics=("fraud",), now=now
        )
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.server = uvicorn.Server(
            uvicorn.Config(app, access_log=False, log_config=None, lifespan="off", ws="none", http="h11")
        )
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]})

    def __enter__(self) -> httpx.Client:
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.listener.getsockname()[1]}")
        return self.client

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.server.should_exit = True
        self.thread.join(5)
        self.listener.close()


async def test_from_an_article_to_a_mailbox_and_out_by_one_click(database, dkim_key):
    subscribe(database, "reader@example.org", "gone@away.example", "unknown@example.org")
    article = Article("alif", "https://alif.example/1", TITLE, TITLE + ".", now())
    database.write(lambda c: Archive(c).keep(article))
    await Flagger(database, RuleSet.load, {}, now=now).run_batch()

    next_hop = mail_server.MailServer(
        faults=[mail_server.Fault("RCPT", "550 5.1.1 No such mailbox", times=99)]
    )
    async with mail_server.serve(next_hop) as away:
        with postfix.running(away=away.port) as relay:
            await deliver(
                database, channel_to(relay, database, dkim_key), lambda: open_deliveries(database) == 0
            )

            # Case 56: Postfix itself knows no such user, and says so at RCPT.
            assert states(database) == {"reader": "active", "gone": "active", "unknown": "suspended"}

            (raw,) = await asyncio.to_thread(relay.mails, "reader")
            headers = raw.partition(b"\n\n")[0]
            link = re.search(
                rb"^List-Unsubscribe: ?\n? <(https://\S+/u/([a-z2-7]{21}))>$", headers, re.MULTILINE
            )
            assert link, headers.decode()
            assert b"\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n" in headers
            assert dkim.verify(
                raw, dnsfunc=lambda name, **_: public_half(dkim_key) if b"m1." in name else None
            )
            mail = message_from_bytes(raw, policy=policy.default)
            assert "سيهانوكفيل" in mail["Subject"]
            assert TITLE in mail.get_body(("plain",)).get_content()
            assert re.fullmatch(r"<alert-\d+\.1@marsad\.example>", mail["Message-ID"])

            # Case 61: the next server knows no such user; Postfix writes a real bounce to the signed address.
            (bounce,) = await asyncio.to_thread(relay.mails, "bounces")
            assert b"report-type=delivery-status" in bounce
            read = CliRunner(env={"MARSAD_DATABASE": str(database.path)}).invoke(
                marsad, ["mail", "bounces", str(relay.maildir("bounces"))]
            )
            assert read.output == "1 mail read: 1 hard\n"
            assert states(database)["gone"] == "suspended"

    with Web(database) as web:
        path = f"/u/{link.group(2).decode()}"
        for _ in range(3):
            assert (await asyncio.to_thread(web.get, path)).status_code == 200
        assert states(database)["reader"] == "active", "a link scanner's GET changes nothing"
        pressed = await asyncio.to_thread(web.post, path, data={"List-Unsubscribe": "One-Click"})
        assert pressed.status_code == 200
        assert states(database)["reader"] == "removed"


async def test_from_a_typed_address_to_a_confirmed_reader(database):
    database.write(lambda c: ask_consent(c, "reader@example.org", [Subscription(0)], now=now()))
    with postfix.running() as relay:
        await deliver(database, channel_to(relay, database), lambda: open_deliveries(database) == 0)
        (raw,) = await asyncio.to_thread(relay.mails, "reader")
    text = message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content()
    path = re.search(r"https://news\.marsad\.example\S*(/c/\w{21})", text).group(1)
    with Web(database) as web:
        assert (await asyncio.to_thread(web.post, path)).status_code == 200
    assert states(database) == {"reader": SubscriberState.ACTIVE.value}


async def test_case_70_what_postfix_finds_too_big_arrives_smaller(database):
    letter = Letter("ملخص اليوم", "<p>" + "قصة " * 20_000 + "</p>", "قصص اليوم كلها\n")
    with postfix.running(size=60_000) as relay:
        channel = channel_to(relay, database)
        await channel.send("reader@example.org", Message((), letter=letter), key="edition-1.1")
        await channel.close()
        (raw,) = await asyncio.to_thread(relay.mails, "reader")
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().strip() == "قصص اليوم كلها"
