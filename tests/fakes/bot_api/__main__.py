"""The server as a process: each accepted message a JSON line in the log, flushed before it is answered."""

import argparse
import asyncio
import random
from pathlib import Path

from tests.fakes.bot_api import BotApi, Faults, Floods, serve


async def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--log", type=Path, required=True)
    options.add_argument(
        "--scale", type=float, default=0.0, help="flood limits, their windows scaled; 0: none"
    )
    options.add_argument("--fault-rate", type=float, default=0.0)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--latency", type=float, default=0.0)
    given = options.parse_args()
    with given.log.open("a", encoding="utf-8") as log:
        api = BotApi(
            floods=Floods(scale=given.scale or 1.0, on=given.scale > 0),
            faults=Faults(given.fault_rate, random.Random(given.seed)),
            latency=given.latency,
            log=log,
        )
        async with serve(api, port=given.port):
            print(api.url, flush=True)
            await asyncio.Event().wait()


asyncio.run(main())
