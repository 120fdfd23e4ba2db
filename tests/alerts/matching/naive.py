"""What rules say of a text, found the long way: every slot against every word, every rule, nothing remembered.

The yardstick of the engine: ``benchmarks/matching.py`` and the tests compare with it.
"""

from collections.abc import Iterator, Sequence
from functools import cache

from alerts.arabic import MIN_STEM, fold, is_closed, readings
from alerts.matching.engine import Engine
from alerts.matching.expressions import Hit
from alerts.matching.learned import BIAS, vector
from alerts.matching.nouns import Slot, Status, Term
from alerts.matching.scan import CAPPED, LEAD, WEIGHTS, Scan
from alerts.nouns import Span, Verdict

Told = tuple[str, float, tuple[Span, ...]]  # rule, score, evidence
FIELDS = {"": {"title", "lead", "rest"}, "head": {"title", "lead"}, "body": {"lead", "rest"}}


class Text:
    """A text as expressions ask for it."""

    def __init__(self, engine: Engine, title: str, body: str) -> None:
        self.concepts = {concept.name: concept for concept in engine.pack.concepts}
        self.scan: Scan = engine.scan(title, body)  # for words and offsets only
        self.base = self.scan.base
        words = self.scan.words
        self.words = dict(enumerate(words["title"])) | dict(enumerate(words["body"], self.base))
        self.stems = frozenset().union(*(read(word)[1] for word in self.words.values()))
        self.hits = cache(self._hits)
        self.unit = self.scan.unit

    def _hits(self, concept: str, field: str = "") -> Sequence[Hit]:
        wanted = FIELDS.get(field, {field})
        found = {place for term in self.concepts[concept].terms for place in self._places(term)}
        barred = {place for term in self.concepts[concept].unless for place in self._places(term)}
        return [
            Hit(start, end, concept)
            for start, end in sorted(found)
            if self.field(start) in wanted and not any(s < end and start < e for s, e in barred)
        ]

    def field(self, position: int) -> str:
        """The title, the lead or the rest."""
        if position < self.base:
            return "title"
        return "lead" if position < self.base + LEAD else "rest"

    def _places(self, term: Term) -> Iterator[tuple[int, int]]:
        if not all(slot.prefixes or self.stems & (slot.words | slot.exact) for slot in term.slots):
            return
        for start in self.words:
            ends = {start} if self._fits(term.slots[0], start) else set()
            for slot, gap in zip(term.slots[1:], term.gaps, strict=True):
                after = {at for end in ends for at in range(end + 1, end + gap + 2)}
                ends = {at for at in after if self._fits(slot, at)}
            if ends:
                yield start, min(ends) + 1

    def _fits(self, slot: Slot, at: int) -> bool:
        if at not in self.words:
            return False
        word, stems, of_names = read(self.words[at])
        if not slot.never.isdisjoint(stems):
            return False
        known = of_names if slot.name else stems
        return (
            word in slot.exact
            or not slot.words.isdisjoint(known)
            or (len(word) < MIN_STEM and word in slot.words)
            or any(stem.startswith(tuple(slot.prefixes)) for stem in stems)
        )

    def weight(self, concept: str) -> float:
        """Title, lead, and some mentions in the rest."""
        fields = [self.field(hit.start) for hit in self.hits(concept)]
        return sum(WEIGHTS[f] for f in ("title", "lead") if f in fields) + min(fields.count("rest"), CAPPED)


@cache
def read(token: str) -> tuple[str, frozenset[str], frozenset[str]]:
    """A word folded, its stems, and those that a name may have."""
    word = fold(token)
    found = list(readings(word, closed=is_closed(token)))
    of_names = {r.stem for r in found if not r.enclitic or (r.enclitic == "ا" and r.stem.endswith("ي"))}
    return word, frozenset({word} | {r.stem for r in found}), frozenset(of_names)


def opinion(engine: Engine, scan: Scan, topic: str) -> float:
    """How much a text sounds like a topic: its whole vector by the weights."""
    assert engine.pack.learned
    weights, column = engine.pack.learned.weights, engine.pack.learned.topics.index(topic)
    words = [(token, engine.named_by(token)) for _, token in engine.head_words(scan)]
    parts = [value * weights[name][column] for name, value in vector(words).items() if name in weights]
    return sum(parts) + weights[BIAS][column]


def tell(engine: Engine, title: str, body: str) -> set[Told]:
    """What each rule that needs no learned opinion tells of a text."""
    text = Text(engine, title, body)
    told = set()
    for rule in engine.pack.rules:
        if rule.learned or rule.status is not Status.STABLE or (hits := rule.when.find(text)) is None:
            continue
        score = sum(weight * text.weight(name) for name, weight in rule.score)
        doubted = rule.doubt and opinion(engine, text.scan, rule.topic) < -rule.doubt
        if score >= rule.threshold and not doubted:
            spans = tuple(text.scan.span(hit) for hit in sorted(set(hits)))
            told.add((rule.id, round(score, 2), spans))
    return told


def told_by(engine: Engine, verdict: Verdict) -> set[Told]:
    """The same of a verdict."""
    plain = {rule.id for rule in engine.pack.rules if not rule.learned}
    return {(f.rule, f.score, f.spans) for f in verdict.findings if f.rule in plain}
