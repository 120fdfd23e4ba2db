"""The pages of listed articles: fetched, read and kept, newest first, until none is due."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from crawler.cadence import next_try
from crawler.database import Connection, Database
from crawler.dates import parse_date
from crawler.fetching import PATIENCE, Fetch, FetchError
from crawler.looking import Clock
from crawler.nouns import Article, Entry, Outcome, Outlet, Page
from crawler.reading import Reading, Unreadable
from crawler.reading.dating import settle
from crawler.reading.pool import LIMIT
from crawler.revisions import GONE, absence
from crawler.revisions import next_look as next_recheck
from crawler.storage import Archive, Entries, EntryClaim, Kept, new_lease

log = logging.getLogger(__name__)

PAGES_AT_ONCE = 2  # an outlet; its host's delay spaces them, and more would only wait for their turn
MOST_PARTS = 10  # pages of one article that are joined
PARTS_PATIENCE = timedelta(minutes=10)  # for all the further ones
PAGE_LEASE = (
    PATIENCE + PARTS_PATIENCE + MOST_PARTS * LIMIT + timedelta(minutes=1)
)  # as long as a page can take
KEPT_WITHIN = timedelta(minutes=10)  # on a full disk; then the lease brings the page back


class Read(Protocol):
    """What pages are read with."""

    async def __call__(self, page: Page, outlet: Outlet, *, now: datetime) -> Reading:
        """Return what is on ``page``; raises Unreadable."""


async def read(entry: Entry, outlet: Outlet, *, fetch: Fetch, reader: Read, now: Clock) -> Article:
    """Fetch an entry's page and read it, with the parts that follow it; raises FetchError or Unreadable."""
    fetched = await fetch(entry.url, outlet)
    seen = now()
    reading = await reader(fetched.page, outlet, now=seen)
    article = await _joined(reading, outlet, fetch=fetch, reader=reader, now=seen)
    if article.published is None and entry.published:
        listed = parse_date(entry.published, now=seen, zone=outlet.timezone, source="feed")
        return replace(article, published=settle(listed, outlet, now=seen)[0])
    return article


async def _joined(first: Reading, outlet: Outlet, *, fetch: Fetch, reader: Read, now: datetime) -> Article:
    """Return the article with the text of its further pages. One that cannot be had ends it: what came is kept."""
    bodies, follow = [first.article.body], first.next_page
    try:
        async with asyncio.timeout(PARTS_PATIENCE.total_seconds()):
            while follow and len(bodies) < MOST_PARTS:
                part = await reader((await fetch(follow, outlet)).page, outlet, now=now)
                bodies.append(part.article.body)
                follow = part.next_page
    except (FetchError, Unreadable, TimeoutError) as error:
        log.info("%s: a further page was not read: %s", first.article.url, error)
    return replace(first.article, body="\n\n".join(dict.fromkeys(bodies)), remarks=first.remarks)


class Pages:
    """Reads the pages that wait, and keeps what they say or why they could not be read."""

    def __init__(
        self,
        database: Database,
        outlets: Mapping[str, Outlet],
        *,
        fetch: Fetch,
        reader: Read,
        now: Clock,
        holder: str,
        on_article: Callable[[Article, Kept], None],
        on_failure: Callable[[Entry, str], None],
    ) -> None:
        self._database = database
        self._outlets = outlets
        self._fetch = fetch
        self._reader = reader
        self._now = now
        self._holder = holder
        self._on_article = on_article
        self._on_failure = on_failure
        self._reading: set[str] = set()  # outlets whose pages are being read by us

    def reads(self, outlet_id: str) -> bool:
        """Whether an outlet's pages are being read."""
        return outlet_id in self._reading

    async def read_all(self, outlet_id: str) -> None:
        """Read the pending pages of an outlet, newest first, until none is due."""
        if outlet_id in self._reading or outlet_id not in self._outlets:
            return
        self._reading.add(outlet_id)
        try:
            while claims := await self._claim_pages(outlet_id):
                await asyncio.gather(*(self._read_one(claim) for claim in claims))
        finally:
            self._reading.discard(outlet_id)

    async def _claim_pages(self, outlet_id: str) -> list[EntryClaim]:
        now = self._now()
        return await self._database.awrite(
            lambda c: Entries(c).claim(
                outlet_id, now, until=now + PAGE_LEASE, lease=new_lease(self._holder), most=PAGES_AT_ONCE
            )
        )

    async def _read_one(self, claim: EntryClaim) -> None:
        try:
            article = await read(
                claim.entry,
                self._outlets[claim.outlet],
                fetch=self._fetch,
                reader=self._reader,
                now=self._now,
            )
        except FetchError as error:
            if claim.article and error.cause in GONE:
                await self._miss(claim, claim.article, error.cause)
            else:
                await self._fail(claim, error.outcome, error.cause, error.retry_after)
        except Unreadable as error:
            await self._fail(claim, Outcome.SOFT, error.cause)
        except Exception as error:
            # The one place for a defect of ours in fetching or reading: the row must move, or it comes back for ever.
            log.exception("reading %s failed for a reason of ours", claim.entry.url)
            await self._fail(claim, Outcome.SOFT, f"defect_{type(error).__name__}")
        else:
            done = await self._database.akeep(lambda c: self._keep(c, article, claim), KEPT_WITHIN)
            if done:
                self._on_article(*done)

    def _keep(
        self, connection: Connection, article: Article, claim: EntryClaim
    ) -> tuple[Article, Kept] | None:
        """Keep an article and close its entry; None, and nothing, when the lease was lost: another reads it."""
        archive, entries = Archive(connection), Entries(connection)
        if not entries.holds(claim):
            return None
        article_id, kept = archive.keep(article)
        entries.close(claim, article_id)
        if claim.article:
            self._look_again(connection, claim.article, article_id)
        return replace(article, id=article_id), kept

    def _look_again(self, connection: Connection, first_kept: int, article_id: int) -> None:
        """Have an article looked at once more, as long as it is watched since it was first seen."""
        first = Archive(connection).article(first_kept)
        if first and (due := next_recheck(first.first_seen, now=self._now())):
            Entries(connection).look_again(article_id, due)

    async def _miss(self, claim: EntryClaim, article_id: int, cause: str) -> None:
        """The page of a kept article is gone: it is taken down when a second look says so, and may come back."""
        now = self._now()

        def keep(connection: Connection) -> None:
            archive, entries = Archive(connection), Entries(connection)
            article = archive.article(article_id)
            found = absence(article, claim.cause, now=now) if article else None
            if entries.fail(claim, cause, found.look if found else None) and found and found.removed:
                archive.remove(article_id, now)

        await self._database.akeep(keep, KEPT_WITHIN)

    async def _fail(
        self, claim: EntryClaim, outcome: Outcome, cause: str, retry_after: timedelta | None = None
    ) -> None:
        wait = next_try(outcome, attempts=claim.attempts + 1)
        due = self._now() + max(wait, retry_after or wait) if wait else None

        def keep(connection: Connection) -> None:
            if Entries(connection).fail(claim, cause, due) and due is None and claim.article:
                self._look_again(connection, claim.article, claim.article)

        await self._database.akeep(keep, KEPT_WITHIN)
        self._on_failure(claim.entry, cause)
