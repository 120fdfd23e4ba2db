"""Downloader middlewares: no private address, robots.txt that is asked again, and conditional requests."""

import asyncio
import time
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.misc import build_from_crawler

from crawler.addresses import is_literal, may_ask, networks
from crawler.hosts import HostBook
from crawler.politeness import host_of, left_alone
from crawler.resolver import GuardedResolver, PrivateNameError

MOST_ROBOTS = 1_000  # hosts whose robots.txt is kept: those that redirects lead to, too
ROBOTS_AGE = 24 * 3600.0  # seconds until robots.txt is asked again
ROBOTS_RETRY = 60.0  # seconds until a failed download is tried again: it never means "allowed for ever"


class PrivateAddressError(IgnoreRequest):
    """A request, or a redirect, to an address inside somebody's network."""


class AddressGuard:
    """Refuses literal private addresses on every hop. Names are the resolver's part (``crawler.handler``).

    Where another looks the names up, a proxy or a browser, they are looked up here first: what is known to be
    private is refused, and what cannot be found is left to the other.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._allowed = networks(crawler.settings.getlist("MARSAD_ALLOWED_NETWORKS"))
        self._proxy: str = crawler.settings["MARSAD_PROXY"]
        first = self._proxy or crawler.settings.getbool("MARSAD_RESOLVE_FIRST")
        self._resolver = GuardedResolver(self._allowed) if first else None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build from the settings."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let a public address pass, by the proxy where there is one; raises PrivateAddressError."""
        host = urlsplit(request.url).hostname or ""
        if is_literal(host) and not may_ask(host, self._allowed):
            raise PrivateAddressError(f"{host} is a private address")
        if self._resolver and not is_literal(host):
            try:
                await self._resolver.resolve(host)
            except PrivateNameError as error:
                raise PrivateAddressError(str(error)) from error
            except OSError:
                pass
        if self._proxy:
            request.meta["proxy"] = self._proxy


class RobotsUnreachableError(IgnoreRequest):
    """A host's robots.txt cannot be had, and so nobody knows what may be asked for."""


@dataclass(slots=True)
class _Rules:
    parser: RobotParser | None  # the last that came
    until: float  # on the monotonic clock
    failure: Exception | None = None  # of the last try


class FreshRobots(RobotsTxtMiddleware):
    """Scrapy's robots.txt middleware, made to ask again.

    Scrapy's keeps its first answer for ever, and takes a failure for "everything is allowed". This one asks once a
    day, and after a failure every minute. Until then the last rules hold; a host that has none is left alone.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._book: HostBook | None = crawler.settings.get("MARSAD_HOSTS")
        self._rules: dict[str, _Rules] = {}
        self._asking: dict[str, asyncio.Task[_Rules]] = {}

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """Return the rules of the request's host, at most a day old; raises RobotsUnreachableError."""
        netloc = urlsplit(request.url).netloc
        rules = self._rules.get(netloc)
        if rules is None or time.monotonic() > rules.until:
            if netloc not in self._asking:
                self._asking[netloc] = asyncio.create_task(self._ask(request, netloc))
                self._asking[netloc].add_done_callback(lambda _: self._asking.pop(netloc))
            rules = await asyncio.shield(self._asking[netloc])
        if rules.parser is None and rules.failure and self._waits(request):
            raise RobotsUnreachableError(f"robots.txt cannot be had: {rules.failure}") from rules.failure
        return rules.parser

    def _waits(self, request: Request) -> bool:
        if self._book is None:
            return True
        failed = self._book[host_of(request.url)].robots_failed
        return failed is None or left_alone(failed, self._book.now())

    async def _ask(self, request: Request, netloc: str) -> _Rules:
        """Ask for a robots.txt, and keep what came of it."""
        known, failure = self._rules.get(netloc), None
        parser = known.parser if known else None
        try:
            parser = await self._download(request, netloc)
        except Exception as error:  # noqa: BLE001 (whatever it is, it becomes the failure of those who wait)
            failure = error.with_traceback(None)
        if self._book is not None:
            self._book.set_robots(host_of(request.url), failed=failure is not None)
        age = ROBOTS_RETRY if failure else ROBOTS_AGE
        self._rules.pop(netloc, None)  # to the end: the first are those that were asked longest ago
        self._rules[netloc] = _Rules(parser, time.monotonic() + age, failure)
        while len(self._rules) > MOST_ROBOTS:
            del self._rules[next(iter(self._rules))]
        return self._rules[netloc]

    async def _download(self, request: Request, netloc: str) -> RobotParser:
        robots = Request(
            f"{urlsplit(request.url).scheme}://{netloc}/robots.txt",
            meta={"dont_obey_robotstxt": True},
            callback=NO_CALLBACK,
        )
        assert self.crawler.engine is not None  # noqa: S101 (open: it sent the request)
        response = await self.crawler.engine.download_async(robots)
        if response.status >= 500 or response.status == 429:
            raise IgnoreRequest(f"HTTP {response.status}")
        # RFC 9309: what is not there forbids nothing.
        body = response.body if response.status < 400 else b""
        parser: RobotParser = build_from_crawler(self._parserimpl, self.crawler, body)
        self.crawler.signals.send_catch_log(signals.robots_parsed, robotparser=parser, request=request)
        return parser


@dataclass(frozen=True, slots=True)
class Condition:
    """Validators of one address, to be sent to that address only."""

    url: str
    etag: str
    last_modified: str


class ConditionalGet:
    """Asks "only if it changed", and never carries one address's validators to another across a redirect."""

    def process_request(self, request: Request) -> None:
        """Set the conditional headers from ``request.meta["condition"]``."""
        for header in ("If-None-Match", "If-Modified-Since"):
            request.headers.pop(header, None)
        condition: Condition | None = request.meta.get("condition")
        if condition and condition.url == request.url:
            if condition.etag:
                request.headers["If-None-Match"] = condition.etag
            if condition.last_modified:
                request.headers["If-Modified-Since"] = condition.last_modified
