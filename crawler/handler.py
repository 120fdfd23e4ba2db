"""Scrapy's aiohttp handler, with a resolver that never hands out a private address."""

import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.crawler import Crawler

from crawler.addresses import Network, may_ask, networks

KEEP_ALIVE = 5.0  # seconds; of use within one poll only, and an idle TLS connection costs 300 KB


class GuardedResolver(AbstractResolver):
    """Looks names up and drops private addresses. What was checked is what is dialled: no second answer can differ."""

    def __init__(self, allowed: tuple[Network, ...]) -> None:
        self._allowed = allowed
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the public addresses of ``host``; raises OSError when there are none."""
        found = await self._inner.resolve(host, port, family)
        public = [result for result in found if may_ask(result["host"], self._allowed)]
        if not public:
            raise OSError(None, f"{host} leads to a private address")
        return public

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()


class GuardedHandler(AiohttpDownloadHandler):
    """Downloads http and https."""

    experimental = False  # measured and tested here; the reactor's handler stays one setting away

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # Scrapy makes its connector itself and takes no resolver: these two are set on the one it made.
        connector = self._session.connector
        assert isinstance(connector, aiohttp.TCPConnector)  # noqa: S101 (for the type checker)
        allowed = networks(crawler.settings.getlist("MARSAD_ALLOWED_NETWORKS"))
        connector._resolver = GuardedResolver(allowed)  # noqa: SLF001
        connector._keepalive_timeout = KEEP_ALIVE  # noqa: SLF001
