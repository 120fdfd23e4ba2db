"""What is kept of an article to tell which event it speaks of: small, and the same for the same text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from cattrs.preconf.json import make_converter

from alerts.facts import Quantity, read_facts
from alerts.facts.tokens import Word, words
from alerts.nouns import Span
from alerts.stories.vocabulary import Vocabulary

_SHINGLE = 3  # words
_LEAD = 80  # words of the body that tell the event; what follows is background that many events share
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
    terms: frozenset[str]  # telling words of title and lead
    topics: tuple[str, ...] = ()
    places: tuple[str, ...] = ()  # countries (two capitals) and towns (small letters)
    title_places: tuple[str, ...] = ()  # those that the title names
    kinds: tuple[str, ...] = ()  # of event, the loudest first
    counts: tuple[Count, ...] = ()
    shingles: frozenset[int] = frozenset()  # 32-bit hashes of the lead's word runs
    wire: str = ""
    tier: int = 2  # of the outlet

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
    topics: tuple[str, ...] = (),
    places: tuple[str, ...] = (),
    wire: str = "",
    tier: int = 2,
) -> Fingerprint:
    """The fingerprint of an article. ``published`` later than ``seen``, or unknown, counts as ``seen``."""
    facts = read_facts(title, body)
    head = [word for word in words(_TITLE_TAG.sub("", title)) if not word.is_break]
    lead = _lead(body)
    vocabulary = Vocabulary.load()
    headline = frozenset(vocabulary.terms(_placeless(head, "title", facts.place_spans)))
    return Fingerprint(
        article=article,
        outlet=outlet,
        group=group or outlet,
        seen=seen,
        published=min(published or seen, seen),
        headline=headline,
        terms=headline | frozenset(vocabulary.terms(_placeless(lead, "body", facts.place_spans))),
        topics=topics,
        places=tuple(dict.fromkeys((*facts.places, *places))),
        title_places=tuple(dict.fromkeys(s.concept for s in facts.place_spans if s.field == "title")),
        kinds=facts.kinds,
        counts=tuple(dict.fromkeys(_count(quantity) for quantity in facts.quantities)),
        shingles=frozenset(_shingles([word.folded for word in (lead if len(lead) > 8 else [*head, *lead])])),
        wire=wire,
        tier=tier,
    )


def gap(one: Fingerprint, other: Fingerprint) -> timedelta:
    """The time between two articles, by publication."""
    return abs(one.published - other.published)


def _lead(body: str) -> list[Word]:
    lead: list[Word] = []
    for word in words(body):
        if not word.is_break:
            lead.append(word)
        if len(lead) == _LEAD:
            break
    return lead


def _placeless(text: Sequence[Word], field: str, places: Sequence[Span]) -> Iterator[str]:
    """The words of a text but for the names of places, which are compared as places."""
    taken = {at for span in places if span.field == field for at in range(span.start, span.end)}
    return (word.folded for word in text if word.start not in taken)


def _count(quantity: Quantity) -> Count:
    return Count(quantity.role, quantity.low, quantity.high)


def _shingles(text: Sequence[str]) -> Iterator[int]:
    for at in range(len(text) - _SHINGLE + 1):
        run = " ".join(text[at : at + _SHINGLE])
        yield int.from_bytes(blake2b(run.encode(), digest_size=4).digest(), "big")
