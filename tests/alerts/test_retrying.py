"""What becomes of a delivery that failed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.channels.failures import Moved, TryLater, Unknown, Unreachable, Unsendable
from alerts.nouns import Cargo, Delivery, DeliveryState, Level
from alerts.retrying import LONGEST, ORDINARY, after_defect, after_failure, backoff

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def tried(attempts: int, **more: int) -> Delivery:
    return Delivery(
        Cargo.ALERT, 1, 1, "telegram", NOW, Level.HIGH, DeliveryState.LEASED, attempts=attempts, id=1, **more
    )


CASES = [
    (1, TryLater(7 * SECOND), DeliveryState.QUEUED, NOW + 7 * SECOND),
    (5, TryLater(1 * SECOND), DeliveryState.QUEUED, NOW + 32 * SECOND),
    (1, Moved("-100"), DeliveryState.QUEUED, NOW),
    (1, Unknown("cut"), DeliveryState.UNKNOWN, NOW + ORDINARY.unknown_wait),
    (1, Unreachable("blocked"), DeliveryState.CANCELLED, NOW),
    (1, Unsendable("too long"), DeliveryState.DEAD, NOW),
]


@pytest.mark.parametrize(("attempts", "failure", "state", "due"), CASES)
def test_each_failure_has_its_next_step(attempts, failure, state, due):
    after = after_failure(tried(attempts), failure, NOW)
    assert (after.state, after.due) == (state, due)
    assert after.error


def test_a_delivery_that_breaks_our_code_is_tried_a_few_times_and_then_dead():
    assert after_defect(tried(1), ValueError("x"), NOW).state is DeliveryState.QUEUED
    assert after_defect(tried(9), ValueError("x"), NOW).state is DeliveryState.QUEUED, (
        "an outage is no defect"
    )
    assert after_defect(tried(5, defects=4), ValueError("x"), NOW).state is DeliveryState.DEAD


def test_only_answers_lost_in_a_row_are_believed_in_the_end():
    assert after_failure(tried(9), Unknown("cut"), NOW).state is DeliveryState.UNKNOWN, (
        "refused before, never lost"
    )
    assert after_failure(tried(5, lost=4), Unknown("cut"), NOW).state is DeliveryState.SENT
    assert after_failure(tried(3, lost=2), TryLater(1 * SECOND), NOW).lost == 0


def test_backoff_grows_to_its_bound():
    waits = [backoff(n) for n in range(1, 100)]
    assert waits[0] == 2 * SECOND
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST


MINUTE = timedelta(minutes=1)


def mailed(attempts: int, **more: int) -> Delivery:
    return replace(tried(attempts, **more), channel="mail")


def test_case_55_a_greylisted_mail_is_tried_after_5_15_and_60_minutes():
    waits = [after_failure(mailed(n), TryLater(5 * MINUTE), NOW).due - NOW for n in (1, 2, 3, 4, 9)]
    assert waits == [5 * MINUTE, 15 * MINUTE, 60 * MINUTE, 60 * MINUTE, 60 * MINUTE]


def test_case_56_and_57_an_unknown_user_ends_it_and_a_refused_content_is_dead_at_once():
    assert after_failure(mailed(1), Unreachable("550"), NOW).state is DeliveryState.CANCELLED
    assert after_failure(mailed(1), Unsendable("554"), NOW).state is DeliveryState.DEAD


def test_case_59_a_mail_whose_answer_was_lost_is_sent_once_more_after_15_minutes():
    first = after_failure(mailed(1), Unknown("cut"), NOW)
    assert (first.state, first.due) == (DeliveryState.UNKNOWN, NOW + 15 * MINUTE)
    assert after_failure(replace(first, attempts=2), Unknown("cut"), NOW).state is DeliveryState.SENT
