"""Arabic text as folded words with their places, and the light stem two paraphrases share.

The stem is for likeness only: it may join words that a rule must tell apart.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(
    r"[\d٠-٩۰-۹]+(?:[.,٫٬][\d٠-٩۰-۹]+)*|[^\W\d_]+(?:[\u064b-\u0652\u0670ـ]+[^\W\d_]*)*|[.!?؟:؛\n]"
)
_MARKS = re.compile(
    "[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06edـ\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u00ad]"
)
_LETTERS = str.maketrans("أإآٱؤئىیةکگڤپچ", "ااااءءييهككفبج")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫٬", "01234567890123456789.,")
_PROCLITICS = ("وال", "فال", "بال", "كال", "ولل", "فلل", "لل", "ال")
_SUFFIXES = ("يات", "ها", "هم", "ان", "ات", "ون", "ين", "يه", "يا", "ه", "ي", "ا")


@dataclass(frozen=True, slots=True)
class Word:
    """One word, number or sentence end of a text."""

    text: str  # as the reader sees it
    folded: str
    start: int  # offset in characters
    end: int

    @property
    def is_break(self) -> bool:
        """Whether it ends a sentence, a clause or a line."""
        return self.folded in {".", "!", "?", "؟", ":", "؛", "\n"}


@lru_cache(maxsize=100_000)
def fold(word: str) -> str:
    """The spelling that every writer's variants share."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", word))
    return plain.translate(_LETTERS).translate(_DIGITS).casefold()


def words(text: str) -> Iterator[Word]:
    """The words of ``text`` in order, sentence ends among them."""
    for found in _WORD.finditer(text):
        yield Word(found[0], fold(found[0]) if found[0] != "\n" else "\n", found.start(), found.end())


@lru_cache(maxsize=100_000)
def stem(folded: str) -> str:
    """``folded`` without its commonest clitics and endings, three letters left at the least."""
    for proclitic in _PROCLITICS:
        if folded.startswith(proclitic) and len(folded) - len(proclitic) >= 3:
            folded = folded[len(proclitic) :]
            break
    else:
        if folded[:1] in "وفبل" and len(folded) >= 5:
            folded = folded[1:]
    for suffix in _SUFFIXES:
        if folded.endswith(suffix) and len(folded) - len(suffix) >= 3:
            return folded[: -len(suffix)]
    return folded
