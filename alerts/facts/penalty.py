"""Whether an إعدام was carried out or is a sentence: «تنفيذ حكم الإعدام» is an execution, «حكم بالإعدام» a verdict."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.arabic import fold
from alerts.facts.tokens import Word, stem

_NEAR = 6  # words on either side that tell


@dataclass(frozen=True, slots=True)
class Penalty:
    """The words of ``penalty.yaml``, by stem."""

    verbs: frozenset[str]
    nouns: frozenset[str]
    heads: frozenset[str]
    carried: frozenset[str]
    stayed: frozenset[str]
    sentences: frozenset[str]
    neither: frozenset[str]
    condemned: frozenset[str]

    @classmethod
    def of(cls, data: Mapping[str, Iterable[str]]) -> "Penalty":
        """From ``penalty.yaml``."""
        return cls(**{name: frozenset(stem(fold(word)) for word in words) for name, words in data.items()})

    def read(self, text: Sequence[Word], at: int) -> str | None:
        """The kind of event: "execution", "verdict", "" for neither; None where word ``at`` is no such word."""
        folded = text[at].folded
        if stem(folded) in self.heads and at + 1 < len(text) and self._names(text[at + 1]):
            return self.read(text, at + 1)
        if not self._names(text[at]):
            return "execution" if stem(folded) in self.verbs else None
        before = _clause(text[max(0, at - _NEAR) : at][::-1])
        behind = _clause(text[at + 1 : at + 1 + _NEAR])
        carried = self._carried([*before[::-1], *behind])
        if carried:
            return "execution"
        if any(stem(word.folded) in self.neither for word in before):
            return ""
        sentenced = carried is False or any(stem(word.folded) in self.sentences for word in before)
        # «أمر بإعدام», «قضى بالإعدام»: what is done to people bears no ب.
        if sentenced or folded.startswith(("بال", "باعدام", "وبال")):
            return "verdict"
        if "ال" not in folded[:3]:
            return "execution"
        return "verdict" if any(self._condemns(word.folded) for word in behind[:3]) else ""

    def _names(self, word: Word) -> bool:
        return stem(word.folded) in self.nouns or stem(word.folded[1:]) in self.nouns

    def _carried(self, clause: Sequence[Word]) -> bool | None:
        """Whether the clause says that it was carried out; False where it was put off, None where it says neither."""
        for at, word in enumerate(clause):
            if stem(word.folded) in self.carried:
                return not at or stem(clause[at - 1].folded) not in self.stayed
        return None

    def _condemns(self, folded: str) -> bool:
        return folded.startswith("ل") or stem(folded) in self.condemned


def _clause(text: Sequence[Word]) -> list[Word]:
    """The words up to the end of the clause; a headline's colon ends none."""
    found: list[Word] = []
    for word in text:
        if word.is_break and word.folded != ":":
            break
        found.append(word)
    return found
