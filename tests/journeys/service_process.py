"""``marsad run`` as a process of its own on a machine whose clocks a test sets: their distance from ours stands in a file."""

import asyncio
import logging
from datetime import datetime, timedelta
from pathlib import Path

from scheduler.archive import utc_now
from scheduler.parts import digest
from scheduler.service import Service, serve
from scheduler.steady import SteadyClock, uptime
from scheduler.wiring import Config, load_rules

TOKEN = "123456789:AAtest_token_of_thirty_five_chars_xx"


def main(archive: Path, api: str, clock: Path) -> None:
    """Serve until told to end."""
    logging.disable()
    digest.DIGESTS = timedelta(seconds=1)  # the library that ticks knows the real clock only

    def off() -> float:
        return float(clock.read_text(encoding="ascii"))

    def wall() -> datetime:
        return utc_now() + timedelta(seconds=off())

    config = Config(archive, telegram_token=TOKEN, telegram_api=api)
    steady = SteadyClock(wall, lambda: uptime() + off())
    asyncio.run(serve(Service(config, (), load_rules(config), now=steady.now, wall=wall)))
