"""What a token of a text can stand for: looked up once in its life, then remembered as written."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

from alerts.arabic import FUNCTION_WORDS, MIN_STEM, TOKEN, Reading, fold_word, is_closed, readings
from alerts.matching.nouns import Slot
from alerts.matching.prefilter import ANY, FIELDS

CACHE: Final = 200_000  # distinct words; a newspaper month has fewer
_LONG: Final = 5  # letters: a shorter stem inside an unknown word is chance, not a missing space
_LONGEST_GLUED: Final = 40
# أو and لا are the beginning of too many words (أوروبية is no روبية).
_BEFORE_GLUE: Final = frozenset(word for word in FUNCTION_WORDS if len(word) >= MIN_STEM) | {"في", "من", "عن"}


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """Slots that follow each other. Compared by identity: there is one of each."""

    slots: tuple[int, ...]
    gaps: tuple[int, ...]  # the most words between slot i and slot i + 1
    needed: frozenset[int]  # the slots, to ask whether all are there


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """What all tokens that fill the same slots share. Compared by identity: there is one of each."""

    slots: frozenset[int] = frozenset()
    anywhere: int = 0  # needs of rules that its concepts fill wherever they stand
    head: int = 0  # those that they fill in the head of an article
    title: int = 0
    wide: int = 0  # all of these
    hope: int = 0  # and those that its phrases can fill at most
    concepts: frozenset[str] = frozenset()  # named by one word
    phrases: tuple[tuple[Phrase, tuple[str, ...]], ...] = ()  # that are looked for here, with their concepts


Fills = Callable[[Iterable[str], str], int]  # concepts and a field → bits of needs
Names = Mapping[int, Iterable[str]]
Anchored = Mapping[int, Mapping[Phrase, Iterable[str]]]
_NONE: Final[Mapping[Phrase, Iterable[str]]] = {}
EMPTY: Final = Cell()  # most words
GLUED: Final = Cell()  # the token is two words


class Analyser(dict[str, Cell]):
    """Token as written → the slots it can fill. Fills itself."""

    def __init__(self, slots: Iterable[Slot], single: Names, phrases: Anchored, needs: Fills) -> None:
        """Take the slots by number, what each names alone, the phrases it anchors, and what concepts fill."""
        super().__init__()
        self.slots = tuple(slots)
        self.single, self.phrases, self.needs = single, phrases, needs
        self.cells: dict[tuple[int, ...], Cell] = {(): EMPTY}
        self.naming: dict[str, set[Cell]] = defaultdict(set)  # concept → cells that name it alone
        self.filling: dict[int, set[Cell]] = defaultdict(set)  # slot → cells that fill it
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
        slots = self.slots_of(token)
        cell = self._cell(slots)
        if not slots and (cut := self._missing_space(token)):
            self.glued[token] = cut
            cell = GLUED
        self[token] = cell
        return cell

    def _cell(self, slots: tuple[int, ...]) -> Cell:
        if slots not in self.cells:
            concepts = frozenset(name for slot in slots for name in self.single.get(slot, ()))
            anchored = [entry for slot in slots for entry in self.phrases.get(slot, _NONE).items()]
            phrases = tuple((phrase, tuple(names)) for phrase, names in anchored)
            anywhere, head, title = (self.needs(concepts, field) for field in FIELDS)
            more = head | title
            hoped = self.needs([name for _, names in phrases for name in names], ANY)
            # With ten thousand rules these are long numbers: no copy where nothing is added.
            wide = anywhere | more if more else anywhere
            hope = wide | hoped if hoped else wide
            cell = Cell(frozenset(slots), anywhere, head, title, wide, hope, concepts, phrases)
            for name in concepts:
                self.naming[name].add(cell)
            for slot in slots:
                self.filling[slot].add(cell)
            self.cells[slots] = cell
        return self.cells[slots]

    def slots_of(self, token: str) -> tuple[int, ...]:
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
        begins = left in _BEFORE_GLUE or (len(left) > MIN_STEM and right.startswith("ال"))
        return begins and self._known(right)

    def _known(self, word: str) -> bool:
        return len(word) >= _LONG and any(reading.stem in self.long for reading in readings(word))


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """What stands between two spaces. Compared by identity: there is one of each."""

    cell: Cell  # of all its words together
    words: tuple[str, ...]  # two that were written as one stand apart
    cells: tuple[tuple[int, Cell], ...]  # of the words that mean something, with the number of the word
    size: int  # words


class Chunks(dict[str, Chunk]):
    """Text between two spaces → its words, looked up. Fills itself.

    A text is split at spaces in a quarter of the time in which its words are found.
    """

    def __init__(self, analyser: Analyser) -> None:
        """Look words up in an analyser."""
        super().__init__()
        self.analyser = analyser
        self.hopeless: set[str] = set()  # those that fill no need of any rule
        self.idle: set[str] = set()  # those of them that fill no slot either

    def __missing__(self, text: str) -> Chunk:
        if len(self) >= CACHE:
            self.clear()
            self.hopeless.clear()
            self.idle.clear()
        words = tuple(part for word in TOKEN.findall(text) for part in self._apart(word))
        cells = [(at, cell) for at, word in enumerate(words) if (cell := self.analyser[word]) is not EMPTY]
        self[text] = chunk = Chunk(_joined([cell for _, cell in cells]), words, tuple(cells), len(words))
        if not chunk.cell.hope:
            self.hopeless.add(text)
        if chunk.cell is EMPTY:
            self.idle.add(text)
        return chunk

    def _apart(self, word: str) -> tuple[str, ...]:
        if self.analyser[word] is not GLUED:
            return (word,)
        cut = self.analyser.glued[word]
        return word[:cut], word[cut:]


def _joined(cells: list[Cell]) -> Cell:
    if len(cells) < 2:
        return cells[0] if cells else EMPTY
    return Cell(
        frozenset().union(*(cell.slots for cell in cells)),
        reduce(or_, [cell.anywhere for cell in cells]),
        reduce(or_, [cell.head for cell in cells]),
        reduce(or_, [cell.title for cell in cells]),
        reduce(or_, [cell.wide for cell in cells]),
        reduce(or_, [cell.hope for cell in cells]),
        frozenset().union(*(cell.concepts for cell in cells)),
        tuple(dict.fromkeys(phrase for cell in cells for phrase in cell.phrases)),
    )


def _may_follow_a_name(reading: Reading) -> bool:
    """A name has no "his"; only a nisba takes the ا of tanwin (تايلانديا), or وعدنا would be عدن."""
    return not reading.enclitic or (reading.enclitic == "ا" and reading.stem.endswith("ي"))


def _raw_cut(token: str, left: str) -> int:
    """The offset in a token as written at which its folded beginning ends."""
    return next((at for at in range(1, len(token)) if fold_word(token[:at]) == left), 0)
