"""Run the newsroom alone: ``python -m crawler.newsroom``; it publishes until it is stopped."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from crawler.newsroom import Newsroom


async def _open() -> None:
    async with Newsroom(8800, repeat=timedelta(seconds=5)) as room:
        for outlet in room.outlets:
            print(f"{outlet.sources[0].kind:13}{outlet.sources[0].url:40}{outlet.name_en}")  # noqa: T201
        await asyncio.Event().wait()


with suppress(KeyboardInterrupt):
    asyncio.run(_open())
