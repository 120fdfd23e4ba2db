"""Downloader middlewares: no private address, robots.txt that is asked again, and conditional requests."""

import time
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.robotstxt import RobotParser

from crawler.addresses import is_literal, may_ask, networks

ROBOTS_AGE = 24 * 3600.0  # seconds until robots.txt is asked again
ROBOTS_RETRY = 600.0  # seconds until a failed download is tried again: it never means "allowed for ever"


class PrivateAddressError(IgnoreRequest):
    """A request, or a redirect, to an address inside somebody's network."""


class AddressGuard:
    """Refuses literal private addresses on every hop. Names are the resolver's part (``crawler.handler``)."""

    def __init__(self, crawler: Crawler) -> None:
        self._allowed = networks(crawler.settings.getlist("MARSAD_ALLOWED_NETWORKS"))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build from the settings."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let a public address pass; raises PrivateAddressError."""
        host = urlsplit(request.url).hostname or ""
        if is_literal(host) and not may_ask(host, self._allowed):
            raise PrivateAddressError(f"{host} is a private address")


class FreshRobots(RobotsTxtMiddleware):
    """Scrapy's robots.txt middleware, which keeps its first answer for ever, made to ask again."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._asked: dict[str, float] = {}

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """Return the rules of the request's host, at most a day old."""
        netloc = urlsplit(request.url).netloc
        known = netloc in self._parsers
        failed = known and self._parsers[netloc] is None
        age = ROBOTS_RETRY if failed else ROBOTS_AGE
        now = time.monotonic()
        if not known or now - self._asked.get(netloc, now) > age:
            self._parsers.pop(netloc, None)
            self._asked[netloc] = now
        return await super().robot_parser(request)


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
