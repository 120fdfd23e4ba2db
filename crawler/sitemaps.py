"""Which sitemaps to read, and what of them is news. Pure decisions."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from crawler.dates import parse_date
from crawler.nouns import Entry

FOLLOWED = 3  # sitemaps of an index that are read at one look: today's, yesterday's, and one beside them
HISTORY = timedelta(days=3)  # what was published before is not news to a first look

# Parts of an index that list no articles.
_NO_ARTICLES = re.compile(
    r"image|video|categor|tag|author|taxonom|(?:^|[/_.-])pages?(?:[_.-]|$)|user", re.IGNORECASE
)
_FOR_NEWS = re.compile(r"news|latest|today|recent|akhbar", re.IGNORECASE)
_NAMED = re.compile(r"^\s{0,9}sitemap\s{0,9}:\s{0,9}(\S{1,500})", re.IGNORECASE | re.MULTILINE)
_NUMBER = re.compile(r"\d+")


def newest(sitemaps: Sequence[Entry], now: datetime) -> tuple[Entry, ...]:
    """The parts of a sitemap index that today's articles stand in, at most ``FOLLOWED``, the likeliest first.

    The last change counts most, then a name that speaks of news, then the numbers in the address: a day, a page.
    """
    likely = [each for each in sitemaps if not _NO_ARTICLES.search(each.url)] or list(sitemaps)
    return tuple(sorted(likely, key=lambda each: _freshness(each, now), reverse=True)[:FOLLOWED])


def _freshness(sitemap: Entry, now: datetime) -> tuple[float, bool, tuple[int, ...]]:
    changed = _at(sitemap, now)
    numbers = tuple(int(number[:18]) for number in _NUMBER.findall(sitemap.url))
    return (changed.timestamp() if changed else 0.0, bool(_FOR_NEWS.search(sitemap.url)), numbers)


def recent(entries: Iterable[Entry], since: datetime, now: datetime) -> tuple[Entry, ...]:
    """The entries that are not dated before ``since``: a sitemap may list an outlet's whole past."""
    return tuple(each for each in entries if (at := _at(each, now)) is None or at >= since)


def _at(entry: Entry, now: datetime) -> datetime | None:
    stamp = parse_date(entry.published, now=now, zone="UTC", source="sitemap") if entry.published else None
    if stamp is None:
        return None
    # A day without an hour lasts until its end, wherever on earth it was printed.
    return stamp.at + timedelta(days=1.5) if len(entry.published.strip()) <= len("2026-11-23") else stamp.at


def all_dated(sitemaps: Iterable[Entry]) -> bool:
    """Whether an index says of each part when it changed: only then does an unchanged index mean no news."""
    return all(each.published for each in sitemaps)


def in_robots(text: str) -> tuple[str, ...]:
    """The sitemaps that a robots.txt names, those for news first."""
    named = dict.fromkeys(_NAMED.findall(text))
    return tuple(sorted(named, key=lambda url: _FOR_NEWS.search(url) is None))
