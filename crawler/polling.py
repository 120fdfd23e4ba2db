"""The shell around a poll: fetch a source, list its entries, keep what is new, read the pages, keep the articles."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from crawler.cadence import Rhythm, ask_in_full, next_look, next_try
from crawler.database import Connection, Database
from crawler.dates import parse_date
from crawler.entries import Cause, Listing, read_entries
from crawler.fetching import Fetch, FetchError
from crawler.nouns import Article, Entry, Outcome, Outlet, Page, Poll, Source
from crawler.reading import Reading, Standing, Unreadable
from crawler.reading.dating import settle
from crawler.revisions import next_look as next_recheck
from crawler.revisions import removal
from crawler.storage import Archive, EntryClaim, Kept, SourceClaim, Validators, new_lease

log = logging.getLogger(__name__)

POLL_LEASE = timedelta(minutes=4)  # longer than the fetch's patience: two processes never poll one source
PAGE_LEASE = timedelta(minutes=6)
PAGES_AT_ONCE = 4  # an outlet; its host's own delay spaces them
MOST_PARTS = 10  # pages of one article that are joined
WINDOW = 128  # sources polled at once; more would only wait inside the engine, which scans all that wait

Clock = Callable[[], datetime]


class Read(Protocol):
    """What pages are read with."""

    async def __call__(self, page: Page, outlet: Outlet, *, now: datetime) -> Reading:
        """Return what is on ``page``; raises Unreadable."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a source brought."""

    poll: Poll
    entries: tuple[Entry, ...]
    validators: Validators
    retry_after: timedelta | None = None
    interval: timedelta | None = None  # how often the source itself wants to be asked


async def look(
    outlet: Outlet,
    source: Source,
    *,
    fetch: Fetch,
    now: Clock,
    validators: Validators | None = None,
    in_full: bool = False,
) -> Look:
    """Fetch a source and list its entries. A failure is a value too: the poll's outcome and cause.

    ``in_full`` asks without the validators, in case they lie; the bytes are compared all the same.
    """
    known = validators or Validators()
    started = now()
    blank = Poll(outlet.id, source.url, started, timedelta(), Outcome.OK, "ok")
    try:
        fetched = await fetch(source.url, outlet, None if in_full else known)
    except FetchError as error:
        poll = replace(
            blank,
            took=now() - started,
            outcome=error.outcome,
            cause=error.cause,
            detail=error.detail,
            status=error.status,
        )
        return Look(poll, (), known, error.retry_after)
    page = fetched.page
    if fetched.unchanged or fetched.validators.body_hash == known.body_hash:
        poll = replace(
            blank, took=now() - started, outcome=Outcome.UNCHANGED, cause="unchanged", status=page.status
        )
        return Look(poll, (), known if fetched.unchanged else fetched.validators)
    listing = await asyncio.to_thread(
        read_entries, source.kind, page.body, page.url, page.content_type, source.article_pattern
    )
    poll = replace(_judge(blank, listing), took=now() - started, status=page.status)
    # A document we could not use must not be called unchanged next time.
    keep = fetched.validators if poll.outcome is Outcome.OK else known
    return Look(poll, listing.entries, keep, interval=listing.interval)


def _judge(blank: Poll, listing: Listing) -> Poll:
    """Return the poll of a listing: entries that came are kept even when the document is damaged."""
    return replace(
        blank,
        outcome=Outcome.OK if listing.cause is Cause.OK else Outcome.SOFT,
        cause=listing.cause,
        detail=listing.detail,
        entries=len(listing.entries),
        undated=listing.undated,
    )


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
    while follow and len(bodies) < MOST_PARTS:
        try:
            part = await reader((await fetch(follow, outlet)).page, outlet, now=now)
        except (FetchError, Unreadable) as error:
            log.info("%s: a further page was not read: %s", first.article.url, error)
            break
        bodies.append(part.article.body)
        follow = part.next_page
    return replace(first.article, body="\n\n".join(dict.fromkeys(bodies)), remarks=first.remarks)


def standings(connection: Connection) -> dict[str, Standing]:
    """Return how each outlet is read, as it was kept."""
    return {outlet: Standing(profile) for outlet, profile in Archive(connection).profiles().items()}


class Poller:
    """Polls what is due and reads what was listed, for the service and for the command line."""

    def __init__(
        self,
        database: Database,
        outlets: Iterable[Outlet],
        *,
        fetch: Fetch,
        reader: Read,
        now: Clock,
        cadence: Callable[..., timedelta] = next_look,
        holder: str = "poll",
        on_poll: Callable[[Poll], None] = lambda _: None,
        on_article: Callable[[Article, Kept], None] = lambda _a, _k: None,
        on_failure: Callable[[Entry, str], None] = lambda _e, _c: None,
    ) -> None:
        self._database = database
        self._outlets = {outlet.id: outlet for outlet in outlets}
        self._sources = {(o.id, source.url): source for o in self._outlets.values() for source in o.sources}
        self._fetch = fetch
        self._reader = reader
        self._now = now
        self._cadence = cadence
        self._holder = holder
        self._on_poll = on_poll
        self._on_article = on_article
        self._on_failure = on_failure
        self._reading: set[str] = set()  # outlets whose pages are being read by us
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> int:
        """How many polls and readings are under way."""
        return len(self._tasks)

    async def start_due(self) -> None:
        """Start every poll and every reading that is due, up to the window."""
        room = WINDOW - len(self._tasks)
        if room <= 0:
            return
        now = self._now()
        claims = await self._database.awrite(
            lambda c: Archive(c).claim_sources(
                now, until=now + POLL_LEASE, lease=new_lease(self._holder), most=room, outlets=self._outlets
            )
        )
        for claim in claims:
            self._start(self.poll(claim))
        for outlet in await self._database.aread(lambda c: Archive(c).pending_outlets(now)):
            if outlet not in self._reading and len(self._tasks) < WINDOW:
                self._start(self.read_pages(outlet))

    def _start(self, work: Awaitable[object]) -> None:
        async def run() -> None:
            await work

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # Its lease brings the row back; the failure must be seen.
            log.error("a poll failed for a reason of ours: %r", error, exc_info=error)

    async def drain(self, patience: float) -> None:
        """Wait up to ``patience`` seconds for what is under way, then let go: leases bring it back."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def poll(self, claim: SourceClaim) -> Poll:
        """Look at a claimed source, keep what is new, and read the new pages."""
        outlet = self._outlets[claim.outlet]
        source = self._sources[claim.outlet, claim.url]
        seen = await self._look(outlet, source, claim)
        fresh = await self._database.aread(lambda c: Archive(c).unknown(seen.entries))
        poll = replace(seen.poll, fresh=len(fresh))
        local = self._now().astimezone(ZoneInfo(outlet.timezone))
        rhythm = Rhythm.from_text(claim.rhythm).learn(poll, local, outlet.tier)
        wait = self._cadence(
            poll.outcome,
            tier=outlet.tier,
            failures=claim.failures + 1,
            retry_after=seen.retry_after,
            seed=claim.url,
            rhythm=rhythm,
            at=local,
            wish=seen.interval,
        )
        await self._database.awrite(
            lambda c: Archive(c).finish_poll(
                claim,
                poll,
                fresh=fresh,
                validators=seen.validators,
                next_due=self._now() + wait,
                rhythm=rhythm.to_text(),
            )
        )
        self._on_poll(poll)
        await self.read_pages(claim.outlet)
        return poll

    async def _look(self, outlet: Outlet, source: Source, claim: SourceClaim) -> Look:
        try:
            return await look(
                outlet,
                source,
                fetch=self._fetch,
                now=self._now,
                validators=claim.validators,
                in_full=ask_in_full(claim.unchanged),
            )
        except Exception as error:
            # The one place for a defect of ours in listing: the poll gets its row, and its turn comes again.
            log.exception("polling %s failed for a reason of ours", source.url)
            cause, detail = f"defect_{type(error).__name__}", str(error)[:300]
            poll = Poll(outlet.id, source.url, self._now(), timedelta(), Outcome.SOFT, cause, detail)
            return Look(poll, (), claim.validators)

    async def read_pages(self, outlet_id: str) -> None:
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
            lambda c: Archive(c).claim_entries(
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
            if claim.article and error.status and removal(error.status):
                await self._remove(claim, claim.article, error.cause)
            else:
                await self._fail(claim, error.outcome, error.cause, error.retry_after)
        except Unreadable as error:
            await self._fail(claim, Outcome.SOFT, error.cause)
        except Exception as error:
            # The one place for a defect of ours in fetching or reading: the row must move, or it comes back for ever.
            log.exception("reading %s failed for a reason of ours", claim.entry.url)
            await self._fail(claim, Outcome.SOFT, f"defect_{type(error).__name__}")
        else:
            kept = await self._database.awrite(lambda c: self._keep(c, article, claim))
            self._on_article(article, kept)

    def _keep(self, connection: Connection, article: Article, claim: EntryClaim) -> Kept:
        archive = Archive(connection)
        article_id, kept = archive.keep(article, claim)
        if claim.article and (first := archive.article(claim.article)):
            due = next_recheck(first.first_seen, now=self._now())
            if due:
                archive.look_again(article_id, due)
        return kept

    async def _remove(self, claim: EntryClaim, article_id: int, cause: str) -> None:
        now = self._now()

        def keep(connection: Connection) -> None:
            if Archive(connection).fail_entry(claim, cause, None):
                Archive(connection).remove(article_id, now)

        await self._database.awrite(keep)

    async def _fail(
        self, claim: EntryClaim, outcome: Outcome, cause: str, retry_after: timedelta | None = None
    ) -> None:
        wait = next_try(outcome, attempts=claim.attempts + 1)
        due = self._now() + max(wait, retry_after or wait) if wait else None
        await self._database.awrite(lambda c: Archive(c).fail_entry(claim, cause, due))
        self._on_failure(claim.entry, cause)
