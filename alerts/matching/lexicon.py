"""Find the terms of a concept in a text whose words have been looked up.

A slot is a place in a term. All single words of a concept share one slot; a phrase is tried only where its
rarest slot was seen.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from alerts.matching.analyser import Analyser, Cell, Phrase, bits
from alerts.matching.expressions import Hit
from alerts.matching.nouns import Concept, Slot, Term

Phrases = Mapping[str, Collection[Phrase]]  # by concept, those whose words a text has


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
        self.singles: dict[str, frozenset[int]] = {}  # the slots that name a concept alone
        self.slots: dict[str, frozenset[int]] = {}  # all slots of a concept's terms
        spread = Counter(word for c in concepts for t in c.terms for slot in t.slots for word in slot.words)
        single: dict[int, list[str]] = defaultdict(list)
        anchored: dict[int, list[tuple[str, int, Phrase]]] = defaultdict(list)
        for concept in concepts:
            for name, terms in ((concept.name, concept.terms), (unless(concept.name), concept.unless)):
                self.singles[name] = self._singles(terms)
                for slot in self.singles[name]:
                    single[slot].append(name)
                for anchor, phrase in self._phrases(terms, spread):
                    anchored[anchor].append((name, bits(phrase.slots), phrase))
        for anchor_phrases in anchored.values():
            for name, _, phrase in anchor_phrases:
                self.slots[name] = self.slots.get(name, frozenset()).union(phrase.slots)
        for name, slots in self.singles.items():
            self.slots[name] = self.slots.get(name, frozenset()) | slots
        self.analyser = Analyser(self.numbers, single, anchored)

    def _singles(self, terms: Iterable[Term]) -> frozenset[int]:
        slots = _merged(term.slots[0] for term in terms if len(term.slots) == 1)
        return frozenset(self.numbers.setdefault(slot, len(self.numbers)) for slot in slots)

    def _phrases(self, terms: Iterable[Term], spread: Counter[str]) -> Iterator[tuple[int, Phrase]]:
        """The phrases, each with the slot that it begins to be looked for at."""
        for term in terms:
            if len(term.slots) > 1:
                numbers = tuple(self.numbers.setdefault(slot, len(self.numbers)) for slot in term.slots)
                # A word that many terms use is a common word: the slot with the fewest such anchors.
                cost = {n: sum(spread[w] for w in s.words) for n, s in zip(numbers, term.slots, strict=True)}
                yield min(numbers, key=cost.__getitem__), Phrase(numbers, term.gaps)

    def size(self, concept: str) -> int:
        """How many words a concept has: a small one is a rare one."""
        return sum(len(self.analyser.slots[slot].words) for slot in self.slots[concept])

    def wanted(self, concepts: Iterable[str], phrases: Phrases) -> frozenset[int]:
        """The slots that the mentions of some concepts depend on in a text with these phrases."""
        names = [name for concept in concepts for name in (concept, unless(concept))]
        looked_for = [phrase.slots for name in phrases.keys() & names for phrase in phrases[name]]
        return frozenset[int]().union(*map(self.singles.__getitem__, names), *looked_for)

    def hits(self, concept: str, phrases: Phrases, seen: Seen) -> list[Hit]:
        """A concept's mentions by position, without those that touch an ``unless``."""
        hits = [Hit(start, end, concept) for start, end in sorted(self._find(concept, phrases, seen))]
        if not hits or not (barred := self._find(unless(concept), phrases, seen)):
            return hits
        taken = {at for start, end in barred for at in range(start, end)}
        return [hit for hit in hits if taken.isdisjoint(range(hit.start, hit.end))]

    def _find(self, name: str, phrases: Phrases, seen: Seen) -> set[tuple[int, int]]:
        there = seen.parts
        found = {(at, at + 1) for slot in self.singles[name] if slot in there for at in seen[slot]}
        for phrase in phrases.get(name, ()):
            found.update(_phrase([seen[slot] for slot in phrase.slots], phrase.gaps))
        return found


def unless(concept: str) -> str:
    """The name under which the exceptions of a concept are looked for."""
    return f"{concept} unless"


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


def _phrase(places: list[Sequence[int]], gaps: Sequence[int]) -> list[tuple[int, int]]:
    """For each place where a phrase can start, the nearest place where it ends."""
    if len(places) == 2:
        return _pairs(places[0], places[1], gaps[0])
    later = [set(positions) for positions in places[1:]]
    hits = []
    for start in places[0]:
        ends = {start}
        for positions, gap in zip(later, gaps, strict=True):
            ends = {at for end in ends for at in range(end + 1, end + gap + 2) if at in positions}
        if ends:
            hits.append((start, min(ends) + 1))
    return hits


def _pairs(firsts: Sequence[int], seconds: Sequence[int], gap: int) -> list[tuple[int, int]]:
    """The same for two words, by far the most."""
    hits = []
    for start in firsts:
        at = bisect_right(seconds, start)
        if at < len(seconds) and seconds[at] <= start + gap + 1:
            hits.append((start, seconds[at] + 1))
    return hits
