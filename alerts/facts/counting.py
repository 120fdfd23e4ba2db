"""What the numbers of a text count: what befell how many people, sums, things."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.facts.lexicon import Lexicon
from alerts.facts.numbers import Number
from alerts.facts.tokens import Word, counted, stem
from alerts.nouns import Span

_CLAUSE = 10  # words behind the number
_NEAR = 7  # words between a deed and the people it counts
_BESIDE = (
    3  # words between a deed and its victims; further off they are another's: «أوقفت رجلا احتال على 22 ضحية»
)
_BEFALLS = frozenset({"killed", "injured", "rescued", "returned", "released", "sold"})


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

    @property
    def exact(self) -> bool:
        """Whether the text names one value."""
        return self.low == self.high


def quantities_of(
    lexicon: Lexicon, field: str, text: Sequence[Word], original: str, held: str
) -> Iterator[Quantity]:
    """What the numbers of a text count.

    Args:
        lexicon: the words that tell.
        field: "title" or "body".
        text: its words, what recalls an earlier event left out.
        original: the text as published.
        held: what befell those whom the article calls held where the clause itself does not say.
    """
    for number in lexicon.numerals.read(text):
        role = _role(lexicon, text, number, held)
        if role:
            last = min(number.last, len(text) - 1)
            counts = not text[last].is_break and text[last].folded not in lexicon.no_things
            end = text[last if counts else number.last - 1].end
            start = text[number.first].start
            span = Span(field, start, end, original[start:end], role)
            yield Quantity(role, number.low, number.high, span, number.told)


def _role(lexicon: Lexicon, text: Sequence[Word], number: Number, held: str) -> str:
    """What a number counts; empty where it counts nothing that tells an event.

    ``held`` is what befell those whom the article calls held where the clause itself does not say.
    """
    after = [
        word for word in text[number.last : number.last + 3] if word.folded not in {"من", "علي", "الاقل"}
    ]
    noun = stem(after[0].folded) if after and not after[0].is_break else ""
    thing = counted(after[0].folded) if noun else ""
    before = stem(text[number.first - 1].folded) if number.first else ""
    if noun in lexicon.idle or noun in lexicon.months or _is_year(lexicon, number, before):
        return ""
    for candidate in after[:2]:
        if stem(candidate.folded) in lexicon.money:
            return "money:" + lexicon.money[stem(candidate.folded)]
    deed = _deed(lexicon, text, number, held)
    if noun in lexicon.fates:
        return _fate(lexicon, text, number, lexicon.fates[noun], deed)
    if noun in lexicon.holding.captives:
        return deed or _held(lexicon, text, text.index(after[0]), held) or "people"
    if thing in lexicon.people or lexicon.is_nationality(text, number.last):
        return deed or "people"
    if deed and noun and text[number.last].folded == "من" and not after[0].folded.startswith("ال"):
        return deed  # «إنقاذ العشرات من مراكز الاحتيال»: whom is left unsaid
    if noun and lexicon.is_thing(after[0].folded):
        return f"thing:{thing}"
    return deed


def _fate(lexicon: Lexicon, text: Sequence[Word], number: Number, fate: str, deed: str) -> str:
    """What befell suspects or victims at last: «ترحيل 64 متهما», «مقتل 5 من ضحايا الاتجار»."""
    if fate == "arrested":
        return deed or fate
    if fate == "victims" and deed in _BEFALLS and _deed(lexicon, text, number, "", _BESIDE) == deed:
        return deed
    return fate


def _is_year(lexicon: Lexicon, number: Number, before: str) -> bool:
    return (
        number.exact
        and 1900 <= number.low <= 2100
        and (number.last - number.first == 1)
        and before in lexicon.years | lexicon.months
    )


def _deed(lexicon: Lexicon, text: Sequence[Word], number: Number, held: str, near: int = _NEAR) -> str:
    """What befell the counted people: the nearest deed before the number in its sentence, else just after."""
    for at in range(number.first - 1, max(-1, number.first - near - 1), -1):
        if text[at].is_break:
            break
        if lexicon.holding.tells(text[at]):
            return _held(lexicon, text, at, held)
        act, word = lexicon.act(text, at), stem(text[at].folded)
        if act:
            return lexicon.roles.get(act, "")
        if act is not None:
            continue
        if word in lexicon.deeds or word in lexicon.fates:
            return lexicon.deeds.get(word) or lexicon.fates[word]
    for at, following in enumerate(text[number.last : number.last + 3], number.last):
        if following.is_break:
            break
        if stem(following.folded) in lexicon.holding.deeds:  # «كانوا محتجزين» is what was before
            return lexicon.holding.read(text, at)
        act = lexicon.act(text, at)
        if act:
            return lexicon.roles.get(act, "")
        if act is None and stem(following.folded) in lexicon.deeds:
            return lexicon.deeds[stem(following.folded)]
    return _befell(lexicon, text[number.last : number.last + _CLAUSE])


def _befell(lexicon: Lexicon, behind: Sequence[Word]) -> str:
    """What the clause says at last that they suffered."""
    for word in behind:
        if word.is_break:
            return ""
        if stem(word.folded) in lexicon.befell:
            return lexicon.befell[stem(word.folded)]
    return ""


def _held(lexicon: Lexicon, text: Sequence[Word], at: int, held: str) -> str:
    """What befell held people: «إنقاذ المحتجزين», else what holding them was; empty where nobody says."""
    if stem(text[at].folded) in lexicon.holding.captives:
        befell = (
            (
                lexicon.roles.get(lexicon.act(text, at - 1) or "")
                or lexicon.deeds.get(stem(text[at - 1].folded))
            )
            if at
            else ""
        )
        return befell or lexicon.holding.read(text, at) or held
    return lexicon.holding.read(text, at)
