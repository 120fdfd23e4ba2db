"""The webhook channel against a real HTTP server: what it proves, what it refuses, how it fails."""

import hmac
import json
from datetime import timedelta
from hashlib import sha256

import pytest
from aiohttp import web

from alerts.channels import TryLater, Unknown, Unreachable, Unsendable
from alerts.channels.webhook import WebhookChannel, secret_of
from alerts.messages import Line, Message, Run
from crawler.addresses import networks

KEY = b"k" * 32
MESSAGE = Message((Line((Run("عاجل · احتيال <b>", bold=True),)),))


@pytest.fixture
async def server():
    """Answers as its ``answer`` says and keeps what it heard."""

    class Server:
        def __init__(self):
            self.heard, self.answer = [], web.Response

        async def take(self, request):
            self.heard.append((dict(request.headers), await request.read()))
            return self.answer()

    one = Server()
    app = web.Application()
    app.router.add_post("/hook", one.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/hook"
    yield one
    await runner.cleanup()


@pytest.fixture
async def channel():
    opened = WebhookChannel(KEY, networks(["127.0.0.0/8"]))
    yield opened
    await opened.close()


async def test_what_arrives_is_signed_and_whole(server, channel):
    assert await channel.send(server.url, MESSAGE, key="alert-1.1") == "alert-1.1"
    ((headers, body),) = server.heard
    assert headers["Marsad-Delivery"] == "alert-1.1"
    at, proof = (part.partition("=")[2] for part in headers["Marsad-Signature"].split(","))
    expected = hmac.new(secret_of(KEY, server.url).encode(), f"{at}.".encode() + body, sha256).hexdigest()
    assert hmac.compare_digest(proof, expected)
    said = json.loads(body)
    assert said["text"] == "عاجل · احتيال <b>"
    assert said["html"] == "<b>عاجل · احتيال &lt;b&gt;</b>"
    assert secret_of(KEY, server.url) != secret_of(KEY, server.url + "2"), "one secret a recipient"


async def test_a_recipient_may_name_what_it_made_of_it(server, channel):
    server.answer = lambda: web.Response(headers={"Marsad-Receipt": "ticket-7"})
    assert await channel.send(server.url, MESSAGE, key="alert-1.1") == "ticket-7"
    await channel.edit(server.url, "ticket-7", MESSAGE)
    assert json.loads(server.heard[-1][1])["of"] == "ticket-7"


@pytest.mark.parametrize(
    ("status", "headers", "failure"),
    [
        (429, {"Retry-After": "7"}, TryLater), (503, {}, TryLater), (500, {}, TryLater), (502, {}, TryLater),
        (404, {}, Unreachable), (410, {}, Unreachable), (400, {}, Unsendable), (401, {}, Unsendable), (413, {}, Unsendable),
    ],
)  # fmt: skip
async def test_case_78_each_refusal_has_its_next_step(server, channel, status, headers, failure):
    server.answer = lambda: web.Response(status=status, headers=headers)
    with pytest.raises(failure) as caught:
        await channel.send(server.url, MESSAGE, key="alert-1.1")
    if status == 429:
        assert (caught.value.after, caught.value.asked) == (timedelta(seconds=7), True)


async def test_case_78_no_redirect_is_followed(server, channel):
    server.answer = lambda: web.Response(status=302, headers={"Location": "http://169.254.169.254/"})
    with pytest.raises(Unsendable, match="redirect"):
        await channel.send(server.url, MESSAGE, key="alert-1.1")
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://10.0.0.7/",
        "https://169.254.169.254/latest",
        "http://example.org/",
        "https://[::1]/",
        "ftp://example.org/x",
    ],
)
async def test_case_78_private_and_plain_addresses_are_refused(address):
    channel = WebhookChannel(KEY)
    with pytest.raises(Unreachable):
        await channel.send(address, MESSAGE, key="alert-1.1")
    await channel.close()


async def test_case_78_a_name_that_leads_inside_is_refused():
    channel = WebhookChannel(KEY)
    with pytest.raises(Unreachable, match="private"):
        await channel.send("https://localhost/", MESSAGE, key="alert-1.1")
    await channel.close()


async def test_a_server_that_is_not_there_and_one_that_hangs_up(server, channel):
    with pytest.raises(TryLater):
        await channel.send("http://127.0.0.1:9/hook", MESSAGE, key="alert-1.1")

    def hang_up():
        raise ConnectionResetError

    server.answer = hang_up
    with pytest.raises((Unknown, TryLater)):
        await channel.send(server.url, MESSAGE, key="alert-1.1")
