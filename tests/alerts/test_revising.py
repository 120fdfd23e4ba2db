"""What is said when an outlet changes an article that was told."""

from datetime import UTC, datetime

import pytest

from alerts.nouns import Alert, AlertKind, Level, Reason, Story
from alerts.planning import Told
from alerts.revising import revise
from alerts.stories import fingerprint
from crawler.revisions import Change, Comparison

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
STORY = Story(NOW, NOW, "عنوان", ("fraud",), ("KH",), Level.HIGH, (1,), id=3)
TOLD = Told(Alert(3, 1, AlertKind.NEW, Level.HIGH, NOW, 1, (Reason("new_story"),), id=9), frozenset({1}))
WITHDRAWN = Told(
    Alert(3, 2, AlertKind.WITHDRAWAL, Level.HIGH, NOW, 1, (Reason("taken_down"),), id=10), frozenset({1})
)


def mark(body: str):
    return fingerprint(article=1, outlet="alif", title="مداهمة في كمبوديا", body=body, seen=NOW)


FIRST = mark("أوقفت الشرطة 63 شخصا في مداهمة مركز احتيال.")
SAME = mark("أوقفت الشرطة 63 شخصا في مداهمة مركز للاحتيال اليوم.")
OTHER = mark("أوقفت الشرطة 36 شخصا في مداهمة مركز احتيال.")

CASES = {
    "taken down": (FIRST, Comparison(Change.REMOVED), AlertKind.WITHDRAWAL),
    "a number changed": (OTHER, Comparison(Change.CORRECTED), AlertKind.CORRECTION),
    "it says that it corrects": (SAME, Comparison(Change.CORRECTED, declared=True), AlertKind.CORRECTION),
    "the topic is gone": (None, Comparison(Change.REWRITTEN), AlertKind.CORRECTION),
    "words changed": (SAME, Comparison(Change.CORRECTED), None),
    "it grew": (OTHER, Comparison(Change.GROWN), None),
    "spelling": (SAME, Comparison(Change.TOUCHED), None),
}


@pytest.mark.parametrize("case", CASES)
def test_only_what_makes_the_alert_untrue_is_told(case):
    after, change, expected = CASES[case]
    alert = revise(STORY, [TOLD], FIRST, after, change, NOW)
    assert (alert.kind if alert else None) == expected
    if alert:
        assert (alert.version, alert.article, len(alert.reasons)) == (2, 1, 1)


def test_what_nobody_was_told_needs_no_correction():
    assert revise(STORY, [], FIRST, FIRST, Comparison(Change.REMOVED), NOW) is None


def test_what_was_withdrawn_is_not_corrected_again():
    assert revise(STORY, [TOLD, WITHDRAWN], FIRST, OTHER, Comparison(Change.CORRECTED), NOW) is None
