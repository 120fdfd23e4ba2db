"""How late are articles seen, at how many requests? Marsad's cadence beside fixed polling, on one trace.

    MARSAD_DATA=../shared/data python benchmarks/cadence.py

The trace says when 100 outlets publish over 72 hours and how many entries their feeds keep. Both sides are
played on it by the same simulator, know nothing of its outlets in advance, and pay one request a poll and one
for each page of older entries that recovers a gap. Marsad's side calls the decisions that the service calls.
"""

import csv
import math
import os
import statistics
import sys
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from crawler.cadence import Rhythm, may_have_missed, next_look
from crawler.nouns import Outcome, Poll
from crawler.recovering import MOST_REQUESTS

START = datetime(2026, 11, 23, tzinfo=UTC)  # a Monday
HOURS = 72
FIXED = timedelta(minutes=15)
ASK = timedelta(milliseconds=200)  # between a poll and the request for older entries


@dataclass(frozen=True, slots=True)
class Site:
    """One outlet of the trace."""

    name: str
    tier: int
    zone: timezone
    keeps: int  # entries its feed lists
    published: tuple[float, ...]  # seconds from the start, ascending


@dataclass(slots=True)
class Bill:
    """What a way of polling costs and brings."""

    requests: int = 0
    delays: list[float] = field(default_factory=list)
    fell_out: int = 0  # left a feed before they were seen in it
    unseen: int = 0  # and were not recovered

    def row(self, name: str) -> str:
        """One line of the table, delays in minutes."""
        ranked = sorted(self.delays)
        p95 = ranked[int(len(ranked) * 0.95)] / 60
        median, mean = statistics.median(ranked) / 60, statistics.fmean(ranked) / 60
        return (
            f"{name:38}{self.requests:>9,}{median:>9.2f}{mean:>7.2f}{p95:>7.2f}"
            f"{self.fell_out:>10}{self.unseen:>8}"
        )

    @property
    def median(self) -> float:
        """The median delay, in seconds."""
        return statistics.median(self.delays)


Decide = Callable[[Site, Rhythm | None, Poll, datetime], tuple[timedelta, Rhythm | None]]


def sites(path: Path) -> list[Site]:
    """The outlets of a trace."""
    times: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = (row["outlet"], row["tier"], row["utc_offset_h"], row["feed_keeps"])
            times[key].append(float(row["published_s"]))
    return [
        Site(name, int(tier), timezone(timedelta(hours=int(offset))), int(keeps), tuple(sorted(published)))
        for (name, tier, offset, keeps), published in times.items()
    ]


def play(trace: list[Site], decide: Decide, *, recover: bool) -> Bill:
    """Poll every outlet for the length of the trace; all articles before its end are seen or counted unseen."""
    bill = Bill()
    for place, site in enumerate(trace):
        _play_one(
            site, decide, bill, recover=recover, first=(place + 0.5) / len(trace) * FIXED.total_seconds()
        )
    return bill


def _play_one(site: Site, decide: Decide, bill: Bill, *, recover: bool, first: float) -> None:
    at, seen, rhythm, looks = first, 0, None, 0
    while at < HOURS * 3600:
        out = bisect_right(site.published, at)
        oldest = max(out - site.keeps, seen)
        listed, fresh, gap = min(site.keeps, out), out - oldest, oldest - seen
        poll = Poll(
            site.name,
            "",
            START + timedelta(seconds=at),
            timedelta(),
            Outcome.OK,
            "ok",
            entries=listed,
            fresh=fresh,
        )
        bill.requests += 1
        bill.delays += [at - then for then in site.published[oldest:out]]
        bill.fell_out += gap
        if recover and looks and may_have_missed([False] * fresh + [True] * (listed - fresh)):
            # A full feed of new entries: pages of older ones are asked for until a known one appears.
            # As the service does, no more than so many; what lies further back stays unseen.
            asked = min(math.ceil((gap + 1) / site.keeps), MOST_REQUESTS)
            found = max(oldest - asked * site.keeps, seen)
            bill.requests += asked
            bill.delays += [at + ASK.total_seconds() - then for then in site.published[found:oldest]]
            bill.unseen += found - seen
        elif looks:
            bill.unseen += gap
        wait, rhythm = decide(site, rhythm, poll, poll.started_at.astimezone(site.zone))
        at, seen, looks = at + wait.total_seconds(), out, looks + 1


def fixed(interval: timedelta) -> Decide:
    """Poll at one interval, whatever is seen."""
    return lambda _site, _rhythm, _poll, _at: (interval, None)


def marsad(pace: float) -> Decide:
    """Poll as the service does."""

    def decide(
        site: Site, rhythm: Rhythm | None, poll: Poll, at: datetime
    ) -> tuple[timedelta, Rhythm | None]:
        learned = (rhythm or Rhythm()).learn(poll, at, site.tier)
        wait = next_look(
            poll.outcome, tier=site.tier, failures=1, seed=site.name, rhythm=learned, at=at, pace=pace
        )
        return wait, learned

    return decide


def fit(trace: list[Site], fast_enough: Callable[[Bill], bool]) -> tuple[float, Bill]:
    """The slowest pace between 0.25 and 8 that is still fast enough, and its bill."""
    low, high = 0.25, 8.0
    best = play(trace, marsad(low), recover=True)
    for _ in range(7):
        middle = math.sqrt(low * high)
        bill = play(trace, marsad(middle), recover=True)
        low, high, best = (middle, high, bill) if fast_enough(bill) else (low, middle, best)
    return low, best


def main() -> None:
    """Print both sides, and Marsad's at the other's number of requests and at the other's delay."""
    folder = os.environ.get("MARSAD_DATA", "")
    if not folder:
        sys.exit("cadence: MARSAD_DATA is not set: it names the folder that holds eval/publishing-trace.csv")
    trace = sites(Path(folder) / "eval" / "publishing-trace.csv")
    plain = play(trace, fixed(FIXED), recover=False)
    # The slowest pace that asks for more than fixed polling: a hair above it the requests are equal.
    pace_of_requests, _ = fit(trace, lambda bill: bill.requests > plain.requests)
    equal = play(trace, marsad(pace_of_requests * 1.01), recover=True)
    pace_of_delay, late = fit(trace, lambda bill: bill.median <= plain.median)
    print(
        f"{'minutes from published to seen':38}{'requests':>9}{'median':>9}{'mean':>7}{'p95':>7}"
        f"{'fell out':>10}{'unseen':>8}"
    )
    print(plain.row("fixed, every 15 minutes"))
    print(play(trace, fixed(FIXED), recover=True).row("fixed, with gap recovery"))
    print(play(trace, marsad(1.0), recover=True).row("marsad as shipped"))
    print(equal.row(f"marsad at as many requests, pace {pace_of_requests * 1.01:.2f}"))
    print(late.row(f"marsad at as much delay, pace {pace_of_delay:.2f}"))
    print(f"at as many requests, the median delay is {plain.median / equal.median:.2f}x shorter")
    print(f"at as much delay, the requests are {late.requests / plain.requests:.0%}")
    print(
        f"entries that fell out of a feed unseen: {equal.unseen} with gap recovery, {plain.unseen} at fixed polling"
    )


if __name__ == "__main__":
    main()
