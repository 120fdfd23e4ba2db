"""The words that dates are printed with, folded so that one spelling stands for all."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from babel import Locale, localedata

_INVISIBLE = dict.fromkeys(
    [0x0640, 0x061C, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
_FOLD = str.maketrans("أإآٱىیكک‐‑–—−؍⁄", "اااايي\u0643\u0643-----//")
TOKEN = re.compile(r"\d+|[^\W\d_]+|[^\w\s]")

Phrases = dict[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What ``dates.yaml`` and CLDR say, by meaning."""

    months: Phrases
    hijri: Phrases
    weekdays: Phrases
    numbers: Phrases
    day_words: Phrases
    zones: dict[tuple[str, ...], str]
    units: dict[str, tuple[str, int]]  # word -> unit, and how many it says by itself
    halves: dict[str, str]
    between: frozenset[str]
    ago: frozenset[str]
    halved: frozenset[str]
    now: frozenset[str]
    labels: frozenset[str]
    about: frozenset[str]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """Read the words once."""
    book = yaml.safe_load(Path(__file__).with_name("dates.yaml").read_text("utf-8"))
    return Vocabulary(
        months=_cldr_months() | _phrases(book["months"]),
        hijri=_phrases(book["hijri_months"]),
        weekdays=_phrases(book["weekdays"]),
        numbers=_phrases(book["numbers"]),
        day_words=_phrases(book["days"]),
        zones={phrase(name): zone for zone, names in book["zones"].items() for name in names},
        units={
            word: (unit, count)
            for unit, forms in book["units"].items()
            for count, group in enumerate(forms, start=1)
            for word in group
        },
        halves={folded(word): half for half, words in book["halves"].items() for word in words},
        **{
            name: frozenset(map(folded, book[name]))
            for name in ("between", "ago", "halved", "now", "labels", "about")
        },
    )


def _cldr_months() -> Phrases:
    """Month names of all Arabic locales, and the English and French ones that stand in meta tags."""
    arabic = [name for name in localedata.locale_identifiers() if name.split("_")[0] == "ar"]
    names: Phrases = {}
    for locale in map(Locale.parse, ["en", "fr", *arabic]):
        for width in ("wide", "abbreviated"):
            for number, name in locale.months["format"][width].items():
                names[phrase(name.rstrip("."))] = number
    return names


def _phrases(table: dict[int, list[str]]) -> Phrases:
    return {phrase(name): number for number, names in table.items() for name in names}


def phrase(name: str) -> tuple[str, ...]:
    """A name as the folded words that it is looked up by."""
    return tuple(TOKEN.findall(folded(name)))


def folded(text: str) -> str:
    """One spelling for all: no marks and diacritics, one alef, Latin digits, lower case."""
    plain = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    bare = "".join(c for c in plain if not "\u064b" <= c <= "\u065f").translate(_FOLD).replace("ة", "ه")
    return "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in bare).lower()


def named(tokens: Sequence[str], names: Mapping[tuple[str, ...], int]) -> Iterator[tuple[int, int, int]]:
    """Where names of one or two words stand: start, number, end; longest first."""
    position = 0
    while position < len(tokens):
        for length in (2, 1):
            number = names.get(tuple(tokens[position : position + length]))
            if number is not None:
                yield position, number, position + length
                position += length - 1
                break
        position += 1
