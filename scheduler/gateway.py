"""The way out: the engine, as the configuration has it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from crawler.engine import open_engine
from crawler.fetching import EngineFetch
from crawler.hosts import HostBook
from crawler.nouns import Outlet
from scheduler.wiring import Config


def open_crawler(
    config: Config, outlets: Sequence[Outlet], *, now: Callable[[], datetime], book: HostBook | None = None
) -> AbstractAsyncContextManager[EngineFetch]:
    """Open the engine for ``outlets`` as it is configured; raises RenderingError."""
    return open_engine(
        outlets,
        now=now,
        allowed_networks=config.allowed_networks,
        user_agent=config.user_agent,
        book=book,
        proxy=config.proxy,
        reactor=config.reactor,
        browser=str(config.browser or ""),
    )
