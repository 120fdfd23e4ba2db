"""The mail channel against a relay: each answer has its next step, and a lost one is told from a refusal."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest

from alerts.channels import Down, TryLater, Unauthorised, Unknown, Unreachable, Unsendable, open_channel
from alerts.channels import mail as module
from alerts.channels.mail import MailChannel
from alerts.mail.tokens import Purpose, opened
from alerts.messages import Letter, Line, LineKind, Message, Picture, Run
from alerts.messages.letter import Attachment
from tests.fakes.mail_server import Fault, MailServer, serve

KEY = b"k" * 32
MESSAGE = Message(
    (
        Line((Run("عاجل · قمار إلكتروني · كمبوديا", bold=True),)),
        Line((Run("توقيف 37 شخصًا في كازينو سري", link="https://alif.example/1?a=1&b=<2>"),), LineKind.TITLE),
        Line((Run("أعلنت الشرطة توقيف 37 شخصًا في "), Run("كازينو", bold=True), Run(".")), LineKind.QUOTE),
    )
)


def settings(port: int, **more: str) -> dict[str, str]:
    return {
        "host": "127.0.0.1",
        "port": str(port),
        "security": "none",
        "from": "news@marsad.example",
        "public_url": "https://news.marsad.example",
        "key": KEY.hex(),
    } | more


@pytest.fixture
async def relay():
    async with serve() as server:
        yield server


@pytest.fixture
async def channel(relay):
    opened = open_channel("mail", settings(relay.port))
    assert isinstance(opened, MailChannel)
    yield opened
    await opened.close()


async def send(channel: MailChannel, to: str = "reader@example.org", key: str = "alert-17.4", **more) -> str:
    return await channel.send(to, more.pop("message", MESSAGE), key=key, **more)


async def test_a_mail_has_one_recipient_a_bounce_address_of_its_own_and_the_same_id_for_every_try(
    channel, relay
):
    first, second = await send(channel), await send(channel)
    assert first == second == "<alert-17.4@marsad.example>"
    mail = relay.accepted[0]
    assert (mail.message["To"], mail.message["Message-ID"]) == ("reader@example.org", first)
    local, _, domain = mail.sender.partition("@")
    assert domain == "marsad.example"
    assert opened(KEY, Purpose.BOUNCE, local.removeprefix("bounces+")) == 4


async def test_connections_are_kept_for_the_next_mail(channel, relay):
    for n in range(5):
        await send(channel, key=f"alert-{n}.4")
    assert relay.sessions == 1
    assert len(relay.accepted) == 5


async def test_a_kept_connection_that_the_relay_has_closed_costs_nothing(channel, relay):
    await send(channel)
    relay.faults.append(Fault("MAIL"))
    await send(channel, key="alert-18.4")
    relay.faults.append(Fault("MAIL", "421 4.7.0 too many mails on this connection"))
    await send(channel, key="alert-19.4")
    assert len(relay.accepted) == 3


async def test_an_update_follows_the_storys_first_mail(channel, relay):
    first = await send(channel, key="alert-17.4")
    await send(channel, key="alert-18.4", reply_to=first)
    update = relay.accepted[1].message
    assert update["In-Reply-To"] == update["References"] == first


async def test_what_another_channel_sent_is_not_replied_to(channel, relay):
    await send(channel, reply_to="4711")
    assert relay.accepted[0].message["References"] is None


REFUSALS = [
    ("RCPT", "450 4.2.0 Greylisted, see you in 5 minutes", TryLater),  # case 55
    ("RCPT", "451 4.7.1 Greylisted", TryLater),
    ("RCPT", "550 5.1.1 User unknown", Unreachable),  # case 56
    ("RCPT", "550 No such user here", Unreachable),
    ("RCPT", "553 5.1.3 Bad address syntax", Unreachable),
    ("RCPT", "556 5.1.10 Recipient domain has null MX", Unreachable),
    ("RCPT", "552 5.2.2 Mailbox full", TryLater),
    ("RCPT", "550 5.7.1 Blocked by policy", Unsendable),
    ("RCPT", "554 5.7.1 <x>: Relay access denied", Unauthorised),
    ("RCPT", "530 5.7.0 Authentication required", Unauthorised),
    ("RCPT", "421 4.3.2 Shutting down", Down),
    ("MAIL", "553 5.7.1 Sender address rejected: not yours", Unauthorised),
    ("MAIL", "452 4.3.1 Insufficient system storage", Down),
    ("DATA", "451 4.3.0 Try again", TryLater),
    ("DATA", "421 4.3.2 Shutting down", Down),
    ("DATA", "554 5.7.1 Spam message rejected", Unsendable),  # case 57
    ("DATA", "550 5.7.1 Message content rejected", Unsendable),
]


@pytest.mark.parametrize(("step", "reply", "failure"), REFUSALS, ids=[reply for _, reply, _ in REFUSALS])
async def test_a_refusal_says_what_comes_next(channel, relay, step, reply, failure):
    relay.faults.append(Fault(step, reply))
    with pytest.raises(failure) as told:
        await send(channel)
    assert type(told.value) is failure
    assert relay.accepted == []
    assert "reader@example.org" not in str(told.value)
    await send(channel)
    assert len(relay.accepted) == 1, "the next mail goes out"


async def test_case_60_a_refused_recipient_is_an_error_never_a_remark(channel, relay):
    relay.faults.append(Fault("RCPT", "550 5.1.1 User unknown", to="gone@example.org"))
    with pytest.raises(Unreachable):
        await send(channel, to="gone@example.org")
    await send(channel, to="here@example.org")
    assert [mail.recipient for mail in relay.accepted] == ["here@example.org"]


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
async def test_a_cut_before_the_mail_itself_is_no_answer_lost(channel, relay, step):
    relay.faults.append(Fault(step))
    with pytest.raises(Down):
        await send(channel)


@pytest.mark.parametrize("step", ["DATA", "ACCEPTED"])
async def test_case_59_a_cut_after_data_is_an_answer_lost(channel, relay, step):
    relay.faults.append(Fault(step))
    with pytest.raises(Unknown):
        await send(channel)


async def test_case_59_silence_after_data_is_an_answer_lost(channel, relay, monkeypatch):
    monkeypatch.setattr(module, "ACCEPTANCE", 0.2)
    relay.faults.append(Fault("ACCEPTED", "250 late", hang=1.0))
    with pytest.raises(Unknown):
        await send(channel)
    assert len(relay.accepted) == 1


async def test_case_58_a_relay_that_is_not_there_is_down():
    async with serve() as relay:
        port = relay.port
    channel = open_channel("mail", settings(port))
    with pytest.raises(Down):
        await channel.send("reader@example.org", MESSAGE, key="alert-1.1")


async def test_a_relay_that_says_nothing_is_down(monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT", 0.2)

    async def silent(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    channel = open_channel("mail", settings(server.sockets[0].getsockname()[1]))
    with pytest.raises(Down):
        await channel.send("reader@example.org", MESSAGE, key="alert-1.1")
    server.close()
    await asyncio.sleep(0.05)


PICTURE = Picture("trend.1", b"\x89PNG" + b"x" * 3000, "اتجاه الأسبوع")
REST = Attachment("rest.txt", "بقية القصص\n" * 100)
BIG = Letter(
    "ملخص اليوم",
    "<p>" + "كلمة " * 3000 + '<img src="cid:trend.1"></p>',
    "قصص اليوم\n",
    "ar",
    (PICTURE,),
    (REST,),
)


@pytest.mark.parametrize(("size", "types"), [
    (100_000, ["text/plain", "text/html", "image/png", "text/plain"]),
    (45_000, ["text/plain", "text/html", "text/plain"]),
    (5_000, ["text/plain", "text/plain"]),
    (2_000, ["text/plain"]),
])  # fmt: skip
async def test_case_70_a_mail_that_is_too_big_is_sent_smaller(size, types):
    async with serve(size=size) as relay:
        channel = open_channel("mail", settings(relay.port))
        await channel.send("reader@example.org", Message((), letter=BIG), key="edition-1.4")
        await channel.close()
    (mail,) = relay.accepted
    leaves = [part.get_content_type() for part in mail.message.walk() if not part.is_multipart()]
    assert leaves == types


async def test_case_70_a_mail_that_is_too_big_even_so_is_refused():
    async with serve(size=500) as relay:
        channel = open_channel("mail", settings(relay.port))
        with pytest.raises(Unsendable):
            await channel.send("reader@example.org", Message((), letter=BIG), key="edition-1.4")
        await channel.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody but the tests trusts."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_an_encrypted_relay_that_asks_for_a_password(certificate, security):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    async with serve(tls=context, implicit_tls=security == "tls", password="right") as relay:
        trusted = settings(relay.port, security=security, user="marsad", cert_bundle=str(certificate[0]))
        channel = open_channel("mail", trusted | {"password": "right"})
        await channel.send("reader@example.org", MESSAGE, key="alert-1.1")
        await channel.close()
        stranger = open_channel("mail", trusted | {"password": "wrong"})
        with pytest.raises(Unauthorised):
            await stranger.send("reader@example.org", MESSAGE, key="alert-1.1")
        distrusting = open_channel("mail", settings(relay.port, security=security))
        with pytest.raises(Down):
            await distrusting.send("reader@example.org", MESSAGE, key="alert-1.1")
    assert len(relay.accepted) == 1


async def test_a_relay_without_encryption_gets_no_mail(relay: MailServer):
    channel = open_channel("mail", settings(relay.port, security="starttls"))
    with pytest.raises(Down):
        await channel.send("reader@example.org", MESSAGE, key="alert-1.1")
    assert relay.accepted == []


@pytest.mark.parametrize(("wrong", "named"), [
    ({"host": ""}, "host"),
    ({"key": ""}, "key"),
    ({"public_url": ""}, "public_url"),
    ({"security": "ssl"}, "security"),
    ({"host": "mail.example.org"}, "security none"),
    ({"dkim_key": "-----BEGIN PRIVATE KEY-----\nabcd\n-----END PRIVATE KEY-----"}, "DKIM"),
])  # fmt: skip
def test_a_setting_that_is_wrong_is_named(wrong, named):
    with pytest.raises(ValueError, match=named):
        open_channel("mail", settings(25) | wrong)
