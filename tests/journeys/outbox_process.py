"""The outbox over an archive, as a process of its own that may be killed: the sending half of ``marsad run``.

Waits are shortened, so that what takes a minute with Telegram takes a second here; nothing else differs.
"""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

from alerts import retrying
from alerts.channels import telegram
from alerts.channels.telegram import TelegramChannel
from alerts.outbox import Outbox
from alerts.pacing import Limits, Pacer
from alerts.storage import DeliveryQueue
from scheduler.archive import instance_lock, open_database, utc_now

TOKEN = "123456789:AAtest_token_of_thirty_five_chars_xx"
AT_ONCE = 4
SCALE = 0.1  # of the server's flood windows
PATIENCE = 2.5  # seconds for an answer


async def main(archive: Path, api: str) -> None:
    retrying.ORDINARY = retrying.Patience(unknown_wait=timedelta(seconds=1))
    telegram.BARE_FLOOD_WAIT = timedelta(seconds=1)
    with instance_lock(archive), open_database(archive) as database:
        database.write(lambda c: DeliveryQueue(c).release(utc_now()))
        channel = TelegramChannel(TOKEN, api=api, read_timeout=PATIENCE)
        pacers = {"telegram": Pacer(Limits().scaled(SCALE))}
        outbox = Outbox(
            database, {"telegram": channel}, {}, now=utc_now, pacers=pacers, holder="run", at_once=AT_ONCE
        )
        await outbox.run()


def run(archive: Path, api: str) -> None:
    """Deliver until killed."""
    logging.disable()  # of failures there are hundreds, and the test counts them itself
    asyncio.run(main(archive, api))
