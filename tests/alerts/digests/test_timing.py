"""When a digest is due: clock changes, late starts, moves to other zones, clocks that jump."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.digests.nouns import DigestKind, DigestSettings, Edition, Outcome
from alerts.digests.timing import due, moment

CAIRO, TOKYO, NEW_YORK = ZoneInfo("Africa/Cairo"), ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")
DAILY = DigestSettings(1, DigestKind.DAILY, time(8))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(text: str, zone: ZoneInfo = CAIRO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def live(settings: DigestSettings, moments: list[tuple[datetime, ZoneInfo]]) -> list[Edition]:
    """Every decision that ticks at these moments lead to."""
    history: list[Edition] = []
    for now, zone in moments:
        history += due(settings, zone, history, now)
    return history


def ticks(start: datetime, end: datetime, every: timedelta = timedelta(minutes=1)) -> list[datetime]:
    return [start + n * every for n in range((end - start) // every + 1)]


def told(history: list[Edition]) -> list[tuple[str, Outcome]]:
    return [(edition.slot, edition.outcome) for edition in history]


@pytest.mark.parametrize(
    ("day", "wall", "zone", "expected"),
    [
        (
            "2027-04-30",
            "00:30",
            "Africa/Cairo",
            "2027-04-29T22:00Z",
        ),  # 00:00 became 01:00: right after the gap
        ("2027-10-28", "23:30", "Africa/Cairo", "2027-10-28T20:30Z"),  # twice that night: the first
        (
            "2027-10-29",
            "00:00",
            "Africa/Cairo",
            "2027-10-28T22:00Z",
        ),  # midnight came only after the second 23:xx
        ("2027-03-28", "02:30", "Europe/Berlin", "2027-03-28T01:00Z"),
        ("2027-10-31", "02:30", "Europe/Berlin", "2027-10-31T00:30Z"),
        ("2026-03-04", "08:00", "Asia/Kathmandu", "2026-03-04T02:15Z"),
        ("2011-12-31", "08:00", "Pacific/Apia", "2011-12-30T18:00Z"),
        ("2011-12-30", "08:00", "Pacific/Apia", None),  # a date that Samoa never had
    ],
)
def test_case_67_the_moment_of_a_date_is_the_first_that_reaches_its_wall_time(day, wall, zone, expected):
    found = moment(date.fromisoformat(day), time.fromisoformat(wall), ZoneInfo(zone))
    assert found == (datetime.fromisoformat(expected) if expected else None)


@pytest.mark.parametrize(
    ("wall", "night"), [("00:30", "2027-04-29"), ("23:30", "2027-10-28"), ("00:00", "2027-10-28")]
)
def test_case_67_a_tick_a_minute_through_a_clock_change_sends_once_a_date(wall, night):
    settings = replace(DAILY, at=time.fromisoformat(wall))
    start = at(f"{night}T12:00") - DAY
    history = live(settings, [(now, CAIRO) for now in ticks(start, start + 3 * DAY)])
    sent = [edition.slot for edition in history if edition.outcome is Outcome.SENT]
    assert len(sent) == len(set(sent)) == 3
    check_apart_and_tiled(history)


def test_case_68_from_tokyo_to_new_york_at_night():
    move = at("2026-05-06T23:50", TOKYO)
    moments = [(now, TOKYO if now < move else NEW_YORK) for now in ticks(move - 2 * DAY, move + 3 * DAY)]
    history = live(DAILY, moments)
    check_apart_and_tiled(history)
    assert told(history)[-2:] == [("2026-05-08", Outcome.SENT), ("2026-05-09", Outcome.SENT)]


def test_case_68_from_new_york_to_tokyo_the_next_waits_for_its_twelve_hours():
    sent = at("2026-05-06T08:00", NEW_YORK)
    moments = [(now, NEW_YORK if now < sent + HOUR else TOKYO) for now in ticks(sent, sent + 2 * DAY)]
    history = live(DAILY, moments)
    check_apart_and_tiled(history)
    assert history[1].decided_at == sent + 12 * HOUR  # 10:00 in Tokyo, two hours after its time


def test_case_68_what_cannot_wait_is_too_soon_and_its_window_goes_to_the_next():
    evening, morning = replace(DAILY, at=time(23)), replace(DAILY, at=time(4))
    history = due(evening, CAIRO, [], at("2026-05-06T23:00"))
    history += due(morning, CAIRO, history, at("2026-05-07T04:00"))
    history += due(morning, CAIRO, history, at("2026-05-08T04:00"))
    assert [edition.outcome for edition in history] == [Outcome.SENT, Outcome.TOO_SOON, Outcome.SENT]
    assert history[2].since == history[0].until


def check_apart_and_tiled(history: list[Edition]) -> None:
    sent = [edition for edition in history if edition.outcome is Outcome.SENT]
    assert all(later.decided_at - one.decided_at >= 12 * HOUR for one, later in itertools.pairwise(sent))
    closed = [edition for edition in history if edition.closes]
    assert all(later.since == one.until for one, later in itertools.pairwise(closed))
    slots = [edition.slot for edition in history]
    assert len(slots) == len(set(slots))


@pytest.mark.parametrize(
    ("late", "outcome"), [(timedelta(hours=5, minutes=59), Outcome.SENT), (6 * HOUR, Outcome.MERGED)]
)
def test_a_late_start_sends_within_six_hours_and_merges_after(late, outcome):
    history = due(DAILY, CAIRO, [], at("2026-05-05T08:00"))
    history += due(DAILY, CAIRO, history, at("2026-05-06T08:00") + late)
    history += due(DAILY, CAIRO, history, at("2026-05-07T08:00"))
    assert told(history)[1:] == [("2026-05-06", outcome), ("2026-05-07", Outcome.SENT)]
    check_apart_and_tiled(history)


def test_case_13_a_laptop_that_slept_three_days_decides_about_each_of_them_and_sends_once():
    history = due(DAILY, CAIRO, [], at("2026-05-05T08:00"))
    history += due(DAILY, CAIRO, history, at("2026-05-08T09:00"))
    merged = [("2026-05-06", Outcome.MERGED), ("2026-05-07", Outcome.MERGED)]
    assert told(history)[1:] == [*merged, ("2026-05-08", Outcome.SENT)]
    assert history[-1].since == history[0].until


def test_a_season_away_is_not_told_in_one_digest():
    history = due(DAILY, CAIRO, [], at("2026-01-05T08:00"))
    back = due(DAILY, CAIRO, history, at("2026-05-08T09:00"))
    assert len(back) <= 32
    assert back[-1].until - back[-1].since == 31 * DAY


def test_case_12_a_clock_that_jumped_a_year_ahead_and_came_back_stops_nobodys_digest():
    history = due(DAILY, CAIRO, [], at("2026-05-05T08:00"))
    history += due(DAILY, CAIRO, history, at("2027-05-05T08:00"))
    back = due(DAILY, CAIRO, history, at("2026-05-06T08:00"))
    assert told(back) == [("2026-05-06", Outcome.SENT)]
    assert back[0].since == history[0].until


def test_case_16_a_zone_that_changes_its_rule_tonight_gets_no_second_digest():
    history = due(DAILY, CAIRO, [], at("2026-05-05T08:00"))
    assert due(DAILY, ZoneInfo("Etc/GMT-1"), history, at("2026-05-05T10:00")) == []


def test_a_first_digest_tells_the_last_day_and_comes_at_its_hour():
    assert due(DAILY, CAIRO, [], at("2026-05-05T07:59")) == []
    (first,) = due(DAILY, CAIRO, [], at("2026-05-05T08:00"))
    assert first.until - first.since == DAY


def test_only_the_weekdays_that_were_chosen():
    settings = replace(DAILY, weekdays=frozenset({6, 0}))  # Sunday and Monday
    history = live(
        settings, [(now, CAIRO) for now in ticks(at("2026-05-01T00:00"), at("2026-05-31T00:00"), HOUR)]
    )
    assert {edition.local_date.weekday() for edition in history} == {6, 0}
    check_apart_and_tiled(history)


def test_a_weekly_digest_comes_on_its_day_and_survives_a_morning_off():
    settings = replace(DAILY, kind=DigestKind.WEEKLY, weekdays=frozenset({4}))
    history = due(settings, CAIRO, [], at("2026-05-08T08:00"))  # a Friday
    history += due(settings, CAIRO, history, at("2026-05-15T21:00"))
    assert told(history) == [("2026-05-08", Outcome.SENT), ("2026-05-15", Outcome.SENT)]
    assert history[0].until - history[0].since == timedelta(days=7)
    assert due(replace(settings, weekdays=frozenset()), CAIRO, history, at("2026-05-22T08:00")) == []


def test_an_hourly_digest_comes_once_an_hour_and_hours_off_are_one():
    settings = replace(DAILY, kind=DigestKind.HOURLY)
    history = live(settings, [(now, CAIRO) for now in ticks(at("2026-05-05T08:00"), at("2026-05-05T10:30"))])
    assert [edition.slot for edition in history] == ["2026-05-05T05Z", "2026-05-05T06Z", "2026-05-05T07Z"]
    (later,) = due(settings, CAIRO, history, at("2026-05-05T19:20"))
    assert (later.since, later.outcome) == (history[-1].until, Outcome.SENT)
