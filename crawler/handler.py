"""Scrapy's aiohttp handler, with a resolver that never hands out a private address."""

import socket
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.crawler import Crawler

from crawler.addresses import Network, may_ask, networks

KEEP_ALIVE = 5.0  # seconds; of use within one poll only, and an idle TLS connection costs 300 KB


class PrivateNameError(OSError):
    """A name that leads to private addresses only."""


class GuardedResolver(AbstractResolver):
    """Looks names up and drops private addresses. What was checked is what is dialled: no second answer can differ.

    Args:
        allowed: private networks that may be asked.
        trusted: a name that may lead anywhere: the operator's own proxy.
    """

    def __init__(self, allowed: tuple[Network, ...], trusted: str = "") -> None:
        self._allowed = allowed
        self._trusted = trusted
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the public addresses of ``host``; raises OSError when there are none."""
        found = await self._inner.resolve(host, port, family)
        public = [
            result for result in found if host == self._trusted or may_ask(result["host"], self._allowed)
        ]
        if not public:
            raise PrivateNameError(None, f"{host} leads to a private address")
        return public

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()


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
