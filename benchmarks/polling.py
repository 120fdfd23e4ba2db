"""What does a poll cost, and do thousands of outlets hold their schedule?

    python benchmarks/polling.py            # 1,000 and 10,000 outlets, about three minutes
    python benchmarks/polling.py 1000       # one size

Each outlet has a host of its own on loopback (127.x.y.z), served by a process of its own. What is measured is an
unchanged poll with everything on: robots.txt cached, throttle, conditional GET, the poll's row committed. Beside
it stands a plain aiohttp GET of the same answer, by the same process at the same time. Each size runs in a process
of its own, so that its memory is its own.
"""

import asyncio
import gc
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import aiohttp

from crawler.database import Connection, Database, to_text
from crawler.engine import open_engine
from crawler.hosts import HostBook
from crawler.nouns import Outlet, Poll, Source, SourceKind
from crawler.polling import Poller
from crawler.reading import Reader, ReadingPool
from crawler.schema import migrations
from crawler.storage import Sources
from scheduler.cli import COLLECTING

SIZES = (1_000, 10_000)
FEW = 50  # outlets of the run that the others' memory is compared with
AT_ONCE = 128  # plain GETs; as many as polls
INTERVAL = timedelta(minutes=5)
SLICE = 40.0  # seconds of the schedule that are played in real time
LISTED = 5  # articles, the same in all feeds: they are read once

TAG = '"unchanged"'
ROBOTS = b"User-agent: *\nDisallow: /admin\nDisallow: /search\n"
PAGE = (
    "<!doctype html><html lang=ar><title>خبر</title><article><h1>خبر</h1><p>{}</p></article></html>".format(
        "نص الخبر في بضع كلمات. " * 20
    ).encode()
)


class Server(asyncio.Protocol):
    """Answers robots.txt, a feed that never changes, and its articles."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self._transport = cast("asyncio.Transport", transport)
        self._waiting = b""

    def data_received(self, data: bytes) -> None:
        """Requests came, or parts of them."""
        self._waiting += data
        while b"\r\n\r\n" in self._waiting:
            head, _, self._waiting = self._waiting.partition(b"\r\n\r\n")
            self._transport.write(self._answer(head))

    def _answer(self, head: bytes) -> bytes:
        path = head.split(b" ", 2)[1]
        if path == b"/robots.txt":
            return _response(b"200 OK", b"text/plain", ROBOTS)
        if path != b"/feed":
            return _response(b"200 OK", b"text/html; charset=utf-8", PAGE)
        if b"if-none-match" in head.lower():
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + TAG.encode() + b"\r\n\r\n"
        items = "".join(
            f"<item><title>خبر {n}</title><link>http://127.0.0.1:{PORT}/{n}</link></item>"
            for n in range(LISTED)
        )
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>ألف</title>{items}</channel></rss>'
        return _response(b"200 OK", b"application/rss+xml", feed.encode())


PORT = 0


def _response(status: bytes, kind: bytes, body: bytes) -> bytes:
    return (
        b"HTTP/1.1 " + status + b"\r\nContent-Type: " + kind + b"\r\nETag: " + TAG.encode()
        + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )  # fmt: skip


async def serve() -> None:
    """Serve on every address of 127.0.0.0/8, and print the port."""
    global PORT  # noqa: PLW0603 (of this process)
    server = await asyncio.get_running_loop().create_server(Server, "0.0.0.0", 0, backlog=4096)  # noqa: S104
    PORT = server.sockets[0].getsockname()[1]
    print(PORT, flush=True)
    await server.serve_forever()


def outlets(count: int, port: int) -> list[Outlet]:
    """Outlets with a host each."""
    made = []
    for n in range(count):
        home = f"http://127.1.{n // 250}.{n % 250 + 1}:{port}"
        source = Source(f"{home}/feed", SourceKind.FEED)
        made.append(Outlet(f"o{n}", "ألف", "Alif", "EG", "Africa/Cairo", home, (source,), delay=0.05))
    return made


def now() -> datetime:
    return datetime.now(UTC)


def memory() -> float:
    """What this process has in memory, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


class Play:
    """Outlets that are polled as the service polls them."""

    def __init__(self, database: Database, watched: list[Outlet], poller: Poller, polls: list[Poll]) -> None:
        self._database = database
        self._watched = watched
        self._poller = poller
        self._polls = polls
        self.due: dict[str, datetime] = {}

    async def round(self) -> float:
        """Poll everything once; returns CPU milliseconds a poll."""
        self._polls.clear()
        await self._schedule(timedelta())
        started = time.process_time()
        while len(self._polls) < len(self._watched):
            await self._poller.start_due()
            await asyncio.sleep(0.01)
        spent = time.process_time() - started
        while self._poller.busy:  # noqa: ASYNC110 (nothing tells when the last is done)
            await asyncio.sleep(0.01)
        return spent * 1e3 / len(self._watched)

    async def hold(self, seconds: float) -> list[float]:
        """Play a slice of the schedule, ticking once a second as the service does; returns seconds of lateness."""
        self._polls.clear()
        await self._schedule(INTERVAL)
        due, end = dict(self.due), time.monotonic() + seconds
        while time.monotonic() < end:
            await self._poller.start_due()
            await asyncio.sleep(1.0)
        return [(poll.started_at - due[poll.source]).total_seconds() for poll in self._polls]

    async def _schedule(self, spread: timedelta) -> None:
        start, step = now(), spread / len(self._watched)
        dues = {outlet: start + step * place for place, outlet in enumerate(self._watched)}
        self.due = {outlet.sources[0].url: at for outlet, at in dues.items()}

        def write(connection: Connection) -> None:
            rows = [(to_text(at), outlet.id) for outlet, at in dues.items()]
            connection.conn.executemany("UPDATE source SET next_due = ? WHERE outlet = ?", rows)

        await self._database.awrite(write)


@asynccontextmanager
async def playing(count: int, port: int, folder: Path) -> AsyncIterator[Play]:
    """The service's crawler on so many outlets, without the rest of the service."""
    watched, polls = outlets(count, port), list[Poll]()
    with Database(folder / "bench.sqlite", (migrations,)) as database:
        await database.awrite(lambda c: Sources(c).watch(watched, now()))
        async with (
            ReadingPool() as pool,
            open_engine(watched, now=now, allowed_networks=["127.0.0.0/8"], book=HostBook(now=now)) as fetch,
        ):
            poller = Poller(
                database,
                watched,
                fetch=fetch,
                reader=Reader(pool).read,
                now=now,
                cadence=lambda *_args, **_more: INTERVAL,
                on_poll=polls.append,
            )
            yield Play(database, watched, poller, polls)
            await poller.drain(10)


async def plain(count: int, port: int) -> float:
    """CPU milliseconds of a plain conditional GET, one of each outlet."""
    gate = asyncio.Semaphore(AT_ONCE)
    connector = aiohttp.TCPConnector(limit=AT_ONCE, keepalive_timeout=5)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def get(url: str) -> None:
            async with gate, session.get(url, headers={"If-None-Match": TAG}) as answer:
                await answer.read()
                assert answer.status == 304  # noqa: S101

        urls = [outlet.sources[0].url for outlet in outlets(count, port)]
        started = time.process_time()
        await asyncio.gather(*(get(url) for url in urls))
        return (time.process_time() - started) * 1e3 / count


async def measure(count: int, port: int) -> dict[str, float]:
    """All figures of one size."""
    gc.set_threshold(*COLLECTING)  # as the service does
    with tempfile.TemporaryDirectory() as folder:
        async with playing(count, port, Path(folder)) as play:
            first = await play.round()
            pairs = [
                (await play.round(), await plain(min(count, 2_000), port))
                for _ in range(1 if count > 5_000 else 3)
            ]
            lateness = sorted(await play.hold(SLICE)) if count > FEW else [0.0]
            return {
                "first": first,
                "poll": statistics.median(poll for poll, _ in pairs),
                "plain": statistics.median(get for _, get in pairs),
                "held": len(lateness),
                "p99": lateness[int(len(lateness) * 0.99)],
                "memory": memory(),
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
            }


def child(*arguments: str) -> subprocess.Popen[str]:
    """This file in a process of its own."""
    return subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True)


def main(sizes: list[int]) -> None:
    """Print every figure, and the ratios that matter."""
    server = child("serve")
    try:
        assert server.stdout is not None  # noqa: S101
        port = server.stdout.readline().strip()
        results = {}
        for size in (FEW, *sizes):
            output, _ = child("measure", str(size), port).communicate()
            results[size] = json.loads(output)
    finally:
        server.terminate()
        server.wait()
    base = results.pop(FEW)["memory"]
    heads = (
        *("outlets", "first poll", "unchanged", "plain GET", "ratio"),
        *("memory", "an outlet", "in slice", "p99 late"),
    )
    print("".join(f"{head:>12}" for head in heads))
    for size, one in results.items():
        over = (one["memory"] - base) * 1e3 / size
        cells = (
            *(f"{size:,}", f"{one['first']:.2f} ms", f"{one['poll']:.2f} ms", f"{one['plain']:.2f} ms"),
            *(f"{one['poll'] / one['plain']:.1f}x", f"{one['memory']:.0f} MB", f"{over:.1f} KB"),
            *(f"{one['held']:,} polls", f"{one['p99']:.1f} s"),
        )
        print("".join(f"{cell:>12}" for cell in cells))
    costs = [one["poll"] for one in results.values()]
    print(f"CPU of an unchanged poll, the largest size to the smallest: {costs[-1] / costs[0]:.2f}x")
    print(
        f"memory over the base of {base:.0f} MB; peak {max(one['peak'] for one in results.values()):.0f} MB"
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            asyncio.run(serve())
        case ["measure", size, port]:
            print(json.dumps(asyncio.run(measure(int(size), int(port)))))
        case given:
            main([int(size) for size in given] or list(SIZES))
