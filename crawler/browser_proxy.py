"""The way out of the browser that renders pages: a proxy on 127.0.0.1 that dials public addresses only.

The browser cannot be asked to: it follows redirects without asking, and looks a name up again after we did.
What was checked here is what is dialled.
"""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from crawler.addresses import Network, is_literal, may_ask
from crawler.resolver import GuardedResolver, PrivateNameError

HEAD = 64 << 10  # bytes of a request's head
MOST = 32 << 20  # bytes that one connection may bring
PATIENCE = 20.0  # seconds, for a head and for a connection
IDLE = 60.0  # seconds without a byte
REFUSED = "Marsad-Refused"  # the header of an answer that is our own
# With a body: Chromium takes an empty one for a lost connection.
_ANSWER = (
    b"HTTP/1.1 %d Refused\r\nMarsad-Refused: %b\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrefused"
)
_TO_THE_NEXT = frozenset({b"connection", b"proxy-connection", b"proxy-authorization", b"keep-alive"})


@dataclass(frozen=True, slots=True)
class Asking:
    """The head of a request to a proxy."""

    method: bytes
    host: str
    port: int
    target: bytes  # as a server wants it: a path
    whole: bytes  # as a proxy wants it
    headers: tuple[bytes, ...]  # of the request, but for those that end here

    def head(self, first: bytes, more: Iterable[bytes] = ()) -> bytes:
        """The head that asks for ``first``."""
        lines = [b"%b %b HTTP/1.1" % (self.method, first), *self.headers, *more, b"Connection: close"]
        return b"\r\n".join(lines) + b"\r\n\r\n"


def read_head(raw: bytes) -> Asking:
    """Return the request of a head; raises ValueError."""
    first, *lines = raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, whole, _ = first.split(b" ")
    parts = urlsplit(f"//{whole.decode('ascii')}" if method == b"CONNECT" else whole.decode("ascii"))
    if not parts.hostname or parts.scheme not in {"", "http"}:
        raise ValueError(whole)
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    kept = tuple(line for line in lines if line.partition(b":")[0].strip().lower() not in _TO_THE_NEXT)
    port = parts.port or (443 if method == b"CONNECT" else 80)
    return Asking(method, parts.hostname, port, target.encode("ascii"), whole, kept)


@dataclass
class BrowserProxy:
    """Forwards what may be asked.

    Args:
        allowed: private networks that may be asked.
        upstream: the operator's own proxy, which everything goes through then.
    """

    allowed: tuple[Network, ...]
    upstream: str = field(default="", repr=False)
    resolver: GuardedResolver = field(init=False)
    open: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.resolver = GuardedResolver(self.allowed)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection, to its end."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs has one
        self.open.add(task)
        try:
            await self._forward(reader, writer)
        finally:
            self.open.discard(task)
            writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                asking = read_head(await reader.readuntil(b"\r\n\r\n"))
                answers, far = await self._dial(asking, writer)
        except PrivateNameError:
            writer.write(_ANSWER % (403, b"private_address"))
            return
        except socket.gaierror:
            writer.write(_ANSWER % (502, b"dns"))
            return
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.write(_ANSWER % (502, b"connection"))
            return
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pipe(reader, far))
                both.create_task(_pipe(answers, writer))
        except* OSError:
            pass  # one side hung up, or fell silent; the other is hung up on
        finally:
            far.close()

    async def _dial(
        self, asking: Asking, writer: asyncio.StreamWriter
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = await self._address(asking.host, asking.port)
        tunnel = asking.method == b"CONNECT"
        if self.upstream:
            proxy = urlsplit(self.upstream)
            secure = proxy.scheme == "https"
            answers, far = await asyncio.open_connection(
                proxy.hostname, proxy.port or (443 if secure else 80), ssl=secure or None
            )
            far.write(asking.head(asking.whole, _credentials(proxy.username, proxy.password)))
            return answers, far
        answers, far = await asyncio.open_connection(address, asking.port)
        if tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            far.write(asking.head(asking.target))
        return answers, far

    async def _address(self, host: str, port: int) -> str:
        """The address of a host that may be asked; raises OSError."""
        if is_literal(host):
            if not may_ask(host, self.allowed):
                raise PrivateNameError(None, f"{host} is a private address")
            return host
        try:
            return (await self.resolver.resolve(host, port))[0]["host"]
        except OSError:
            if self.upstream and not await _known(host, port):
                return ""  # a name that only the operator's proxy knows
            raise


async def _known(host: str, port: int) -> bool:
    try:
        await asyncio.get_running_loop().getaddrinfo(host, port)
    except OSError:
        return False
    return True


def _credentials(name: str | None, password: str | None) -> list[bytes]:
    if name is None:
        return []
    pair = f"{unquote(name)}:{unquote(password or '')}".encode()
    return [b"Proxy-Authorization: Basic " + base64.b64encode(pair)]


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Carry bytes to the end of the source, then close the sink's half."""
    left = MOST
    while left > 0:
        async with asyncio.timeout(IDLE):
            block = await source.read(min(left, 64 << 10))
        if not block:
            break
        left -= len(block)
        sink.write(block)
        async with asyncio.timeout(IDLE):
            await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()


@asynccontextmanager
async def browser_proxy(allowed: tuple[Network, ...], upstream: str = "") -> AsyncIterator[str]:
    """Serve on a free port of 127.0.0.1 and yield the address."""
    proxy = BrowserProxy(allowed, upstream)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=HEAD)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in [*proxy.open]:
            task.cancel()
        await asyncio.gather(*proxy.open, return_exceptions=True)
        await proxy.resolver.close()
