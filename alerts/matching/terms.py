"""Read what a rule author writes as a term.

``قمار`` a word with its clitics · ``=KK =Park`` without · ``مقامر*`` any ending ·
``بيع|شراء طفل`` alternatives · ``مركز ~2 احتيال`` up to two words between ·
``محتال/m`` with its regular forms · ``بيع @child`` any single word of a concept.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from alerts.arabic import INFLECTIONS, MIN_STEM, TOKEN, fold, inflect
from alerts.matching.nouns import Slot, Term

MAX_GAP: Final = 12
_GAP: Final = re.compile(r"~(\d+)")
_WORD: Final = re.compile(r"(?P<exact>=)?(?P<word>[^\s|=*/@~]+)(?P<star>\*)?(?:/(?P<kind>\w))?")


def read_term(source: object, words_of: Callable[[str], Slot], *, name: bool = False) -> Term:
    """Read one line of a concept.

    Args:
        source: the text, or a mapping with ``t`` (the text) and ``not`` (its homographs).
        words_of: the single words of a concept that the term names with ``@``.
        name: the term is a proper name.

    Raises:
        ValueError: naming what cannot be read.
    """
    text, never = _parts(source)
    slots: list[Slot] = []
    gaps: list[int] = []
    gap = 0
    for piece in text.split():
        if match := _GAP.fullmatch(piece):
            gap = int(match[1])
            if not slots or gap > MAX_GAP:
                raise ValueError(f"{text!r}: a gap stands between two words and is at most {MAX_GAP}")
            continue
        for slot in _slots(piece, words_of, name=name):
            if slots:
                gaps.append(gap)
            slots.append(slot)
            gap = 0
    if not slots or gap:
        raise ValueError(f"{text!r}: a term begins and ends with a word")
    if never:
        slots = [replace(slot, never=never) if i == 0 else slot for i, slot in enumerate(slots)]
    if len(slots) == 1:
        _not_too_short(text, slots[0])
    return Term(text, tuple(slots), tuple(gaps))


def _parts(source: object) -> tuple[str, frozenset[str]]:
    if isinstance(source, Mapping):
        if unknown := set(source) - {"t", "not"}:
            raise ValueError(f"unknown key {min(map(str, unknown))!r}: a term knows t and not")
        text, never = source.get("t"), source.get("not", [])
        if not isinstance(never, list) or not all(isinstance(word, str) for word in never):
            raise ValueError("not: is a list of words")
    else:
        text, never = source, []
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"a term is a text, not {text!r}: quote numbers and yes/no words")
    return text, frozenset(map(fold, never))


def _not_too_short(text: str, slot: Slot) -> None:
    if short := [word for word in slot.words | slot.prefixes if len(word) < MIN_STEM]:
        raise ValueError(
            f"{text!r}: {short[0]!r} is shorter than {MIN_STEM} letters: write ={short[0]}, or a phrase"
        )


def _slots(piece: str, words_of: Callable[[str], Slot], *, name: bool) -> list[Slot]:
    """One slot; two or more where a word like لابو-لابو holds several tokens."""
    if (
        "|" not in piece
        and "@" not in piece
        and (tokens := TOKEN.findall(piece))
        and len(tokens) > 1
        and "/" not in piece
    ):
        exact = piece.startswith("=")
        return [_one_of([("=" if exact else "") + token], words_of, name=name) for token in tokens]
    return [_one_of(piece.split("|"), words_of, name=name)]


def _one_of(alternatives: list[str], words_of: Callable[[str], Slot], *, name: bool) -> Slot:
    words: set[str] = set()
    exact: set[str] = set()
    prefixes: set[str] = set()
    never: set[str] = set()
    for alternative in alternatives:
        if alternative.startswith("@"):
            other = words_of(alternative[1:])
            words |= other.words
            exact |= other.exact
            prefixes |= other.prefixes
            never |= other.never
            continue
        match = _WORD.fullmatch(alternative)
        if not match or len(TOKEN.findall(match["word"])) != 1:
            raise ValueError(f"cannot read the word {alternative!r}")
        if match["exact"]:
            exact.add(fold(match["word"]))
        elif match["star"]:
            prefixes.add(fold(match["word"]))
        else:
            words |= _forms(match["word"], match["kind"])
    return Slot(frozenset(words), frozenset(exact), frozenset(prefixes), frozenset(never), name=name)


def _forms(word: str, kind: str | None) -> frozenset[str]:
    folded = fold(word)
    if kind is not None and kind not in INFLECTIONS:
        raise ValueError(f"{word}/{kind}: unknown inflection; there are {', '.join(sorted(INFLECTIONS))}")
    forms = {folded} if kind is None else set(inflect(folded, kind))
    # A written article is no part of the word; the beginning of إلكتروني and ألمانيا stays.
    if word.startswith("ال") and len(folded) >= len("ال") + MIN_STEM:
        forms |= {form.removeprefix("ال") for form in forms}
    return frozenset(forms)
