"""What every channel keeps to. A new file in alerts/channels is found here by itself."""

import pytest
from aiohttp import web

from alerts.channels import Channel, ChannelError, channel_names, failures, open_channel
from alerts.messages import Button, Line, LineKind, Message, Run
from tests.fakes import mail_server

MESSAGE = Message(
    lines=(
        Line((Run("عاجل · قمار إلكتروني", bold=True),)),
        Line((Run("خبر <b>&", link="https://example.com/?a=1&b=2"),)),
        Line((Run("جملة فيها "), Run("كازينو", bold=True), Run(" 🎰.")), LineKind.QUOTE),
    ),
    buttons=((Button("الخبر", url="https://example.com/"), Button("كتم", data="v1:mute:1")),),
)
ADDRESS = {"telegram": "7", "console": "-", "mail": "reader@example.org", "webhook": "", "apprise": "here"}


@pytest.fixture
async def relay():
    async with mail_server.serve() as server:
        yield {
            "host": "127.0.0.1",
            "port": str(server.port),
            "security": "none",
            "password": "t" * 35,
            "from": "news@marsad.example",
            "public_url": "https://news.marsad.example",
            "key": "74" * 32,
        }


async def _accept(_):
    return web.Response()


@pytest.fixture
async def hook():
    app = web.Application()
    app.router.add_post("/", _accept)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/"
    await runner.cleanup()


@pytest.fixture(params=channel_names())
async def channel(request, api, relay, hook):
    ADDRESS["webhook"] = hook
    settings = {
        "telegram": {"token": "424242:" + "t" * 35, "api": api.url},
        "console": {},
        "mail": relay,
        "webhook": {"key": "74" * 32, "allowed": "127.0.0.0/8"},
        "apprise": {"here": hook.replace("http://", "json://user:" + "t" * 35 + "@")},
    }
    assert request.param in settings, f"name the settings under which {request.param} is tested here"
    opened = open_channel(request.param, settings[request.param])
    yield opened
    await opened.close()


def test_its_name_is_its_file(channel: Channel):
    assert channel.name in channel_names()
    assert type(channel).__module__ == f"alerts.channels.{channel.name}"


async def test_each_send_has_a_receipt_of_its_own(channel):
    first = await channel.send(ADDRESS[channel.name], MESSAGE, key="alert-1.1")
    second = await channel.send(ADDRESS[channel.name], MESSAGE, key="alert-2.1", reply_to=first)
    assert first
    assert second
    assert first != second


async def test_an_edit_may_come_twice(channel):
    receipt = await channel.send(ADDRESS[channel.name], MESSAGE, key="alert-1.1")
    changed = Message(MESSAGE.lines[:1])
    await channel.edit(ADDRESS[channel.name], receipt, changed)
    await channel.edit(ADDRESS[channel.name], receipt, changed)


async def test_its_repr_tells_no_secret(channel):
    assert "t" * 30 not in f"{channel!r} {vars(channel)!r}"


async def test_closing_twice_does_no_harm(channel):
    await channel.close()


@pytest.mark.parametrize("name", channel_names())
def test_an_unknown_setting_is_an_error_that_names_it(name):
    with pytest.raises(ValueError, match="colour"):
        open_channel(name, {"token": "x", "colour": "red"} if name == "telegram" else {"colour": "red"})


def test_an_unknown_channel_is_an_error_that_names_the_known():
    with pytest.raises(ValueError, match="console, mail, telegram, webhook"):
        open_channel("pigeon", {})


def test_a_channel_without_its_secret_says_so():
    with pytest.raises(ValueError, match="'token' is missing"):
        open_channel("telegram", {})


def test_every_failure_is_a_channel_error():
    kinds = [
        kind for kind in vars(failures).values() if isinstance(kind, type) and issubclass(kind, Exception)
    ]
    assert len(kinds) == 8
    assert all(issubclass(kind, ChannelError) for kind in kinds)
