"""Which words tell two events apart, and which name one thing twice: ``words.yaml``, by light stem."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from alerts.arabic import fold, tokens
from alerts.facts.tokens import stem

_LEANING = frozenset("بل")  # letters that lean on a word of the trade or a synonym
_PROCLITICS = frozenset("بلوفك")  # … and on a name


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words that say nothing, words of the trade, and one head word for each group of synonyms."""

    common: frozenset[str]
    domain: frozenset[str]
    heads: Mapping[str, str]
    kept: frozenset[str]  # folded words that are read as they stand
    known: frozenset[str]  # stems of the trade and of synonyms
    agencies: frozenset[tuple[str, ...]]  # folded names, word by word

    @classmethod
    @cache
    def load(cls) -> "Vocabulary":
        """Read once; the file ships with the code."""
        data = yaml.safe_load((files("alerts.stories") / "words.yaml").read_text("utf-8"))
        agencies = yaml.safe_load((files("crawler.reading") / "wires.yaml").read_text("utf-8"))
        groups = [[each for word in group for each in _stems(word)] for group in data["synonyms"]]
        heads = {word: group[0] for group in reversed(groups) for word in group}
        trade = {each for word in data["domain"].split() for each in _stems(word)}
        return cls(
            common=frozenset(each for word in data["common"].split() for each in _stems(word)),
            domain=frozenset(heads.get(each, each) for each in trade),
            heads=heads,
            kept=frozenset(prefix + fold(word) for word in data["kept"] for prefix in ("", "ال", "ب", "لل")),
            known=frozenset(heads) | trade,
            agencies=frozenset(_name(name) for names in agencies.values() for name in names),
        )

    def nameless(self, folded: Sequence[str], masthead: str) -> Iterator[str]:
        """The words but for the names of agencies and of the outlet itself: who tells it is no part of it."""
        names = self.agencies | {_name(masthead)}
        longest = max(map(len, names))
        at = 0
        while at < len(folded):
            heads = {_bare(folded[at]), _bare(folded[at][1:]) if folded[at][0] in _PROCLITICS else ""}
            ends = range(min(len(folded), at + longest), at, -1)
            end = next((end for end in ends for head in heads if (head, *folded[at + 1 : end]) in names), at)
            if end == at:
                yield folded[at]
            at = max(end, at + 1)

    def terms(self, folded: Iterable[str]) -> Iterable[str]:
        """The words that can tell an event, in order: head words of stems, nothing common, no bare number."""
        for word in folded:
            if word in self.kept:
                yield _bare(word)
                continue
            term = stem(word)
            if term[:1] in _LEANING and term not in self.known and term[1:] in self.known and len(term) > 3:
                term = term[1:]
            if len(term) > 1 and term not in self.common and not term[0].isdigit():
                yield self.heads.get(term, term)

    def weight(self, term: str) -> float:
        """How much two articles share that share ``term``: a quarter for a word of the trade."""
        return 0.25 if term in self.domain else 1.0


def _name(text: str) -> tuple[str, ...]:
    words = [token.folded for token in tokens(text)]
    return tuple([_bare(words[0]), *words[1:]] if words else [])


def _bare(folded: str) -> str:
    """A word without its article and what leans on it, for the first word of a name."""
    for proclitic in ("وال", "بال", "لل", "ال"):
        if folded.startswith(proclitic) and len(folded) - len(proclitic) >= 2:
            return folded[len(proclitic) :]
    return folded


def _stems(word: str) -> tuple[str, str]:
    """The stem of a word without its article and with it: «ألعاب» alone looks like «ال» and «عاب»."""
    return stem(fold(word)), stem("ال" + fold(word))
