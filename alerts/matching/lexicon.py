"""Find the terms of a concept in a text whose words have been looked up.

A slot is a place in a term. All single words of a concept share one slot; a phrase is tried only where its
rarest slot was seen.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from alerts.matching.analyser import Analyser, Cell, bits
from alerts.matching.expressions import Hit
from alerts.matching.nouns import Concept, Slot, Term


class Seen(dict[int, list[int]]):
    """Slot → the positions it can be filled at, ascending; put together when a slot is first asked for."""

    def __init__(self, at: Mapping[Cell, list[int]], wanted: frozenset[int]) -> None:
        """Take the positions of each cell, and the slots that will be asked for."""
        super().__init__()
        self.parts: dict[int, list[list[int]]] = {}
        for cell, positions in at.items():
            for slot in cell.slots & wanted:
                if slot in self.parts:
                    self.parts[slot].append(positions)
                else:
                    self.parts[slot] = [positions]

    def __missing__(self, slot: int) -> list[int]:
        self[slot] = merged = sorted(chain.from_iterable(self.parts[slot]))
        return merged


class Lexicon:
    """All concepts of a rule set, ready to be found."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self.numbers: dict[Slot, int] = {}
        self.terms: dict[str, _Terms] = {}
        self.unless: dict[str, _Terms] = {}
        spread = Counter(word for c in concepts for t in c.terms for slot in t.slots for word in slot.words)
        self.slots: dict[str, frozenset[int]] = {}  # all that a concept's hits depend on
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
        for name, terms in self.terms.items():
            self.slots[name] = frozenset(terms.slots()).union(self.unless.get(name, _Terms()).slots())
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

    def size(self, concept: str) -> int:
        """How many words a concept has: a small one is a rare one."""
        return sum(len(self.analyser.slots[slot].words) for slot in self.slots[concept])

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

    def slots(self) -> Iterator[int]:
        yield from self.singles
        yield from (slot for phrases in self.phrases.values() for slots, _ in phrases for slot in slots)

    def find(self, seen: Seen) -> set[tuple[int, int]]:
        there = seen.parts
        found = {(at, at + 1) for slot in self.singles if slot in there for at in seen[slot]}
        for anchor in self.phrases.keys() & there.keys():
            for slots, gaps in self.phrases[anchor]:
                if all(map(there.__contains__, slots)):
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
