"""A text whose words have been looked up, and what it mentions where. Each is worked out when first asked for."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, reduce
from itertools import accumulate, chain, compress, takewhile
from operator import attrgetter, or_
from typing import Final

from alerts.arabic import PARAGRAPH_END, SENTENCE_END, is_arabic
from alerts.matching.analyser import Cell, Chunk, Phrase
from alerts.matching.compiled import facts_of
from alerts.matching.expressions import Hit
from alerts.matching.learned import Opinion
from alerts.matching.lexicon import Lexicon, Standing, unless
from alerts.nouns import Span

FIELD_GAP: Final = 1000  # words between title and body: wider than any NEAR, so nothing spans both
LEAD: Final = 50  # words of the body in which news says what happened
WEIGHTS: Final = {"title": 3.0, "lead": 2.0, "body": 1.0}
CAPPED: Final = 4  # mentions of a concept in the rest of the body that add to a score
_UNIT_ENDS: Final = {"sentence": SENTENCE_END, "paragraph": PARAGRAPH_END}
# Loops over all words of a text are left to C.
_CELL, _WORDS, _SIZE, _HOPE = map(attrgetter, ("cell", "words", "size", "cell.hope"))
_SLOTS, _NEEDED, _PHRASES, _CONCEPTS = map(attrgetter, ("slots", "needed", "phrases", "concepts"))


class Mentions:
    """Where a text mentions a concept. Hits are made for the fields that are asked for."""

    __slots__ = ("concept", "end", "hits", "lead", "places", "rest")

    def __init__(self, concept: str, places: list[tuple[int, int]], base: int) -> None:
        self.concept = concept
        self.places = places  # first and last position (exclusive), ascending
        self.lead = bisect_left(places, (base,))  # the number of the first in the lead
        self.rest = bisect_left(places, (base + LEAD,), self.lead)
        self.end = len(places)
        self.hits: dict[str, list[Hit]] = {}

    def facts(self) -> tuple[str, ...]:
        """Where it is mentioned, as expressions ask for it."""
        return facts_of(self.concept, self.lead > 0, self.rest > self.lead, self.end > self.rest)

    def within(self, field: str) -> list[Hit]:
        """Those in a field, by position."""
        if field not in self.hits:
            first = self.lead if field in {"lead", "body"} else 0
            end = {"title": self.lead, "lead": self.rest, "head": self.rest}.get(field, self.end)
            self.hits[field] = [Hit(start, end, self.concept) for start, end in self.places[first:end]]
        return self.hits[field]

    def weight(self) -> float:
        """How much an article is about the concept: by its title, its lead, and the mentions further down."""
        return (
            (WEIGHTS["title"] if self.lead else 0.0)
            + (WEIGHTS["lead"] if self.rest > self.lead else 0.0)
            + WEIGHTS["body"] * min(self.end - self.rest, CAPPED)
        )


class Scan:
    """An article as the rules see it. Most articles are dismissed by their cells alone."""

    def __init__(self, lexicon: Lexicon, title: str, body: str) -> None:
        self.lexicon = lexicon
        self.texts = {"title": title, "body": body}
        self.split = {"title": title.split(), "body": body.split()}
        self.distinct = {*self.split["title"], *self.split["body"]}
        self.found: dict[str, Mentions] = {}
        self.facts: set[str] = set()  # of the concepts that were learned
        self.spans: dict[Hit, Span] = {}
        self.opinions: dict[str, Opinion] = {}  # the learned ones, by topic, once they were asked for

    @cached_property
    def promise(self) -> int:
        """The needs of rules that the words can fill at most, as bits: a first look, without an order."""
        chunks = self.lexicon.chunks
        return reduce(or_, map(_HOPE, map(chunks.__getitem__, self.distinct - chunks.hopeless)), 0)

    @cached_property
    def cells(self) -> set[Cell]:
        """Those of all words that mean something."""
        chunks = self.lexicon.chunks
        return set(map(_CELL, map(chunks.__getitem__, self.distinct - chunks.idle)))

    @cached_property
    def chunks(self) -> dict[str, list[Chunk]]:
        """The words of each field, looked up."""
        look = self.lexicon.chunks.__getitem__
        return {field: list(map(look, texts)) for field, texts in self.split.items()}

    @cached_property
    def title(self) -> set[Cell]:
        """The cells of the title."""
        return set(map(_CELL, self.chunks["title"]))

    @cached_property
    def base(self) -> int:
        """The position of the body's first word."""
        words: int = sum(map(_SIZE, self.chunks["title"]))
        return FIELD_GAP + words

    @cached_property
    def head(self) -> set[Cell]:
        """The cells of the title and of what begins in the first words of the body."""
        body = self.chunks["body"]
        starts = takewhile(LEAD.__gt__, accumulate(map(_SIZE, body), initial=0))
        return self.title.union(map(_CELL, body[: len(list(starts))]))

    @cached_property
    def phrases(self) -> dict[str, set[Phrase]]:
        """The phrases of each concept whose words are all there, though perhaps not together."""
        found: dict[str, set[Phrase]] = defaultdict(set)
        looked_for = list(chain.from_iterable(map(_PHRASES, self.cells)))
        there = frozenset[int]().union(*map(_SLOTS, self.cells)) if looked_for else frozenset()
        for phrase, names in looked_for:
            if phrase.needed <= there:
                for name in names:
                    found[name].add(phrase)
        return found

    @cached_property
    def possible(self) -> frozenset[str]:
        """The concepts that may be mentioned; of all others it is certain that they are not."""
        return frozenset(self.phrases).union(*map(_CONCEPTS, self.cells))

    @cached_property
    def words(self) -> dict[str, list[str]]:
        """The words of each field; two words that were written as one stand apart."""
        return {
            field: list(chain.from_iterable(map(_WORDS, chunks))) for field, chunks in self.chunks.items()
        }

    def head_words(self) -> dict[int, str]:
        """The words of the title and the lead, by position."""
        return dict(chain(enumerate(self.words["title"]), enumerate(self.words["body"][:LEAD], self.base)))

    @cached_property
    def standing(self) -> Standing:
        """Where each cell stands that names a concept or is a part of a phrase; function words are most others."""
        standing = Standing(self.lexicon.analyser.filling)
        wanted = frozenset[int]().union(*map(_NEEDED, chain.from_iterable(self.phrases.values())))
        useful = {cell for cell in self.cells if cell.concepts or not wanted.isdisjoint(cell.slots)}
        for base, chunks in ((0, self.chunks["title"]), (self.base, self.chunks["body"])):
            starts = accumulate(map(_SIZE, chunks), initial=base)
            tells = map(useful.__contains__, map(_CELL, chunks))
            for start, chunk in compress(zip(starts, chunks, strict=False), tells):
                for number, cell in chunk.cells:
                    standing[cell].append(start + number)
        return standing

    def learn(self, concepts: frozenset[str]) -> None:
        """Note as facts where some concepts are mentioned."""
        for concept in concepts.intersection(self.possible).difference(self.found):
            self._learn(concept)

    def _learn(self, concept: str) -> Mentions:
        """Find its mentions, without those that touch an ``unless``."""
        find, phrases = self.lexicon.find, self.phrases
        places = find(concept, phrases.get(concept, ()), self.standing)
        exceptions = unless(concept)
        if exceptions in self.possible and places:
            barred = find(exceptions, phrases.get(exceptions, ()), self.standing)
            taken = {at for start, end in barred for at in range(start, end)}
            places = {(start, end) for start, end in places if taken.isdisjoint(range(start, end))}
        self.found[concept] = mentions = Mentions(concept, sorted(places), self.base)
        self.facts.update(mentions.facts())
        return mentions

    def hits(self, concept: str, field: str = "") -> Sequence[Hit]:
        """The mentions of a concept in a field ("" for everywhere), by position."""
        if concept not in self.possible:
            return ()
        return (self.found.get(concept) or self._learn(concept)).within(field)

    def weight(self, concept: str) -> float:
        """How much the article is about a concept."""
        if concept not in self.possible:
            return 0.0
        return (self.found.get(concept) or self._learn(concept)).weight()

    @cached_property
    def arabic(self) -> bool:
        """Whether the text is Arabic rather than Persian or Urdu."""
        return is_arabic([*self.words["title"], *self.words["body"]])

    @cached_property
    def ends(self) -> dict[str, list[int]]:
        """Where each word ends in its field: an offset in characters."""
        return {field: _ends(text, self.words[field]) for field, text in self.texts.items()}

    @cached_property
    def _unit_ends(self) -> dict[tuple[str, str], list[int]]:
        return {
            (field, kind): [match.start() for match in ends.finditer(text)]
            for field, text in self.texts.items()
            for kind, ends in _UNIT_ENDS.items()
        }

    def unit(self, position: int, kind: str) -> int:
        """The number of the "sentence" or "paragraph" that a word stands in."""
        field, sign, base = ("title", -1, 0) if position < self.base else ("body", 1, self.base)
        start = self.ends[field][position - base] - len(self.words[field][position - base])
        return sign * (1 + bisect_right(self._unit_ends[field, kind], start))

    def span(self, hit: Hit) -> Span:
        """A hit in the reader's spelling."""
        if hit not in self.spans:
            first, last, concept = hit
            field, base = ("title", 0) if first < self.base else ("body", self.base)
            ends = self.ends[field]
            start = ends[first - base] - len(self.words[field][first - base])
            end = ends[last - base - 1]
            self.spans[hit] = Span(field, start, end, self.texts[field][start:end], concept)
        return self.spans[hit]


def _ends(text: str, words: Iterable[str]) -> list[int]:
    end = 0
    return [(end := text.index(word, end) + len(word)) for word in words]
