"""Find the terms of a concept in a text whose words have been looked up.

A slot is a place in a term. All single words of a concept share one slot; a phrase is tried only where its
rarest slot was seen.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import Final

from alerts.arabic import FUNCTION_WORDS, readings
from alerts.matching.analyser import Analyser, Cell, Chunks, Fills, Phrase
from alerts.matching.nouns import Concept, Slot, Term


class Standing(defaultdict[Cell, list[int]]):
    """Where each cell of a text stands: positions, ascending."""

    def __init__(self, filling: Mapping[int, AbstractSet[Cell]]) -> None:
        """Take the cells that fill each slot."""
        super().__init__(list)
        self.filling = filling
        self.slots: dict[int, list[int]] = {}
        self.runs: dict[Phrase, list[tuple[int, int]]] = {}

    def slot(self, number: int) -> list[int]:
        """Where a slot can be filled: positions, ascending."""
        if number not in self.slots:
            cells = self.keys() & self.filling[number]
            self.slots[number] = sorted(chain.from_iterable(map(self.__getitem__, cells)))
        return self.slots[number]

    def run(self, phrase: Phrase) -> list[tuple[int, int]]:
        """Where a phrase begins and ends (exclusive); many concepts share one."""
        if phrase not in self.runs:
            self.runs[phrase] = _phrase(list(map(self.slot, phrase.slots)), phrase.gaps)
        return self.runs[phrase]


class Lexicon:
    """All concepts of a rule set, ready to be found."""

    def __init__(self, concepts: Iterable[Concept], needs: Fills = lambda _names, _field: 0) -> None:
        """Take the concepts, and which needs of rules they fill."""
        self.numbers: dict[Slot, int] = {}
        slots = {slot for c in concepts for t in c.terms for slot in t.slots}
        spread = Counter(word for slot in slots for word in slot.words | slot.exact)
        single: dict[int, list[str]] = defaultdict(list)
        self.phrases: dict[tuple[tuple[int, ...], tuple[int, ...]], Phrase] = {}
        anchored: dict[int, dict[Phrase, list[str]]] = defaultdict(lambda: defaultdict(list))
        for concept in concepts:
            for name, terms in ((concept.name, concept.terms), (unless(concept.name), concept.unless)):
                for slot in self._singles(terms):
                    single[slot].append(name)
                for anchor, phrase in self._phrases(terms, spread):
                    anchored[anchor][phrase].append(name)
        self.analyser = Analyser(self.numbers, single, anchored, needs)
        self.chunks = Chunks(self.analyser)

    def _singles(self, terms: Iterable[Term]) -> frozenset[int]:
        slots = _merged(term.slots[0] for term in terms if len(term.slots) == 1)
        return frozenset(self.numbers.setdefault(slot, len(self.numbers)) for slot in slots)

    def _phrases(self, terms: Sequence[Term], spread: Counter[str]) -> Iterator[tuple[int, Phrase]]:
        """The phrases, each with the slot that it begins to be looked for at."""
        named = {word for t in terms if len(t.slots) == 1 for word in t.slots[0].words | t.slots[0].exact}
        for term in terms:
            if len(term.slots) > 1:
                numbers = tuple(self.numbers.setdefault(slot, len(self.numbers)) for slot in term.slots)
                cost = {n: _commonness(s, spread, named) for n, s in zip(numbers, term.slots, strict=True)}
                known = self.phrases.setdefault(
                    (numbers, term.gaps), Phrase(numbers, term.gaps, frozenset(numbers))
                )
                yield min(numbers, key=cost.__getitem__), known

    def find(self, name: str, phrases: Iterable[Phrase], standing: Standing) -> set[tuple[int, int]]:
        """The first and the last position (exclusive) of each mention of a concept, its exceptions not yet out.

        Args:
            name: the concept, or ``unless`` of it.
            phrases: those of its phrases whose words are all in the text.
            standing: the text.
        """
        found = set(chain.from_iterable(map(standing.run, phrases)))
        for cell in standing.keys() & self.analyser.naming.get(name, _NONE):
            found.update([(at, at + 1) for at in standing[cell]])
        return found


_NONE: Final[frozenset[Cell]] = frozenset()


def _commonness(slot: Slot, spread: Counter[str], named: AbstractSet[str]) -> tuple[bool, bool, int, int]:
    """How dear it is to look for a phrase at a slot, the cheapest lowest.

    A word that its concept is ``named`` by anyway costs nothing more; function words are in every text; then
    comes what many terms use, then what is short.
    """
    words = slot.words | slot.exact | slot.prefixes
    told = all(any(reading.stem in named for reading in readings(word)) for word in words)
    bare = {word[1:] for word in words if word[0] in "وف"}  # «وان» may be a name, and is «وأن» far more often
    common = not FUNCTION_WORDS.isdisjoint(words | bare) or bool(slot.prefixes)
    return not told, common, max(map(spread.__getitem__, words)), -min(map(len, words))


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
            if not ends:
                break
        else:
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
