"""A resident Scrapy engine: opened once, polled through for as long as the service lives."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy.core.engine import ExecutionEngine
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from crawler.addresses import networks
from crawler.browser_proxy import browser_proxy
from crawler.fetching import EngineFetch
from crawler.hosts import HostBook
from crawler.nouns import Outlet
from crawler.politeness import floors
from crawler.reactor import reactor_settings, start_reactor, stop_reactor
from crawler.rendering import browser_settings
from crawler.settings import CONCURRENT_REQUESTS_PER_DOMAIN
from crawler.spiders.outlet import OutletSpider
from crawler.throttle import slot_settings

log = logging.getLogger(__name__)

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
    proxy: str = "",
    reactor: bool = False,
    browser: str = "",
) -> AsyncIterator[EngineFetch]:
    """Open an engine for ``outlets`` on the running loop and close it on leaving.

    Args:
        outlets: whose hosts it is to be polite to.
        now: the clock.
        allowed_networks: private networks that may be asked.
        user_agent: how it introduces itself.
        book: what is known of hosts, and what is learned; absent: it begins with nothing.
        proxy: an http or https proxy that everything goes through.
        reactor: use Twisted's reactor and its client; outlets whose pages are rendered need it and turn it on.
        browser: the path of the Chromium that renders pages; empty: the one that Playwright keeps.

    Raises:
        RenderingError: an outlet wants its pages rendered, and nothing here can.
    """
    book = book or HostBook(now=now)
    own: dict[str, Any] = {
        "DOWNLOAD_SLOTS": slots(outlets, book),
        "MARSAD_HOSTS": book,
        "MARSAD_ALLOWED_NETWORKS": list(allowed_networks),
    }
    if user_agent:
        own["USER_AGENT"] = user_agent
    if proxy:
        own |= {"MARSAD_PROXY": proxy, "HTTPPROXY_ENABLED": True}
    rendering = any(outlet.rendering for outlet in outlets)
    async with AsyncExitStack() as stack:
        if reactor or rendering:
            own |= reactor_settings()
        if rendering:
            through = await stack.enter_async_context(browser_proxy(networks(allowed_networks), proxy))
            own |= browser_settings(browser, through)
        if reactor or rendering:
            start_reactor(allowed_networks, urlsplit(proxy).hostname or "")
            stack.callback(stop_reactor)
        yield EngineFetch(await stack.enter_async_context(_running(own)), now)


@asynccontextmanager
async def _running(own: dict[str, Any]) -> AsyncIterator[ExecutionEngine]:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
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
        yield crawler.engine
    finally:
        try:
            async with asyncio.timeout(STOP):
                await runner.stop()
                await runner.join()
        except TimeoutError:  # what follows must still end in order
            log.error("the engine did not close within %.0f seconds and is left behind", STOP)  # noqa: TRY400
