"""Who holds the people that are held: احتجز tells an arrest by police as well as a captivity by traffickers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.arabic import fold
from alerts.facts.tokens import Word, stem

_REACH = 12  # words that are looked at on either side
_BESIDE = 2  # words after the deed among which its subject stands: «احتجزت الشرطة …»
_CLOSE = 3  # words between which police do what follows them: «الشرطة الماليزية تحتجز»
_PLURAL = ("وا", "وهم", "وهن", "وها")  # several private persons did it; an authority's verb is singular


@dataclass(frozen=True, slots=True)
class Holding:
    """The words that tell it, by stem: the section ``holding`` of ``quantities.yaml``."""

    deeds: frozenset[str]
    captives: frozenset[str]  # participles
    police: frozenset[str]
    captors: frozenset[str]
    names: frozenset[str]  # the deed as a noun
    says: frozenset[str]  # how police tell of their deeds
    charges: frozenset[str]  # before the deed: it is a crime
    people: frozenset[str]  # between police and the deed: it may be theirs
    suspicions: frozenset[str]  # after the deed: why police did it
    by: frozenset[str]  # folded; before a holder that is named after the deed
    duress: frozenset[str]

    @classmethod
    def of(cls, data: Mapping[str, Iterable[object]]) -> "Holding":
        """From the section of ``quantities.yaml``."""
        groups = {name: frozenset(stem(fold(str(word))) for word in group) for name, group in data.items()}
        return cls(**groups | {"by": frozenset(fold(str(word)) for word in data["by"])})

    def tells(self, word: Word) -> bool:
        """Whether a word says that people are held."""
        return stem(word.folded) in self.deeds | self.captives

    def only(self, *texts: Sequence[Word]) -> str:
        """What all of an article says of the held, where it says one thing; empty where it says two or none."""
        said = {self.read(text, at) for text in texts for at, word in enumerate(text) if self.tells(word)} - {
            ""
        }
        return said.pop() if len(said) == 1 else ""

    def read(self, text: Sequence[Word], at: int) -> str:
        """What the clause around word ``at`` makes of them, "arrested" or "victims"; empty for neither or both."""
        said = {self._before(text, at), self._after(text, at)} - {""}
        return said.pop() if len(said) == 1 else ""

    def _before(self, text: Sequence[Word], at: int) -> str:
        """By who did it or is charged with it. What an «and» joins may be another one's deed: only police count."""
        joined = text[at].folded.startswith("و")
        named = stem(text[at].folded) in self.names  # «الشرطة تحقق في احتجاز …» is no arrest
        near = [word for word in _clause(reversed(text[max(0, at - _REACH) : at])) if not word.is_break]
        for place, word in enumerate(near):
            found = stem(word.folded)
            if found in self.charges or (found in self.captors and not named):
                return "" if joined else "victims"
            if found in self.captors | self.people and not (joined and found in self.people):
                return ""
            if found in self.police:
                sure = joined or (place < _CLOSE and not text[at].folded.endswith(_PLURAL))
                announced = not named or text[at - 1].folded == ":" or stem(text[at - 1].folded) in self.says
                return "arrested" if sure and (announced or joined) else ""
        return ""

    def _after(self, text: Sequence[Word], at: int) -> str:
        """By its subject, the holder that a «لدى» names, a suspicion, or what the held are forced to."""
        captive = stem(text[at].folded) in self.captives
        before = ""
        for place, word in enumerate(_clause(text[at + 1 : at + 1 + _REACH])):
            found = stem(word.folded)
            named = place < (1 if captive else _BESIDE) or before in self.by
            if found in self.suspicions or (named and found in self.police):
                return "arrested"
            if found in self.duress or (named and found in self.captors):
                return "victims"
            before = word.folded
        return ""


def _clause(text: Iterable[Word]) -> list[Word]:
    """The words up to the end of the sentence; a headline's colon ends none."""
    found: list[Word] = []
    for word in text:
        if word.is_break and word.folded not in ":،":
            break
        found.append(word)
    return found
