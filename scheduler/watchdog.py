"""Watches the event loop from a thread of its own, and feeds systemd's watchdog while work moves."""

import asyncio
import faulthandler
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from alerts.storage import Logbook
from crawler.database import Database, DatabaseError

log = logging.getLogger(__name__)

TICK = 0.25  # seconds between signs of the loop
BLOCKED = 15.0  # seconds without a sign that are told to operators
HOPELESS = 90.0  # and after which only a fresh process helps: a crash costs nothing, being deaf does
EXIT_CODE = 70  # EX_SOFTWARE of sysexits.h
FEED = 10.0  # seconds between two words to systemd

EVENT = "event_loop_blocked"


def say(state: str, address: str = "") -> bool:
    """Tell systemd (sd_notify(3)): READY=1, WATCHDOG=1, STOPPING=1, STATUS=…; False where nobody listens."""
    address = address or os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.connect("\0" + address[1:] if address.startswith("@") else address)
        end.sendall(state.encode())
        return True
    return False


class LoopWatch:
    """Measures how late the event loop is; a blocked loop cannot tell of itself, so a thread does."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        blocked: float = BLOCKED,
        hopeless: float = HOPELESS,
        give_up: Callable[[int], object] = os._exit,
    ) -> None:
        self._database = database
        self._now = now
        self._blocked = blocked
        self._hopeless = hopeless
        self._give_up = give_up
        self._sign = time.monotonic()
        self._worst = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="loop-watch", daemon=True)

    async def run(self) -> None:
        """Give signs until cancelled."""
        self._sign = time.monotonic()
        self._thread.start()
        try:
            while True:
                await asyncio.sleep(TICK)
                self._worst = max(self._worst, time.monotonic() - self._sign - TICK)
                self._sign = time.monotonic()
        finally:
            self._ended.set()

    def worst_lag(self) -> float:
        """Seconds that the loop was late at worst since this was last asked."""
        worst, self._worst = self._worst, 0.0
        return worst

    def _watch(self) -> None:
        told = False
        while not self._ended.wait(min(TICK * 4, self._blocked / 4)):
            late = time.monotonic() - self._sign
            if late > self._hopeless:
                log.critical("the event loop has been blocked for %.0f seconds: ending the process", late)
                self._give_up(EXIT_CODE)
                return
            if late > self._blocked and not told:
                told = True
                log.critical("the event loop is blocked for %.0f seconds; every thread's stack follows", late)
                with suppress(OSError, ValueError):  # a standard error that is no file
                    faulthandler.dump_traceback(sys.stderr, all_threads=True)
                self._tell(late)
            elif told and late < self._blocked:
                told = False
                self._tell(0.0)

    def _tell(self, late: float) -> None:
        """Open the event, or close it; from this thread: the store's writer has one of its own."""
        cause = f"no coroutine ran for {late:.0f} seconds: nothing is fetched, flagged or sent"
        try:
            if late:
                self._database.write(
                    lambda c: Logbook(c).open_event(
                        EVENT,
                        "",
                        cause=cause,
                        now=self._now(),
                    )
                )
            else:
                self._database.write(lambda c: Logbook(c).close_event(EVENT, "", self._now()))
        except DatabaseError as error:
            log.error("an operator event cannot be kept: %s", error)  # noqa: TRY400 (one line says it)
