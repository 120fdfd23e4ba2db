"""A subscriber's own filter: a few words, read into the rule language. Pure.

``تجنيد ميانمار`` both words, with their attached prefixes · ``شباب|فتيات`` either · ``-كرة`` not · ``"مركز احتيال"``
side by side. Nothing else is understood: no pattern, no wildcard, nothing that could take long.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from alerts.arabic import MIN_STEM, tokens
from alerts.matching.expressions import Node, parse
from alerts.matching.lexicon import Lexicon
from alerts.matching.nouns import Concept, Slot
from alerts.matching.scan import Scan
from alerts.matching.terms import read_term

MOST_CHARACTERS: Final = 200
MOST_TERMS: Final = 12
_ALTERNATIVE: Final = r'(?:"[^"]*"|[^\s|"]+)'
_GROUP: Final = re.compile(rf"\s*(?P<no>-)?\s*(?P<either>{_ALTERNATIVE}(?:\s*\|\s*{_ALTERNATIVE})*)")
_ONE: Final = re.compile(r'"([^"]*)"|([^\s|"]+)')


class FilterError(ValueError):
    """A filter that cannot be read; ``code`` names why: empty, long, terms, unreadable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter in the rule language: an expression over concepts of its own."""

    expression: str
    concepts: Mapping[str, str]  # name → term

    def node(self) -> Node:
        """The expression, read."""
        return parse(self.expression)


def read_filter(text: str, name: str = "t") -> Filter:
    """Read what a subscriber wrote.

    Args:
        text: as written.
        name: how its concepts' names begin.

    Raises:
        FilterError: it is empty, too long, has too many words, or is not understood.
    """
    if len(text) > MOST_CHARACTERS:
        raise FilterError("long")
    concepts: dict[str, str] = {}
    parts = []
    at = 0
    while at < len(text.rstrip()):
        match = _GROUP.match(text, at)
        if match is None:
            raise FilterError("unreadable")
        at = match.end()
        names = [_named(concepts, term, name) for term in _terms(match["either"])]
        if names:
            either = f"({' OR '.join(names)})"
            parts.append(f"NOT {either}" if match["no"] else either)
    if not parts:
        raise FilterError("empty")
    if len(concepts) > MOST_TERMS:
        raise FilterError("terms")
    return Filter(" AND ".join(parts), concepts)


def _named(concepts: dict[str, str], term: str, name: str) -> str:
    made = f"{name}{len(concepts)}"
    concepts[made] = term
    return f"@{made}"


def _terms(either: str) -> Iterator[str]:
    """The alternatives as the rule files write terms; only letters and digits of what was written are left."""
    for match in _ONE.finditer(either):
        words = [token.folded for token in tokens(match[1] or match[2] or "")]
        if words:
            # A short word has no room for readings: it stands for itself.
            yield " ".join(word if len(word) >= MIN_STEM else f"={word}" for word in words)


def holding(filters: frozenset[str], title: str, body: str) -> frozenset[str]:
    """Those of many filters that hold for a text. The text is read once, however many filters there are."""
    if not filters:
        return frozenset()
    lexicon, nodes = _compiled(filters)
    scan = Scan(lexicon, title, body)
    return frozenset(text for text, node in nodes.items() if node.find(scan) is not None)


@lru_cache(maxsize=8)
def _compiled(filters: frozenset[str]) -> tuple[Lexicon, dict[str, Node]]:
    read = {text: read_filter(text, f"f{number}_") for number, text in enumerate(sorted(filters))}
    concepts = [
        Concept(name, (read_term(term, _nothing),))
        for each in read.values()
        for name, term in each.concepts.items()
    ]
    return Lexicon(concepts), {text: each.node() for text, each in read.items()}


def _nothing(name: str) -> Slot:
    raise ValueError(f"a filter names no concept: @{name}")
