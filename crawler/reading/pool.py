"""Reading outside the loop, in processes that may crash or hang without taking the service with them."""

import asyncio
import contextlib
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import ParamSpec, Self, TypeVar

from crawler.reading.article import Unreadable

P = ParamSpec("P")
T = TypeVar("T")

LIMIT = timedelta(seconds=20)  # for one page; the slowest real page takes a third of a second
NICENESS = 5  # where cores are short, the loop goes first
STARTING = 10.0  # seconds that a process may take to be there, and a page and its reading to pass the pipe
MEMORY = 1 << 30  # bytes of address space; the largest real page takes a third of it
PAGES_A_PROCESS = 2_000  # parsers keep caches: a fresh process bounds them

# What became of a page that broke its reader: it took too long, ended the process, or wanted too much memory.
BREAKS = TIMEOUT, CRASHED, MEMORY_OUT = "reading_timeout", "reading_crashed", "reading_memory"

# A server forks workers from a process without threads, with the parsers already imported.
_CONTEXT = multiprocessing.get_context("forkserver")


class ReadingPool:
    """Worker processes for CPU-bound reading; use it as an async context manager.

    Args:
        workers: processes; by default one fewer than the machine has cores.
        limit: for one job; a worker that takes longer is killed and replaced.
        memory: bytes that a worker may have; a job that wants more ends with its worker.
    """

    def __init__(self, workers: int = 0, *, limit: timedelta = LIMIT, memory: int = MEMORY) -> None:
        count = workers or max(1, (os.cpu_count() or 2) - 1)
        self._limit = limit.total_seconds()
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        self._workers = [_Worker(memory) for _ in range(count)]
        for worker in self._workers:
            self._idle.put_nowait(worker)
        # A thread a worker: pickling to and from a pipe blocks, and must not block the loop.
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="reading")

    async def warm(self) -> None:
        """Start all workers: the first page need not wait for a process to be made."""
        await asyncio.gather(*(self.run(_ready) for _ in self._workers), return_exceptions=True)

    async def run(self, job: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> T:
        """Call a module-level function in a worker and return what it returns.

        Raises:
            Unreadable: what the job raised, or one of ``BREAKS``.
        """
        worker = await self._idle.get()
        loop = asyncio.get_running_loop()
        task = loop.run_in_executor(self._threads, lambda: worker.call(self._limit, job, *args, **named))
        # A process that takes no page, or stops in the middle of its answer, holds its thread: it is ended from here.
        overdue = loop.call_later(self._limit + STARTING, worker.end)
        task.add_done_callback(lambda _: overdue.cancel())
        # The worker is idle when its thread is done, even where the caller was cancelled before.
        task.add_done_callback(lambda done: self._give_back(worker, done))
        return await asyncio.shield(task)

    def _give_back(self, worker: "_Worker", done: asyncio.Future[T]) -> None:
        self._idle.put_nowait(worker)
        if not done.cancelled():
            done.exception()  # seen here too: a cancelled caller does not look at it

    async def close(self) -> None:
        """Stop all workers; a job under way ends as a crash."""
        for worker in self._workers:
            worker.stop()
        await asyncio.to_thread(self._threads.shutdown)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _Worker:
    """One process and the pipe to it; started at its first job, replaced after a crash."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._process: ForkServerProcess | None = None
        self._pipe: Connection | None = None
        self._served = 0
        self._ended = False

    def call(self, limit: float, job: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        too_long = Unreadable(TIMEOUT, f"reading took longer than {limit:g} seconds")
        self._ended = False
        try:
            pipe = self._started()
            pipe.send((job, args, named))
            if not pipe.poll(limit):
                self.stop()
                raise too_long
            value: T
            value, error = pipe.recv()
        except (EOFError, OSError) as problem:
            self.stop()
            if self._ended:
                raise too_long from problem
            raise Unreadable(CRASHED, "the reading process ended in the middle of the page") from problem
        self._served += 1
        if self._served >= PAGES_A_PROCESS or (isinstance(error, Unreadable) and error.cause == MEMORY_OUT):
            self.stop()
        if error is not None:
            raise error
        return value

    def _started(self) -> Connection:
        if self._pipe is None or self._process is None or not self._process.is_alive():
            self.stop()
            self._pipe, theirs = _CONTEXT.Pipe()
            process = _CONTEXT.Process(target=_serve, args=(theirs, self._memory), daemon=True)
            process.start()
            self._process = process
            theirs.close()
            self._served = 0
        return self._pipe

    def end(self) -> None:
        """Kill the process from another thread; the call that waits for it fails."""
        if (process := self._process) is not None:
            self._ended = True
            process.kill()

    def stop(self) -> None:
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if process is not None:
            process.kill()
            process.join()
        if pipe is not None:
            pipe.close()


def _ready() -> None:
    """The job that only asks for a process."""


def _serve(pipe: Connection, memory: int) -> None:
    """A worker's life: jobs in, outcomes out, until the other end is gone."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's to handle
    with contextlib.suppress(EOFError, OSError):
        while True:
            job, args, named = pipe.recv()
            value, error = None, None
            try:
                value = job(*args, **named)
            except Unreadable as refusal:
                error = refusal
            except MemoryError:
                error = Unreadable(MEMORY_OUT, f"reading it takes more than {memory / 1e6:,.0f} MB")
            except Exception as problem:  # noqa: BLE001 - the one boundary between foreign pages and the service
                error = Unreadable(CRASHED, f"{type(problem).__name__}: {problem}"[:300])
            pipe.send((value, error))


_CONTEXT.set_forkserver_preload(["crawler.reading.article", "crawler.entries"])
