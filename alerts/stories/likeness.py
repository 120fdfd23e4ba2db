"""How strongly two articles speak of one event: evidence for, evidence against, and what forbids it.

Symmetric, and a function of the two articles alone, so that the order of arrival can never matter.
"""

from dataclasses import dataclass
from datetime import timedelta

from alerts.facts import Lexicon
from alerts.stories.fingerprint import Count, Fingerprint, gap

WINDOW = timedelta(hours=72)
JOIN = 3.0  # points
_FEW = 8  # word runs: a shorter text repeats another's by chance


@dataclass(frozen=True, slots=True)
class Link:
    """Two articles compared: the parts of the score, and the gate that forbids a join where one does."""

    one: int
    other: int
    parts: tuple[tuple[str, float], ...]
    gate: str = ""

    @property
    def score(self) -> float:
        """The sum of the evidence."""
        return sum(points for _, points in self.parts)

    @property
    def joins(self) -> bool:
        """Whether the two tell one event as far as these two can tell."""
        return not self.gate and self.score >= JOIN


def compare(one: Fingerprint, other: Fingerprint) -> Link:
    """The evidence that two articles tell one event."""
    same_text = _same_text(one, other)
    gate = "" if same_text >= 0.5 else _gate(one, other)
    parts = (
        ("text", 8.0 * same_text),
        ("words", _words(one, other)),
        ("places", _places(one, other)),
        ("numbers", _numbers(one, other)),
        ("time", _time(one, other)),
    )
    return Link(one.article, other.article, parts, gate)


def _same_text(one: Fingerprint, other: Fingerprint) -> float:
    """Share of the shorter text's word runs that the longer one repeats."""
    if min(len(one.shingles), len(other.shingles)) < _FEW:
        return 0.0
    common = len(set(one.shingles) & set(other.shingles))
    return common / min(len(one.shingles), len(other.shingles))


def _words(one: Fingerprint, other: Fingerprint) -> float:
    mine, theirs = {*one.title, *one.lead}, {*other.title, *other.lead}
    common = sum(len(word) > 3 for word in mine & theirs)
    return min(4.0, 12.0 * common / (1 + min(len(mine), len(theirs))))


def _towns(article: Fingerprint) -> set[str]:
    return {place for place in article.places if place.islower()}


def _compatible(one: str, other: str) -> bool:
    within = Lexicon.load().atlas.within
    return one in within(other) or other in within(one)


def _places(one: Fingerprint, other: Fingerprint) -> float:
    if any(_compatible(a, b) for a in _towns(one) for b in _towns(other)):
        return 2.0
    return 1.0 if set(one.places) & set(other.places) else -1.0


def _agree(one: Count, other: Count) -> bool:
    return one.low <= other.high and other.low <= one.high


def _numbers(one: Fingerprint, other: Fingerprint) -> float:
    pairs = [(a, b) for a in one.counts for b in other.counts if a.role == b.role and _agree(a, b)]
    exact = any(a.exact and b.exact and a.low >= 10 for a, b in pairs)
    return 2.0 if exact else 1.0 if pairs else 0.0


def _time(one: Fingerprint, other: Fingerprint) -> float:
    return 1.0 - gap(one, other) / timedelta(hours=24)


def _gate(one: Fingerprint, other: Fingerprint) -> str:
    """What forbids that two different texts tell one event."""
    if gap(one, other) > WINDOW:
        return "time"
    mine, theirs = _towns(one), _towns(other)
    if mine and theirs and not any(_compatible(a, b) for a in mine for b in theirs):
        return "places"
    for role in ("arrested", "rescued", "returned", "executed"):
        ours = [count for count in one.counts if count.role == role]
        others = [count for count in other.counts if count.role == role]
        if ours and others and not any(_agree(a, b) for a in ours for b in others):
            return f"numbers:{role}"
    return ""
