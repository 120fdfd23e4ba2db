"""The service's clock: the wall's, as long as that does not jump.

A wall clock that is set a year ahead would end every lease and make all that waits old; set back, it would let
nothing become due. So time goes on from where it was by the clock of the machine's uptime, which counts sleep too,
and operators are told. A paused virtual machine's uptime stands still: a wall clock that is ahead by no more than a
pause takes, and stays so, was put right, and is followed. A restart takes the wall clock as it is.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from scheduler.archive import utc_now

JUMP = timedelta(seconds=60)  # more than any correction by NTP; a leap or a slew is followed

PAUSE = timedelta(days=7)  # the longest that a machine is believed to have been paused
SETTLED = timedelta(minutes=5)  # that a clock must stay ahead, by the same time, before it is believed
NOT_AHEAD = timedelta(0), 0.0


def uptime() -> float:
    """Return seconds since the machine started, those that it slept included where the system counts them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class SteadyClock:
    """The time of day, without jumps."""

    def __init__(self, wall: Callable[[], datetime] = utc_now, steady: Callable[[], float] = uptime) -> None:
        self._wall = wall
        self._steady = steady
        self._anchor = wall(), steady()
        self._ahead = NOT_AHEAD  # by how much the wall clock jumped, and since when by the steady one

    def now(self) -> datetime:
        """Return the wall clock's time, or what it was plus what has passed since it jumped."""
        wall, steady = self._wall(), self._steady()
        expected = self._expected(steady)
        if abs(wall - expected) > JUMP and not self._was_paused(wall - expected, steady):
            return expected
        self._anchor, self._ahead = (wall, steady), NOT_AHEAD
        return wall

    def _was_paused(self, ahead: timedelta, steady: float) -> bool:
        """Whether a wall clock has been ahead by the same time for so long that it must be right."""
        before, since = self._ahead
        if abs(ahead - before) > JUMP:
            self._ahead = ahead, steady
            return False
        return timedelta(0) < ahead <= PAUSE and steady - since >= SETTLED.total_seconds()

    def _expected(self, steady: float) -> datetime:
        at, then = self._anchor
        return at + timedelta(seconds=steady - then)
