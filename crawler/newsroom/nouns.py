"""What a newsroom is made of: mastheads that publish, drafts that wait, pieces that are out."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

from crawler.nouns import SourceKind


class Dialect(StrEnum):
    """The format an outlet lists its articles in."""

    RSS2 = "rss2"
    RSS1 = "rss1"
    ATOM = "atom"
    JSON = "json"
    SITEMAP = "sitemap"
    LISTING = "listing"

    @property
    def kind(self) -> SourceKind:
        """What the crawler is told about such a source."""
        return _KINDS.get(self, SourceKind.FEED)


_KINDS = {Dialect.SITEMAP: SourceKind.NEWS_SITEMAP, Dialect.LISTING: SourceKind.LISTING}


@dataclass(frozen=True, slots=True)
class Masthead:
    """An invented outlet: its name and how it publishes."""

    id: str
    name_ar: str
    name_en: str
    slogan: str
    country: str
    timezone: str
    tier: int
    dialect: Dialect
    source: str  # path of the feed, sitemap or listing
    article: str  # path of an article, with {id} {number} {section} {slug} {day}
    date_locale: str
    date_pattern: str
    paragraph: str  # markup of one paragraph, with $text
    charset: str = "utf-8"
    digits: str = "0123456789"  # of printed dates
    sections: dict[str, str] = field(default_factory=dict)  # how a section is written in an address


@dataclass(frozen=True, slots=True)
class Draft:
    """An article that is written and waits for its time."""

    id: str
    outlet: str  # id of a masthead
    title: str
    section: str
    paragraphs: tuple[str, ...]
    minutes_ago: float = 0  # out before the newsroom opens
    after: float = 0  # or out so many seconds after it has opened
    author: str = ""
    event: str = ""  # drafts of one event tell one story
    topics: tuple[str, ...] = ()  # what a reader of alerts should be told; empty: nothing

    @property
    def delay(self) -> timedelta:
        """When it is due, counted from the newsroom's opening."""
        return timedelta(seconds=self.after) if self.after else timedelta(minutes=-self.minutes_ago)


_NOT_WORD = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A draft that is out."""

    masthead: Masthead
    draft: Draft
    number: int  # the outlet's own running number
    published: datetime  # in the outlet's time zone

    @property
    def path(self) -> str:
        """Its address below the outlet's home, percent-encoded."""
        section = self.draft.section
        return self.masthead.article.format(
            id=self.draft.id,
            number=self.number,
            section=self.masthead.sections.get(section, quote(section)),
            slug=quote(_NOT_WORD.sub("-", self.draft.title).strip("-")),
            day=self.published,
        )
