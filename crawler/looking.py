"""One look at a source: fetch it and list its entries. Every failure is a value."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ParamSpec, Protocol, TypeVar

from crawler.entries import Cause, Listing, read_entries
from crawler.fetching import LARGEST_LIST, Fetch, Fetched, FetchError, max_age
from crawler.nouns import Entry, Outcome, Outlet, Poll, Source
from crawler.reading import Unreadable
from crawler.sitemaps import HISTORY, all_dated, newest, recent
from crawler.storage import Validators

TAG_LIES = (
    "tag_lies"  # the cause of a poll that was answered well, where a conditional one would not have been
)

Clock = Callable[[], datetime]
P = ParamSpec("P")
T = TypeVar("T")


class Work(Protocol):
    """Where a list is read: CPU-bound work on foreign bytes, which must not hold up the loop."""

    async def __call__(self, job: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> T:
        """Call a module-level function elsewhere; raises what it raises, or Unreadable where it had to be ended."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a source brought."""

    poll: Poll
    entries: tuple[Entry, ...]
    validators: Validators
    retry_after: timedelta | None = None
    interval: timedelta | None = None  # how often the source itself wants to be asked
    next_page: str = ""  # where older entries are


async def look(
    outlet: Outlet,
    source: Source,
    *,
    fetch: Fetch,
    now: Clock,
    validators: Validators | None = None,
    in_full: bool = False,
    since: datetime | None = None,
    work: Work = asyncio.to_thread,
) -> Look:
    """Fetch a source and list its entries. A failure is a value too: the poll's outcome and cause.

    Args:
        outlet: whose source it is.
        source: what is looked at.
        fetch: what addresses are asked for with.
        now: the clock.
        validators: what its server told us to send back.
        in_full: ask without them, in case they lie; the bytes are compared all the same.
        since: the last look; of a sitemap index, what was published before is not listed.
        work: where what was answered is read. A thread shares our interpreter: the service takes a pool of processes.
    """
    known = validators or Validators()
    started = now()
    blank = Poll(outlet.id, source.url, started, timedelta(), Outcome.OK, "ok")
    try:
        fetched = await fetch(source.url, outlet, None if in_full else known, largest=LARGEST_LIST)
    except FetchError as error:
        return Look(replace(_failed(blank, error), took=now() - started), (), known, error.retry_after)
    page = fetched.page
    if fetched.unchanged or fetched.validators.body_hash == known.body_hash:
        poll = replace(
            blank, took=now() - started, outcome=Outcome.UNCHANGED, cause="unchanged", status=page.status
        )
        return Look(poll, (), known if fetched.unchanged else fetched.validators)
    poll = replace(blank, status=page.status)
    listing, failure = await _list(source, outlet, fetched, fetch, since or started - HISTORY, started, work)
    poll = _failed(poll, failure) if failure else poll
    keep = fetched.validators if all_dated(listing.sitemaps) else Validators()
    poll = replace(_judge(poll, listing), took=now() - started)
    if poll.outcome is Outcome.OK and in_full and _same_tag(known, fetched.validators):
        poll = replace(poll, cause=TAG_LIES, detail="another document under the same tag")
    # A document we could not use must not be called unchanged next time.
    keep = keep if poll.outcome is Outcome.OK else known
    wishes = [wish for wish in (listing.interval, max_age(fetched.headers)) if wish]
    return Look(poll, listing.entries, keep, interval=max(wishes, default=None), next_page=listing.next_page)


def _same_tag(known: Validators, now: Validators) -> bool:
    """Whether a server that was not asked conditionally names two documents alike: it would have said "unchanged"."""
    named = known.etag or known.last_modified
    return bool(named and known.body_hash) and (known.etag, known.last_modified) == (
        now.etag,
        now.last_modified,
    )


async def _list(
    source: Source, outlet: Outlet, fetched: Fetched, fetch: Fetch, since: datetime, now: datetime, work: Work
) -> tuple[Listing, FetchError | None]:
    """What an answer lists, and the newest parts of a sitemap index; and why some of it could not be had."""
    try:
        listing = await _listing(source, fetched, work)
        return await _parts(listing, source, outlet, fetch, since, now, work)
    except Unreadable as error:  # it took too long, or ended its process
        return Listing(Cause.EMPTY), _broken(error, fetched)


async def _listing(source: Source, fetched: Fetched, work: Work) -> Listing:
    page = fetched.page
    return await work(
        read_entries, source.kind, page.body, page.url, page.content_type, source.article_pattern
    )


async def _parts(
    index: Listing,
    source: Source,
    outlet: Outlet,
    fetch: Fetch,
    since: datetime,
    now: datetime,
    work: Work,
) -> tuple[Listing, FetchError | None]:
    """What the newest parts of a sitemap index list; and why one could not be had: its articles are missing."""
    if not index.sitemaps:
        return index, None
    failure, entries = None, dict[str, Entry]()
    # Each may list 50,000 addresses with a date.
    for part in await work(newest, index.sitemaps, now):
        try:
            fetched = await fetch(part.url, outlet, largest=LARGEST_LIST)
            listing = await _listing(source, fetched, work)
        except FetchError as error:
            failure = error
            continue
        except Unreadable as error:
            failure = _broken(error, fetched)
            continue
        if listing.cause not in {Cause.OK, Cause.EMPTY}:
            index = replace(index, cause=listing.cause, detail=f"{part.url}: {listing.detail}")
        entries |= {entry.url: entry for entry in await work(recent, listing.entries, since, now)}
    undated = sum(not entry.published for entry in entries.values())
    return replace(index, entries=tuple(entries.values()), undated=undated), failure


def _broken(error: Unreadable, fetched: Fetched) -> FetchError:
    return FetchError(Outcome.SOFT, error.cause, error.detail, status=fetched.page.status)


def _failed(poll: Poll, error: FetchError) -> Poll:
    return replace(poll, outcome=error.outcome, cause=error.cause, detail=error.detail, status=error.status)


def _judge(poll: Poll, listing: Listing) -> Poll:
    """Return the poll of a listing: entries that came are kept even when the document is damaged."""
    poll = replace(poll, entries=len(listing.entries), undated=listing.undated)
    if poll.outcome is not Outcome.OK:  # a part of it could not be had
        return poll
    outcome = Outcome.OK if listing.cause is Cause.OK else Outcome.SOFT
    return replace(poll, outcome=outcome, cause=listing.cause, detail=listing.detail)
