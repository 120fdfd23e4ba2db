"""Run the newsroom alone: ``python -m crawler.newsroom [port]``; it publishes until it is stopped."""

import asyncio
import signal
import sys
from datetime import timedelta

from crawler.newsroom import Newsroom


async def _open(port: int) -> None:
    stop = asyncio.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(ending, stop.set)
    async with Newsroom(port, repeat=timedelta(seconds=5)) as room:
        for outlet in room.outlets:
            line = f"{outlet.sources[0].kind:14}{outlet.sources[0].url:42}{outlet.name_en}"
            print(line, flush=True)  # noqa: T201
        await stop.wait()


asyncio.run(_open(int(next(iter(sys.argv[1:]), "8800"))))
