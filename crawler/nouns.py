"""The crawler's nouns: what is watched, what was seen, what was kept.

Times are aware ``datetime``, durations ``timedelta``. Every value is frozen: a change is a new value.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class SourceKind(StrEnum):
    """How an outlet lists its articles. The dialect of a feed is told from its bytes, not from here."""

    FEED = "feed"  # RSS 2.0, RSS 1.0, Atom or JSON Feed
    NEWS_SITEMAP = "news_sitemap"
    LISTING = "listing"  # an ordinary page that links to articles


class TimeRule(StrEnum):
    """How to read an outlet's time stamps."""

    STAMPED = "stamped"  # the offset is true; a stamp without one is the outlet's local time
    Z_IS_LOCAL = "z_is_local"  # the outlet writes its local time and marks it UTC


@dataclass(frozen=True, slots=True)
class Source:
    """One address of an outlet that lists its articles."""

    url: str
    kind: SourceKind
    enabled: bool = True
    section: str = ""
    article_pattern: str = ""  # listing only: what an article's URL must match; empty: learn it
    grade: str = ""  # how far the address can be trusted, A to D; empty: unproven
    probed: str = ""  # when it was last probed, and what came


@dataclass(frozen=True, slots=True)
class Selectors:
    """Where an outlet's pages keep what is read wrongly elsewhere, in CSS; what is empty is found as everywhere."""

    title: str = ""
    body: str = ""
    author: str = ""
    drop: str = ""  # inside the body: what is no text of the article


@dataclass(frozen=True, slots=True)
class Outlet:
    """A news site we watch; one YAML file."""

    id: str
    name_ar: str
    name_en: str
    country: str  # ISO 3166-1 alpha-2
    timezone: str  # IANA name
    home: str
    sources: tuple[Source, ...]
    tier: int = 2  # 1 crawl first, 2 second, 3 long tail
    enabled: bool = True
    group: str = ""  # outlets of one group republish each other: together they are one voice
    time_rule: TimeRule = TimeRule.STAMPED
    charset: str = ""  # believed only where the bytes leave it open
    user_agent: str = ""
    delay: float = 1.0  # seconds between two requests to its host
    selectors: Selectors = Selectors()
    rendering: bool = False  # its pages are empty until their scripts have run in a browser
    notes: tuple[str, ...] = ()

    @property
    def watched(self) -> bool:
        """Whether any of its addresses is polled."""
        return self.enabled and any(source.enabled for source in self.sources)


@dataclass(frozen=True, slots=True)
class Host:
    """What a server taught us about how it wants to be asked. All of its outlets share it."""

    name: str  # without "www."
    delay: float = 0.0  # seconds between two requests; 0: nothing was learned
    robots_failed: datetime | None = None  # since when its robots.txt cannot be had


class Outcome(StrEnum):
    """How a poll ended, in the words of Media Cloud: what it means for the next one."""

    OK = "ok"
    UNCHANGED = "unchanged"  # 304, or the same bytes as last time
    SOFT = "soft"  # an answer we cannot use: HTML for a feed, an empty feed, a cut-off document
    HARD = "hard"  # the address is wrong: 404, 410, 401, 403
    TEMPORARY = "temporary"  # the server or the way to it: 5xx, 429, time-out, reset, DNS


class Gap(StrEnum):
    """Whether entries may have left a source between two looks, unseen."""

    NONE = ""
    CLOSED = "closed"  # what lay between was looked for, up to what was known
    OPEN = "open"  # it could not be had, or not all of it: articles may be missing


@dataclass(frozen=True, slots=True)
class Poll:
    """One look at one source of an outlet."""

    outlet: str
    source: str
    started_at: datetime
    took: timedelta
    outcome: Outcome
    cause: str  # one word for a machine and a runbook: "ok", "not_a_feed", "empty", "truncated", …
    detail: str = ""  # one line for a person
    status: int | None = None  # HTTP status of the last hop
    entries: int = 0  # listed
    fresh: int = 0  # listed and not known before
    undated: int = 0  # entries without a date
    gap: Gap = Gap.NONE
    recovered: int = 0  # of the new ones, those that were found behind a gap


class Precision(StrEnum):
    """The smallest unit a printed date names."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    MINUTE = "minute"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date as somebody printed it."""

    at: datetime  # aware, with the printed offset where one was printed
    precision: Precision
    source: str  # "jsonld", "meta", "microdata", "visible", "url", "feed"
    raw: str  # the characters it was read from


@dataclass(frozen=True, slots=True)
class Entry:
    """A line in a feed, a news sitemap or a listing page."""

    url: str  # absolute
    title: str = ""
    guid: str = ""
    published: str = ""  # as printed; read_page and the archive turn it into a Stamp
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What a server answered for an article's address."""

    url: str  # after redirects
    body: bytes
    content_type: str = ""  # the whole header, charset and all
    status: int = 200


@dataclass(frozen=True, slots=True)
class Article:
    """A page as its outlet published it."""

    outlet: str
    url: str  # canonical
    title: str
    body: str  # paragraphs joined by blank lines
    first_seen: datetime  # what alerting trusts
    published: Stamp | None = None
    modified: Stamp | None = None
    author: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    image: str = ""
    language: str = ""
    wire: str = ""  # the agency it credits: "xinhua", "reuters", …
    extractor: str = (
        ""  # what read the body: "selectors", "profile", "trafilatura-fast", "trafilatura", "json-ld"
    )
    charset: str = ""
    page_hash: str = ""  # of the bytes as they came
    remarks: tuple[str, ...] = ()  # what had to be put right in reading it: "future", "z_is_local"
    removed_at: datetime | None = None  # when a second look, hours after the first, found it gone too
    id: int = 0  # the archive's; 0 until it is kept


@dataclass(frozen=True, slots=True)
class Revision:
    """An earlier text of an article, kept when its outlet changed it."""

    article: int
    title: str
    body: str
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """How complete our sight was. Outlets by id."""

    checked: int = 0  # outlets that answered at least once
    failing: tuple[str, ...] = ()  # watched, and not one usable answer
    silent: tuple[str, ...] = ()  # answered, and listed nothing new for two days
    articles: int = 0  # pages read
    waiting: int = 0  # pages listed in the span and still to be read
    given_up: int = 0  # pages listed in the span that cannot be read
    asleep: tuple[tuple[datetime, datetime], ...] = ()  # spans of more than an hour without any look

    def bears_counting(self, span: timedelta) -> bool:
        """Whether so much of ``span`` was watched that what was counted in it may be compared with another."""
        gaps = sum((until - since for since, until in self.asleep), timedelta())
        return self.checked > 0 and gaps <= span / 10
