"""The server as a process: each accepted message a JSON line in the log, flushed before it is answered."""

import argparse
import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

from tests.fakes.bot_api import BotApi, Faults, Floods, mix, serve


async def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--log", type=Path, required=True)
    options.add_argument(
        "--scale", type=float, default=0.0, help="flood limits, their windows scaled; 0: none"
    )
    options.add_argument("--fault-rate", type=float, default=0.0)
    options.add_argument(
        "--hang", type=float, default=40.0, help="seconds that a fault without an answer lasts"
    )
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--latency", type=float, default=0.0)
    given = options.parse_args(arguments)
    with given.log.open("a", encoding="utf-8") as log:
        api = BotApi(
            floods=Floods(scale=given.scale or 1.0, on=given.scale > 0),
            faults=Faults(given.fault_rate, random.Random(given.seed), mix(given.hang)),
            latency=given.latency,
            log=log,
        )
        async with serve(api, port=given.port):
            print(api.url, flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
