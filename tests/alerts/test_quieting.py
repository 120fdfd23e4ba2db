"""Quiet hours: case 73, across midnight and daylight-saving changes."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.nouns import Level, QuietMode, RecipientKind, Subscriber
from alerts.quieting import quiet, quiet_until

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SLEEPER = Subscriber(
    RecipientKind.PRIVATE_CHAT, "1", NOON, timezone="Africa/Cairo", quiet_from=time(22), quiet_to=time(7)
)


def cairo(day: int, hour: int, minute: int = 0, *, month: int = 11, fold: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Africa/Cairo"), fold=fold)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (cairo(23, 21, 59), None),
        (cairo(23, 22), cairo(24, 7)),
        (cairo(24, 0, 0), cairo(24, 7)),
        (cairo(24, 6, 59), cairo(24, 7)),
        (cairo(24, 7), None),
    ],
)
def test_case_73_a_night_is_a_night_across_midnight(now, until):
    assert quiet_until(SLEEPER, now.astimezone(UTC)) == until


def test_case_73_a_night_is_an_hour_shorter_or_longer_when_clocks_change():
    # Cairo sets its clocks forward at 2026-04-24 00:00 and back at 2026-10-30 00:00.
    spring = quiet_until(SLEEPER, cairo(23, 22, month=4).astimezone(UTC))
    autumn = quiet_until(SLEEPER, cairo(29, 22, month=10).astimezone(UTC))
    assert spring - cairo(23, 22, month=4).astimezone(UTC) == timedelta(hours=8)
    assert autumn - cairo(29, 22, month=10).astimezone(UTC) == timedelta(hours=10)


def test_case_73_an_end_that_comes_twice_is_met_at_the_first_that_is_to_come():
    reader = replace(SLEEPER, quiet_to=time(23, 30))  # the hour from 23:00 is told twice on 29 October
    reader = replace(reader, quiet_from=time(20))
    first, second = cairo(29, 23, 10, month=10), cairo(29, 23, 10, month=10, fold=1)
    assert quiet_until(reader, first.astimezone(UTC)) == cairo(29, 23, 30, month=10).astimezone(UTC)
    assert quiet_until(reader, second.astimezone(UTC)) == cairo(29, 23, 30, month=10, fold=1).astimezone(UTC)


def test_what_the_reader_chose_decides():
    night = cairo(24, 1).astimezone(UTC)
    assert quiet(SLEEPER, Level.CRITICAL, night).until == cairo(24, 7), "critical passes only where it may"
    assert quiet(replace(SLEEPER, quiet_critical=True), Level.CRITICAL, night).until is None
    assert quiet(replace(SLEEPER, quiet_critical=True), Level.HIGH, night).until == cairo(24, 7)
    silent = quiet(replace(SLEEPER, quiet_mode=QuietMode.SILENT), Level.HIGH, night)
    assert (silent.until, silent.silent) == (None, True)
    for same in (replace(SLEEPER, quiet_to=None), replace(SLEEPER, quiet_to=time(22))):
        assert quiet(same, Level.HIGH, night).until is None


@settings(max_examples=100)
@given(
    st.integers(0, 730 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    st.sampled_from(
        ["Africa/Cairo", "Asia/Gaza", "Asia/Beirut", "Africa/Casablanca", "Australia/Lord_Howe", "UTC"]
    ),
    st.times(),
    st.times(),
)
def test_no_night_is_endless_and_each_ends_outside_itself(now, zone, start, end):
    reader = replace(SLEEPER, timezone=zone, quiet_from=start, quiet_to=end)
    until = quiet_until(reader, now)
    if until is not None:
        assert now < until <= now + timedelta(hours=26)
        local = until.astimezone(ZoneInfo(zone))
        wall = datetime.combine(local.date(), end, ZoneInfo(zone))
        exists = wall.astimezone(UTC).astimezone(ZoneInfo(zone)).time() == end
        assert local.time() == end or not exists, "the wall clock reads the end, where there is such a time"
