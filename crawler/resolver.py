"""A resolver for aiohttp that never hands out a private address."""

import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from crawler.addresses import Network, may_ask


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
