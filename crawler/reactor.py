"""Scrapy on Twisted's reactor: the way out should the aiohttp handler fail, and what rendering pages needs.

The reactor runs on the loop that is there already. Twisted knows one reactor a process, for one loop.
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from twisted.internet.base import ThreadedResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from crawler.addresses import Network, may_ask, networks


class GuardedReactorResolver(ThreadedResolver):
    """As ``crawler.handler.GuardedResolver``, for the reactor."""

    def __init__(self, reactor: Any, allowed: tuple[Network, ...], trusted: str) -> None:  # noqa: ANN401
        super().__init__(reactor)
        self._allowed = allowed
        self._trusted = trusted

    def getHostByName(self, name: str, timeout: Sequence[int] = (1, 3, 11, 45)) -> "Deferred[str]":  # noqa: N802
        """Return the public address of a name; fails where it has none."""

        def check(address: str) -> str:
            if name != self._trusted and not may_ask(address, self._allowed):
                raise DNSLookupError(f"{name} leads to a private address")
            return address

        found: Deferred[str] = super().getHostByName(name, timeout)
        return found.addCallback(check)


def start_reactor(allowed_networks: Sequence[str], trusted: str) -> None:
    """Run Twisted's reactor on the running loop, once."""
    if "twisted.internet.reactor" in sys.modules:
        return
    from twisted.internet import asyncioreactor  # noqa: PLC0415 (imported for its effect, and only here)

    asyncioreactor.install(asyncio.get_running_loop())  # type: ignore[no-untyped-call]
    from twisted.internet import reactor  # noqa: PLC0415 (the one that was installed)

    resolver = GuardedReactorResolver(reactor, networks(allowed_networks), trusted)
    reactor.installResolver(resolver)
    reactor.startRunning(installSignalHandlers=False)


def stop_reactor() -> None:
    """End the threads that the reactor looks names up with; they would keep the process alive."""
    from twisted.internet import reactor  # noqa: PLC0415 (the one that was installed)

    reactor.getThreadPool().stop()


def reactor_settings() -> dict[str, Any]:
    """Return the settings that differ on the reactor."""
    handler = "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"
    return {
        "TWISTED_REACTOR_ENABLED": True,
        "MARSAD_RESOLVE_FIRST": True,
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
    }
