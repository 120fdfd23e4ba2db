"""When to look again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.cadence import (
    FIRST_SPREAD,
    FIRST_STEP,
    INTERVAL,
    JITTER,
    LONGEST,
    LONGEST_FAILING,
    SHORTEST,
    USUAL,
    Rhythm,
    first_looks,
    may_have_missed,
    next_look,
    next_try,
)
from crawler.nouns import Outcome, Poll

MINUTE = timedelta(minutes=1)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def within_jitter(wait: timedelta, base: timedelta) -> bool:
    return base <= wait <= base * (1 + JITTER)


@pytest.mark.parametrize("tier", [1, 2, 3])
@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.UNCHANGED])
def test_a_source_that_answers_is_looked_at_at_its_tiers_interval(tier, outcome):
    assert within_jitter(next_look(outcome, tier=tier, failures=1), INTERVAL[tier])


@pytest.mark.parametrize("outcome", [Outcome.TEMPORARY, Outcome.SOFT, Outcome.HARD])
def test_failures_back_off_and_an_outlet_is_never_abandoned(outcome):
    waits = [next_look(outcome, tier=2, failures=n) for n in range(1, 40)]
    assert waits[1] > waits[0]
    assert max(waits) <= LONGEST_FAILING * (1 + JITTER)


def test_a_passing_failure_is_tried_again_sooner_than_a_wrong_address():
    assert next_look(Outcome.TEMPORARY, tier=1, failures=1) < next_look(Outcome.HARD, tier=1, failures=1)


def test_a_server_that_asks_for_time_gets_it():
    assert next_look(Outcome.TEMPORARY, tier=1, failures=1, retry_after=timedelta(hours=9)) >= timedelta(
        hours=9
    )


def test_jitter_is_repeatable_and_differs_between_sources():
    one, same, other = (next_look(Outcome.OK, tier=1, failures=1, seed=seed) for seed in ("a", "a", "b"))
    assert one == same != other


def test_a_page_is_tried_for_hours_and_then_given_up():
    waits = []
    while (wait := next_try(Outcome.TEMPORARY, attempts=len(waits) + 1)) is not None:
        waits.append(wait)
    assert waits == sorted(waits)
    assert sum(waits, timedelta()) > timedelta(hours=12)


def test_a_page_that_is_not_there_yet_is_asked_for_over_hours():
    gone = [next_try(Outcome.HARD, attempts=1 + n) for n in range(5)]
    assert gone[0] == MINUTE
    assert sum(gone[:-1], timedelta()) > timedelta(hours=6), "a page that is listed before it is out"
    assert gone[-1] is None


def test_first_looks_are_spread():
    looks = list(first_looks(["a", "b", "c"]).values())
    assert looks == [FIRST_STEP * n for n in range(3)]
    many = first_looks([str(n) for n in range(10_000)]).values()
    assert len(set(many)) == 10_000
    assert max(many) < FIRST_SPREAD
    assert first_looks([]) == {}


# --- rhythm -----------------------------------------------------------------------------------------------


def poll(fresh: int = 0, entries: int = 20, outcome: Outcome = Outcome.OK) -> Poll:
    return Poll("o", "u", MONDAY, timedelta(), outcome, "ok", entries=entries, fresh=fresh)


def watched(per_hour: dict[int, int], days: int = 3, tier: int = 2, every: int = 10) -> Rhythm:
    """The rhythm of an outlet that publishes so many articles in these hours of each day."""
    rhythm = Rhythm()
    for minutes in range(0, days * 24 * 60, every):
        at = MONDAY + timedelta(minutes=minutes)
        before = at - timedelta(minutes=every)
        rhythm = rhythm.learn(poll(per_hour.get(before.hour, 0) * every // 60), at, tier)
    return rhythm


def wait(rhythm: Rhythm, at: datetime = MONDAY + timedelta(days=3), tier: int = 2, **more) -> timedelta:
    """The wait without its jitter."""
    late = next_look(Outcome.OK, tier=tier, failures=1, rhythm=rhythm, at=at, **more)
    plain = next_look(Outcome.OK, tier=tier, failures=1)
    return late * (INTERVAL[tier] / plain)


def test_four_times_the_articles_half_the_interval():
    rare, busy = (watched(dict.fromkeys(range(24), n), tier=3) for n in (6, 24))
    assert wait(rare, tier=3) / wait(busy, tier=3) == pytest.approx(2, rel=0.1)


def test_an_outlet_is_looked_at_more_often_in_its_own_hours():
    nightly = watched({1: 30, 2: 30, 3: 30}, days=7)
    night, noon = MONDAY + timedelta(days=7, hours=2), MONDAY + timedelta(days=7, hours=12)
    quiet = replace(nightly, recent_fresh=0.0, recent_watched=0.0)
    assert wait(quiet, night) < wait(quiet, noon) / 2


def test_a_weekday_without_news_is_learned():
    rhythm = Rhythm()
    for hours in range(24 * 7 * 6):
        at = MONDAY + timedelta(hours=hours)
        off = (at - timedelta(minutes=30)).weekday() == 4
        rhythm = rhythm.learn(poll(0 if off else 4), at, 2)
    friday = MONDAY + timedelta(days=7 * 6 + 4, hours=12)
    calm = replace(rhythm, recent_fresh=0.0, recent_watched=0.0)
    assert calm.rate(friday, 2) < calm.rate(friday + timedelta(days=1), 2) / 3


def test_a_burst_shortens_the_next_wait():
    calm = watched({10: 6}, days=2)
    at = calm.looked_at + 10 * MINUTE
    assert wait(calm.learn(poll(15), at, 2), at) < wait(calm.learn(poll(0), at, 2), at) / 2


def test_a_short_feed_is_never_left_to_turn_over():
    rhythm = watched(dict.fromkeys(range(24), 6), tier=3)
    half = timedelta(hours=0.5) / rhythm.rate(MONDAY + timedelta(days=3), 3)
    assert SHORTEST[3] < half < wait(rhythm, tier=3)
    assert wait(replace(rhythm, size=1), tier=3) == pytest.approx(half, rel=0.001)


def test_the_first_look_and_failed_looks_teach_nothing_about_the_rate():
    first = Rhythm().learn(poll(fresh=50), MONDAY, 1)
    assert first == Rhythm(looked_at=MONDAY, size=20)
    assert first.rate(MONDAY, 1) == Rhythm().rate(MONDAY, 1)
    for outcome in (Outcome.SOFT, Outcome.HARD, Outcome.TEMPORARY):
        assert first.learn(poll(outcome=outcome), MONDAY + MINUTE, 1) == first


def test_a_night_of_downtime_teaches_nothing_about_the_hours():
    before = watched({10: 6})
    after = before.learn(poll(40), before.looked_at + timedelta(hours=9), 2)
    assert (after.fresh, after.watched) == (before.fresh, before.watched)
    assert after.looked_at == before.looked_at + timedelta(hours=9)


def test_an_unchanged_look_is_an_hour_without_news():
    rhythm = Rhythm()
    for hours in range(24):
        rhythm = rhythm.learn(poll(outcome=Outcome.UNCHANGED, entries=0), MONDAY + timedelta(hours=hours), 1)
    assert rhythm.rate(MONDAY, 1) < USUAL[1] / 5


def test_a_feeds_own_wish_is_obeyed_up_to_the_tiers_interval():
    busy = watched(dict.fromkeys(range(24), 60), tier=1)
    assert wait(busy, tier=1) < 2 * MINUTE
    assert wait(busy, tier=1, wish=5 * MINUTE) == pytest.approx(5 * MINUTE, rel=0.001)
    assert wait(busy, tier=1, wish=timedelta(days=1)) == pytest.approx(INTERVAL[1], rel=0.001)


def test_a_wish_is_remembered_until_another_is_said():
    wished = Rhythm().learn(poll(), MONDAY, 1, timedelta(minutes=7))
    later = wished.learn(poll(outcome=Outcome.UNCHANGED), MONDAY + MINUTE, 1)
    assert later.wish == 420
    assert Rhythm.from_text(later.to_text()).wish == 420
    assert later.learn(poll(), MONDAY + 2 * MINUTE, 1, MINUTE).wish == 60


def test_pace_stretches_every_wait():
    rhythm = watched(dict.fromkeys(range(24), 6))
    assert wait(rhythm, pace=2.0) == pytest.approx(2 * wait(rhythm), rel=0.01)


@given(
    tier=st.sampled_from([1, 2, 3]),
    looks=st.lists(
        st.tuples(st.integers(1, 100_000), st.integers(0, 5000), st.integers(0, 5000)), max_size=20
    ),
)
def test_whatever_was_seen_the_wait_stays_within_the_tiers_bounds(tier, looks):
    rhythm, at = Rhythm(), MONDAY
    for seconds, fresh, entries in looks:
        at += timedelta(seconds=seconds)
        rhythm = rhythm.learn(poll(fresh, entries), at, tier)
    assert SHORTEST[tier] <= next_look(Outcome.OK, tier=tier, failures=1, rhythm=rhythm, at=at)
    assert wait(rhythm, at, tier) <= LONGEST[tier] + timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("listed", "missed"),
    [
        ("", False),
        ("-" * 20, True),
        ("-" * 19 + "x", False),  # a busy hour that ends where the last look began
        ("-" * 18 + "x-", False),  # an older one was put in late
        ("x" + "-" * 19, True),  # pinned
        ("xxx" + "-" * 17, True),
        ("--x" + "-" * 17, True),
        ("xxxx" + "-" * 16, False),  # so many are not pinned: its order is another
        ("x---", True),
        ("---x", False),
        ("-", True),
        ("x", False),
    ],
)
def test_a_list_that_does_not_reach_back_may_hide_a_gap(listed, missed):
    assert may_have_missed([each == "x" for each in listed]) is missed
