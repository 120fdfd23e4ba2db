"""What is kept of an article to tell which event it speaks of: small, and the same for the same text."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from cattrs.preconf.json import make_converter

from alerts.facts import Facts, Quantity, read_facts, within_country
from alerts.facts.datelines import dateline
from alerts.facts.tokens import Word, words
from alerts.nouns import Span
from alerts.stories.vocabulary import Vocabulary

_SHINGLE = 3  # words
_LEAD = 80  # words of the body that may tell the event
_OPENING, _SHORTEST = 35, 10  # words of a first sentence: at most, and at least (a dateline is none)
_SENTENCE_ENDS = ".!?؟…\n"
_TITLE_TAG = re.compile(r"^\s*(?:عاجل|فيديو|بالفيديو|بالصور|صور|شاهد|خاص|متابعات)\s*[|:\-–—.]+\s*")
_JSON = make_converter()


@dataclass(frozen=True, slots=True)
class Count:
    """How many of what: ``low`` equals ``high`` where the text names one value."""

    role: str
    low: float
    high: float

    @property
    def exact(self) -> bool:
        """Whether the text names one value."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """An article as far as stories care."""

    article: int
    outlet: str
    group: str  # outlets of one group are one voice; the outlet's id where it has none
    seen: datetime
    published: datetime
    headline: frozenset[str]  # telling words of the title
    core: frozenset[str]  # telling words of the title and the first sentence: what the article is about
    terms: frozenset[str]  # telling words of the title and the lead: background among them
    topics: tuple[str, ...] = ()
    places: tuple[str, ...] = ()  # countries (two capitals) and towns (small letters)
    title_places: tuple[str, ...] = ()  # those that the title names
    set_in: tuple[str, ...] = ()  # those of them where it happened: «64 كوريا» come from somewhere else
    main_places: tuple[str, ...] = ()  # those that title or first sentence name; all where they name none
    kinds: tuple[str, ...] = ()  # of event, the loudest first
    counts: tuple[Count, ...] = ()
    main_counts: tuple[Count, ...] = ()  # those of title and first sentence
    further: tuple[Count, ...] = ()  # below the lead: news where no article told it, no likeness
    opening: frozenset[int] = frozenset()  # 32-bit hashes of the first sentence's word runs
    shingles: frozenset[int] = frozenset()  # of the lead's
    wire: str = ""
    tier: int = 2  # of the outlet
    ruled: int = 0  # the story that an operator put it in
    notice: str = ""  # how the title begins: "correction" or "withdrawal" of an earlier text, "explainer"

    def as_json(self) -> dict[str, object]:
        """Plain lists, strings and numbers."""
        plain: dict[str, object] = _JSON.unstructure(self)
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "Fingerprint":
        """The value ``as_json`` wrote."""
        return _JSON.structure(data, cls)


def fingerprint(
    *,
    article: int,
    outlet: str,
    title: str,
    body: str,
    seen: datetime,
    published: datetime | None = None,
    group: str = "",
    masthead: str = "",
    topics: tuple[str, ...] = (),
    places: tuple[str, ...] = (),
    wire: str = "",
    tier: int = 2,
) -> Fingerprint:
    """The fingerprint of an article.

    Args:
        article: its id in the archive.
        outlet: where it stands, with the ``group`` and ``tier`` of that outlet.
        title: as published.
        body: of which the lead is read.
        seen: when we saw it first.
        published: later than ``seen``, or unknown, counts as ``seen``.
        group: empty where the outlet has none.
        masthead: what the outlet calls itself in Arabic: in its own texts that name says nothing.
        topics: that the rules found.
        places: that the rules found anywhere; believed where title and lead name none: any background names all.
        wire: the agency it credits.
        tier: 1 for an outlet of the first rank.
    """
    facts = read_facts(title, body)
    head = [word for word in words(title) if not word.is_break and word.start >= _tagged(title)]
    lead, first = _lead(body)
    headline = _telling(head, "title", facts.place_spans, masthead)
    end = lead[first - 1].end if lead else 0
    return Fingerprint(
        article=article,
        outlet=outlet,
        group=group or outlet,
        seen=seen,
        published=min(published or seen, seen),
        headline=headline,
        core=headline | _telling(lead[:first], "body", facts.place_spans, masthead),
        terms=headline | _telling(lead, "body", facts.place_spans, masthead),
        topics=topics,
        places=facts.places or places,
        title_places=_titled(facts, without=()),
        set_in=_titled(facts, without=facts.people_spans),
        main_places=_main_places(facts, end) or facts.places or places,
        kinds=facts.kinds,
        counts=_counts(facts.quantities),
        main_counts=_counts(each for each in facts.quantities if _leads(each.span, end)),
        further=_counts(facts.further),
        opening=frozenset(_shingles(lead[:first])),
        shingles=frozenset(_shingles(lead)),
        wire=wire,
        tier=tier,
        notice=facts.notice,
    )


def _leads(span: Span, end: int) -> bool:
    """Whether a span stands in the title, or before ``end`` in the body."""
    return span.field == "title" or span.start < end


def gap(one: Fingerprint, other: Fingerprint) -> timedelta:
    """The time between two articles, by publication."""
    return abs(one.published - other.published)


def _tagged(title: str) -> int:
    """Where a title begins behind its tag: «عاجل | …»."""
    found = _TITLE_TAG.match(title)
    return found.end() if found else 0


def _lead(body: str) -> tuple[list[Word], int]:
    """The words of the lead behind its dateline, and how many of them make its first sentence."""
    lead: list[Word] = []
    first = 0
    for word in words(body, dateline(body)):
        if not word.is_break:
            lead.append(word)
        elif not first and len(lead) >= _SHORTEST and word.folded in _SENTENCE_ENDS:
            first = len(lead)
        if len(lead) == _LEAD:
            break
    return lead, min(first or len(lead), _OPENING)


def _telling(text: Sequence[Word], field: str, places: Sequence[Span], masthead: str) -> frozenset[str]:
    """The words of a text that can tell an event."""
    vocabulary = Vocabulary.load()
    return frozenset(vocabulary.terms(vocabulary.nameless(list(_placeless(text, field, places)), masthead)))


def _placeless(text: Sequence[Word], field: str, places: Sequence[Span]) -> Iterator[str]:
    """The words of a text but for the names of places, which are compared as places."""
    taken = {at for span in places if span.field == field for at in range(span.start, span.end)}
    return (word.folded for word in text if word.start not in taken)


def _titled(facts: Facts, without: Sequence[Span]) -> tuple[str, ...]:
    """The places that the title names."""
    spans = (span for span in facts.place_spans if span.field == "title" and span not in without)
    return tuple(dict.fromkeys(span.concept for span in spans))


def _main_places(facts: Facts, end: int) -> tuple[str, ...]:
    main = [span.concept for span in facts.place_spans if _leads(span, end)]
    return tuple(dict.fromkeys(wider for place in main for wider in within_country(place)))


def _counts(quantities: Iterable[Quantity]) -> tuple[Count, ...]:
    return tuple(dict.fromkeys(Count(each.role, each.low, each.high) for each in quantities))


def _shingles(text: Sequence[Word]) -> Iterator[int]:
    for at in range(len(text) - _SHINGLE + 1):
        run = " ".join(word.folded for word in text[at : at + _SHINGLE])
        yield int.from_bytes(blake2b(run.encode(), digest_size=4).digest(), "big")
