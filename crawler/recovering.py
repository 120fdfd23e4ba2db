"""What a full feed no longer lists: looked for on its next pages, then in the outlet's sitemaps."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from crawler.entries import Listing, read_entries
from crawler.fetching import LARGEST_LIST, Fetch, FetchError
from crawler.looking import Work
from crawler.nouns import Entry, Outlet, Source, SourceKind
from crawler.reading import Unreadable
from crawler.sitemaps import in_robots, newest, recent
from crawler.urls import is_web

MOST_REQUESTS = 10  # of one recovery: with a feed of 20 entries, the last 220 articles


class Recovery:
    """One search for what lies between the end of a feed and what was known at the last look.

    Args:
        outlet: whose feed it is.
        fetch: what addresses are asked for with.
        since: the last look; older entries are not searched for.
        now: the clock.
        unknown: tells which of some entries were never listed.
        reaches: tells whether a list reaches back to the last look.
        work: where what was answered is read.
    """

    def __init__(
        self,
        outlet: Outlet,
        *,
        fetch: Fetch,
        since: datetime,
        now: Callable[[], datetime],
        unknown: Callable[[Iterable[Entry]], Awaitable[list[Entry]]],
        reaches: Callable[[Iterable[Entry]], Awaitable[bool]],
        work: Work,
    ) -> None:
        self._outlet = outlet
        self._fetch = fetch
        self._since = since
        self._now = now
        self._unknown = unknown
        self._reaches = reaches
        self._work = work
        self._left = MOST_REQUESTS
        self._listed: set[str] = set()
        self._found: dict[str, Entry] = {}
        self.closed = False  # it came to entries that were known, or older than the last look

    @property
    def found(self) -> tuple[Entry, ...]:
        """What was found so far, beside what the feed lists itself."""
        return tuple(self._found.values())

    async def run(self, source: Source, listed: Iterable[Entry], next_page: str) -> None:
        """Search until known entries are met, nothing is left to ask, or enough was asked."""
        self._listed = {entry.url for entry in listed}
        self.closed = await self._pages(source, next_page) or await self._sitemaps(source)

    def _take(self, entries: Iterable[Entry]) -> None:
        """Keep what was not found before."""
        self._found |= {e.url: e for e in entries if e.url not in self._listed and e.url not in self._found}

    async def _pages(self, source: Source, url: str) -> bool:
        asked = {source.url}
        while url and url not in asked:
            asked.add(url)
            listing = await self._ask(url, source.kind, source.article_pattern)
            if listing is None or not listing.entries:
                return False
            self._take(await self._unknown(listing.entries))
            if await self._reaches(listing.entries):
                return True
            shown = {entry.url for entry in listing.entries}
            if shown <= self._listed:  # a server that knows no pages sends the first one again
                return False
            self._listed |= shown
            url = listing.next_page
        return False

    async def _sitemaps(self, source: Source) -> bool:
        own = [each.url for each in self._outlet.sources if each.kind is SourceKind.NEWS_SITEMAP]
        waiting = list(dict.fromkeys([url for url in own if url != source.url] + await self._named()))
        while waiting:
            listing = await self._ask(waiting.pop(0), SourceKind.NEWS_SITEMAP)
            if listing is None:
                continue
            waiting = [each.url for each in await self._work(newest, listing.sitemaps, self._now())] + waiting
            late = await self._work(recent, listing.entries, self._since, self._now())
            self._take(await self._unknown(late))
            if len(late) < len(listing.entries) or (late and await self._reaches(late)):
                return True
        return False

    async def _named(self) -> list[str]:
        """The sitemaps that the outlet's robots.txt names."""
        robots = self._outlet.home.rstrip("/") + "/robots.txt"
        page = await self._get(robots)
        return [url for url in in_robots(page[0].decode("utf-8", "replace")) if is_web(url)] if page else []

    async def _ask(self, url: str, kind: SourceKind, article_pattern: str = "") -> Listing | None:
        page = await self._get(url)
        try:
            return await self._work(read_entries, kind, *page, article_pattern) if page else None
        except Unreadable:
            return None

    async def _get(self, url: str) -> tuple[bytes, str, str] | None:
        """Body, address and content type; None for what cannot be had, or when enough was asked."""
        if self._left == 0:
            return None
        self._left -= 1
        try:
            page = (await self._fetch(url, self._outlet, largest=LARGEST_LIST)).page
        except FetchError:
            return None
        return page.body, page.url, page.content_type
