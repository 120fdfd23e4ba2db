"""A text whose words have been looked up, and what it mentions where. Each is worked out when first asked for."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, reduce
from operator import or_
from typing import Final

from alerts.arabic import PARAGRAPH_END, SENTENCE_END, is_arabic
from alerts.matching.analyser import Cell, Chunk, Phrase
from alerts.matching.expressions import Hit
from alerts.matching.learned import Opinion
from alerts.matching.lexicon import Lexicon, Seen
from alerts.nouns import Span

FIELD_GAP: Final = 1000  # words between title and body: wider than any NEAR, so nothing spans both
LEAD: Final = 50  # words of the body in which news says what happened
WEIGHTS: Final = {"title": 3.0, "lead": 2.0, "body": 1.0}
CAPPED: Final = 4  # mentions of a concept in the rest of the body that add to a score
_SCOPES: Final = {"title": {"title"}, "lead": {"lead"}, "body": {"lead", "body"}, "head": {"title", "lead"}}
_UNIT_ENDS: Final = {"sentence": SENTENCE_END, "paragraph": PARAGRAPH_END}


class Scan:
    """An article as the rules see it. Most articles are dismissed by their cells alone."""

    def __init__(self, lexicon: Lexicon, title: str, body: str) -> None:
        self.lexicon = lexicon
        self.texts = {"title": title, "body": body}
        look = lexicon.chunks.__getitem__
        self.chunks = {field: list(map(look, text.split())) for field, text in self.texts.items()}
        self.title = {chunk.cell for chunk in self.chunks["title"]}
        self.head = self.title.union([chunk.cell for chunk in self._lead()])
        self.cells = self.title.union([chunk.cell for chunk in self.chunks["body"]])
        self.seen: dict[str, Seen] = {}
        self.found: dict[str, list[Hit]] = {}
        self.opinions: dict[str, Opinion] = {}  # the learned ones, by topic, once they were asked for

    def _lead(self) -> Iterator[Chunk]:
        """What begins in the first words of the body."""
        left = LEAD
        for chunk in self.chunks["body"]:
            if left <= 0:
                return
            left -= len(chunk.words)
            yield chunk

    @cached_property
    def phrases(self) -> dict[str, set[Phrase]]:
        """The phrases of each concept whose words are all there, though perhaps not together."""
        found: dict[str, set[Phrase]] = defaultdict(set)
        if asked := [entry for cell in self.cells if cell.phrases for entry in cell.phrases]:
            missing = ~reduce(or_, [cell.mask for cell in self.cells], 0)
            for name, mask, phrase in asked:
                if not mask & missing:
                    found[name].add(phrase)
        return found

    @cached_property
    def possible(self) -> frozenset[str]:
        """The concepts that may be mentioned; of all others it is certain that they are not."""
        return frozenset(self.phrases).union(*[cell.concepts for cell in self.cells])

    @cached_property
    def words(self) -> dict[str, list[str]]:
        """The words of each field; two words that were written as one stand apart."""
        return {
            field: [word for chunk in chunks for word in chunk.words] for field, chunks in self.chunks.items()
        }

    @cached_property
    def base(self) -> int:
        """The position of the body's first word."""
        return sum(len(chunk.words) for chunk in self.chunks["title"]) + FIELD_GAP

    @cached_property
    def placed(self) -> list[tuple[int, Cell]]:
        """The words that mean something to the rules, by position."""
        placed = []
        for at, field in ((0, "title"), (self.base, "body")):
            here = at
            for _, words, cells in self.chunks[field]:
                for number, cell in cells:
                    placed.append((here + number, cell))
                here += len(words)
        return placed

    def expect(self, concepts: Iterable[str]) -> None:
        """Make ready for questions about some concepts at once: cheaper than one by one."""
        if asked := self.possible.intersection(concepts) - self.seen.keys():
            seen = Seen(self.placed, self.lexicon.wanted(asked, self.phrases))
            self.seen.update(dict.fromkeys(asked, seen))

    def hits(self, concept: str, field: str = "") -> Sequence[Hit]:
        """The mentions of a concept in a field ("" for everywhere), by position."""
        if concept not in self.possible:
            return ()
        if concept not in self.found:
            if concept not in self.seen:
                self.expect([concept])
            self.found[concept] = self.lexicon.hits(concept, self.phrases, self.seen[concept])
        hits = self.found[concept]
        if not field or not hits:
            return hits
        wanted = _SCOPES[field]
        return [hit for hit in hits if self.field_of(hit) in wanted]

    def field_of(self, hit: Hit) -> str:
        """Whether a hit stands in the "title", the "lead" or the rest of the "body"."""
        if hit.start < self.base:
            return "title"
        return "lead" if hit.start < self.base + LEAD else "body"

    @property
    def arabic(self) -> bool:
        """Whether the text is Arabic rather than Persian or Urdu."""
        return is_arabic([*self.words["title"], *self.words["body"]])

    @cached_property
    def offsets(self) -> dict[str, list[tuple[int, int]]]:
        """Where each word stands in its field."""
        return {field: _offsets(text, self.words[field]) for field, text in self.texts.items()}

    @cached_property
    def _unit_ends(self) -> dict[tuple[str, str], list[int]]:
        return {
            (field, kind): [match.start() for match in ends.finditer(text)]
            for field, text in self.texts.items()
            for kind, ends in _UNIT_ENDS.items()
        }

    def unit(self, position: int, kind: str) -> int:
        """The number of the "sentence" or "paragraph" that a word stands in."""
        if position < self.base:
            return -1 - bisect_right(self._unit_ends["title", kind], self.offsets["title"][position][0])
        return bisect_right(self._unit_ends["body", kind], self.offsets["body"][position - self.base][0])

    def span(self, hit: Hit) -> Span:
        """A hit in the reader's spelling."""
        field = "title" if hit.start < self.base else "body"
        first = hit.start - (0 if field == "title" else self.base)
        last = first + hit.end - hit.start - 1
        start, end = self.offsets[field][first][0], self.offsets[field][last][1]
        return Span(field, start, end, self.texts[field][start:end], hit.concept)

    def weight(self, concept: str) -> float:
        """How much an article is about a concept: by its title, its lead, and the mentions further down."""
        fields = [self.field_of(hit) for hit in self.hits(concept)]
        return sum(WEIGHTS[f] for f in ("title", "lead") if f in fields) + min(fields.count("body"), CAPPED)


def _offsets(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    offsets = []
    at = 0
    for word in words:
        start = text.index(word, at)
        at = start + len(word)
        offsets.append((start, at))
    return offsets
