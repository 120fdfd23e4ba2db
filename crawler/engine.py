"""A resident Scrapy engine: opened once, polled through for as long as the service lives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from crawler.fetching import EngineFetch
from crawler.nouns import Outlet
from crawler.settings import CONCURRENT_REQUESTS_PER_DOMAIN
from crawler.spiders.outlet import OutletSpider

STOP = 10.0  # seconds for the engine to close; requests in flight are let go


def slots(outlets: Iterable[Outlet]) -> dict[str, dict[str, float]]:
    """Return how each host is to be treated: the slowest of its outlets decides for all of them."""
    delays: dict[str, float] = {}
    for outlet in outlets:
        for url in (outlet.home, *(source.url for source in outlet.sources)):
            host = urlsplit(url).hostname or ""
            delays[host] = max(outlet.delay, delays.get(host, 0.0))
    return {
        host: {"delay": delay, "concurrency": CONCURRENT_REQUESTS_PER_DOMAIN, "jitter": 0.3}
        for host, delay in delays.items()
    }


@asynccontextmanager
async def open_engine(
    outlets: Sequence[Outlet],
    *,
    now: Callable[[], datetime],
    allowed_networks: Sequence[str] = (),
    user_agent: str = "",
) -> AsyncIterator[EngineFetch]:
    """Open an engine for ``outlets`` on the running loop and close it on leaving."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    own: dict[str, Any] = {
        "DOWNLOAD_SLOTS": slots(outlets),
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
