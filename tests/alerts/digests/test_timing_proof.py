"""Exactly one decision a local date: two years, nineteen zones, forty-eight times of sending.

The oracle walks the clock of a zone in quarter hours and knows nothing of gaps and overlaps.
"""

import itertools
import os
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from alerts.digests.nouns import DigestKind, DigestSettings, Edition, Outcome
from alerts.digests.timing import due

FULL = os.environ.get("MARSAD_PROOF") == "full"
DAYS = 730
START = datetime(2026, 11, 1, tzinfo=UTC)
ZONES = (
    *("Africa/Cairo", "Asia/Gaza", "Asia/Beirut", "Africa/Casablanca", "Africa/El_Aaiun", "Asia/Riyadh"),
    *("Asia/Dubai", "Asia/Baghdad", "Asia/Amman", "Africa/Khartoum", "Asia/Kathmandu", "Asia/Tehran"),
    *("Pacific/Apia", "America/New_York", "Europe/Berlin", "Asia/Tokyo", "Australia/Lord_Howe"),
    *("Pacific/Chatham", "America/St_Johns"),
)
TIMES = [time(half // 2, half % 2 * 30) for half in range(48)]
MINUTE, QUARTER = timedelta(minutes=1), timedelta(minutes=15)
SEED = 20261123
_chance = random.Random(SEED)
SLICE = sorted(_chance.sample([(zone, at) for zone in ZONES for at in TIMES], 30), key=str)
CASES = [(zone, at) for zone in ZONES for at in TIMES] if FULL else SLICE


@cache
def walls(zone: str) -> list[tuple[datetime, datetime]]:
    """The wall time of every quarter hour of the two years."""
    steps = [START + n * QUARTER for n in range(DAYS * 96)]
    return [(step, step.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) for step in steps]


def expected(zone: str, at: time) -> dict[date, datetime]:
    """Every local date with the first quarter hour at which its clock shows ``at`` or later."""
    found: dict[date, datetime] = {}
    for step, wall in walls(zone):
        if wall.time() >= at:
            found.setdefault(wall.date(), step)
    first = walls(zone)[0][1]
    if first.time() > at:  # the span began after this date's moment
        del found[first.date()]
    return found


def moments(due_at: list[datetime], chance: random.Random, *, outages: bool) -> Iterator[datetime]:
    """Ticks around each moment and at any time; where the service fails, none for up to three days."""
    down_until = START
    for moment in due_at:
        if outages and chance.random() < 0.03:
            down_until = moment + chance.random() * timedelta(days=3)
        for tick in (
            moment - MINUTE,
            moment,
            moment + MINUTE,
            moment + chance.random() * timedelta(hours=22),
        ):
            if tick >= down_until:
                yield tick


def live(zone: str, at: time, *, outages: bool) -> list[Edition]:
    settings, tz = DigestSettings(1, DigestKind.DAILY, at), ZoneInfo(zone)
    chance = random.Random(f"{SEED} {zone} {at}")
    history: list[Edition] = []
    due_at = list(expected(zone, at).values())
    for now in moments(due_at, chance, outages=outages):
        if now >= due_at[0]:  # the minute before belongs to a day whose moment lies before the span
            history += due(settings, tz, history[-10:], now)
    return history


def check(history: list[Edition]) -> None:
    slots = [edition.slot for edition in history]
    assert len(slots) == len(set(slots)), "two decisions about one date"
    sent = [edition.decided_at for edition in history if edition.outcome is Outcome.SENT]
    assert all(later - one >= timedelta(hours=12) for one, later in itertools.pairwise(sent))
    closed = [edition for edition in history if edition.closes]
    assert all(later.since == one.until for one, later in itertools.pairwise(closed)), "a hole"
    assert all(edition.since < edition.until for edition in history)


@pytest.mark.proof
@pytest.mark.parametrize("zone", sorted({zone for zone, _ in CASES}))
def test_case_67_one_digest_a_local_date_whatever_the_clock_does(zone):
    for at in (at for where, at in CASES if where == zone):
        dates = expected(zone, at)
        history = live(zone, at, outages=False)
        check(history)
        assert {date.fromisoformat(edition.slot): edition.decided_at for edition in history} == dates
        assert {edition.outcome for edition in history} == {Outcome.SENT}

        troubled = live(zone, at, outages=True)
        check(troubled)
        decided = {date.fromisoformat(edition.slot) for edition in troubled}
        last = max(decided)
        assert decided == {day for day in dates if min(decided) <= day <= last}, "a date without a decision"
        late = {edition.decided_at - edition.due for edition in troubled if edition.outcome is Outcome.SENT}
        assert max(late) < timedelta(hours=6)
        assert Outcome.MERGED in {edition.outcome for edition in troubled}
