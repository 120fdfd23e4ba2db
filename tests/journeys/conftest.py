"""What journeys share: a service in this process, and a way to wait that ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.flagging import Flagged
from alerts.outbox import Sent
from crawler.nouns import Article, Outlet, Poll, Source, SourceKind
from crawler.storage import Kept
from scheduler.parts import Watcher
from scheduler.service import Service
from scheduler.wiring import Config, load_rules

LOCAL = ("127.0.0.0/8",)


@dataclass
class Seen:
    """What a service said while it ran."""

    polls: list[Poll] = field(default_factory=list)
    articles: list[tuple[Article, Kept]] = field(default_factory=list)
    flagged: list[Flagged] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    @property
    def watcher(self) -> Watcher:
        return Watcher(
            self.polls.append,
            lambda a, k: self.articles.append((a, k)),
            self.flagged.append,
            self.sent.append,
        )


def outlet_at(home: str, *paths: str, name: str = "alif", kind: SourceKind = SourceKind.FEED) -> Outlet:
    """Return an outlet whose sources are ``paths`` of the site at ``home``."""
    sources = tuple(Source(home + path, kind) for path in paths)
    return Outlet(name, "ألف", "Alif", "EG", "Africa/Cairo", home, sources, delay=0.0)


async def until(holds: Callable[[], bool], *, within: float = 40.0, what: str = "") -> None:
    """Wait until something holds; fails by name when it does not."""
    end = time.monotonic() + within
    while not holds():
        if time.monotonic() > end:
            pytest.fail(f"did not come within {within} s: {what}")
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running(
    database: Path, outlets: Sequence[Outlet], *, every: timedelta = timedelta(hours=1), **more: object
) -> AsyncIterator[Seen]:
    """Run the real service on ``outlets`` while the block runs."""
    config = Config(database=database, allowed_networks=LOCAL, **more)
    seen, stop = Seen(), asyncio.Event()
    service = Service(
        config, tuple(outlets), load_rules(config), watcher=seen.watcher,
        cadence=lambda *_args, **_more: every,
    )  # fmt: skip
    task = asyncio.create_task(service.run(stop))
    try:
        yield seen
    finally:
        stop.set()
        async with asyncio.timeout(15):
            await task
