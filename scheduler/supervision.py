"""Whether everything that should move does: heartbeats, and what follows from a missing one.

A loop that fails or stalls is started again and becomes an operator event; one that fails again and again ends
the service, whose own supervisor (systemd, a container engine) then starts all of it anew.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from alerts.storage import Logbook
from crawler.database import Connection, Database, DatabaseError
from scheduler.timetable import Clock

log = logging.getLogger(__name__)

Run = Callable[[], Coroutine[object, object, None]]

STALLED = timedelta(seconds=30)  # without a beat; the loops turn every second or two
LOOK = 5.0  # seconds between looks at the beats
FAREWELL = 5.0  # seconds that a stalled loop has to end before it is left behind
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0  # seconds before a loop that failed starts again; doubled each time
MOST_FAILURES = 8  # of one loop
FAILURE_SPAN = 600.0  # in so many seconds: then a fresh process is the better try
STEADY = 60.0  # seconds without trouble after which an event closes


@dataclass(frozen=True, slots=True)
class Watchfulness:
    """How soon a loop that stands still is seen, and its recovery believed."""

    stalled: timedelta = STALLED
    look: float = LOOK
    steady: float = STEADY


class Pulse:
    """When each thing that should move last did."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, stalled: timedelta = STALLED) -> None:
        self._clock = clock
        self.stalled = stalled  # without a beat, of whatever has no patience of its own
        self._begun = clock()
        self._last: dict[str, float] = {}
        self._patience: dict[str, float] = {}

    def expect(self, name: str, within: timedelta | None = None) -> Callable[[], None]:
        """Expect a beat of ``name`` at least so often; returns the beat."""
        self._patience[name] = (within or self.stalled).total_seconds()
        self.beat(name)
        return lambda: self.beat(name)

    def beat(self, name: str) -> None:
        """Say that ``name`` moved; of what is not expected to, nothing is kept."""
        if name in self._patience:
            self._last[name] = self._clock()

    def due(self, name: str, every: timedelta) -> None:
        """Say that what comes so often has come: from now on, only its patience counts."""
        if name in self._patience:
            self._last[name] = self._clock() - every.total_seconds()

    def excuse(self, loop: str, seconds: float = 0.0) -> None:
        """Count anew for a loop and its lines, from when it starts again."""
        start = self._clock() + seconds
        for name in self._last:
            if _loop(name) == loop:
                self._last[name] = start

    def up(self) -> float:
        """Seconds since this service began."""
        return self._clock() - self._begun

    def ages(self) -> dict[str, float]:
        """Seconds since the last beat of each."""
        now = self._clock()
        return {name: now - last for name, last in self._last.items()}

    def silent(self) -> dict[str, float]:
        """Those whose beat is overdue, with the seconds since the last one."""
        return {name: age for name, age in self.ages().items() if age > self._patience[name]}


class Supervisor:
    """Runs loops that should never end, and looks after them and the clock's jobs."""

    def __init__(
        self,
        loops: Mapping[str, Run],
        clock: Clock,
        pulse: Pulse,
        database: Database,
        *,
        now: Callable[[], datetime],
        look: float = LOOK,
        steady: float = STEADY,
    ) -> None:
        self._loops = loops
        self._clock = clock
        self._pulse = pulse
        self._database = database
        self._now = now
        self._look = look
        self._steady = steady
        self._leaving = asyncio.Event()
        self._failures: dict[str, deque[float]] = {name: deque(maxlen=MOST_FAILURES) for name in loops}
        # Events open, by kind and subject, with the moment of the last trouble. Those that a former process left
        # open are ours to close, too.
        self._troubled: dict[tuple[str, str], float] = {}
        self._notes: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Run until cancelled; raises what a loop raised that fails again and again."""
        await self._adopt()
        tasks = {name: asyncio.create_task(run(), name=name) for name, run in self._loops.items()}
        try:
            while not self._leaving.is_set():
                looking = asyncio.create_task(asyncio.sleep(self._look))
                await asyncio.wait({looking, *tasks.values()}, return_when=asyncio.FIRST_COMPLETED)
                looking.cancel()
                if self._leaving.is_set():
                    break
                for name in [name for name, task in tasks.items() if task.done()]:
                    tasks[name] = await self._again(name, tasks[name])
                for name, age in self._pulse.silent().items():
                    self._tell("loop_stalled", name, f"it has not moved for {age:.0f} seconds")
                    if (loop := _loop(name)) in tasks:
                        tasks[loop] = await self._replaced(loop, tasks[loop])
                    else:
                        self._clock.cancel(name)
                    self._pulse.excuse(loop)
                self._clock.realign()
                self._close_steady()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), *self._notes, return_exceptions=True)

    def leave(self) -> None:
        """The service ends: loops may end now, and nothing is started again."""
        self._leaving.set()

    async def _again(self, name: str, ended: asyncio.Task[None]) -> asyncio.Task[None]:
        """A loop ended, which none should: start it again, after a while that grows."""
        error = None if ended.cancelled() else ended.exception()
        failures, at = self._failures[name], time.monotonic()
        failures.append(at)
        of_store = error is not None and _of_the_store(error)
        log.error("the loop %s ended: %r", name, error, exc_info=None if of_store else error)
        self._tell("loop_failed", name, f"it ended: {type(error).__name__}" if error else "it ended")
        # A full disk is no better for a fresh process: that is waited out.
        often = len(failures) == MOST_FAILURES and at - failures[0] < FAILURE_SPAN
        if error and often and not of_store:
            raise error
        recent = sum(at - each < FAILURE_SPAN for each in failures)
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (recent - 1))
        self._pulse.excuse(name, wait)
        return asyncio.create_task(self._after(wait, name), name=name)

    async def _after(self, seconds: float, name: str) -> None:
        await asyncio.sleep(seconds)
        await self._loops[name]()

    async def _replaced(self, name: str, stalled: asyncio.Task[None]) -> asyncio.Task[None]:
        log.error("the loop %s stalled and is started again", name)
        stalled.cancel()
        await asyncio.wait({stalled}, timeout=FAREWELL)
        return asyncio.create_task(self._loops[name](), name=name)

    # Operator events

    def _tell(self, kind: str, subject: str, cause: str) -> None:
        self._troubled[kind, subject] = time.monotonic()
        self._note(
            lambda c: Logbook(c).open_event(
                kind,
                subject,
                cause=cause,
                now=self._now(),
            )
        )

    async def _adopt(self) -> None:
        """Close in time what a former process left open."""
        try:
            left = await self._database.aread(lambda c: Logbook(c).open_events())
        except DatabaseError as error:
            log.error("what was told before cannot be read: %s", error)  # noqa: TRY400 (one line says it)
            return
        at = time.monotonic()
        for event in left:
            if event.kind in ("loop_stalled", "loop_failed"):
                self._troubled[event.kind, event.subject] = at

    def _close_steady(self) -> None:
        """Close the events of those that have moved again for a while."""
        at = time.monotonic()
        for kind, subject in [each for each, last in self._troubled.items() if at - last > self._steady]:
            del self._troubled[kind, subject]
            self._note(partial(_close, kind=kind, subject=subject, now=self._now()))

    def _note(self, work: Callable[[Connection], bool]) -> None:
        """Have it kept. Nobody waits for that: loops must be looked after however long the store takes."""
        note = asyncio.create_task(self._keep(work))
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)

    async def _keep(self, work: Callable[[Connection], bool]) -> None:
        try:
            await self._database.awrite(work)
        except DatabaseError as error:  # no store, no row; that itself is told past the store
            log.error("an operator event cannot be kept: %s", error)  # noqa: TRY400 (one line says it)


def _loop(name: str) -> str:
    """The loop that beats under a name: "outbox/telegram" is a line of the loop "outbox"."""
    return name.partition("/")[0]


def _of_the_store(error: BaseException) -> bool:
    """Whether nothing but the store is in trouble; a loop of several lines raises a group."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(DatabaseError)[1] is None
    return isinstance(error, DatabaseError)


def _close(connection: Connection, *, kind: str, subject: str, now: datetime) -> bool:
    return Logbook(connection).close_event(kind, subject, now)
