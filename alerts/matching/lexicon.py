"""Find the terms of a concept in a text whose words have been looked up.

A slot is a place in a term. All single words of a concept share one slot; a phrase is tried only where its
rarest slot was seen.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from alerts.matching.analyser import Analyser, bits
from alerts.matching.expressions import Hit
from alerts.matching.nouns import Concept, Slot, Term

Seen = Mapping[int, Sequence[int]]  # slot → the positions it can be filled at, ascending


class Lexicon:
    """All concepts of a rule set, ready to be found."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self.numbers: dict[Slot, int] = {}
        self.terms: dict[str, _Terms] = {}
        self.unless: dict[str, _Terms] = {}
        spread = Counter(word for c in concepts for t in c.terms for slot in t.slots for word in slot.words)
        single: dict[int, list[str]] = defaultdict(list)
        anchored: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for concept in concepts:
            self.terms[concept.name] = terms = self._numbered(concept.terms, spread)
            for slot in terms.singles:
                single[slot].append(concept.name)
            for anchor, phrases in terms.phrases.items():
                anchored[anchor] += [(concept.name, bits(slots)) for slots, _ in phrases]
            if concept.unless:
                self.unless[concept.name] = self._numbered(concept.unless, spread)
        self.analyser = Analyser(self.numbers, single, anchored)

    def _numbered(self, terms: Iterable[Term], spread: Counter[str]) -> "_Terms":
        result = _Terms()
        for slot in _merged(term.slots[0] for term in terms if len(term.slots) == 1):
            result.singles.append(self.numbers.setdefault(slot, len(self.numbers)))
        for term in terms:
            if len(term.slots) > 1:
                numbers = tuple(self.numbers.setdefault(slot, len(self.numbers)) for slot in term.slots)
                # A word that many terms use is a common word: the slot with the fewest such anchors.
                cost = {n: sum(spread[w] for w in s.words) for n, s in zip(numbers, term.slots, strict=True)}
                result.phrases.setdefault(min(numbers, key=cost.__getitem__), []).append((numbers, term.gaps))
        return result

    def hits(self, concept: str, seen: Seen) -> list[Hit]:
        """A concept's mentions by position, without those that touch an ``unless``."""
        hits = [Hit(start, end, concept) for start, end in sorted(self.terms[concept].find(seen))]
        if not hits or concept not in self.unless:
            return hits
        taken = {at for start, end in self.unless[concept].find(seen) for at in range(start, end)}
        return [hit for hit in hits if taken.isdisjoint(range(hit.start, hit.end))]


def _merged(slots: Iterable[Slot]) -> list[Slot]:
    """One slot for all that have no homographs of their own: fewer to look at in each text."""
    plain: dict[bool, list[Slot]] = defaultdict(list)
    own: list[Slot] = []
    for slot in slots:
        (own if slot.never else plain[slot.name]).append(slot)
    for name, alike in plain.items():
        own.append(
            Slot(
                words=frozenset().union(*(slot.words for slot in alike)),
                exact=frozenset().union(*(slot.exact for slot in alike)),
                prefixes=frozenset().union(*(slot.prefixes for slot in alike)),
                name=name,
            )
        )
    return own


class _Terms:
    """The terms of one concept, by the slots they begin to be looked for at."""

    def __init__(self) -> None:
        self.singles: list[int] = []
        self.phrases: dict[int, list[tuple[tuple[int, ...], tuple[int, ...]]]] = {}

    def find(self, seen: Seen) -> set[tuple[int, int]]:
        found = {(at, at + 1) for slot in self.singles if slot in seen for at in seen[slot]}
        for anchor in self.phrases.keys() & seen.keys():
            for slots, gaps in self.phrases[anchor]:
                if all(map(seen.__contains__, slots)):
                    found.update(_phrase([seen[slot] for slot in slots], gaps))
        return found


def _phrase(places: list[Sequence[int]], gaps: Sequence[int]) -> list[tuple[int, int]]:
    """For each place where a phrase can start, the nearest place where it ends."""
    later = [set(positions) for positions in places[1:]]
    hits = []
    for start in places[0]:
        ends = {start}
        for positions, gap in zip(later, gaps, strict=True):
            ends = {at for end in ends for at in range(end + 1, end + gap + 2) if at in positions}
        if ends:
            hits.append((start, min(ends) + 1))
    return hits
