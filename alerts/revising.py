"""What is said when an outlet changes, or takes down, an article that was told. Pure."""

from collections.abc import Sequence
from datetime import datetime

from alerts.nouns import Alert, AlertKind, Reason, Story
from alerts.planning import Told
from alerts.stories import Fingerprint
from crawler.revisions import Change, Comparison

TOPIC_GONE = Reason("topic_gone")
TAKEN_DOWN = Reason("taken_down")
BACK = Reason("back")
DECLARED = Reason("declared")
NUMBERS = Reason("numbers_changed")


def revise(
    story: Story,
    history: Sequence[Told],
    before: Fingerprint,
    after: Fingerprint | None,
    change: Comparison,
    now: datetime,
) -> Alert | None:
    """The alert that a change of an article makes us say, or None.

    Args:
        story: that the article is in.
        history: what was told of it, oldest first.
        before: the article as it was when it was placed.
        after: as it is now; None where no rule holds any more.
        change: from the text that was told to the one that stands there now.
        now: the moment of telling.
    """
    last = max((told.alert.version for told in history), default=0)
    history = [told for told in history if not told.alert.hold]
    if not any(before.article in told.knew for told in history):
        return None  # nobody was told of it
    withdrawn = _withdrawn(history)
    found = _returned(withdrawn, after, change) if withdrawn else _verdict(before, after, change)
    if found is None:
        return None
    kind, reason = found
    version = last + 1
    return Alert(story.id, version, kind, story.level, now, before.article, (reason,))


def _withdrawn(history: Sequence[Told]) -> Alert | None:
    """The withdrawal of the story that stands: readers were not told since that the article is back."""
    about = (told.alert for told in reversed(history))
    last = next((each for each in about if each.kind is AlertKind.WITHDRAWAL or BACK in each.reasons), None)
    return last if last and last.kind is AlertKind.WITHDRAWAL else None


def _returned(
    withdrawn: Alert, after: Fingerprint | None, change: Comparison
) -> tuple[AlertKind, Reason] | None:
    """What a withdrawn story has to add: only that the article which was taken down tells it again."""
    if TAKEN_DOWN not in withdrawn.reasons or change.change is Change.REMOVED:
        return None
    return (AlertKind.CORRECTION, BACK) if after and after.article == withdrawn.article else None


def _verdict(
    before: Fingerprint, after: Fingerprint | None, change: Comparison
) -> tuple[AlertKind, Reason] | None:
    if change.change is Change.REMOVED:
        return AlertKind.WITHDRAWAL, TAKEN_DOWN
    if after is None:
        return (AlertKind.CORRECTION, TOPIC_GONE) if change.matters else None
    if change.declared:
        return AlertKind.CORRECTION, DECLARED
    # What was added tells more; only a number that stood there and no longer does was wrong.
    if change.change in (Change.CORRECTED, Change.REWRITTEN) and not set(before.counts) <= set(after.counts):
        return AlertKind.CORRECTION, NUMBERS
    return None
