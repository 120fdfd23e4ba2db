"""A Bot API server, and a channel that writes to it."""

import pytest

from alerts.channels.telegram import TelegramChannel
from tests.fakes.bot_api import serve

TOKEN = "424242:" + "t" * 35


@pytest.fixture
async def api():
    async with serve() as server:
        yield server
    assert server.violations == [], "every call we make is one the Bot API knows"


@pytest.fixture
async def telegram(api):
    channel = TelegramChannel(TOKEN, api=api.url, read_timeout=0.5)
    yield channel
    await channel.close()
