"""One look at a source: fetch it and list its entries. Every failure is a value."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crawler.entries import Cause, Listing, read_entries
from crawler.fetching import Fetch, FetchError
from crawler.nouns import Entry, Outcome, Outlet, Poll, Source
from crawler.storage import Validators

Clock = Callable[[], datetime]


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
