"""What a browser that renders an outlet's pages may ask for."""

from typing import Protocol
from urllib.parse import urlsplit

from crawler.addresses import Network, is_literal, may_ask
from crawler.resolver import GuardedResolver

UNWANTED = frozenset({"image", "media", "font", "websocket", "eventsource", "manifest"})


class Asked(Protocol):
    """A request of the browser's, as Playwright shows it."""

    url: str
    resource_type: str


class BrowserGuard:
    """Refuses what brings no text, and what leads to a private address."""

    def __init__(self, allowed: tuple[Network, ...], trusted: str) -> None:
        self._allowed = allowed
        self._resolver = GuardedResolver(allowed, trusted)

    async def __call__(self, asked: Asked) -> bool:
        """Return whether a request is refused."""
        host = urlsplit(asked.url).hostname or ""
        if asked.resource_type in UNWANTED or not host:
            return asked.resource_type in UNWANTED
        if is_literal(host):
            return not may_ask(host, self._allowed)
        try:
            await self._resolver.resolve(host)
        except OSError:
            return True
        return False
