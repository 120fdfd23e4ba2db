"""A Bot API server on 127.0.0.1: real HTTP, checked calls, documented limits, faults on demand.

In a test::

    async with serve() as api:
        channel = TelegramChannel("1:token", api=api.url)

As a process of its own, for tests that kill the service::

    python -m tests.fakes.bot_api --port 8081 --log accepted.jsonl
"""

from tests.fakes.bot_api.faults import Fault, Faults, flood, mix
from tests.fakes.bot_api.floods import Floods
from tests.fakes.bot_api.server import BotApi, serve
from tests.fakes.bot_api.world import Chat, World

__all__ = ["BotApi", "Chat", "Fault", "Faults", "Floods", "World", "flood", "mix", "serve"]
