"""The nouns of digests: who wants one when, and what was decided about each local date."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from alerts.messages.message import Run
from alerts.nouns import Alert, AlertKind, Level, Reason, Span, Story
from crawler.nouns import Article, Coverage

WEEK = frozenset(range(7))


class DigestKind(StrEnum):
    """How often a digest comes. The words are those of ``Subscription.cadence``."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class DigestSettings:
    """When and how a subscriber wants the digest of one kind.

    What is told in it, its subscriptions of the same cadence say: no subscription, no digest.
    """

    subscriber: int
    kind: DigestKind = DigestKind.DAILY
    at: time = time(8)  # local wall time, minutes
    weekdays: frozenset[int] = WEEK  # Monday is 0; a weekly digest comes on the first of them
    all_quiet: bool = False  # say so when there is nothing to tell; otherwise nothing is sent
    picture: bool = False  # the week's trend as an image


class Outcome(StrEnum):
    """What was decided about one slot (a local date; for hourly digests an hour)."""

    SENT = "sent"  # made and handed to the outbox
    EMPTY = "empty"  # there was nothing to tell
    MERGED = "merged"  # too late by the time we could: the next one tells it
    TOO_SOON = "too_soon"  # less than twelve hours after the last one, after a change of zone or hour


@dataclass(frozen=True, slots=True)
class Edition:
    """The decision about one slot of one subscriber; there is never a second one."""

    subscriber: int
    kind: DigestKind
    slot: str  # a local date, or an hour in UTC ("2026-03-04T13Z")
    zone: str  # IANA name, as it was then
    due: datetime
    decided_at: datetime
    since: datetime  # the window is what was placed or told after this …
    until: datetime  # … and not after this
    outcome: Outcome
    id: int = 0

    @property
    def closes(self) -> bool:
        """Whether the next window begins where this one ends."""
        return self.outcome in {Outcome.SENT, Outcome.EMPTY}

    @property
    def local_date(self) -> date:
        """The date on its first page."""
        return date.fromisoformat(self.slot[:10])


@dataclass(frozen=True, slots=True)
class Known:
    """What a reader was told of a story, on the phone or in a digest."""

    version: int  # of its last alert; 0: none
    articles: int  # it had so many


@dataclass(frozen=True, slots=True)
class Candidate:
    """A story that something was added to in a window, with what one reader knows of it."""

    story: Story
    article: Article  # the one that tells it
    spans: tuple[Span, ...]  # its evidence
    home: str  # of its outlet
    outlet: str  # its name in Arabic
    outlet_en: str
    alerts: tuple[Alert, ...] = ()  # said of it in the window, oldest first
    known: Known | None = None
    folded: bool = False  # an alert grew too old before it could reach the reader's phone


@dataclass(frozen=True, slots=True)
class Piece:
    """What a digest tells of one story."""

    story: int
    code: str
    kind: AlertKind
    level: Level
    topics: tuple[str, ...]
    places: tuple[str, ...]
    title: tuple[Run, ...]
    url: str
    outlet: str
    outlet_en: str
    voices: int
    at: datetime  # published, where its outlet says so to the minute; else seen
    evidence: tuple[Run, ...] = ()
    reasons: tuple[Reason, ...] = ()  # what is new in it
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """How many stories something had, and how many in the span of the same length before."""

    name: str  # a topic, or a country's ISO code
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Day:
    """One local date of the trend."""

    date: date
    topics: tuple[tuple[str, int], ...]  # stories that were opened, by topic


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything one edition tells, before it is in words."""

    kind: DigestKind
    slot: str
    zone: str
    since: datetime
    until: datetime
    top: tuple[Piece, ...] = ()
    fresh: tuple[Piece, ...] = ()  # by topic, then by place
    late: tuple[Piece, ...] = ()  # published long before we saw them: too old for a phone
    updates: tuple[Piece, ...] = ()
    corrections: tuple[Piece, ...] = ()
    stories: Figure = field(default_factory=lambda: Figure("", 0, 0))
    topics: tuple[Figure, ...] = ()
    places: tuple[Figure, ...] = ()
    compared: bool = True  # the window and the span before were both watched: their counts may be compared
    known: int = 0  # stories of the window that the reader was told of already, and nothing is new in
    coverage: Coverage = field(default_factory=Coverage)
    merged: tuple[date, ...] = ()  # earlier dates that this one tells, too
    trend: tuple[Day, ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Every story in it, in the order of reading."""
        return (*self.corrections, *self.top, *self.fresh, *self.updates, *self.late)
