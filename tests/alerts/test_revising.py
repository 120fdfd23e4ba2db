"""What is said when an outlet changes an article that was told."""

from dataclasses import replace
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
    told = replace(WITHDRAWN, alert=replace(WITHDRAWN.alert, reasons=(Reason("withdrawal"),)))
    assert revise(STORY, [TOLD, told], FIRST, OTHER, Comparison(Change.CORRECTED), NOW) is None


STANDS = Comparison(Change.NONE)
RETURNED = Told(
    Alert(3, 3, AlertKind.CORRECTION, Level.HIGH, NOW, 1, (Reason("back"),), id=11), frozenset({1})
)


def test_what_was_taken_down_and_stands_there_again_is_told_once():
    alert = revise(STORY, [TOLD, WITHDRAWN], FIRST, FIRST, STANDS, NOW)
    assert alert is not None
    assert (alert.kind, alert.version, alert.reasons) == (AlertKind.CORRECTION, 3, (Reason("back"),))
    assert revise(STORY, [TOLD, WITHDRAWN, RETURNED], FIRST, FIRST, STANDS, NOW) is None
    assert revise(STORY, [TOLD, WITHDRAWN], FIRST, None, STANDS, NOW) is None, (
        "what is back tells something else"
    )


def test_what_came_back_may_be_corrected_and_taken_down_again():
    history = [TOLD, WITHDRAWN, RETURNED]
    corrected = revise(STORY, history, FIRST, OTHER, Comparison(Change.CORRECTED), NOW)
    removed = revise(STORY, history, FIRST, FIRST, Comparison(Change.REMOVED), NOW)
    assert [each.kind for each in (corrected, removed) if each] == [
        AlertKind.CORRECTION,
        AlertKind.WITHDRAWAL,
    ]


def test_a_withdrawal_stands_that_was_ours_or_of_another_article():
    ours = replace(WITHDRAWN, alert=replace(WITHDRAWN.alert, reasons=(Reason("words", about="خطأ"),)))
    others = replace(WITHDRAWN, alert=replace(WITHDRAWN.alert, article=2))
    for told in (ours, others):
        assert revise(STORY, [TOLD, told], FIRST, FIRST, STANDS, NOW) is None


def test_a_removal_is_told_once():
    assert revise(STORY, [TOLD, WITHDRAWN], FIRST, FIRST, Comparison(Change.REMOVED), NOW) is None
