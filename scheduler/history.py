"""What is remembered of an outlet, to tell later when it is unwell. Pure: a fold over its polls, entries and articles.

Silence is measured in articles, not in hours: each look that brings nothing adds what the outlet usually publishes
in such an hour of such a weekday. So a night in which it always sleeps adds next to nothing, and a missed rush
hour adds a lot; and an outlet is silent when it owes more than twice what it owed in its longest usual gaps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import fmean, median
from zoneinfo import ZoneInfo

from cattrs.errors import BaseValidationError
from cattrs.preconf.json import make_converter

from crawler.cadence import ASLEEP, Rhythm, ask_in_full
from crawler.damage import is_damaged
from crawler.dates import parse_date
from crawler.looking import TAG_LIES
from crawler.nouns import Gap, Outcome, Outlet, Poll
from crawler.reading.dating import settle
from crawler.storage import Listed, Sample

_JSON = make_converter(forbid_extra_keys=True)

LOOKS = 10  # last looks at a source that are remembered
WINDOW = 20  # last entries and articles that are
DAYS = 28
STEP = 2**0.5  # from one class of gaps to the next, in articles owed
CLASSES = 20  # the last one is of gaps beyond 2 ** 9.5 articles
FADE = 0.998  # of what was counted, a gap: some 500 of them are remembered

DAMAGED, AHEAD, UNREADABLE = "x", "f", "?"  # marks of an entry or an article: what is wrong with it
TITLE, BODY, DATE, AUTHOR, PROFILE = (
    "t",
    "b",
    "d",
    "a",
    "p",
)  # and what an article has; PROFILE: how it was read


@dataclass(frozen=True, slots=True)
class Pulse:
    """How one source answers."""

    looks: tuple[bool, ...] = ()  # the last ones: True where it was well, oldest first
    failures: int = 0  # in a row
    wells: int = 0  # in a row
    since: datetime | None = None  # the first look of a row of failures
    outcome: Outcome = Outcome.OK  # of the last look; so are cause, detail and status
    cause: str = ""
    detail: str = ""
    status: int | None = None
    same: int = 0  # "unchanged" in a row
    lies: int = 0  # full looks in a row that found another document under the same tag
    entries: int = 0  # in the last list
    undated: int = 0  # among them
    dated: bool = False  # it has listed dates
    missed_at: datetime | None = None  # the last look behind which articles may be missing

    @property
    def turns(self) -> int:
        """How often it went from well to unwell or back, in the last looks."""
        return sum(a != b for a, b in zip(self.looks, self.looks[1:], strict=False))

    def after(self, poll: Poll) -> "Pulse":
        """The pulse after one more look."""
        well = poll.outcome in {Outcome.OK, Outcome.UNCHANGED}
        since = None if well else self.since or poll.started_at
        seen = replace(
            self,
            looks=(*self.looks, well)[-LOOKS:],
            failures=0 if well else self.failures + 1,
            wells=self.wells + 1 if well else 0,
            since=since,
            outcome=poll.outcome,
            cause=poll.cause,
            detail=poll.detail,
            status=poll.status,
            same=self.same + 1 if poll.outcome is Outcome.UNCHANGED else 0,
            missed_at=poll.started_at if poll.gap is Gap.OPEN else self.missed_at,
        )
        if poll.outcome is not Outcome.OK:
            return seen
        lies = self.lies + (poll.cause == TAG_LIES)
        if poll.fresh and not ask_in_full(self.same):  # asked conditionally, it told its news
            lies = 0
        dated = self.dated or poll.undated < poll.entries
        return replace(seen, lies=lies, entries=poll.entries, undated=poll.undated, dated=dated)


@dataclass(frozen=True, slots=True)
class Marks:
    """One article: how long, what it has, what is wrong with it."""

    length: int  # of the body, in characters
    marks: str


@dataclass(frozen=True, slots=True)
class Day:
    """How the last articles looked when a day began."""

    date: str  # of the outlet's own calendar
    length: int  # median of the bodies
    has: Mapping[str, float]  # the share of articles with each of TITLE, BODY, DATE, AUTHOR, PROFILE


@dataclass(frozen=True, slots=True)
class History:
    """An outlet's past, in some two kilobytes. Plain values: kept as JSON in its row."""

    pulses: Mapping[str, Pulse] = field(default_factory=dict)  # by the source's address
    rhythm: Rhythm = field(default_factory=Rhythm)  # of all its sources together
    well_at: datetime | None = None  # the last look that was answered
    new_at: datetime | None = None  # the last look that brought something new
    begun: datetime | None = None  # the first look at all
    news: int = 0  # looks that brought something new
    owed: float = 0.0  # articles that it would usually have published since then, while we looked
    gaps: tuple[float, ...] = (0.0,) * CLASSES  # how often it owed how much before the next came
    lines: str = ""  # a mark for each of the last entries; "." where nothing is wrong
    pages: tuple[Marks, ...] = ()  # the last articles, oldest first
    days: tuple[Day, ...] = ()  # oldest first

    @property
    def usual_gap(self) -> float:
        """What it owes, in articles, in the longest but one of a hundred gaps."""
        total, so_far = sum(self.gaps), 0.0
        for place, count in enumerate(self.gaps):
            so_far += count
            if so_far >= 0.99 * total:
                return float(STEP**place)
        return float(STEP**CLASSES)

    def has(self, what: str) -> float:
        """The share of its last articles that have something."""
        return fmean(what in page.marks for page in self.pages) if self.pages else 0.0

    def had(self, what: str) -> float:
        """The share of its articles that had something, on the middle one of the days that are remembered."""
        return median(day.has.get(what, 0.0) for day in self.days) if self.days else 0.0

    def to_text(self) -> str:
        """The history as JSON, for its row."""
        return _JSON.dumps(self, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "History":
        """The history that ``to_text`` wrote; a new one from an empty text, or from one of another version."""
        try:
            return _JSON.loads(text, cls)
        except (ValueError, TypeError, AttributeError, BaseValidationError):
            return cls()


def after_poll(history: History, poll: Poll, outlet: Outlet) -> History:
    """The history after one more look at a source.

    What a source lists at its first look was published at any time before: it is no news, and teaches no rhythm.
    """
    known = poll.source in history.pulses
    pulses = {**history.pulses, poll.source: history.pulses.get(poll.source, Pulse()).after(poll)}
    told = replace(history, pulses=pulses, begun=history.begun or poll.started_at)
    if poll.outcome not in {Outcome.OK, Outcome.UNCHANGED}:
        return told
    local = poll.started_at.astimezone(ZoneInfo(outlet.timezone))
    counted = poll if known else replace(poll, fresh=0)
    owed = history.owed + _due(history.rhythm, local, outlet.tier)
    told = replace(
        told,
        rhythm=history.rhythm.learn(counted, local, outlet.tier),
        well_at=poll.started_at,
        new_at=poll.started_at if poll.fresh else history.new_at,
        owed=0.0 if counted.fresh else owed,
    )
    return replace(told, gaps=_count(history.gaps, owed), news=history.news + 1) if counted.fresh else told


def _due(rhythm: Rhythm, at: datetime, tier: int) -> float:
    """How many articles it usually publishes between its last look and ``at``."""
    if rhythm.looked_at is None or not timedelta() < (gap := at - rhythm.looked_at) <= ASLEEP:
        return 0.0
    return rhythm.usual(at - gap / 2, tier) * (gap / timedelta(hours=1))


def _count(gaps: Sequence[float], owed: float) -> tuple[float, ...]:
    place = next((place for place in range(CLASSES) if owed <= STEP**place), CLASSES - 1)
    return tuple(round(count * FADE + (number == place), 3) for number, count in enumerate(gaps))


def after_entry(history: History, entry: Listed, outlet: Outlet) -> History:
    """The history after one more entry was listed."""
    return replace(history, lines=(history.lines + _mark(entry, outlet))[-WINDOW:])


def _mark(entry: Listed, outlet: Outlet) -> str:
    if is_damaged(entry.title):
        return DAMAGED
    if not entry.published:
        return "."
    stamp = parse_date(entry.published, now=entry.seen_at, zone=outlet.timezone, source="feed")
    if stamp is None:
        return UNREADABLE
    return AHEAD if settle(stamp, outlet, now=entry.seen_at)[1] == "future" else "."


def after_article(history: History, sample: Sample, outlet: Outlet) -> History:
    """The history after one more article was kept. The first of a day files how the last ones looked."""
    day = sample.first_seen.astimezone(ZoneInfo(outlet.timezone)).date().isoformat()
    days = history.days
    if len(history.pages) >= WINDOW // 2 and (not days or days[-1].date != day):
        days = (*days, _file(day, history))[-DAYS:]
    has = {
        TITLE: bool(sample.title),
        BODY: sample.length > 0,
        DATE: sample.dated,
        AUTHOR: sample.signed,
        PROFILE: sample.extractor in {"profile", "selectors"},
        DAMAGED: is_damaged(sample.title) or is_damaged(sample.opening),
        AHEAD: "future" in sample.remarks,
    }
    marks = Marks(sample.length, "".join(mark for mark, there in has.items() if there))
    return replace(history, pages=(*history.pages, marks)[-WINDOW:], days=days)


def _file(day: str, history: History) -> Day:
    has = {what: round(history.has(what), 2) for what in (TITLE, BODY, DATE, AUTHOR, PROFILE)}
    return Day(day, round(median(page.length for page in history.pages)), has)
