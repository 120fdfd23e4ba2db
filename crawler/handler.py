"""Scrapy's aiohttp handler, with a resolver that never hands out a private address."""

from urllib.parse import urlsplit

import aiohttp
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.crawler import Crawler

from crawler.addresses import networks
from crawler.resolver import GuardedResolver

KEEP_ALIVE = 5.0  # seconds; of use within one poll only, and an idle TLS connection costs 300 KB


class GuardedHandler(AiohttpDownloadHandler):
    """Downloads http and https."""

    experimental = False  # measured and tested here; Twisted's stays one setting away (crawler.reactor)

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # Scrapy makes its connector itself and takes no resolver: these two are set on the one it made.
        connector = self._session.connector
        assert isinstance(connector, aiohttp.TCPConnector)  # noqa: S101 (for the type checker)
        allowed = networks(crawler.settings.getlist("MARSAD_ALLOWED_NETWORKS"))
        proxy = urlsplit(crawler.settings["MARSAD_PROXY"]).hostname or ""
        connector._resolver = GuardedResolver(allowed, proxy)  # noqa: SLF001
        connector._keepalive_timeout = KEEP_ALIVE  # noqa: SLF001
