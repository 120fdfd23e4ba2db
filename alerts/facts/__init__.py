"""What an article says happened: the kind of event, where, how many, and the words that say so."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml

from alerts.arabic import fold
from alerts.facts.datelines import dateline
from alerts.facts.holding import Holding
from alerts.facts.numbers import Number, Numerals
from alerts.facts.places import Atlas
from alerts.facts.tokens import Word, counted, stem, words
from alerts.nouns import Span

_HERE = Path(__file__).parent
_NEAR = 7  # words between a deed and the people it counts
_WORD = 25  # characters: no word of a newspaper is longer
_TITLE_WEIGHT = 3  # a kind in the title says more than one in the body
_LEAD = 60  # words of the body that tell the event; what follows is background


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


@dataclass(frozen=True, slots=True)
class Facts:
    """Key facts of one article, most telling first."""

    kinds: tuple[str, ...]
    kind_spans: tuple[Span, ...]  # one a kind, in the same order
    quantities: tuple[Quantity, ...]
    places: tuple[str, ...]  # countries (two capitals) and towns (snake_case), each town with its country
    place_spans: tuple[Span, ...]
    people_spans: tuple[Span, ...] = ()  # those of them that say whose people somebody is, and not where
    notice: str = ""  # "correction", "withdrawal" or "explainer" where the title begins so


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The data files of this folder, by stem."""

    numerals: Numerals
    atlas: Atlas
    kinds: Mapping[str, str]
    families: Mapping[str, str]
    people: frozenset[str]
    fates: Mapping[str, str]
    deeds: Mapping[str, str]
    holding: Holding
    money: Mapping[str, str]
    idle: frozenset[str]
    months: frozenset[str]
    years: frozenset[str]
    no_things: frozenset[str]
    notices: Mapping[str, tuple[tuple[str, ...], ...]]
    after: frozenset[str]
    spans: frozenset[str]

    @classmethod
    @cache
    def load(cls) -> "Lexicon":
        """Read once; the files ship with the code."""
        quantities, kinds = _yaml("quantities"), _yaml("kinds")
        return cls(
            numerals=Numerals.of(_yaml("numbers")),
            atlas=Atlas.of(_yaml("places")),
            kinds=_by_stem({kind: entry["words"] for kind, entry in kinds.items()}),
            families={kind: str(entry["family"]) for kind, entry in kinds.items()},
            people=frozenset(counted(fold(word)) for group in quantities["people"] for word in group),
            fates=_by_stem(quantities["fates"]),
            deeds=_by_stem(quantities["deeds"]),
            holding=Holding.of(quantities["holding"]),
            money=_by_stem(quantities["money"]),
            idle=_stems(quantities["idle"]),
            months=_stems(quantities["months"]),
            years=_stems(quantities["years"]),
            no_things=frozenset(fold(word) for word in quantities["no_things"]),
            notices={
                notice: tuple(tuple(fold(phrase).split()) for phrase in phrases)
                for notice, phrases in _yaml("notices").items()
            },
            after=frozenset(fold(word) for word in quantities["after"]),
            spans=_stems(quantities["spans"]),
        )

    def is_thing(self, folded: str) -> bool:
        """Whether a word after a number can be what it counts: no particle, no plural verb."""
        return folded not in self.no_things and not (folded.startswith("ي") and folded.endswith("ون"))


def read_facts(title: str, body: str) -> Facts:
    """The key facts of an article. ``body`` is read as far as the lead tells the event."""
    lexicon = Lexicon.load()
    head = list(_foreground(lexicon, list(words(title))))
    text = list(_foreground(lexicon, _lead(body)))
    kinds = _kinds(lexicon, head, text)
    held = lexicon.holding.only(head, text)
    found = [*_places(lexicon, "title", head, title), *_places(lexicon, "body", text, body)]
    settled = lexicon.atlas.settled([span.concept for span in found])
    places = [replace(span, concept=place) for span, place in zip(found, settled, strict=True)]
    quantities = (
        *_quantities(lexicon, "title", head, title, held),
        *_quantities(lexicon, "body", text, body, held),
    )
    return Facts(
        kinds=tuple(kinds),
        kind_spans=tuple(kinds.values()),
        quantities=quantities,
        places=tuple(dict.fromkeys(wider for span in places for wider in within_country(span.concept))),
        place_spans=tuple(places),
        people_spans=tuple(_peoples(lexicon, places, quantities, {"title": title, "body": body})),
        notice=_notice(lexicon, title),
    )


def _notice(lexicon: Lexicon, title: str) -> str:
    opening = re.findall(r"\w+", fold(title))[:4]
    for notice, phrases in lexicon.notices.items():
        if any(opening[: len(phrase)] == list(phrase) for phrase in phrases):
            return notice
    return ""


def within_country(place: str) -> Iterator[str]:
    """A place, and the country it lies in."""
    yield place
    yield Lexicon.load().atlas.within(place)[-1]


def _lead(body: str) -> list[Word]:
    """The first words of the body behind its dateline, to the end of the sentence that holds the last of them."""
    lead: list[Word] = []
    for word in words(body, dateline(body)):
        if (len(lead) >= _LEAD and word.is_break) or len(lead) >= 3 * _LEAD:
            break
        lead.append(word)
    return lead


def _foreground(lexicon: Lexicon, text: Sequence[Word]) -> Iterator[Word]:
    """The words of a text but for clauses that recall an earlier event: «بعد أسبوع من مداهمة …،»."""
    recalling = False
    for at, word in enumerate(text):
        recalling = not word.is_break and (recalling or _recalls(lexicon, text, at))
        if not recalling:
            yield word


def _recalls(lexicon: Lexicon, text: Sequence[Word], at: int) -> bool:
    if text[at].folded.removeprefix("و") not in lexicon.after:
        return False
    following = [word.folded for word in text[at + 1 : at + 5]]
    return any(stem(one) in lexicon.spans and other in {"من", "علي"} for one, other in pairwise(following))


def _kinds(lexicon: Lexicon, head: Sequence[Word], text: Sequence[Word]) -> dict[str, Span]:
    """Kinds by how loudly the text says them, each with the word that says it first."""
    score: dict[str, float] = {}
    first: dict[str, Span] = {}
    for field, body, weight in (("title", head, _TITLE_WEIGHT), ("body", text, 1)):
        for at, word in enumerate(body):
            kind = lexicon.kinds.get(stem(word.folded))
            if lexicon.holding.tells(word) and lexicon.holding.read(body, at) == "arrested":
                kind = "arrest"
            if kind:
                score[kind] = score.get(kind, 0.0) + weight / (1 + at / 20)
                first.setdefault(kind, Span(field, word.start, word.end, word.text, kind))
    return {kind: first[kind] for kind in sorted(score, key=lambda kind: (-score[kind], kind))}


def _places(lexicon: Lexicon, field: str, text: Sequence[Word], original: str) -> Iterator[Span]:
    for place in lexicon.atlas.read(text):
        start, end = text[place.first].start, text[place.last - 1].end
        yield Span(field, start, end, original[start:end], place.id)


def _peoples(
    lexicon: Lexicon, places: Sequence[Span], quantities: Sequence[Quantity], texts: Mapping[str, str]
) -> Iterator[Span]:
    """The places that name people: «الكينيين», «64 كوريا», «58 عاملة فلبينية», «شبان مغاربة»."""
    counts = [each.span for each in quantities if not each.role.startswith(("money:", "thing:"))]
    nouns = [span for span in counts if fold(span.text.split()[-1]) not in lexicon.no_things]
    for place in places:
        near = (span for span in nouns if span.field == place.field)
        before = re.findall(r"\w+", texts[place.field][max(0, place.start - _WORD) : place.start])
        if (
            fold(place.text).endswith(("يين", "يون", "يات"))
            or any(span.start <= place.start <= span.end + 1 for span in near)
            or (before and counted(fold(before[-1])) in lexicon.people)
        ):
            yield place


def _quantities(
    lexicon: Lexicon, field: str, text: Sequence[Word], original: str, held: str
) -> Iterator[Quantity]:
    for number in lexicon.numerals.read(text):
        role = _role(lexicon, text, number, held)
        if role:
            last = min(number.last, len(text) - 1)
            end = text[last].end if not text[last].is_break else text[number.last - 1].end
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
    if noun in lexicon.fates:
        return lexicon.fates[noun]
    deed = _deed(lexicon, text, number, held)
    if noun in lexicon.holding.captives:
        return deed or _held(lexicon, text, text.index(after[0]), held) or "people"
    if thing in lexicon.people or _is_nationality(lexicon, text, number.last):
        return deed or "people"
    if deed and noun and text[number.last].folded == "من" and not after[0].folded.startswith("ال"):
        return deed  # «إنقاذ العشرات من مراكز الاحتيال»: whom is left unsaid
    if noun and lexicon.is_thing(after[0].folded):
        return f"thing:{thing}"
    return deed


def _is_nationality(lexicon: Lexicon, text: Sequence[Word], at: int) -> bool:
    if any(place.first == 0 for place in lexicon.atlas.read(text[at : at + 2])):
        return True
    folded = text[at].folded if at < len(text) else ""  # «3 إسبانيين»; «5 قضايا» are none
    return len(folded) >= 6 and folded.endswith(("يين", "يا")) and not folded.endswith("ايا")


def _is_year(lexicon: Lexicon, number: Number, before: str) -> bool:
    return (
        number.exact
        and 1900 <= number.low <= 2100
        and (number.last - number.first == 1)
        and before in lexicon.years | lexicon.months
    )


def _deed(lexicon: Lexicon, text: Sequence[Word], number: Number, held: str) -> str:
    """What befell the counted people: the nearest deed before the number in its sentence, else just after."""
    for at in range(number.first - 1, max(-1, number.first - _NEAR - 1), -1):
        if text[at].is_break:
            break
        if lexicon.holding.tells(text[at]):
            return _held(lexicon, text, at, held)
        word = stem(text[at].folded)
        if word in lexicon.deeds or word in lexicon.fates:
            return lexicon.deeds.get(word) or lexicon.fates[word]
    for at, following in enumerate(text[number.last : number.last + 3], number.last):
        if following.is_break:
            break
        if stem(following.folded) in lexicon.holding.deeds:  # «كانوا محتجزين» is what was before
            return lexicon.holding.read(text, at)
        if stem(following.folded) in lexicon.deeds:
            return lexicon.deeds[stem(following.folded)]
    return ""


def _held(lexicon: Lexicon, text: Sequence[Word], at: int, held: str) -> str:
    """What befell held people: «إنقاذ المحتجزين», else what holding them was; empty where nobody says."""
    before = stem(text[at - 1].folded) if at else ""
    if stem(text[at].folded) in lexicon.holding.captives:
        return lexicon.deeds.get(before) or lexicon.holding.read(text, at) or held
    return lexicon.holding.read(text, at)


def _yaml(name: str) -> dict[str, dict[str, list[str]]]:
    with (_HERE / f"{name}.yaml").open(encoding="utf-8") as file:
        data: dict[str, dict[str, list[str]]] = yaml.safe_load(file)
    return data


def _stems(spellings: object) -> frozenset[str]:
    if not isinstance(spellings, list):
        raise TypeError(f"a list of words was expected, not {spellings!r}")
    return frozenset(stem(fold(str(word))) for word in spellings)


def _by_stem(groups: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {stem(fold(str(word))): name for name, group in groups.items() for word in group}
