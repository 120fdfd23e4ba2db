"""What is wrong with an outlet: its history in, conditions out. Pure decisions.

Each condition ends by itself. It begins with clear evidence and ends with a little more than the absence of it,
so that an outlet that comes and goes is one event and not twenty.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from statistics import median

import yaml

from crawler.nouns import Outlet, SourceKind
from crawler.reading.pool import BREAKS
from scheduler.history import (
    AHEAD,
    AUTHOR,
    BODY,
    DAMAGED,
    DATE,
    PROFILE,
    TITLE,
    UNREADABLE,
    History,
    Pulse,
)

IN_A_ROW = 2  # looks that fail before an outlet is called failing, or are well before it is called well
TURNING = 4  # times in its last looks that it came or went: it flaps, and must be well SETTLED times
SETTLED = 5
KNOWN_NEWS = 20  # looks with news after which its own gaps are trusted,
DOUBT = timedelta(days=1)  # and so long after its first look;
HESITATION = 0.5  # of the limit is let pass on top after that time, half of it after twice, and so on
UNKNOWN_SILENT = timedelta(days=3)  # without news: silent, whatever it is like
LEAST_OWED = 6.0  # articles: fewer may be chance (e ** -6 is a quarter of a percent)
LEAST_SILENT = timedelta(hours=2)
LONGER = 2.0  # than its longest usual gap
MISSED = timedelta(days=1)  # for so long a gap that could not be closed is told
LIES = 2  # rows of "unchanged" that were not true
SOME, LAST = 3, 5  # of the last entries or articles have a fault; it ends when the very last ones have none
HALF = 0.5
ENOUGH = 10  # articles before a share of them says anything
DROP = 0.5  # of what was usual: a field that half of the articles have lost
USUALLY = 0.6  # of the articles have a field that is missed when it is gone
SHORTER = 0.4  # than the usual median: bodies have shrunk
LONGEST = 4.0  # times the usual median: they have swollen with what is no text
KNOWN_DAYS = 3
FAILING_PAGES = 3
OVERDUE = timedelta(minutes=15)  # a poll that waits so long was not forgotten by its outlet, but by us


class Kind(StrEnum):
    """What can be wrong; each is one of the operators' EVENTS, with its page in docs/runbooks."""

    OUTLET_FAILING = "outlet_failing"
    OUTLET_WALLED = "outlet_walled"
    OUTLET_EMPTY = "outlet_empty"
    OUTLET_SILENT = "outlet_silent"
    TAG_LIES = "tag_lies"
    ARTICLES_MISSED = "articles_missed"
    DATES_WRONG = "dates_wrong"
    TEXT_DAMAGED = "text_damaged"
    READING_DRIFT = "reading_drift"
    PAGES_FAILING = "pages_failing"
    PAGE_BREAKS_READER = "page_breaks_reader"
    MANY_OUTLETS = "many_outlets"
    POLLS_LATE = "polls_late"


DOWN = (Kind.OUTLET_FAILING, Kind.OUTLET_WALLED, Kind.OUTLET_EMPTY)  # its polls fail
UNSEEN = frozenset({*DOWN, Kind.OUTLET_SILENT})


@dataclass(frozen=True, slots=True)
class Condition:
    """Something an operator must know, for as long as it lasts."""

    kind: Kind
    subject: str  # an outlet's id, a country, or nothing for all
    cause: str  # one line for a person
    evidence: Mapping[str, object] = field(default_factory=dict)


def conditions(outlet: Outlet, history: History, open_kinds: Collection[str]) -> list[Condition]:
    """Return what is wrong with an outlet, from its history alone.

    Args:
        outlet: as it stands in the registry; sources that are disabled there are not looked at.
        history: its past.
        open_kinds: what was wrong with it so far: it takes more to end a condition than not to begin one.
    """
    watched = {source.url: source for source in outlet.sources if source.enabled}
    pulses = {url: pulse for url, pulse in history.pulses.items() if url in watched}
    listed = {
        url: pulse for url, pulse in pulses.items() if watched[url].kind is not SourceKind.LISTING
    }  # a listing page never has dates
    found = [*_failing(outlet, pulses, open_kinds), *_lying(outlet, pulses)]
    checks = (
        _silent(outlet, history, pulses),
        _missed(outlet, history, pulses),
        _dates(outlet, history, listed, Kind.DATES_WRONG in open_kinds),
        _damaged(outlet, history, Kind.TEXT_DAMAGED in open_kinds),
        _drift(outlet, history),
    )
    return found + [condition for condition in checks if condition]


# --- polls ------------------------------------------------------------------------------------------------


def _failing(outlet: Outlet, pulses: Mapping[str, Pulse], open_kinds: Collection[str]) -> Iterator[Condition]:
    so_far = [kind for kind in DOWN if kind in open_kinds]
    bad: dict[Kind, list[tuple[str, Pulse]]] = {}
    for url, pulse in pulses.items():
        if _is_down(pulse, was=bool(so_far)):
            # One that has just begun to recover is told as it was.
            kind = in_words(pulse.cause)[0] if pulse.failures else next(iter(so_far), Kind.OUTLET_FAILING)
            bad.setdefault(kind, []).append((url, pulse))
    for kind, sources in bad.items():
        url, pulse = max(sources, key=lambda each: each[1].failures)
        words = in_words(pulse.cause)[1] if pulse.failures else "it comes and goes"
        share = f" ({len(sources)} of {len(pulses)} sources)" if len(pulses) > 1 else ""
        yield Condition(kind, outlet.id, words + share, _failure(url, pulse))


def _is_down(pulse: Pulse, *, was: bool) -> bool:
    flaps = pulse.turns >= TURNING
    if pulse.failures:
        return was or flaps or pulse.failures >= IN_A_ROW
    return was and not all(pulse.looks) and pulse.wells < (SETTLED if flaps else IN_A_ROW)


def _failure(url: str, pulse: Pulse) -> dict[str, object]:
    return {
        "source": url,
        "cause": pulse.cause,
        "detail": pulse.detail,
        "status": pulse.status,
        "failures": pulse.failures,
        "since": pulse.since.isoformat() if pulse.since else None,
    }


def _lying(outlet: Outlet, pulses: Mapping[str, Pulse]) -> Iterator[Condition]:
    lying = [url for url, pulse in pulses.items() if pulse.lies >= LIES]
    if lying:
        cause = 'its server says "unchanged" for ever, and a full look finds news each time'
        yield Condition(Kind.TAG_LIES, outlet.id, cause, {"sources": lying})


def _missed(outlet: Outlet, history: History, pulses: Mapping[str, Pulse]) -> Condition | None:
    missed = {url: pulse.missed_at for url, pulse in pulses.items() if pulse.missed_at}
    if not missed or history.well_at is None or history.well_at - max(missed.values()) >= MISSED:
        return None
    cause = "it published more between two looks than its source holds, and not all of that could be found"
    evidence = {url: at.isoformat() for url, at in missed.items()}
    return Condition(Kind.ARTICLES_MISSED, outlet.id, cause, evidence)


def _silent(outlet: Outlet, history: History, pulses: Mapping[str, Pulse]) -> Condition | None:
    since = history.new_at or history.begun
    if since is None or history.well_at is None:
        return None
    gap = history.well_at - since
    if not is_known(history):
        if gap < UNKNOWN_SILENT:
            return None
    elif history.owed <= limit(history) or gap < LEAST_SILENT:
        return None
    same = min((pulse.same for pulse in pulses.values()), default=0)
    said = f'; its server says "unchanged" ({same} times in a row)' if same > IN_A_ROW else ""
    cause = f"nothing new for {hours(gap)}, when {history.owed:.0f} articles are usual{said}"
    evidence = {
        "last_new": since.isoformat(),
        "owed": round(history.owed, 1),
        "limit": round(limit(history), 1),
        "unchanged": same,
    }
    return Condition(Kind.OUTLET_SILENT, outlet.id, cause, evidence)


def is_known(history: History) -> bool:
    """Whether an outlet was watched for long enough to be measured by its own past."""
    if history.begun is None or history.well_at is None:
        return False
    return history.news >= KNOWN_NEWS and history.well_at - history.begun >= DOUBT


def limit(history: History) -> float:
    """How many articles an outlet may owe before it is silent: more while its hours are hardly known."""
    known = (history.well_at - history.begun) / DOUBT if history.well_at and history.begun else 0.0
    return max(LEAST_OWED, LONGER * history.usual_gap) * (1 + HESITATION / max(known, 1.0))


def expected_gap(history: History, outlet: Outlet, since: datetime) -> timedelta | None:
    """How long an outlet may be without news from ``since`` (its local time) on; None while it is too new to tell."""
    if not is_known(history):
        return None
    owed, gap, step = 0.0, timedelta(), timedelta(hours=1)
    while owed <= limit(history) and gap < timedelta(days=14):
        owed += history.rhythm.usual(since + gap, outlet.tier)
        gap += step
    return max(gap, LEAST_SILENT)


# --- entries and articles ---------------------------------------------------------------------------------


def _dates(outlet: Outlet, history: History, pulses: Mapping[str, Pulse], was: bool) -> Condition | None:
    undated = [url for url, pulse in pulses.items() if pulse.dated and pulse.undated > HALF * pulse.entries]
    if undated:
        cause = "its list has lost the dates of its entries"
        return Condition(Kind.DATES_WRONG, outlet.id, cause, {"sources": undated})
    for mark, cause in (
        (AHEAD, "its entries are dated in the future: a clock or a time rule is wrong"),
        (UNREADABLE, "its entries carry dates that cannot be read"),
    ):
        faults = [line == mark for line in history.lines]
        if _recur(faults, was=was):
            evidence = {"entries": sum(faults), "of_the_last": len(faults)}
            return Condition(Kind.DATES_WRONG, outlet.id, cause, evidence)
    return None


def _damaged(outlet: Outlet, history: History, was: bool) -> Condition | None:
    titles = [line == DAMAGED for line in history.lines]
    texts = [DAMAGED in page.marks for page in history.pages]
    if not (_recur(titles, was=was) or _recur(texts, was=was)):
        return None
    cause = "its text arrives damaged: replacement characters, or a charset that is not the one declared"
    evidence = {"titles": sum(titles), "articles": sum(texts), "of_the_last": max(len(titles), len(texts))}
    return Condition(Kind.TEXT_DAMAGED, outlet.id, cause, evidence)


def _recur(faults: Sequence[bool], *, was: bool) -> bool:
    """Whether a fault of single entries or articles, the last one last, is there to be told."""
    return any(faults[-LAST:]) and (was or sum(faults) >= SOME)


FIELDS = {TITLE: "title", BODY: "text", DATE: "date", AUTHOR: "author", PROFILE: "learned reading"}


def _drift(outlet: Outlet, history: History) -> Condition | None:
    if len(history.pages) < ENOUGH:
        return None
    known = len(history.days) >= KNOWN_DAYS
    lost = {
        name: f"{history.had(what):.0%} → {history.has(what):.0%}"
        for what, name in FIELDS.items()
        if known and history.had(what) >= USUALLY and history.has(what) <= DROP * history.had(what)
    }
    bare = [name for what, name in ((TITLE, "title"), (BODY, "text")) if history.has(what) <= HALF]
    now = median(page.length for page in history.pages)
    usual = median(day.length for day in history.days) if known else now
    parts = [f"{name} is missing in most articles" for name in bare if name not in lost]
    parts += [f"{name}: {change} of its articles" for name, change in lost.items()]
    if usual and not SHORTER * usual <= now <= LONGEST * usual:
        parts.append(f"the text has {now:.0f} characters where {usual:.0f} are usual")
    if not parts:
        return None
    evidence = {"lost": lost, "length": now, "usual_length": usual, "articles": len(history.pages)}
    return Condition(
        Kind.READING_DRIFT, outlet.id, "its pages read otherwise than before: " + "; ".join(parts), evidence
    )


def pages_failing(outlet: str, failing: Mapping[str, int], read: int, *, was: bool) -> Condition | None:
    """Return that an outlet's pages cannot be read, if that is so.

    Args:
        outlet: its id.
        failing: by cause, the pages of the last day that could not be read so far.
        read: those that could.
        was: it was so until now.
    """
    count = sum(failing.values())
    share = count / (count + read) if count else 0.0
    if not (count >= FAILING_PAGES and share >= HALF) and not (was and count and share >= HALF / 2):
        return None
    cause, _ = max(failing.items(), key=lambda each: each[1])
    words = f"{count} of {count + read} articles of the last day cannot be read, most of them: {cause}"
    return Condition(Kind.PAGES_FAILING, outlet, words, {"causes": dict(failing), "read": read})


def page_breaks_reader(outlet: str, url: str, failing: Mapping[str, int]) -> Condition:
    """Return that pages of an outlet break the process that reads them.

    Args:
        outlet: its id.
        url: one of the pages.
        failing: by cause, the pages of the last day that could not be read so far.
    """
    broke = {cause: count for cause, count in failing.items() if cause in BREAKS}
    words = (
        f"{sum(broke.values())} pages of the last day broke their reader ({', '.join(broke)}), such as {url}"
    )
    return Condition(Kind.PAGE_BREAKS_READER, outlet, words, {"url": url, "causes": broke})


def polls_late(late: int, oldest: datetime | None, now: datetime) -> Condition | None:
    """Return that polls are not made in time, if that is so.

    Args:
        late: the sources that are OVERDUE.
        oldest: since when the first of them is due.
        now: aware.
    """
    if not late or oldest is None:
        return None
    cause = f"{late} sources wait to be polled, the first for {hours(now - oldest)}"
    return Condition(Kind.POLLS_LATE, "", cause, {"sources": late, "oldest": oldest.isoformat()})


# --- words ------------------------------------------------------------------------------------------------


def in_words(cause: str) -> tuple[Kind, str]:
    """Return which kind of condition a poll's cause is, and what it means."""
    for kind, causes in _causes().items():
        if cause in causes:
            return Kind(kind), causes[cause]
    if cause.startswith("defect_"):
        return Kind.OUTLET_FAILING, f"we fail at its list by a defect of our own ({cause[7:]})"
    name = f"HTTP {cause[5:]}" if cause.startswith("http_") else cause
    return Kind.OUTLET_FAILING, f"it cannot be polled ({name})"


@cache
def _causes() -> dict[str, dict[str, str]]:
    text = files("scheduler").joinpath("causes.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = yaml.safe_load(text)
    return loaded


def hours(span: timedelta) -> str:
    """Return a span as a person says it: 40 min, 7 h, 3 days."""
    minutes = span.total_seconds() / 60
    if minutes < 90:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"
