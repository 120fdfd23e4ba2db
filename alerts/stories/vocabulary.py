"""Which words tell two events apart, and which name one thing twice: ``words.yaml``, by light stem."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from alerts.arabic import fold
from alerts.facts.tokens import stem


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words that say nothing, words of the trade, and one head word for each group of synonyms."""

    common: frozenset[str]
    domain: frozenset[str]
    heads: Mapping[str, str]

    @classmethod
    @cache
    def load(cls) -> "Vocabulary":
        """Read once; the file ships with the code."""
        with (Path(__file__).parent / "words.yaml").open(encoding="utf-8") as file:
            data = yaml.safe_load(file)
        groups = [[_stem(word) for word in group] for group in data["synonyms"]]
        heads = {word: group[0] for group in reversed(groups) for word in group}
        return cls(
            common=frozenset(_stem(word) for word in data["common"].split()),
            domain=frozenset(heads.get(_stem(word), _stem(word)) for word in data["domain"].split()),
            heads=heads,
        )

    def terms(self, folded: Iterable[str]) -> Iterable[str]:
        """The words that can tell an event, in order: head words of stems, nothing common, no bare number."""
        for word in folded:
            term = stem(word)
            if len(term) > 1 and term not in self.common and not term[0].isdigit():
                yield self.heads.get(term, term)

    def weight(self, term: str) -> float:
        """How much two articles share that share ``term``: a quarter for a word of the trade."""
        return 0.25 if term in self.domain else 1.0


def _stem(word: str) -> str:
    return stem(fold(word))
