"""What the numbers of a text count: what befell how many people, sums, things."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from alerts.facts.befalling import deed, held_role
from alerts.facts.fates import FATES, HARMS
from alerts.facts.lexicon import Lexicon
from alerts.facts.numbers import Number
from alerts.facts.parts import ends_range, in_one_list, is_part, is_whole_of_others
from alerts.facts.tokens import Word, counted, stem
from alerts.nouns import Span

_BESIDE = (
    3  # words between a deed and its victims; further off they are another's: «أوقفت رجلا احتال على 22 ضحية»
)
_PERCENT = (["في", "المءه"], ["في", "الماءه"])
_STRONGER = frozenset(
    {"killed", "injured", "arrested", "deported"}
)  # than what befell survivors and returnees before
_CROWD = 1_000_000  # people: of more a newspaper says what they are
PART = "part"  # the role of people that are some of those who are counted beside them


@dataclass(frozen=True, slots=True)
class Quantity:
    """How many of something: ``role`` is what befell them, the unit, or the counted thing's stem."""

    role: str
    low: float
    high: float
    span: Span
    told: float = (
        0.0  # the value that its words name, where they say «about» or «more than» it; «dozens» name none
    )
    nationals: bool = False  # counted by whose people they are: «31 عربيا»

    @property
    def exact(self) -> bool:
        """Whether the text names one value."""
        return self.low == self.high


def quantities_of(
    lexicon: Lexicon,
    field: str,
    text: Sequence[Word],
    original: str,
    held: str,
    homes: frozenset[str] = frozenset(),
) -> Iterator[Quantity]:
    """What the numbers of a text count.

    Args:
        lexicon: the words that tell.
        field: "title" or "body".
        text: its words, what recalls an earlier event left out.
        original: the text as published.
        held: what befell those whom the article calls held where the clause itself does not say.
        homes: the countries that the article names.
    """
    numbers = lexicon.numerals.read(text)
    ranges = {other for one, other in pairwise(numbers) if ends_range(text, one, other)}
    found: list[tuple[Number, Quantity]] = []
    for number in numbers:
        role = "" if number in ranges else _role(lexicon, text, original, number, held, homes)
        if not role:
            continue
        last = min(number.last, len(text) - 1)
        counts = not text[last].is_break and text[last].folded not in lexicon.no_things
        start, end = text[number.first].start, text[last if counts else number.last - 1].end
        nationals = last == number.last and bool(number.told) and lexicon.names_people(text, last)
        span = Span(field, start, end, original[start:end], role)
        quantity = Quantity(role, number.low, number.high, span, number.told, nationals)
        named = counts and quantity.span.end > text[number.last - 1].end and _is_people(lexicon, text, number)
        if found and named and _adds(lexicon, text, *found[-1], number, quantity):
            quantity = _sum(found.pop()[1], quantity, original)
        found.append((number, quantity))
    yield from (quantity for _, quantity in found)


def _adds(
    lexicon: Lexicon, text: Sequence[Word], before: Number, one: Quantity, number: Number, other: Quantity
) -> bool:
    """Whether two counts of a list are one of those whom the same befell: «إنقاذ 12 امرأة و3 أطفال»."""
    alike = one.role == other.role and one.role in FATES and one.exact and other.exact
    return alike and in_one_list(lexicon, text, before, number)


def _is_people(lexicon: Lexicon, text: Sequence[Word], number: Number) -> bool:
    """Whether the noun right behind a number names people."""
    folded = text[number.last].folded if number.last < len(text) else ""
    return lexicon.is_person(folded) or lexicon.is_nationality(text, number.last)


def _sum(one: Quantity, other: Quantity, original: str) -> Quantity:
    start, end = one.span.start, other.span.end
    span = Span(one.span.field, start, end, original[start:end], one.role)
    value = one.low + other.low
    return Quantity(one.role, value, value, span, value, one.nationals and other.nationals)


def _role(
    lexicon: Lexicon, text: Sequence[Word], original: str, number: Number, held: str, homes: frozenset[str]
) -> str:
    """What a number counts; empty where it counts nothing that tells an event."""
    after = [
        word for word in text[number.last : number.last + 3] if word.folded not in {"من", "علي", "الاقل"}
    ]
    noun = _noun(lexicon, after)
    before = stem(text[number.first - 1].folded) if number.first else ""
    if noun in lexicon.idle | lexicon.months or _tells_nothing(lexicon, text, original, number, before):
        return ""
    if noun:
        currency = lexicon.purse.read(text, text.index(after[0]), lexicon.atlas, homes)
        if currency is not None:
            return f"money:{currency}" if currency else ""
    people = noun in lexicon.fates or _names_people(lexicon, text, number, after)
    if is_whole_of_others(lexicon, text, number):
        fate = lexicon.fates.get(noun, "")
        return fate if fate in FATES else ""
    if is_part(lexicon, text, number):
        return PART if people else f"thing:{noun}" if noun and lexicon.is_thing(after[0].folded) else ""
    return _befallen(lexicon, text, number, held, after) if people or number.high < _CROWD else ""


def _noun(lexicon: Lexicon, after: Sequence[Word]) -> str:
    """The stem of the noun behind a number; «وإصابة» begins what is told next."""
    if not after or after[0].is_break:
        return ""
    folded = after[0].folded
    further = folded.startswith("و") and (stem(folded[1:]) in lexicon.deeds or lexicon.act(after, 0))
    return "" if further else counted(folded)


def _names_people(lexicon: Lexicon, text: Sequence[Word], number: Number, after: Sequence[Word]) -> bool:
    """Whether the noun behind a number, particles between them or none, names people."""
    named = bool(after) and not after[0].is_break and lexicon.is_person(after[0].folded)
    return named or lexicon.is_nationality(text, number.last)


def _befallen(
    lexicon: Lexicon, text: Sequence[Word], number: Number, held: str, after: Sequence[Word]
) -> str:
    """What befell the counted, or that they are people or a thing."""
    noun = _noun(lexicon, after)
    befell = deed(lexicon, text, number, held)
    if befell == "sold" and _sells(lexicon, text, number, noun):
        befell = ""
    if noun in lexicon.fates:
        return _fate(lexicon, text, number, lexicon.fates[noun], befell)
    if noun in lexicon.holding.captives:
        return befell or held_role(lexicon, text, text.index(after[0]), held) or "people"
    if _names_people(lexicon, text, number, after):
        return befell or "people"
    if befell == "sold":
        return f"thing:{noun}" if noun and lexicon.is_thing(after[0].folded) else ""
    if befell and noun and text[number.last].folded == "من" and not after[0].folded.startswith("ال"):
        return befell  # «إنقاذ العشرات من مراكز الاحتيال»: whom is left unsaid
    if noun and lexicon.is_thing(after[0].folded):
        return f"thing:{noun}"
    return befell


def _sells(lexicon: Lexicon, text: Sequence[Word], number: Number, noun: str) -> bool:
    """Whether who is counted sold or bought: «باع 12 سمسارا …», «باعه لتسعة أجانب»."""
    buys = text[number.first].folded.startswith("ل") or text[number.first - 1].folded == "ل"
    return buys or "suspects" in lexicon.acts.objects.get(noun, ())


def _fate(lexicon: Lexicon, text: Sequence[Word], number: Number, fate: str, befell: str) -> str:
    """What befell suspects or victims at last: «ترحيل 64 متهما», «مقتل 5 من ضحايا الاتجار»."""
    if fate == "suspects":
        return befell if befell not in {"", "victims"} else "people"
    if fate == "missing":
        return befell if befell in {"rescued", "returned", "released"} else "people"
    if fate in {"arrested", "convicted"} or (befell in _STRONGER and fate not in (befell, "victims")):
        return befell or fate
    if fate == "victims" and befell in HARMS and deed(lexicon, text, number, "", _BESIDE) == befell:
        return befell
    return fate


def _tells_nothing(
    lexicon: Lexicon, text: Sequence[Word], original: str, number: Number, before: str
) -> bool:
    """Whether it is a share («30%», «3 من كل عشر»), a year, «الرقم 47», or «الاثنين», oftener a day than two."""
    end, words = text[number.last - 1].end, [word.folded for word in text[number.first : number.last]]
    behind = [word.folded for word in text[number.last : number.last + 3]]
    is_percent = [
        *(word.folded for word in text[max(0, number.first - 1) : number.first]),
        *words,
    ] in _PERCENT
    is_ratio = any(pair == ("من", "كل") for pair in pairwise(behind))
    is_share = (
        is_ratio or original[end : end + 2].lstrip()[:1] in {"%", "٪"} or behind[:2] in _PERCENT or is_percent
    )
    return is_share or words == ["الاثنين"] or before == "رقم" or _is_year(lexicon, number, before)


def _is_year(lexicon: Lexicon, number: Number, before: str) -> bool:
    return (
        number.exact
        and 1900 <= number.low <= 2100
        and (number.last - number.first == 1)
        and before in lexicon.years | lexicon.months
    )
