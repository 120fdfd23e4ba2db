"""Numbers as Arabic newspapers write them: digits, words, duals, scales, and «more than»."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from alerts.facts.tokens import Word

_T = TypeVar("_T")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3}){2,}")
_PREFIXES = ("", "و", "ف", "ب", "ل", "ك", "ال", "وال", "بال", "لل", "فال")
_BEHIND = frozenset(
    {"علي الاقل", "تقريبا"}
)  # what widens a number from behind its noun: «أربع تلميذات نحو …» does not
_LONGEST = 12  # words in one number: «تسعمئة وتسعة وتسعين ألفا و…»


@dataclass(frozen=True, slots=True)
class Number:
    """A number that stands in words ``first`` … ``last - 1``: somewhere from ``low`` to ``high``."""

    first: int
    last: int
    low: float
    high: float
    told: float = 0.0  # the value that its words name; «dozens» name none

    @property
    def exact(self) -> bool:
        """Whether the text names one value."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Numerals:
    """The number words of the language, folded: see ``numbers.yaml``."""

    small: Mapping[str, int]  # 1 … 900 by one word
    teens: Mapping[tuple[str, str], int]
    scales: Mapping[str, int]
    duals: Mapping[str, int]
    parts: Mapping[str, float]
    vague: Mapping[str, tuple[float, float]]
    widening: Mapping[tuple[str, ...], tuple[float, float]]
    begins: frozenset[str]  # words a number may begin with: most words are none

    @classmethod
    def of(cls, data: Mapping[str, Mapping[str, object]]) -> "Numerals":
        """From the tables of ``numbers.yaml``."""
        small = _expanded(_whole(data["units"]) | _whole(data["tens"]) | _whole(data["hundreds"]))
        scales, duals = _expanded(_whole(data["scales"])), _expanded(_whole(data["duals"]))
        parts = _expanded({word: float(str(value)) for word, value in data["parts"].items()})
        vague = _expanded({word: _range(value) for word, value in data["vague"].items()})
        teens = {_pair(words): int(str(value)) for words, value in data["teens"].items()}
        return cls(
            small=small,
            teens=teens,
            scales=scales,
            duals=duals,
            parts=parts,
            vague=vague,
            widening={tuple(words.split()): _range(value) for words, value in data["widening"].items()},
            begins=frozenset(
                {*small, *scales, *duals, *parts, *vague, *_expanded({first: 0 for first, _ in teens})}
            ),
        )

    def ends(self, word: Word) -> bool:
        """Whether a number may end with a word."""
        return word.folded in self.begins or word.folded[:1].isdigit()

    def read(self, words: Sequence[Word]) -> list[Number]:
        """All numbers of a text, left to right, none overlapping."""
        found, at = [], 0
        while at < len(words):
            number = self._number(words, at)
            if number is None:
                at += 1
            else:
                found.append(number)
                at = number.last
        return found

    def _number(self, words: Sequence[Word], at: int) -> Number | None:
        """The number that begins at ``at``, widened by what stands around it."""
        if words[at].folded not in self.begins and not words[at].folded[:1].isdigit():
            return None
        vague = self.vague.get(words[at].folded)
        if vague and not self._multiplies(words, at):
            scale = self._scale(words, at + 1)
            return Number(at, at + 1 + (scale > 1), vague[0] * scale, (vague[1] + 1) * scale - 1)
        last, value = self._value(words, at)
        if last == at or value == 1:
            return None
        low, high = self._widening(words, at, last)
        return Number(at, last, value * low, value * high, value)

    def _scale(self, words: Sequence[Word], at: int) -> int:
        """What word ``at`` multiplies the one before it by: «عشرات الآلاف», «بضع مئات»; 1 where it is no such word."""
        folded = words[at].folded if at < len(words) else ""
        return self.scales.get(folded) or int(self.vague.get(folded, (1, 1))[0])

    def _multiplies(self, words: Sequence[Word], at: int) -> bool:
        return at > 0 and self._value(words, at - 1)[0] > at

    def _value(self, words: Sequence[Word], at: int) -> tuple[int, float]:
        """The end of the number at ``at`` and its value; the end is ``at`` where none begins."""
        total, group, end = 0.0, 0.0, at
        largest = float(
            "inf"
        )  # scale that may follow: of «8 آلاف و10 آلاف» the second is a number of its own
        before = (at, 0.0)  # the end and value without the group that is read
        smallest = float("inf")  # a number is written from large to small, but for «خمسة وعشرين»
        for index in range(at, min(at + _LONGEST, len(words))):
            if index < end:
                continue
            part = self._part(words, index, first=index == at)
            if part is None:
                break
            kind, value, width = part
            if kind == "scale" and total and not group and not words[index].folded.startswith("و"):
                total, largest = total * value, largest * value  # «خمسة آلاف مليار»
            elif kind in {"scale", "dual"} and value >= largest:
                return before if group else (end, total)
            elif kind == "scale":
                largest = value
                total, group, smallest = total + (group or 1) * value, 0.0, float("inf")
            elif kind == "dual":
                total += value
            elif group and not self._joins(group, value, smallest, words[index].folded):
                break
            else:
                group, smallest = self._grow(group, value), value
            end = index + width
            if not group:
                before = (end, total)
        return end, total + group

    @staticmethod
    def _grow(group: float, value: float) -> float:
        return group * 100 if value == 100 and 3 <= group <= 9 else group + value

    @staticmethod
    def _joins(group: float, value: float, smallest: float, folded: str) -> bool:
        """Whether a word belongs to the number: «خمسة وعشرين», «ثلاثة عشر», «ثلاث مئة», «مئة وأربعة»."""
        if folded.startswith("و"):
            return value < smallest or (smallest < 10 and 20 <= value <= 90)
        return (value == 10 and smallest <= 9) or (value == 100 and 3 <= group <= 9)

    def _part(self, words: Sequence[Word], at: int, *, first: bool) -> tuple[str, float, int] | None:
        """What word ``at`` gives to a number: its kind, its value, and how many words it takes."""
        folded = words[at].folded
        if _DIGITS.fullmatch(folded):
            return ("small", _digits(folded), 1) if first else None
        if at + 1 < len(words):
            pair = (_bare(folded), words[at + 1].folded)
            if pair in self.teens:
                return "small", self.teens[pair], 2
        if first and self.small.get(folded) == 1 and not self._tens_follow(words, at + 1):
            return None  # «في نهار واحد عشرة ملايين»
        if folded in self.parts:  # «نصف مليون»; «نصف» of anything else is no number
            scale = self._scale(words, at + 1)
            return ("dual", self.parts[folded] * scale, 2) if scale > 1 else None
        for kind, table in (("scale", self.scales), ("dual", self.duals), ("small", self.small)):
            value = table.get(folded)
            if value is not None:
                return (
                    None if first and kind == "scale" and not self._stands_alone(folded) else (kind, value, 1)
                )
        return None

    def _tens_follow(self, words: Sequence[Word], at: int) -> bool:
        folded = words[at].folded if at < len(words) else ""
        return folded.startswith("و") and 20 <= self.small.get(folded, 0) <= 90

    def _stands_alone(self, folded: str) -> bool:
        """Whether a scale is a number by itself: «ألف شخص», «مليار دولار»; a plural is none, nor «المليون»."""
        return folded.endswith("الف") or (folded not in self.vague and not folded.startswith("ال"))

    def _widening(self, words: Sequence[Word], first: int, last: int) -> tuple[float, float]:
        for length in (3, 2, 1):
            before = tuple(word.folded for word in words[max(0, first - length) : first])
            after = tuple(word.folded for word in words[last + 1 : last + 1 + length])
            for around in (before, before[:1] and (before[0].removeprefix("و"), *before[1:])):
                if around in self.widening:
                    return self.widening[around]
            if after in self.widening and " ".join(after) in _BEHIND:
                return self.widening[after]
        return 1.0, 1.0


def _digits(folded: str) -> float:
    """The value of a run of digits; a comma or two points group thousands."""
    if _GROUPED.fullmatch(folded):
        whole = folded.replace(",", "") if "," in folded else folded.replace(".", "")
        return float(whole)
    return (
        float(folded.replace(",", "."))
        if folded.count(",") + folded.count(".") == 1
        else float(re.sub("[.,]", "", folded))
    )


def _whole(table: Mapping[str, object]) -> dict[str, int]:
    return {word: int(str(value)) for word, value in table.items()}


def _expanded(table: Mapping[str, _T]) -> dict[str, _T]:
    """The table with every proclitic before every word; a bare word wins over one that looks prefixed."""
    return {prefix + word: value for prefix in _PREFIXES for word, value in table.items()} | dict(table)


def _bare(folded: str) -> str:
    return folded.removeprefix("و").removeprefix("ال")


def _pair(text: str) -> tuple[str, str]:
    first, second = text.split()
    return first, second


def _range(value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError(f"a range is [from, to], not {value!r}")
    return float(value[0]), float(value[1])
