"""Find every term of every concept in a text, in one pass over its words.

A token is looked up once in its life: the cache maps it as written to the slots it can fill. A slot is a
place in a term; a term of one slot is a hit at once, a phrase is tried only where its rarest slot was seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from alerts.arabic import FUNCTION_WORDS, MIN_STEM, Reading, fold_word, is_closed, readings
from alerts.matching.expressions import Hit
from alerts.matching.nouns import Concept, Slot, Term

Cell = tuple[int, ...]
CACHE: Final = 400_000  # distinct tokens, about 50 MB; a newspaper year has fewer
GLUED: Final = -1  # stands for a slot: the token is two words
_LONG: Final = 5  # letters: a shorter stem inside an unknown word is chance, not a missing space
_LONGEST_GLUED: Final = 40


class Analyser(dict[str, Cell]):
    """Token as written → the slots it can fill. Fills itself."""

    def __init__(self, slots: Iterable[Slot]) -> None:
        super().__init__()
        self.slots = tuple(slots)
        self.stems: dict[str, list[int]] = defaultdict(list)
        self.exact: dict[str, list[int]] = defaultdict(list)
        self.prefixes: dict[str, list[int]] = defaultdict(list)
        self.never: dict[str, set[int]] = defaultdict(set)
        self.glued: dict[str, int] = {}  # token → where its missing space belongs
        for number, slot in enumerate(self.slots):
            for table, words in (
                (self.stems, slot.words),
                (self.exact, slot.exact),
                (self.prefixes, slot.prefixes),
            ):
                for word in words:
                    table[word].append(number)
            for word in slot.never:
                self.never[word].add(number)
        self.lengths = sorted({len(prefix) for prefix in self.prefixes})
        self.long = frozenset(word for word in self.stems if len(word) >= _LONG)

    def __missing__(self, token: str) -> Cell:
        if len(self) >= CACHE:
            self.clear()
            self.glued.clear()
        cell = self.slots_of(token)
        if not cell and (cut := self._missing_space(token)):
            self.glued[token] = cut
            cell = (GLUED,)
        self[token] = cell
        return cell

    def slots_of(self, token: str) -> Cell:
        """The slots that a token can fill, by its clitic readings alone."""
        word = fold_word(token)
        found = set(self.exact.get(word, ()))
        barred = set(self.never.get(word, ()))
        for reading in readings(word, closed=is_closed(token)):
            barred |= self.never.get(reading.stem, set())
            for slot in self.stems.get(reading.stem, ()):
                if self.slots[slot].name and not _may_follow_a_name(reading):
                    continue
                found.add(slot)
            for length in self.lengths:
                found.update(self.prefixes.get(reading.stem[:length], ()))
        if len(word) < MIN_STEM:
            found.update(self.stems.get(word, ()))
        return tuple(sorted(found - barred))

    def _missing_space(self, token: str) -> int:
        """Where to cut a token that hides a known word, 0 where there is none."""
        word = fold_word(token)
        if not _LONG + 2 <= len(word) <= _LONGEST_GLUED or not self._hides_stem(word):
            return 0
        for cut in range(2, len(word) - 1):
            left, right = word[:cut], word[cut:]
            if self._stands_apart(left, right):
                return _raw_cut(token, left)
        return 0

    def _hides_stem(self, word: str) -> bool:
        size = len(word)
        return any(
            word[i:j] in self.long for i in range(size - _LONG + 1) for j in range(i + _LONG, size + 1)
        )

    def _stands_apart(self, left: str, right: str) -> bool:
        if len(left) >= _LONG and self._known(left):
            starts_anew = right.startswith(("و", "ال", "بال", "لل", "ب", "ل")) and len(right) > MIN_STEM
            return starts_anew or right in FUNCTION_WORDS or self._known(right)
        return self._known(right) and (left in FUNCTION_WORDS or len(left) > MIN_STEM)

    def _known(self, word: str) -> bool:
        return len(word) >= _LONG and any(reading.stem in self.long for reading in readings(word))


def _may_follow_a_name(reading: Reading) -> bool:
    """A name has no "his"; only a nisba takes the ا of tanwin (تايلانديا), or وعدنا would be عدن."""
    return not reading.enclitic or (reading.enclitic == "ا" and reading.stem.endswith("ي"))


def _raw_cut(token: str, left: str) -> int:
    """The offset in a token as written at which its folded beginning ends."""
    return next((at for at in range(1, len(token)) if fold_word(token[:at]) == left), 0)


class Lexicon:
    """All concepts of a rule set, ready to be found."""

    def __init__(self, concepts: Sequence[Concept]) -> None:
        self.numbers: dict[Slot, int] = {}
        self.single: dict[int, list[str]] = defaultdict(list)  # slot → concepts it names alone
        self.unless = {concept.name: f"{concept.name}\0unless" for concept in concepts if concept.unless}
        terms = [(c.name, term) for c in concepts for term in c.terms]
        terms += [(self.unless[c.name], term) for c in concepts for term in c.unless]
        phrases = [(name, term, self._numbered(term)) for name, term in terms]
        popularity: dict[int, int] = defaultdict(int)
        for _, _, slots in phrases:
            for slot in slots:
                popularity[slot] += 1
        self.phrases: dict[int, list[tuple[str, tuple[int, ...], tuple[int, ...]]]] = defaultdict(list)
        for name, term, slots in phrases:
            if len(slots) == 1:
                self.single[slots[0]].append(name)
            else:
                anchor = min(slots, key=popularity.__getitem__)
                self.phrases[anchor].append((name, slots, term.gaps))
        self.analyser = Analyser(self.numbers)

    def _numbered(self, term: Term) -> tuple[int, ...]:
        return tuple(self.numbers.setdefault(slot, len(self.numbers)) for slot in term.slots)

    def find(self, seen: Mapping[int, Sequence[int]]) -> dict[str, list[Hit]]:
        """Every mention of every concept, by position.

        Args:
            seen: slot → the positions it can be filled at, ascending.
        """
        found: dict[str, set[Hit]] = {}
        for slot, positions in seen.items():
            for concept in self.single.get(slot, ()):
                found.setdefault(concept, set()).update([Hit(at, at + 1, concept) for at in positions])
            for concept, slots, gaps in self.phrases.get(slot, ()):
                if all(map(seen.__contains__, slots)):
                    hits = _phrase(concept, [seen[other] for other in slots], gaps)
                    if hits:
                        found.setdefault(concept, set()).update(hits)
        return {
            concept: hits for concept in found if "\0" not in concept and (hits := self._kept(concept, found))
        }

    def _kept(self, concept: str, found: dict[str, set[Hit]]) -> list[Hit]:
        """A concept's hits in order, without those that touch an ``unless``."""
        hits = sorted(found[concept])
        barred = found.get(self.unless.get(concept, ""))
        if not barred:
            return hits
        taken = {position for hit in barred for position in range(hit.start, hit.end)}
        return [hit for hit in hits if taken.isdisjoint(range(hit.start, hit.end))]


def _phrase(concept: str, places: list[Sequence[int]], gaps: Sequence[int]) -> list[Hit]:
    """For each place where a phrase can start, the nearest place where it ends."""
    later = [set(positions) for positions in places[1:]]
    hits = []
    for start in places[0]:
        ends = {start}
        for positions, gap in zip(later, gaps, strict=True):
            ends = {at for end in ends for at in range(end + 1, end + gap + 2) if at in positions}
        if ends:
            hits.append(Hit(start, min(ends) + 1, concept))
    return hits
