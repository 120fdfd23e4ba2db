"""Which numbers count a part of those that another one counts, and which lists make one number together."""

from collections.abc import Sequence

from alerts.facts.lexicon import Lexicon
from alerts.facts.numbers import Number
from alerts.facts.tokens import Word, stem

_REACH = 25  # words of a list of parts
_ENDS = ".!?؟…\n؛"
_APART = 3  # words between two numbers of one list: «12 امرأة أجنبية و3 أطفال»


def is_part(lexicon: Lexicon, text: Sequence[Word], number: Number) -> bool:
    """Whether a number counts some of those that were counted: «بينهم 4 أجانب», «4 منهم أجانب»."""
    following = [word.folded for word in text[number.last : number.last + 3]]
    if following[:1] == ["من"] and following[1:2] and following[1] in lexicon.parts:
        following = following[1:]
    if following and following[0] in lexicon.parts:
        return not (following[1:2] and _counts(lexicon, text, number.last + 1))
    if number.first > 1 and stem(text[number.first - 2].folded) == "بين":
        whom = stem(text[number.first - 1].folded)  # «بين المحررين 31 عربيا»; «بين البلدين 20 شخصا» is none
        if (
            whom in lexicon.fates
            or whom in lexicon.holding.captives
            or lexicon.is_person(text[number.first - 1].folded)
        ):
            return True
    for at in range(number.first - 1, max(-1, number.first - _REACH), -1):
        folded = text[at].folded
        if folded in _ENDS or (text[at].is_break and not _counts(lexicon, text, at + 1)):
            return False
        if folded.removeprefix("و") in lexicon.parts:
            return True
        if folded.startswith("و") and _tells(lexicon, text, at):
            return False
    return False


def is_whole_of_others(lexicon: Lexicon, text: Sequence[Word], number: Number) -> bool:
    """Whether what befell people befell some of these only: «20 من أصل 200», «بين 20 و30»."""
    before = text[number.first - 1].folded if number.first else ""
    return stem(before) in lexicon.wholes


def ends_range(text: Sequence[Word], one: Number, other: Number) -> bool:
    """Whether a number is the upper end of «بين 20 و30»."""
    joined = other.first == one.last or (other.first == one.last + 1 and text[one.last].folded == "و")
    return joined and one.first > 0 and text[one.first - 1].folded.removeprefix("و") == "بين"


def in_one_list(lexicon: Lexicon, text: Sequence[Word], one: Number, other: Number) -> bool:
    """Whether two numbers count on: «12 امرأة و3 أطفال»."""
    between = text[one.last : other.first]
    joined = text[other.first].folded.startswith("و") or (between and between[-1].folded == "و")
    told = any(
        word.is_break or _tells(lexicon, text, at) or stem(word.folded) in lexicon.befell
        for at, word in enumerate(between, one.last)
    )
    return bool(joined) and len(between) <= _APART + 1 and not told


def _counts(lexicon: Lexicon, text: Sequence[Word], at: int) -> bool:
    """Whether a number begins at a word, an «و» in front or none."""
    words = [word for word in text[at : at + 2] if word.folded != "و"]
    return bool(words) and lexicon.numerals.ends(words[0])


def _tells(lexicon: Lexicon, text: Sequence[Word], at: int) -> bool:
    """Whether a word tells a deed of its own."""
    word = stem(text[at].folded)
    return bool(lexicon.act(text, at)) or word in lexicon.deeds or lexicon.holding.tells(text[at])
