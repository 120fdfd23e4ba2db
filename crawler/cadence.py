"""When to look again: at a source, and at a page that could not be read. Pure decisions.

A source that publishes λ articles an hour and is looked at every I hours shows each of them I/2 hours late and
costs 1/I requests an hour. The total lateness of all articles at a given number of requests is least when I goes
with 1/√λ: four times the articles, half the interval. So what is learned is λ, by hour, weekday and the last
half hour, and the interval follows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from cattrs.errors import BaseValidationError
from cattrs.preconf.json import make_converter

from crawler.nouns import Outcome, Poll

_JSON = make_converter(forbid_extra_keys=True)

# By tier: the interval at one article an hour, and its bounds at any rate.
INTERVAL = {1: timedelta(minutes=10), 2: timedelta(minutes=15), 3: timedelta(minutes=20)}
SHORTEST = {1: timedelta(minutes=1), 2: timedelta(minutes=2), 3: timedelta(minutes=4)}
LONGEST = {1: timedelta(minutes=15), 2: timedelta(minutes=30), 3: timedelta(minutes=60)}
LONGEST_FAILING = timedelta(hours=6)  # however often it failed: an outlet is never abandoned
FIRST_RETRY = {
    Outcome.TEMPORARY: timedelta(minutes=2),
    Outcome.SOFT: timedelta(minutes=10),
    Outcome.HARD: timedelta(minutes=30),
}
FIRST_STEP = timedelta(seconds=0.25)  # between the first polls of two sources
FIRST_SPREAD = timedelta(minutes=2)  # of all first polls, at the most
PAGE_TRIES = (1, 5, 20, 60, 240, 720)  # minutes to wait after the first, second, … failure to read a page
GONE_TRIES = (
    1,
    10,
    60,
    300,
)  # the same where its server says that there is none: outlets list pages before they are out
JITTER = 0.1  # of the interval, so that outlets that started together drift apart
PINNED = 3  # entries that outlets keep on top of their lists, at the most
TURNOVER = 0.5  # of a feed's entries may be new at the next look: a burst must not push some out unseen

USUAL = {1: 6.0, 2: 2.0, 3: 0.5}  # articles an hour by tier, until an outlet has shown its own
# How a newsroom's day usually goes, by local hour, as a share of its mean; until an outlet has shown its own.
DAY = (
    *(0.6, 0.5, 0.4, 0.4, 0.5, 0.7, 0.9, 1.1, 1.4, 1.6, 1.7, 1.8),
    *(1.8, 1.6, 1.4, 1.2, 1.0, 0.9, 0.8, 0.8, 0.8, 0.7, 0.7, 0.6),
)
DOUBT_DAY = 3.0  # hours of watching after which an outlet's own mean counts as much as its tier's
DOUBT_HOUR = 3.0  # and its own hour of the day as much as the usual day
DOUBT_NOW = 0.5  # and the last half hour as much as the hour of the day
DOUBT_WEEKDAY = 40.0  # articles after which a weekday counts for itself
RECENT = timedelta(minutes=30)
MEMORY = timedelta(days=14)  # what is older counts less than half
FULL_EVERY = 24  # polls that said "unchanged", after which the tag is doubted again
DOUBTS = frozenset({1, 6})  # and sooner at first: a tag that lies is seen through at the second poll
ASLEEP = timedelta(hours=6)  # a longer gap between two looks teaches nothing about its hours


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the looks at a source have taught about when it publishes. Plain numbers: kept as JSON in its row."""

    looked_at: datetime | None = None  # the last look that was answered, in the outlet's local time
    size: int = 0  # entries that it lists; 0 while nothing was listed
    fresh: tuple[float, ...] = (0.0,) * 24  # new articles by local hour, older ones fading
    watched: tuple[float, ...] = (0.0,) * 24  # hours of watching by local hour, fading alike
    weekday_fresh: tuple[float, ...] = (0.0,) * 7  # from Monday
    weekday_due: tuple[float, ...] = (0.0,) * 7  # what the hours alone would have had it publish
    recent_fresh: float = 0.0  # in about the last half hour
    recent_watched: float = 0.0
    wish: float = (
        0.0  # seconds between two looks, as the source wants them; "unchanged" does not say it again
    )

    def rate(self, at: datetime, tier: int) -> float:
        """Articles an hour that it is likely to publish at a local time."""
        return (self.recent_fresh + self.usual(at, tier) * DOUBT_NOW) / (self.recent_watched + DOUBT_NOW)

    def usual(self, at: datetime, tier: int) -> float:
        """Articles an hour that it usually publishes at such an hour of such a weekday, whatever it does just now."""
        day = at.weekday()
        share = (self.weekday_fresh[day] + DOUBT_WEEKDAY) / (self.weekday_due[day] + DOUBT_WEEKDAY)
        return self._of_hour(at.hour, tier) * share

    def _of_hour(self, hour: int, tier: int) -> float:
        exposure = sum(hours * share for hours, share in zip(self.watched, DAY, strict=True))
        mean = (sum(self.fresh) + USUAL[tier] * DOUBT_DAY) / (exposure + DOUBT_DAY)
        return (self.fresh[hour] + mean * DAY[hour] * DOUBT_HOUR) / (self.watched[hour] + DOUBT_HOUR)

    def learn(self, poll: Poll, at: datetime, tier: int, wish: timedelta | None = None) -> "Rhythm":
        """The rhythm after one more look.

        Args:
            poll: how the look ended; one that was not answered teaches nothing.
            at: when, in the outlet's local time.
            tier: of the outlet.
            wish: how often the source wants to be asked; None where it did not say.
        """
        if poll.outcome not in {Outcome.OK, Outcome.UNCHANGED}:
            return self
        seen = replace(self, looked_at=at, size=poll.entries or self.size)
        if wish is not None:
            seen = replace(seen, wish=wish.total_seconds())
        if self.looked_at is None:  # a first look lists what was published at any time before
            return seen
        gap = at - self.looked_at
        if gap <= timedelta(0) or gap > ASLEEP:
            return replace(seen, recent_fresh=0.0, recent_watched=0.0)
        hours = gap / timedelta(hours=1)
        middle = at - gap / 2
        fade, recent = 0.5 ** (gap / MEMORY), math.exp(-gap / RECENT)
        hour, day = middle.hour, middle.weekday()
        due = self._of_hour(hour, tier) * hours
        return replace(
            seen,
            fresh=_add(self.fresh, hour, poll.fresh, fade),
            watched=_add(self.watched, hour, hours, fade),
            weekday_fresh=_add(self.weekday_fresh, day, poll.fresh, fade),
            weekday_due=_add(self.weekday_due, day, due, fade),
            recent_fresh=self.recent_fresh * recent + poll.fresh,
            recent_watched=self.recent_watched * recent + hours,
        )

    def to_text(self) -> str:
        """The rhythm as JSON, for its row; under a kilobyte."""
        return _JSON.dumps(self)

    @classmethod
    def from_text(cls, text: str) -> "Rhythm":
        """The rhythm that ``to_text`` wrote; a new one from an empty text, or from one of another version."""
        try:
            return _JSON.loads(text, cls)
        except (ValueError, TypeError, BaseValidationError):
            return cls()


def _add(sums: tuple[float, ...], place: int, more: float, fade: float) -> tuple[float, ...]:
    faded = [round(value * fade, 4) for value in sums]
    faded[place] = round(faded[place] + more, 4)
    return tuple(faded)


def next_look(
    outcome: Outcome,
    *,
    tier: int,
    failures: int,
    retry_after: timedelta | None = None,
    seed: str = "",
    rhythm: Rhythm | None = None,
    at: datetime | None = None,
    wish: timedelta | None = None,
    pace: float = 1.0,
) -> timedelta:
    """Return how long to wait until the next poll of a source.

    Args:
        outcome: how the last poll ended.
        tier: of the outlet.
        failures: the polls that failed in a row, this one included.
        retry_after: what the server asked for; obeyed as a least wait.
        seed: makes the jitter of one source repeatable.
        rhythm: what is known of when it publishes; absent: what is usual in its tier.
        at: now, in the outlet's local time; absent: the tier's interval is taken.
        wish: how often the source itself wants to be asked (ttl, sy:update*, max-age), obeyed up to the tier's
            interval: WordPress says "hourly" for every site.
        pace: above 1 looks less often, for all sources alike.
    """
    if outcome in FIRST_RETRY:
        wait = min(FIRST_RETRY[outcome] * 2.0 ** min(failures - 1, 10), LONGEST_FAILING)
        if outcome is Outcome.TEMPORARY:
            wait = min(wait, LONGEST_FAILING / 6)
    else:
        wait = _interval(rhythm or Rhythm(), tier, at, pace) if at else INTERVAL[tier] * pace
        wait = max(wait, min(wish or timedelta(), INTERVAL[tier]))
    wait = max(wait, retry_after or timedelta())
    late = Random(f"{seed}{failures}").uniform(0, JITTER)  # noqa: S311 (spreads load, guards nothing)
    return wait * (1 + late)


def _interval(rhythm: Rhythm, tier: int, at: datetime, pace: float) -> timedelta:
    rate = max(rhythm.rate(at, tier), 0.01)
    wait = min(max(INTERVAL[tier] * pace / math.sqrt(rate), SHORTEST[tier]), LONGEST[tier] * max(pace, 1.0))
    if rhythm.size:
        wait = min(wait, max(timedelta(hours=1) * TURNOVER * rhythm.size / rate, SHORTEST[tier]))
    return wait


def may_have_missed(listed: Sequence[bool]) -> bool:
    """Whether a list does not reach back to the last look at its source: what lies between may have fallen out.

    Args:
        listed: of each entry, in the source's order, whether it was known by that look. A few that are pinned are
            known though all others are new: so few count only at the end, where the oldest stand.
    """
    few = max(1, min(PINNED, len(listed) // 4))
    return len(listed) > 0 and sum(listed) <= few and not any(listed[-few:])


def ask_in_full(unchanged: int) -> bool:
    """Whether the next poll must ask without validators, after so many "unchanged" in a row: tags can lie."""
    return unchanged in DOUBTS or (unchanged > 0 and unchanged % FULL_EVERY == 0)


def next_try(outcome: Outcome, *, attempts: int) -> timedelta | None:
    """Return how long to wait before a page is tried again after ``attempts`` failures; None to give it up.

    A page that its server calls gone or forbidden is asked for less often than any other.
    """
    tries = GONE_TRIES if outcome is Outcome.HARD else PAGE_TRIES
    return timedelta(minutes=tries[attempts - 1]) if attempts <= len(tries) else None


def first_looks(sources: list[str]) -> dict[str, timedelta]:
    """Return how long each source never seen before waits for its first poll: spread, so that no herd thunders."""
    step = min(FIRST_STEP, FIRST_SPREAD / max(len(sources), 1))
    return {url: step * place for place, url in enumerate(sources)}
