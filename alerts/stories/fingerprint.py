"""What is kept of an article to tell which event it speaks of: small, and the same for the same text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from alerts.facts import Quantity, read_facts
from alerts.facts.tokens import stem, words

_SHINGLE = 4  # words
_LEAD = 120  # words of the body that count for likeness
_TITLE_TAG = re.compile(r"^\s*(?:عاجل|فيديو|بالفيديو|بالصور|صور|شاهد|خاص|متابعات)\s*[|:\-–—.]+\s*")


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
    """An article as far as stories care. JSON-serialisable: ``as_json`` and ``from_json``."""

    article: int
    outlet: str
    group: str  # outlets of one group are one voice; the outlet's id where it has none
    seen: datetime
    published: datetime
    title: tuple[str, ...]  # stems, in order
    lead: tuple[str, ...]  # stems of the first words of the body, each once, in order
    topics: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    counts: tuple[Count, ...] = ()
    shingles: tuple[int, ...] = ()  # sorted 32-bit hashes of word runs
    wire: str = ""

    def as_json(self) -> dict[str, object]:
        """Plain lists, strings and numbers."""
        plain = asdict(self)
        return {**plain, "seen": self.seen.isoformat(), "published": self.published.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "Fingerprint":
        """The value ``as_json`` wrote."""
        fields = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        counts = data["counts"]
        return cls(
            **{
                **fields,
                "seen": datetime.fromisoformat(str(data["seen"])),
                "published": datetime.fromisoformat(str(data["published"])),
                "counts": tuple(Count(**count) for count in counts)
                if isinstance(counts, list | tuple)
                else (),
            }  # type: ignore[arg-type]
        )


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
) -> Fingerprint:
    """The fingerprint of an article. ``published`` later than ``seen``, or unknown, counts as ``seen``."""
    facts = read_facts(title, body)
    head = [stem(word.folded) for word in words(_TITLE_TAG.sub("", title)) if not word.is_break]
    text = [word.folded for word in words(body) if not word.is_break]
    return Fingerprint(
        article=article,
        outlet=outlet,
        group=group or outlet,
        seen=seen,
        published=min(published or seen, seen),
        title=tuple(head),
        lead=tuple(dict.fromkeys(stem(word) for word in text[:_LEAD])),
        topics=topics,
        places=tuple(dict.fromkeys((*facts.places, *places))),
        kinds=facts.kinds,
        counts=tuple(dict.fromkeys(_count(quantity) for quantity in facts.quantities)),
        shingles=tuple(sorted(set(_shingles(text)))),
        wire=wire,
    )


def gap(one: Fingerprint, other: Fingerprint) -> timedelta:
    """The time between two articles, by publication."""
    return abs(one.published - other.published)


def _count(quantity: Quantity) -> Count:
    return Count(quantity.role, quantity.low, quantity.high)


def _shingles(text: list[str]) -> Iterator[int]:
    for at in range(len(text) - _SHINGLE + 1):
        run = " ".join(text[at : at + _SHINGLE])
        yield int.from_bytes(blake2b(run.encode(), digest_size=4).digest(), "big")
