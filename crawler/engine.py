"""A resident Scrapy engine: opened once, polled through for as long as the service lives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from crawler.fetching import EngineFetch
from crawler.hosts import HostBook
from crawler.nouns import Outlet
from crawler.politeness import floors
from crawler.settings import CONCURRENT_REQUESTS_PER_DOMAIN
from crawler.spiders.outlet import OutletSpider
from crawler.throttle import slot_settings

STOP = 10.0  # seconds for the engine to close; requests in flight are let go


def slots(outlets: Iterable[Outlet], book: HostBook) -> dict[str, dict[str, Any]]:
    """Return how each host is to be treated, as its outlets and its past answers have it."""
    return {
        host: slot_settings(own, book[host].delay, CONCURRENT_REQUESTS_PER_DOMAIN)
        for host, own in floors(outlets).items()
    }


@asynccontextmanager
async def open_engine(
    outlets: Sequence[Outlet],
    *,
    now: Callable[[], datetime],
    allowed_networks: Sequence[str] = (),
    user_agent: str = "",
    book: HostBook | None = None,
) -> AsyncIterator[EngineFetch]:
    """Open an engine for ``outlets`` on the running loop and close it on leaving.

    Args:
        outlets: whose hosts it is to be polite to.
        now: the clock.
        allowed_networks: private networks that may be asked.
        user_agent: how it introduces itself.
        book: what is known of hosts, and what is learned; absent: it begins with nothing.
    """
    book = book or HostBook(now=now)
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    own: dict[str, Any] = {
        "DOWNLOAD_SLOTS": slots(outlets, book),
        "MARSAD_HOSTS": book,
        "MARSAD_ALLOWED_NETWORKS": list(allowed_networks),
    }
    if user_agent:
        own["USER_AGENT"] = user_agent
    settings.update(own, priority="cmdline")
    runner = AsyncCrawlerRunner(settings)
    crawler = runner.create_crawler(OutletSpider)
    ready = asyncio.Event()
    crawling = runner.crawl(crawler, ready=ready)
    opening = asyncio.create_task(ready.wait())
    await asyncio.wait({crawling, opening}, return_when=asyncio.FIRST_COMPLETED)
    if crawling.done():
        opening.cancel()
        await crawling
    if crawler.engine is None:
        raise RuntimeError("the crawl engine did not open")
    try:
        yield EngineFetch(crawler.engine, now)
    finally:
        async with asyncio.timeout(STOP):
            await runner.stop()
            await runner.join()
