"""The webhook channel: a signed POST to an address that a program listens at. One attempt a call.

The body is JSON; what it says is proved by ``Marsad-Signature: t=<unix time>,v1=<hex>``, an HMAC-SHA-256 of
``<unix time>.<body>`` under the recipient's secret. ``Marsad-Delivery`` is the same for every try: a recipient
that has seen it may answer 200 and do nothing.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import aiohttp

from alerts.channels.failures import TryLater, Unknown, Unreachable, Unsendable
from alerts.messages import Message
from crawler.addresses import Network, is_literal, may_ask, networks
from crawler.politeness import retry_after
from crawler.resolver import GuardedResolver
from crawler.urls import is_web

TIMEOUT = aiohttp.ClientTimeout(total=20.0, connect=10.0)
SOON = timedelta(seconds=30)
LARGEST_ANSWER = 4096  # bytes that are read of an answer
RECEIPT = "Marsad-Receipt"  # a header in which a recipient may name what it made of the message
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


def secret_of(key: bytes, address: str) -> str:
    """The secret that signs what ``address`` gets: told to whoever set it up, kept nowhere."""
    return hmac.digest(key, b"webhook\0" + address.encode(), hashlib.sha256).hex()


def signature(secret: str, at: int, body: bytes) -> str:
    """The value of ``Marsad-Signature``."""
    proof = hmac.digest(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hex()
    return f"t={at},v1={proof}"


class WebhookChannel:
    """Posts messages. An address is an https address; http too inside a network that is allowed."""

    name = "webhook"

    def __init__(self, key: bytes, allowed: tuple[Network, ...] = ()) -> None:
        """Make the channel; no connection is opened."""
        # No attribute shows the key.
        self._secret_of: Callable[[str], str] = lambda address: secret_of(key, address)
        self._allowed = allowed
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return "WebhookChannel(key=…)"

    async def send(self, address: str, message: Message, *, key: str = "", reply_to: str = "") -> str:
        """Post a message; its receipt is what the recipient names, or the delivery's key.

        Raises:
            ChannelError: it was not, or perhaps not, accepted; the class says what comes next.
        """
        return await self._post(address, key, {"kind": "message", **_said(message), "reply_to": reply_to})

    async def edit(self, address: str, receipt: str, message: Message) -> None:
        """Post what a message says now.

        Raises:
            ChannelError: as ``send``.
        """
        await self._post(address, f"{receipt}.edit", {"kind": "edit", **_said(message), "of": receipt})

    async def check(self) -> str:
        """Each recipient has a server of its own: there is nobody to ask."""
        return ""

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    async def _post(self, address: str, key: str, said: dict[str, object]) -> str:
        self._refuse_private(address)
        body = json.dumps({"v": 1, "delivery": key, **said}, ensure_ascii=False).encode("utf-8", "replace")
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Marsad",
            "Marsad-Delivery": key,
            "Marsad-Signature": signature(self._secret_of(address), int(time.time()), body),
        }
        try:
            # No redirect is followed: it could lead inside the operator's network, and takes the signature along.
            async with self._opened().post(
                address, data=body, headers=headers, allow_redirects=False
            ) as answer:
                await answer.content.read(LARGEST_ANSWER)
                _judge(answer)
                return (answer.headers.get(RECEIPT) or key)[:200]
        except _NOT_SENT as error:
            if "private address" in str(error):
                raise Unreachable("its name leads to a private address") from error
            raise TryLater(SOON, f"not reached: {type(error).__name__}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unknown(type(error).__name__) from error

    def _refuse_private(self, address: str) -> None:
        host = urlsplit(address).hostname or ""
        literal = is_literal(host)
        if literal and not may_ask(host, self._allowed):
            raise Unreachable("a private address")
        inside = literal and any(may_ask(host, (network,)) for network in self._allowed)
        if not is_web(address) or (urlsplit(address).scheme != "https" and not inside):
            raise Unreachable("not an https address")

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(resolver=GuardedResolver(self._allowed), limit=16)
            # No cookie of one recipient is kept, let alone shown to another.
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


def _said(message: Message) -> dict[str, object]:
    return {"text": message.text, "html": message.html, "rtl": message.rtl, "silent": message.silent}


def _judge(answer: aiohttp.ClientResponse) -> None:
    """Raise what an answer that is no acceptance means."""
    status, why = answer.status, f"answered {answer.status}"
    if 200 <= status < 300:
        return
    if status in (429, 503):
        wait = retry_after(answer.headers.get("Retry-After", ""), datetime.fromtimestamp(time.time(), UTC))
        raise TryLater(wait or SOON, why, asked=wait is not None)
    if status >= 500 or status in (408, 425):
        raise TryLater(SOON, why)
    if status in (404, 410):
        raise Unreachable(why)
    raise Unsendable(f"{why}{', a redirect that is not followed' if 300 <= status < 400 else ''}")


def open_channel(settings: Mapping[str, str]) -> WebhookChannel:
    """Open the channel from ``key`` (hexadecimal) and, where wanted, ``allowed`` networks, comma-separated."""
    unknown = settings.keys() - {"key", "allowed"}
    if unknown:
        raise ValueError(f"webhook: unknown setting {min(unknown)!r}: there are allowed, key")
    allowed = networks(list(filter(None, settings.get("allowed", "").split(","))))
    return WebhookChannel(bytes.fromhex(settings.get("key", "")), allowed)
