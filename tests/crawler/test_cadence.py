"""When to look again."""

from datetime import timedelta

import pytest

from crawler.cadence import (
    FIRST_SPREAD,
    FIRST_STEP,
    INTERVAL,
    JITTER,
    LONGEST,
    first_looks,
    next_look,
    next_try,
)
from crawler.nouns import Outcome

MINUTE = timedelta(minutes=1)


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
    assert max(waits) <= LONGEST * (1 + JITTER)


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


def test_a_page_that_is_gone_is_asked_for_twice():
    assert next_try(Outcome.HARD, attempts=1) == MINUTE
    assert next_try(Outcome.HARD, attempts=2) is None


def test_first_looks_are_spread():
    looks = list(first_looks(["a", "b", "c"]).values())
    assert looks == [FIRST_STEP * n for n in range(3)]
    many = first_looks([str(n) for n in range(10_000)]).values()
    assert len(set(many)) == 10_000
    assert max(many) < FIRST_SPREAD
    assert first_looks([]) == {}
