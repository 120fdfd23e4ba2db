"""The newsroom's servers: one address an outlet, conditional answers, and a timeline of publications."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from aiohttp import web

from crawler.newsroom import press
from crawler.newsroom.nouns import Dialect, Draft, Masthead, Piece
from crawler.nouns import Outlet, Source

REQUESTS_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that the newsroom answered."""

    outlet: str
    path: str  # with its query
    status: int
    at: datetime
    headers: dict[str, str]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Newsroom:
    """Invented outlets on loopback addresses, publishing while the context is open.

    Each outlet has its own address (127.0.0.2 and on), so that politeness per host is real; where only
    127.0.0.1 can be bound, each has its own port.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        now: Callable[[], datetime] = _utc_now,
        drafts: Iterable[Draft] | None = None,
        repeat: timedelta | None = None,
    ) -> None:
        """Make a newsroom that opens on entering.

        Args:
            port: of every outlet; 0 takes a free one for each.
            now: the clock that publication times are read from.
            drafts: what it publishes; its own articles when absent.
            repeat: how long to wait between variations once all drafts are out; absent: publish no more.
        """
        self.requests: deque[Seen] = deque(maxlen=REQUESTS_KEPT)
        self._port = port
        self._now = now
        self._drafts = sorted(press.drafts() if drafts is None else drafts, key=lambda d: d.delay)
        self._repeat = repeat
        self._mastheads = {masthead.id: masthead for masthead in press.mastheads()}
        self._pieces: dict[str, list[Piece]] = {name: [] for name in self._mastheads}
        self._homes: dict[str, str] = {}
        self._number = 41_000
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open every outlet, publish what is old, start the timeline.

        Raises:
            OSError: an address could not be bound.
        """
        try:
            for index, masthead in enumerate(self._mastheads.values()):
                self._homes[masthead.id] = await self._serve(masthead, index)
        except OSError:
            await self._open.aclose()
            raise
        opened = self._now()
        for draft in self._drafts:
            if draft.delay <= timedelta(0):
                self.publish(draft, opened + draft.delay)
        timeline = asyncio.create_task(self._timeline(), name="newsroom timeline")
        self._open.push_async_callback(_cancel, timeline)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop publishing and close every outlet."""
        await self._open.aclose()

    @property
    def outlets(self) -> tuple[Outlet, ...]:
        """The outlets as the crawler knows them, with the addresses they run at."""
        return tuple(_outlet(masthead, self._homes[masthead.id]) for masthead in self._mastheads.values())

    @property
    def article_ids(self) -> tuple[str, ...]:
        """The ids of all drafts that are out, oldest first within an outlet."""
        return tuple(piece.draft.id for pieces in self._pieces.values() for piece in reversed(pieces))

    @property
    def finished(self) -> bool:
        """Whether every draft is out."""
        return len(self.article_ids) >= len(self._drafts)

    def dialect(self, outlet: str) -> Dialect:
        """How an outlet lists its articles."""
        return self._mastheads[outlet].dialect

    def home(self, outlet: str) -> str:
        """The address of an outlet, without a slash at its end."""
        return self._homes[outlet]

    def pieces(self, outlet: str) -> tuple[Piece, ...]:
        """What an outlet has published, newest first."""
        return tuple(self._pieces[outlet])

    def publish(self, draft: Draft, at: datetime | None = None) -> Piece:
        """Put a draft out, now or at a stated time.

        Raises:
            KeyError: the draft names no outlet of this newsroom.
        """
        masthead = self._mastheads[draft.outlet]
        published = (at or self._now()).astimezone(ZoneInfo(masthead.timezone)).replace(microsecond=0)
        self._number += 1
        piece = Piece(masthead, draft, self._number, published)
        self._pieces[masthead.id].insert(0, piece)
        return piece

    def document(self, masthead: Masthead, path: str) -> press.Document | None:
        """What lies at a path, its query included; nothing is a 404."""
        home, pieces = self._homes[masthead.id], self._pieces[masthead.id]
        if path == masthead.source and masthead.dialect is not Dialect.LISTING:
            return press.feed(masthead, home, pieces)
        if path == "/":
            return press.front(masthead, home, pieces)
        if path == "/robots.txt":
            return press.robots(masthead, home)
        for piece in pieces:
            if piece.path == path:
                return press.article(piece, home, [other for other in pieces if other is not piece])
        return None

    async def answer(self, masthead: Masthead, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request. The misbehaving newsroom of the tests overrides this."""
        document = self.document(masthead, request.raw_path)
        if document is None:
            return web.Response(status=404, text="الصفحة غير موجودة", content_type="text/html")
        return _conditional(document, request, self._now())

    async def _serve(self, masthead: Masthead, index: int) -> str:
        server = web.ServerRunner(web.Server(partial(self._handle, masthead)), shutdown_timeout=0.5)
        await server.setup()
        self._open.push_async_callback(server.cleanup)
        try:
            await web.TCPSite(server, f"127.0.0.{index + 2}", self._port).start()
        except OSError:  # not every system brings up all of 127.0.0.0/8
            await web.TCPSite(server, "127.0.0.1", self._port and self._port + index).start()
        host, port = server.addresses[0][:2]
        return f"http://{host}:{port}"

    async def _handle(self, masthead: Masthead, request: web.BaseRequest) -> web.StreamResponse:
        response = await self.answer(masthead, request)
        self.requests.append(
            Seen(masthead.id, request.raw_path, response.status, self._now(), dict(request.headers))
        )
        return response

    async def _timeline(self) -> None:
        clock = asyncio.get_running_loop().time
        opened = clock()
        for draft in self._drafts:
            if draft.delay > timedelta(0):
                await asyncio.sleep(draft.delay.total_seconds() - (clock() - opened))
                self.publish(draft)
        turn = 0
        while self._repeat and self._drafts:
            await asyncio.sleep(self._repeat.total_seconds())
            turn += 1
            self.publish(press.vary(self._drafts[turn % len(self._drafts)], turn))


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _outlet(masthead: Masthead, home: str) -> Outlet:
    return Outlet(
        id=masthead.id,
        name_ar=masthead.name_ar,
        name_en=masthead.name_en,
        country=masthead.country,
        timezone=masthead.timezone,
        home=home + "/",
        sources=(Source(home + masthead.source, masthead.dialect.kind),),
        tier=masthead.tier,
        delay=0.05,
        notes=("An invented outlet of the bundled newsroom.",),
    )


def _conditional(document: press.Document, request: web.BaseRequest, now: datetime) -> web.Response:
    etag = hashlib.sha256(document.body).hexdigest()[:16]
    modified = document.modified
    if modified and now - modified < timedelta(seconds=2):
        modified = None  # a date of whole seconds could not tell the next publication from this one
    if _unchanged(request, etag, modified):
        response = web.Response(status=304)
    else:
        response = web.Response(body=document.body, headers={"Content-Type": document.content_type})
    response.etag = etag
    response.last_modified = modified
    return response


def _unchanged(request: web.BaseRequest, etag: str, modified: datetime | None) -> bool:
    # RFC 9110, 13.1.3: a date is looked at only where no tag was sent.
    if (tags := request.if_none_match) is not None:
        return any(tag.value in {etag, "*"} for tag in tags)
    since = request.if_modified_since
    return since is not None and modified is not None and modified <= since
