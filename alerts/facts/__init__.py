"""What an article says happened: the kind of event, where, how many, and the words that say so."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from alerts.arabic import fold
from alerts.facts.counting import PART, Quantity, quantities_of
from alerts.facts.datelines import dateline
from alerts.facts.fates import BELOW
from alerts.facts.lexicon import Lexicon
from alerts.facts.tokens import Word, stem, words
from alerts.nouns import Span

__all__ = ["Facts", "Lexicon", "Quantity", "read_facts", "within_country"]

_WORD = 25  # characters: no word of a newspaper is longer
_LEAD = 60  # words of the body that tell the event
_FURTHER = 180  # words that may tell more of it, among background
_ENDS = ".!?؟…\n"


@dataclass(frozen=True, slots=True)
class Facts:
    """Key facts of one article, most telling first."""

    kinds: tuple[str, ...]
    kind_spans: tuple[Span, ...]  # one a kind, in the same order
    quantities: tuple[Quantity, ...]
    places: tuple[str, ...]  # countries (two capitals) and towns (snake_case), each town with its country
    place_spans: tuple[Span, ...]
    people_spans: tuple[Span, ...] = ()  # those of them that say whose people somebody is, and not where
    further: tuple[Quantity, ...] = ()  # exact, below the lead: no evidence of which event, but facts of it
    notice: str = ""  # "correction", "withdrawal" or "explainer" where the title begins so


def read_facts(title: str, body: str) -> Facts:
    """The key facts of an article. ``body`` is read as far as the lead tells the event."""
    lexicon = Lexicon.load()
    head = list(_foreground(lexicon, list(words(title))))
    lead = _lead(body)
    text = list(_foreground(lexicon, lead))
    kinds = _kinds(lexicon, head, text)
    held = lexicon.holding.only(head, text)
    found = [*_places(lexicon, "title", head, title), *_places(lexicon, "body", text, body)]
    settled = lexicon.atlas.settled([span.concept for span in found])
    places = [replace(span, concept=place) for span, place in zip(found, settled, strict=True)]
    texts = {"title": title, "body": body}
    peoples = set(_peoples(lexicon, places, (), texts))
    visited = [span for span in places if span not in peoples]
    homes = frozenset(wider for span in visited for wider in within_country(span.concept))
    quantities = (
        *quantities_of(lexicon, "title", head, title, held, homes),
        *quantities_of(lexicon, "body", list(_of_the_event(lexicon, text)), body, held, homes),
    )
    return Facts(
        kinds=tuple(kinds),
        kind_spans=tuple(kinds.values()),
        quantities=quantities,
        places=tuple(dict.fromkeys(wider for span in places for wider in within_country(span.concept))),
        place_spans=tuple(places),
        people_spans=tuple(_peoples(lexicon, places, quantities, texts)),
        further=tuple(_further(lexicon, body, lead[-1].end if lead else 0, homes)),
        notice=_notice(lexicon, title),
    )


def _notice(lexicon: Lexicon, title: str) -> str:
    opening = re.findall(r"\w+", fold(title))[:4]
    asks = title.rstrip(" »\"'").endswith(("؟", "?"))
    for notice, phrases in lexicon.notices.items():
        if any(opening[: len(phrase)] == list(phrase) for phrase in phrases):
            return notice
    return "explainer" if asks and opening and opening[0] in lexicon.questions else ""


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


def _of_the_event(lexicon: Lexicon, lead: Sequence[Word]) -> Iterator[Word]:
    """The words of a lead but for the sentences behind its first that tell of an earlier or another event."""
    for at, sentence in enumerate(_sentences(lead)):
        another = _dated(lexicon, sentence) or any(word.folded in lexicon.apart for word in sentence)
        if not at or not another:
            yield from sentence


def _further(lexicon: Lexicon, body: str, start: int, near: frozenset[str]) -> Iterator[Quantity]:
    """What befell how many people, told exactly below the lead, but for sentences that tell of something else.

    ``near`` are the countries of title and lead: what happened in another one is another event.
    """
    for sentence in _sentences(words(body, start)):
        if _elsewhere(lexicon, sentence, near) or _recalls_another(lexicon, sentence):
            continue
        told = quantities_of(lexicon, "body", list(_foreground(lexicon, sentence)), body, "")
        among = any(stem(each.folded) in lexicon.among for each in sentence)
        for each in told:
            if each.exact and (each.nationals if among else each.role in BELOW or each.nationals):
                yield replace(each, role=PART) if among else each


def _sentences(text: Iterable[Word]) -> Iterator[list[Word]]:
    """The sentences of a text with their ends, as many as may tell its event; the last may lack its full stop."""
    sentence: list[Word] = []
    for at, word in enumerate(text):
        sentence.append(word)
        if word.folded not in _ENDS:
            continue
        yield sentence
        sentence = []
        if at >= _FURTHER:
            return
    yield sentence


def _recalls_another(lexicon: Lexicon, sentence: Sequence[Word]) -> bool:
    """Whether a sentence tells of another time or matter, or of what is not done."""
    return _dated(lexicon, sentence) or any(
        stem(word.folded) in lexicon.background or word.folded in lexicon.apart or lexicon.doubt.speaks(word)
        for word in sentence
    )


def _elsewhere(lexicon: Lexicon, sentence: Sequence[Word], near: frozenset[str]) -> bool:
    """Whether a sentence is set in a country that title and lead do not name: «وفي كمبوديا أوقفت …»."""
    for place in lexicon.atlas.read(sentence):
        first = sentence[place.first].folded
        inside = sentence[place.first - 1].folded.removeprefix("و") == "في" if place.first else False
        set_in = inside or first.startswith(("ب", "وب"))
        if set_in and not near.intersection(lexicon.atlas.within(place.id)[-1].split("/")):
            return True
    return False


def _dated(lexicon: Lexicon, sentence: Sequence[Word]) -> bool:
    """Whether a sentence names a year: «في 2023», «منذ عام 2020»; «1900 هاتف» are none."""
    told = lexicon.years | lexicon.months | {"في", "وفي"}
    return any(
        len(year.folded) == 4 and year.folded.startswith(("19", "20")) and stem(before.folded) in told
        for before, year in pairwise(sentence)
    )


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
    """Kinds by how loudly the title says them, then the body, each with the word that says it first."""
    said: dict[str, dict[str, float]] = {"title": {}, "body": {}}
    first: dict[str, Span] = {}
    for field, body in (("title", head), ("body", text)):
        for at, word in enumerate(body):
            kind = lexicon.act(body, at)
            if kind is None:
                kind = lexicon.kinds.get(stem(word.folded))
                kind = None if kind and lexicon.undone(body, at, kind) else kind
            if lexicon.holding.tells(word) and lexicon.holding.read(body, at) == "arrested":
                kind = "" if lexicon.undone(body, at, "arrest") else "arrest"
            if kind:
                said[field][kind] = said[field].get(kind, 0.0) + 1 / (1 + at / 20)
                first.setdefault(kind, Span(field, word.start, word.end, word.text, kind))
    order = sorted(first, key=lambda kind: (*(-said[field].get(kind, 0.0) for field in said), kind))
    return {kind: first[kind] for kind in order}


def _places(lexicon: Lexicon, field: str, text: Sequence[Word], original: str) -> Iterator[Span]:
    for place in lexicon.atlas.read(text):
        start, end = text[place.first].start, text[place.last - 1].end
        yield Span(field, start, end, original[start:end], place.id)


def _peoples(
    lexicon: Lexicon, places: Sequence[Span], quantities: Sequence[Quantity], texts: Mapping[str, str]
) -> Iterator[Span]:
    """The places that name people: «الكينيين», «64 كوريا», «58 عاملة فلبينية», «شبان مغاربة»."""
    counts = [each.span for each in quantities if not each.role.startswith(("money:", "thing:"))]
    for place in places:
        near = (span for span in counts if span.field == place.field)
        before = re.findall(r"\w+", texts[place.field][max(0, place.start - _WORD) : place.start])
        if (
            fold(place.text).endswith(("يين", "يون", "يات"))
            or any(span.start <= place.start <= span.end + 1 for span in near)
            or (before and lexicon.is_person(fold(before[-1])))
        ):
            yield place
