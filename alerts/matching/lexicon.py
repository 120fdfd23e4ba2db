"""Find the terms of a concept in a text whose words have been looked up.

A slot is a place in a term. All single words of a concept share one slot; a phrase is tried only where its
rarest slot was seen.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from alerts.arabic import FUNCTION_WORDS
from alerts.matching.analyser import Analyser, Cell, Chunks, Fills, Phrase, bits
from alerts.matching.expressions import Hit
from alerts.matching.nouns import Concept, Slot, Term

Phrases = Mapping[str, Collection[Phrase]]  # by concept, those whose words a text has


class Seen(dict[int, list[int]]):
    """Slot → the positions it can be filled at, ascending."""

    def __init__(self, placed: Iterable[tuple[int, Cell]], wanted: frozenset[int]) -> None:
        """Take the cells by position, and the slots that will be asked for."""
        super().__init__()
        asked: dict[Cell, frozenset[int]] = {}
        for at, cell in placed:
            if cell not in asked:
                asked[cell] = cell.slots & wanted
            for slot in asked[cell]:
                if slot in self:
                    self[slot].append(at)
                else:
                    self[slot] = [at]


class Lexicon:
    """All concepts of a rule set, ready to be found."""

    def __init__(self, concepts: Iterable[Concept], needs: Fills = lambda _names, _field: 0) -> None:
        """Take the concepts, and which needs of rules they fill."""
        self.numbers: dict[Slot, int] = {}
        self.singles: dict[str, frozenset[int]] = {}  # the slots that name a concept alone
        slots = {slot for c in concepts for t in c.terms for slot in t.slots}
        spread = Counter(word for slot in slots for word in slot.words | slot.exact)
        single: dict[int, list[str]] = defaultdict(list)
        anchored: dict[int, list[tuple[str, int, Phrase]]] = defaultdict(list)
        for concept in concepts:
            for name, terms in ((concept.name, concept.terms), (unless(concept.name), concept.unless)):
                self.singles[name] = self._singles(terms)
                for slot in self.singles[name]:
                    single[slot].append(name)
                for anchor, phrase in self._phrases(terms, spread):
                    anchored[anchor].append((name, bits(phrase.slots), phrase))
        self.analyser = Analyser(self.numbers, single, anchored, needs)
        self.chunks = Chunks(self.analyser)

    def _singles(self, terms: Iterable[Term]) -> frozenset[int]:
        slots = _merged(term.slots[0] for term in terms if len(term.slots) == 1)
        return frozenset(self.numbers.setdefault(slot, len(self.numbers)) for slot in slots)

    def _phrases(self, terms: Iterable[Term], spread: Counter[str]) -> Iterator[tuple[int, Phrase]]:
        """The phrases, each with the slot that it begins to be looked for at."""
        for term in terms:
            if len(term.slots) > 1:
                numbers = tuple(self.numbers.setdefault(slot, len(self.numbers)) for slot in term.slots)
                cost = {n: _commonness(s, spread) for n, s in zip(numbers, term.slots, strict=True)}
                yield min(numbers, key=cost.__getitem__), Phrase(numbers, term.gaps)

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
        found = {(at, at + 1) for slot in self.singles[name] if slot in seen for at in seen[slot]}
        for phrase in phrases.get(name, ()):
            found.update(_phrase([seen.get(slot, []) for slot in phrase.slots], phrase.gaps))
        return found


def _commonness(slot: Slot, spread: Counter[str]) -> tuple[bool, int, int]:
    """How often a text may fill a slot: function words always; then what many terms use, then what is short."""
    words = slot.words | slot.exact | slot.prefixes
    common = not FUNCTION_WORDS.isdisjoint(words) or bool(slot.prefixes)
    return common, max(map(spread.__getitem__, words)), -min(map(len, words))


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
