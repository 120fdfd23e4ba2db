"""What an outlet changed between two readings of an article, and when to look again: decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum

from crawler.nouns import Article
from crawler.reading.text import overlap, words

GROWTH = 0.95  # of the old text still stands in the new one: the outlet added to it
SPELT = 0.7  # likeness of two words above which one is the other's correction of spelling
REWRITE = 0.5  # token F1 below which little of the old text is left
AFTER = tuple(timedelta(hours=hours) for hours in (1, 4, 12, 24, 72, 168))  # looks after first_seen
MOST_WORDS = 4_000  # compared in order; what lies beyond is compared as a bag

SURE_AFTER = timedelta(hours=4)  # between the look that finds a page gone and the one that is believed
LATE = timedelta(days=1)  # after which a page that was taken down is looked at, where no look is left

GONE = frozenset(["http_404", "http_410", "http_451"])  # causes of a fetch that failed


class Change(StrEnum):
    """What a second reading shows."""

    NONE = "none"
    TOUCHED = "touched"  # spelling, punctuation
    GROWN = "grown"  # all that stood there still stands: an update, or a live blog's next entry
    CORRECTED = "corrected"  # some of what stood there is gone or different
    REWRITTEN = "rewritten"  # little of it is left
    REMOVED = "removed"  # the page is gone


@dataclass(frozen=True, slots=True)
class Comparison:
    """A change, and the words that tell it: for the alert policy and for a person."""

    change: Change
    retitled: bool = False
    declared: bool = False  # the outlet itself says that it corrects
    lost: tuple[str, ...] = ()  # folded words of the old text that are not in the new one
    gained: tuple[str, ...] = ()

    @property
    def matters(self) -> bool:
        """Whether rules should look at the article again."""
        return self.change not in (Change.NONE, Change.TOUCHED) or self.retitled


def compare(
    old: Article, new: Article, *, corrections: Sequence[str] = ("تصحيح", "تصويب", "تنويه")
) -> Comparison:
    """Tell what changed from one reading of an article to the next.

    Args:
        old: as kept.
        new: as read now, of the same address.
        corrections: words with which outlets announce a correction.
    """
    before, after = words(old.body)[:MOST_WORDS], words(new.body)[:MOST_WORDS]
    lost, gained = _differences(before, after)
    retitled = words(old.title) != words(new.title)
    told = {word for phrase in corrections for word in words(phrase)}
    declared = bool(told & (set(gained) | (set(words(new.title)) - set(words(old.title)))))
    change = _change(old, new, len(before), lost, gained)
    if declared and change in (Change.TOUCHED, Change.GROWN):
        change = Change.CORRECTED
    return Comparison(change, retitled, declared, lost, gained)


def _change(old: Article, new: Article, length: int, lost: Sequence[str], gained: Sequence[str]) -> Change:
    if old.body == new.body:
        return Change.NONE
    if _is_spelling(lost, gained):
        return Change.TOUCHED
    if len(lost) <= (1 - GROWTH) * length and len(gained) > 2 * len(lost):
        return Change.GROWN
    return Change.CORRECTED if overlap(old.body, new.body) >= REWRITE else Change.REWRITTEN


def _is_spelling(lost: Sequence[str], gained: Sequence[str]) -> bool:
    """Whether each word became one much like it. A changed number is never spelling."""
    return len(lost) == len(gained) and all(
        not (before + after).isdigit() and SequenceMatcher(None, before, after).ratio() >= SPELT
        for before, after in zip(lost, gained, strict=True)
    )


def _differences(before: Sequence[str], after: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words taken out and words put in, in order."""
    lost: list[str] = []
    gained: list[str] = []
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=len(before) > 500).get_opcodes():
        if kind != "equal":
            lost.extend(before[i:j])
            gained.extend(after[k:m])
    return tuple(lost), tuple(gained)


@dataclass(frozen=True, slots=True)
class Absence:
    """What follows from a look that found the page of a kept article gone."""

    removed: bool  # it is believed to be taken down, from now on
    look: (
        datetime | None
    )  # when to look again: outlets lose pages for an hour, and put back what they took down


def absence(article: Article, before: str, *, now: datetime) -> Absence:
    """Decide what a page that is gone means.

    Args:
        article: as it was kept.
        before: why the look before this one failed; empty where it read the page.
        now: the moment of the look.
    """
    left = next_look(article.first_seen, now=now)
    if article.removed_at:
        return Absence(removed=False, look=left)
    if before not in GONE:
        return Absence(removed=False, look=now + SURE_AFTER)
    return Absence(removed=True, look=left or now + LATE)


def next_look(first_seen: datetime, *, now: datetime) -> datetime | None:
    """When a flagged article should be fetched again; None when it has been watched long enough."""
    return next((first_seen + wait for wait in AFTER if first_seen + wait > now), None)
