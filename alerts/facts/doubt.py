"""Whether a deed was done: what is asked for, planned, feared, tried or denied was not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerts.arabic import fold
from alerts.facts.tokens import Word, with_clitics

_REACH = 5  # words before the deed among which somebody asks for it
_TRIED = 2
_NEGATED = 3
_THAT = frozenset({"ان", "بان", "لان"})


@dataclass(frozen=True, slots=True)
class Doubt:
    """The words of ``doubts.yaml``, folded, with every clitic that they may carry."""

    says: frozenset[str]
    orders: frozenset[str]
    attempts: frozenset[str]
    negations: frozenset[str]
    done: frozenset[str]
    nouns: frozenset[str]
    causes: frozenset[str]
    generic: frozenset[str]

    @classmethod
    def of(cls, data: Mapping[str, object]) -> "Doubt":
        """From ``doubts.yaml``."""
        return cls(**{name: with_clitics(map(fold, _flat(group))) for name, group in data.items()})

    def holds(self, text: Sequence[Word], at: int, *, court: bool = False) -> bool:
        """Whether the deed that word ``at`` tells was not done as far as its clause says.

        Args:
            text: the words around it.
            at: the deed.
            court: it is a court's: what a court orders or begins is done.
        """
        folded = text[at].folded
        cause, noun = folded in self.causes, folded in self.nouns or folded in self.causes
        if folded in self.generic or (noun and not cause and folded.startswith("ل")):
            return True
        bound = noun  # a verb hangs on what stands before «أن» only
        for distance, word in enumerate(reversed(text[max(0, at - _REACH) : at]), 1):
            said = word.folded
            if word.is_break or said in self.done:
                return False
            bound = bound or said in _THAT
            if said in self.negations and distance <= (_NEGATED if noun and said != "لا" else 1):
                return True
            if noun and distance <= _TRIED and said in self.attempts and not folded.startswith("و"):
                return True
            if bound and (said in self.says or (said in self.orders and not court)):
                return True
        before = text[at - 1].folded if at else ""
        return before in {"قد", "وقد"} and folded.startswith(("ي", "ت")) and not noun

    def speaks(self, word: Word) -> bool:
        """Whether somebody asks for, plans or denies something there, or begins or orders it."""
        said = word.folded
        asked = said in self.says or said in self.orders
        return asked or (said in self.negations and said != "لا")


def _flat(words: object) -> list[str]:
    if isinstance(words, list):
        return [each for word in words for each in _flat(word)]
    return [str(words)]
