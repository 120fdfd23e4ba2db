"""Silence on the publishing trace: how many outlets are called silent that are not, and how soon one that fell silent is."""

import csv
from bisect import bisect_right
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest

from crawler.nouns import Outcome, Outlet, Poll, Source, SourceKind
from scheduler.health import Kind, conditions
from scheduler.history import History, after_poll

START = datetime(2026, 11, 23, tzinfo=UTC)
LOOK = timedelta(minutes=20)
STOPS = 48.0  # hours
MOST_FALSE = 1  # of the outlets, once, in three days
MOST_MEDIAN = 10.0  # hours until half of those that fell silent are told, after two days of acquaintance
ZONES = {offset: f"Etc/GMT{-offset:+d}" for offset in range(-11, 13)}

pytestmark = pytest.mark.usefixtures("data")


def read_trace(data: Path) -> dict[Outlet, list[float]]:
    found: defaultdict[Outlet, list[float]] = defaultdict(list)
    with (data / "eval" / "publishing-trace.csv").open() as file:
        for row in csv.DictReader(file):
            outlet = Outlet(
                f"o{row['outlet']}", "ألف", "Alif", "EG", ZONES[int(row["utc_offset_h"])], "https://alif.example",
                (Source("https://alif.example/rss", SourceKind.FEED),), tier=int(row["tier"]),
            )  # fmt: skip
            found[outlet].append(float(row["published_s"]) / 3600)
    return found


def told_silent(outlet: Outlet, published: list[float], *, until: float = 72.0) -> float | None:
    """The hour at which an outlet is first called silent, if it is."""
    history, seen = History(), 0
    for number in range(int(72 * 3600 / LOOK.total_seconds())):
        hour = number * LOOK / timedelta(hours=1)
        now_there = bisect_right(published, min(hour, until))
        fresh, seen = now_there - seen, now_there
        outcome = Outcome.OK if fresh else Outcome.UNCHANGED
        poll = Poll(
            outlet.id,
            outlet.sources[0].url,
            START + number * LOOK,
            timedelta(),
            outcome,
            outcome,
            entries=20,
            fresh=fresh,
        )
        history = after_poll(history, poll, outlet)
        if any(found.kind is Kind.OUTLET_SILENT for found in conditions(outlet, history, ())):
            return hour
    return None


def test_few_outlets_are_called_silent_that_are_not(data):
    trace = read_trace(data)
    alarms = {
        outlet.id: hour for outlet, published in trace.items() if (hour := told_silent(outlet, published))
    }
    print(f"\nfalse alarms in 72 hours: {len(alarms)} of {len(trace)} outlets {alarms}")
    assert len(trace) == 100
    assert len(alarms) <= MOST_FALSE


def test_an_outlet_that_falls_silent_is_told(data):
    delays, never = [], []
    for outlet, published in read_trace(data).items():
        told = told_silent(outlet, published, until=STOPS)
        if told is None:
            never.append((outlet.id, len(published)))
        else:
            delays.append(told - STOPS)
    delays.sort()
    print(
        f"\ntold {len(delays)} of 100, after {median(delays):.1f} h (median), {delays[int(len(delays) * 0.9)]:.1f} h (p90)"
    )
    print(f"not told within a day: {sorted(never, key=lambda each: each[1])}")
    assert median(delays) <= MOST_MEDIAN
    assert len(delays) >= 55
