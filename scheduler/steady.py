"""The service's clock: the wall's, as long as that does not jump.

A wall clock that is set a year ahead would end every lease and make all that waits old; set back, it would let
nothing become due. So time goes on from where it was by the clock of the machine's uptime, which counts sleep too,
and operators are told. A restart takes the wall clock as it is.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from scheduler.archive import utc_now

JUMP = timedelta(seconds=60)  # more than any correction by NTP; a leap or a slew is followed


def uptime() -> float:
    """Return seconds since the machine started, those that it slept included where the system counts them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class SteadyClock:
    """The time of day, without jumps."""

    def __init__(self, wall: Callable[[], datetime] = utc_now, steady: Callable[[], float] = uptime) -> None:
        self._wall = wall
        self._steady = steady
        self._anchor = wall(), steady()

    def now(self) -> datetime:
        """Return the wall clock's time, or what it was plus what has passed since it jumped."""
        wall = self._wall()
        if abs(wall - self._expected()) > JUMP:
            return self._expected()
        self._anchor = wall, self._steady()
        return wall

    def _expected(self) -> datetime:
        at, steady = self._anchor
        return at + timedelta(seconds=self._steady() - steady)
