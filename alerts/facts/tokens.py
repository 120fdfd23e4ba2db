"""Text as folded words and clause ends, and the light stem that two paraphrases share.

The stem is for likeness only: it may join words that a rule must tell apart.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from alerts.arabic import TOKEN, fold_word

_NUMBER = r"[0-9\u0660-\u0669\u06f0-\u06f9]+(?:[.,\u066b\u066c][0-9\u0660-\u0669\u06f0-\u06f9]+)*"
_ENDS = ".!?؟:؛،…\n"
_WORD = re.compile(f"{_NUMBER}|{TOKEN.pattern}|[{_ENDS}]")
_MARKS = str.maketrans("٫٬", ".,")  # decimal and thousands
_PROCLITICS = ("وال", "فال", "بال", "كال", "ولل", "فلل", "لل", "ال")
_CLITICS = ("", "و", "ف", "ب", "ل", "ال", "وال", "بال", "لل", "فال", "وب", "ول", "وبال", "ولل")
_SUFFIXES = ("يات", "ها", "هم", "ان", "ات", "ون", "ين", "يه", "يا", "ه", "ي", "ا")


@dataclass(frozen=True, slots=True)
class Word:
    """One word, number or clause end of a text."""

    text: str  # as the reader sees it
    folded: str
    start: int  # offset in characters
    end: int

    @property
    def is_break(self) -> bool:
        """Whether it ends a sentence, a clause or a line."""
        return self.folded in _ENDS


def words(text: str, start: int = 0) -> Iterator[Word]:
    """The words of ``text`` from offset ``start`` in order, clause ends among them."""
    for found in _WORD.finditer(text, start):
        end = found[0] in _ENDS
        yield Word(
            found[0], found[0] if end else fold_word(found[0]).translate(_MARKS), found.start(), found.end()
        )


def with_clitics(folded: Iterable[str]) -> frozenset[str]:
    """Words as they stand and with each clitic in front: for those whose light stem is that of another word."""
    return frozenset(clitic + word for word in folded for clitic in _CLITICS)


@lru_cache(maxsize=100_000)
def stem(folded: str) -> str:
    """``folded`` without its commonest clitics and endings, three letters left at the least."""
    for proclitic in _PROCLITICS:
        if folded.startswith(proclitic) and len(folded) - len(proclitic) >= 3:
            folded = folded[len(proclitic) :]
            break
    else:
        if folded[:1] in {"و", "ف", "ب", "ل"} and len(folded) >= 5:
            folded = folded[1:]
    return _bare(folded)


@lru_cache(maxsize=100_000)
def counted(folded: str) -> str:
    """The stem of a noun behind a number, which carries no clitic but ال: «47 بحارا» counts no حار."""
    return _bare(folded[2:] if folded.startswith("ال") and len(folded) >= 5 else folded)


def _bare(folded: str) -> str:
    for suffix in _SUFFIXES:
        if folded.endswith(suffix) and len(folded) - len(suffix) >= 3:
            return folded[: -len(suffix)]
    return folded
