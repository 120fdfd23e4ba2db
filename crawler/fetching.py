"""The adapter to Scrapy's engine: one address in, one answer or one named failure out."""

import asyncio
import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import aiohttp
from scrapy import Request
from scrapy.core.engine import ExecutionEngine
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.browser_proxy import REFUSED
from crawler.middlewares import Condition, PrivateAddressError, RobotsUnreachableError
from crawler.nouns import Outcome, Outlet, Page
from crawler.payload import MAX_BYTES
from crawler.politeness import retry_after
from crawler.rendering import failure_in_browser, in_browser
from crawler.settings import DOWNLOAD_MAXSIZE
from crawler.storage import Validators

PATIENCE = timedelta(
    minutes=5
)  # for one answer with its redirects and its turn at a slow host; leases are longer
LARGEST_LIST = MAX_BYTES  # bytes of a feed, which may hold many articles; a page's limit is DOWNLOAD_MAXSIZE

FINAL = frozenset({401, 402, 403, 404, 405, 406, 410, 451})  # asking again soon will not help
PASSING = frozenset({408, 425, 429})  # and every 5xx


class FetchError(Exception):
    """An answer that is none. Says what it means for the next try, in one word and in one line."""

    def __init__(
        self,
        outcome: Outcome,
        cause: str,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.outcome = outcome
        self.cause = cause
        self.detail = detail
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer that can be used: a page, or "unchanged" (status 304)."""

    page: Page
    validators: Validators
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def unchanged(self) -> bool:
        """Whether the server said that nothing is new."""
        return self.page.status == 304


class Fetch(Protocol):
    """What polls ask for addresses with."""

    async def __call__(
        self, url: str, outlet: Outlet, validators: Validators | None = None, *, largest: int = 0
    ) -> Fetched:
        """Return the answer at ``url``; raises FetchError.

        Args:
            url: what to ask for.
            outlet: whose it is; it may have its own ways.
            validators: of the last answer, to be told "unchanged".
            largest: bytes that are taken, where it is not a page.
        """


class EngineFetch:
    """Fetches through a resident Scrapy engine, so that slots, delays, robots and connections live on."""

    def __init__(self, engine: ExecutionEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def __call__(
        self, url: str, outlet: Outlet, validators: Validators | None = None, *, largest: int = 0
    ) -> Fetched:
        """As ``Fetch``."""
        request = Request(url, callback=NO_CALLBACK, headers={"Accept-Language": "ar, *;q=0.5"})
        if outlet.user_agent:
            request.headers["User-Agent"] = outlet.user_agent
        if validators and (validators.etag or validators.last_modified):
            request.meta["condition"] = Condition(request.url, validators.etag, validators.last_modified)
        if largest:
            request.meta["download_maxsize"] = largest
        elif outlet.rendering:  # lists are written for machines
            request.meta.update(in_browser())
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                response = await self._engine.download_async(request)
        except Exception as error:
            raise _translate(error) from error
        return self._judge(response)

    async def turn(self) -> None:
        """Return when the engine moves: it has told that it serves no such address. No byte leaves the machine."""
        with suppress(NotSupported):
            await self._engine.download_async(Request("data:,", callback=NO_CALLBACK))

    def _judge(self, response: Response) -> Fetched:
        status = response.status
        if status == 304 or 200 <= status < 300:
            return _fetched(response)
        if "playwright" in response.flags and (refused := _header(response, REFUSED)):
            outcome = Outcome.HARD if refused == "private_address" else Outcome.TEMPORARY
            raise FetchError(outcome, refused[:40], "the browser was led where it may not go")
        wait = retry_after(_header(response, "Retry-After"), self._now())
        detail = f"HTTP {status}"
        if status in PASSING or status >= 500:
            raise FetchError(Outcome.TEMPORARY, f"http_{status}", detail, status=status, retry_after=wait)
        outcome = Outcome.HARD if status in FINAL else Outcome.SOFT
        raise FetchError(outcome, f"http_{status}", detail, status=status, retry_after=wait)


def _fetched(response: Response) -> Fetched:
    if "playwright" in response.flags:  # the browser has decoded it already, whatever the server said
        if len(response.body) > DOWNLOAD_MAXSIZE:
            raise FetchError(Outcome.SOFT, "too_large", f"{len(response.body):,} bytes when rendered")
        page = Page(response.url, response.text.encode(), "text/html; charset=utf-8", response.status)
    else:
        page = Page(response.url, response.body, _header(response, "Content-Type"), response.status)
    validators = Validators(
        _header(response, "ETag"),
        _header(response, "Last-Modified"),
        hashlib.sha256(response.body).hexdigest(),
    )
    names = [name.decode("latin-1") for name in response.headers]
    headers = {name: _header(response, name) for name in names}
    return Fetched(page, validators, headers)


def _header(response: Response, name: str) -> str:
    value = response.headers.get(name)
    return value.decode("latin-1").strip()[:500] if value else ""


_MAX_AGE = re.compile(r"max-age\s{0,9}=\s{0,9}\"?(\d{1,8})", re.IGNORECASE)


def max_age(headers: Mapping[str, str]) -> timedelta | None:
    """For how long an answer says that it stays fresh; None where it does not say, or forbids to count on it."""
    control = headers.get("Cache-Control", "")
    found = _MAX_AGE.search(control)
    return timedelta(seconds=int(found[1])) if found and "no-cache" not in control.lower() else None


# In the order they are tried: a subclass stands before its parent.
MEANING: tuple[tuple[type[Exception], Outcome, str], ...] = (
    (PrivateAddressError, Outcome.HARD, "private_address"),
    (CannotResolveHostError, Outcome.TEMPORARY, "dns"),
    (DownloadTimeoutError, Outcome.TEMPORARY, "timeout"),
    (TimeoutError, Outcome.TEMPORARY, "timeout"),
    (DownloadConnectionRefusedError, Outcome.TEMPORARY, "refused"),
    (DownloadCancelledError, Outcome.SOFT, "too_large"),
    (ResponseDataLossError, Outcome.TEMPORARY, "cut_off"),
    (UnsupportedURLSchemeError, Outcome.HARD, "not_a_web_address"),
    (DownloadFailedError, Outcome.TEMPORARY, "connection"),
    (RobotsUnreachableError, Outcome.TEMPORARY, "robots_unreachable"),
    (IgnoreRequest, Outcome.SOFT, "refused_by_us"),
    (gzip.BadGzipFile, Outcome.SOFT, "bad_packing"),
    (zlib.error, Outcome.SOFT, "bad_packing"),
)
# One exception may mean several things; its text tells them apart. Each has a test: no new version slips by.
FINER: tuple[tuple[str, str, Outcome, str], ...] = (
    ("dns", "private address", Outcome.HARD, "private_address"),
    ("refused_by_us", "robots.txt", Outcome.HARD, "robots"),
    ("refused_by_us", "redirection", Outcome.SOFT, "redirect_loop"),
    ("refused_by_us", "decompress", Outcome.SOFT, "too_large"),
)


_PYTHON = re.compile(r" ssl:(<[^>]*>|\S+)")  # how aiohttp names the object that checks certificates


def _translate(error: Exception) -> FetchError:
    """Return the failure that a foreign exception means.

    One that nobody expected is the answer's fault too: a redirect to what is no address, a packing that cannot be
    undone, a header that no library can read.
    """
    if isinstance(error, RobotsUnreachableError) and isinstance(why := error.__cause__, Exception):
        error = error if isinstance(why, IgnoreRequest) else why  # the host cannot be reached at all
    unforeseen = failure_in_browser(error) or (Outcome.SOFT, "bad_answer")
    outcome, cause = next(
        ((outcome, cause) for kind, outcome, cause in MEANING if isinstance(error, kind)), unforeseen
    )
    if isinstance(error.__cause__, aiohttp.ClientSSLError):  # every message of its parent says "ssl"
        outcome, cause = Outcome.TEMPORARY, "tls"
    words = _PYTHON.sub("", " ".join(str(error).split()))
    detail = f"{type(error).__name__}: {words[:300]}"
    for coarse, word, finer_outcome, finer_cause in FINER:
        if cause == coarse and word in detail.lower():
            outcome, cause = finer_outcome, finer_cause
            break
    return FetchError(outcome, cause, detail)
