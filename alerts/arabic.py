"""Arabic as newspapers write it: one fold, tokenizer and clitic grammar, for matching, search and stories.

Offsets always count characters of the text that was given, never of a folded copy. Nothing here stems:
a stemmer takes الأوسط for لاوس and أقمار for قمار. A word is read as legal proclitics + stem + legal
enclitics, and what counts as a stem is whatever the caller looks up.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# Harakat, Quranic marks, superscript alef, tatweel; joiners, bidi controls, soft hyphen, BOM.
MARKS: Final = (
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08d3-\u08e1\u08e3-\u08ff\u0640"
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufe70-\ufe7f"
)
_LETTERS: Final = (
    "\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff"
    "\u0750-\u077f\u08a0-\u08c9\ufb50-\ufbc1\ufbd3-\ufd3d\ufd50-\ufdfb\ufe80-\ufefc"
)
_LATIN: Final = (
    "A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u036f\u0660-\u0669\u06f0-\u06f9"
    "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
)
# `_` and a change of script end a token: hashtags and الـPOGO are several words.
TOKEN: Final = re.compile(f"[{_LETTERS}][{_LETTERS}{MARKS}]*|[{_LATIN}][{_LATIN}{MARKS}]*")
SENTENCE_END: Final = re.compile(r"[.!?؟…۔]+(?=[\s\"'»”)\]]|$)|\n+")
PARAGRAPH_END: Final = re.compile(r"\n\s*\n|\n")

_DROP: Final = re.compile(f"[{MARKS}]+")
_SPELLINGS: Final = {
    "ا": "أإآٱٲٳٵ",
    "ء": "ؤئۓ",
    "ي": "ىیېےۍؠ",
    "ه": "ةہۀەھۂۃ",
    "ك": "کڪگڭګ",
    "ف": "ڤ",
    "ب": "پ",
    "ج": "چ",
    "ز": "ژ",
    "ق": "ڨ",
}
_LETTER_MAP: Final = str.maketrans(
    {letter: base for base, letters in _SPELLINGS.items() for letter in letters}
    | {chr(zero + digit): str(digit) for zero in (0x0660, 0x06F0) for digit in range(10)}
)


def _fold_once(text: str) -> str:
    return _DROP.sub("", unicodedata.normalize("NFKC", text)).translate(_LETTER_MAP).casefold()


def fold(text: str) -> str:
    """Give the form in which two spellings of one word are equal; folding twice changes nothing more.

    Lossy on purpose (ى/ي, ة/ه, ؤ/ئ/ء are merged): for comparing and indexing, never for showing.
    """
    while (folded := _fold_once(text)) != text:
        text = folded
    return text


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text."""

    start: int  # characters of the original text
    end: int
    text: str  # as written
    folded: str


def tokens(text: str) -> Iterator[Token]:
    """The words of a text in order: a run of Arabic letters, or of Latin letters and digits."""
    for match in TOKEN.finditer(text):
        if folded := fold_word(match[0]):
            yield Token(match.start(), match.end(), match[0], folded)


@lru_cache(maxsize=200_000)
def fold_word(word: str) -> str:
    """``fold`` of one token, remembered: a newspaper uses few distinct words."""
    return fold(word)


@dataclass(frozen=True, slots=True)
class Reading:
    """One legal way to cut a folded word."""

    proclitic: str
    stem: str
    enclitic: str


_CONJUNCTIONS: Final = ("", "و", "ف")
_PREPOSITIONS: Final = ("", "ب", "ك", "ل")
# Interrogative أ is left out (أقمار would read أ+قمار), and so is any ending that makes another word.
_PROCLITICS: Final = tuple(
    dict.fromkeys(
        conjunction + rest
        for conjunction in _CONJUNCTIONS
        for rest in (*_PREPOSITIONS, "ال", "بال", "كال", "لل", "س")
    )
)
_WITH_ARTICLE: Final = tuple(p for p in _PROCLITICS if p.endswith(("ال", "لل")))
_ENCLITICS: Final = ("ه", "ها", "هم", "هن", "هما", "نا")
_IMPERFECT: Final = ("ي", "ت", "ن")
MIN_STEM: Final = 3


def readings(word: str, *, closed: bool = False) -> Iterator[Reading]:
    """Every legal reading of a folded word, the whole word first.

    Args:
        word: folded.
        closed: the word was written with a final ة, after which nothing can be attached.
    """
    for proclitic in _PROCLITICS:
        if not word.startswith(proclitic):
            continue
        rest = word[len(proclitic) :]
        if len(rest) < MIN_STEM or (proclitic.endswith("س") and not rest.startswith(_IMPERFECT)):
            continue
        yield Reading(proclitic, rest, "")
        if proclitic in _WITH_ARTICLE or closed:
            continue
        yield from _with_enclitic(proclitic, rest)


def _with_enclitic(proclitic: str, rest: str) -> Iterator[Reading]:
    if rest.endswith("ا") and len(rest) > MIN_STEM:
        yield Reading(proclitic, rest[:-1], "ا")  # tanwin
    for enclitic in _ENCLITICS:
        stem = rest.removesuffix(enclitic)
        if stem == rest or len(stem) < MIN_STEM:
            continue
        yield Reading(proclitic, stem, enclitic)
        if stem.endswith("ت"):  # مقامرته is مقامرة + ه
            yield Reading(proclitic, stem[:-1] + "ه", enclitic)
        elif stem.endswith("ا"):  # مستشفاهم is مستشفى + هم
            yield Reading(proclitic, stem[:-1] + "ي", enclitic)


_LEADING: Final = re.compile("^[وف]?(?:بال|كال|لل|ال)(?=...)")


def light(word: str) -> str:
    """A folded word without its article: for comparing how texts sound, never for finding a term."""
    return _LEADING.sub("", word)


def is_closed(word: str) -> bool:
    """Whether a raw token ends in ة, so that its ه cannot be "his"."""
    return _DROP.sub("", word)[-1:] in {"ة", "ۃ", "\ufe93", "\ufe94"}


_ENDINGS: Final = {
    "m": ("", "ه", "ون", "ين", "ان", "ات", "تان", "تين", "و", "ي"),
    "f": ("ه", "ات", "تان", "تين", "تا", "تي"),
    "n": ("", "ه", "ون", "ين", "ان", "ات", "تان", "تين", "و", "تي", "تا"),
    "d": ("", "ان", "ين", "ا", "ي"),
    "v": ("", "ت", "وا", "ا", "تا", "و", "ن", "نا", "ني", "تني", "وني", "ونا"),
    "i": ("", "ون", "وا", "و", "ان", "ن", "ني", "نا", "ونا", "وني", "ونها", "ونهم", "ونه", "ونهن"),
}
_PERSONS: Final = ("ي", "ت", "ن", "ا")
INFLECTIONS: Final = frozenset(_ENDINGS)


def inflect(word: str, kind: str) -> tuple[str, ...]:
    """The regular forms of a folded word.

    Args:
        word: folded; a feminine noun with its ه, a nisba adjective with its ي, a verb in the past.
        kind: "m" sound masculine noun with its feminine, "f" feminine noun, "n" nisba,
            "d" noun with a dual only, "v" verb in the past, "i" verb in the imperfect with its ي.
    """
    base = word.removesuffix("ه") if kind == "f" else word
    if kind == "i":
        bases = [person + word[1:] for person in _PERSONS]
        return tuple(dict.fromkeys(base + ending for base in bases for ending in _ENDINGS[kind]))
    return tuple(dict.fromkeys(base + ending for ending in _ENDINGS[kind]))


_FUNCTION_WORDS = """في من على إلى عن مع بعد قبل بين عبر حول ضد أن إن التي الذي الذين ما لا لم هذا هذه
ذلك تلك كما قد كان كانت وفي ومن وعلى وإلى حتى خلال منذ بعض كل غير عند لدى دون أو ثم بسبب
داخل خارج تحت فوق نحو حيث بأن أمام وكان وقد"""
FUNCTION_WORDS: Final = frozenset(map(fold, _FUNCTION_WORDS.split()))
# Words that Persian and Urdu use all the time; those that fold to an Arabic word count only as written.
_FOREIGN = """است شده شود برای های می‌شود می‌کند نمی کرده کردند هستند خواهد توسط یک بودند
میں ہیں نہیں گئے تھے والے والوں ہوئے گئی ہوئی تھی بھی"""
_FOREIGN_WORDS: Final = frozenset(map(fold, _FOREIGN.split()))
_FOREIGN_AS_WRITTEN_TEXT = "در از را می که این شد کا کو نے سے پر کی کے ہے ہوا اور گیا تھا"
_FOREIGN_AS_WRITTEN: Final = frozenset(_FOREIGN_AS_WRITTEN_TEXT.split())
_SAMPLE: Final = 400  # words that tell a language


def is_arabic(words: Sequence[str]) -> bool:
    """Whether a text is Arabic rather than Persian or Urdu, which share its letters and many words.

    Args:
        words: as ``TOKEN`` finds them, as written.
    """
    return sum(map(_leaning, words[:_SAMPLE])) >= 0


@lru_cache(maxsize=200_000)
def _leaning(word: str) -> int:
    """How much a word speaks for Arabic; below 0 against it."""
    folded = fold_word(word)
    native = folded in FUNCTION_WORDS or (folded.startswith("ال") and len(folded) > MIN_STEM)
    return native - (folded in _FOREIGN_WORDS) - (word in _FOREIGN_AS_WRITTEN)
