"""How strongly two articles speak of one event: evidence for, evidence against, and what forbids it.

Symmetric, and a function of the two articles alone, so that the order of arrival can never matter.
The points are rough log-odds: three of them outweigh the chance that two flagged articles tell two events.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from alerts.facts import Lexicon
from alerts.facts.fates import FATES
from alerts.stories.fingerprint import Count, Fingerprint, gap
from alerts.stories.vocabulary import Vocabulary

WINDOW = timedelta(hours=72)
JOIN = 3.0  # points
_RULED = 100.0  # points: an operator's word outweighs all evidence
_SAME = 0.5  # share of the lead that is repeated word for word: one text
_FEW = 8  # word runs: a shorter text repeats another's by chance
_CHANCE = 350  # pairs of telling words, one from either article, among which one pair is equal by chance
_GROUND = 0.25  # points: all that common ground says by itself
_GROUNDLESS = -4.0  # points: two places that have nothing to do with each other
_HEADLINED = 1.25  # points: a town that both titles name
_RARE = 2.0  # points of evidence: a shared town that few articles name
_TOLD_ALIKE = 0.5  # points of evidence: both tell first of a verdict, a warning, a return
_EVIDENCE = 1.5  # points beside ground and time, below which a shared country is mere background
_LISTED = 2  # countries an article may name before each says less: a survey of the region names them all
_WORD = 2.25  # points: the most that one shared word says, however short the texts
_TRADE = 1.25  # points: the most that words of the trade say where nothing else is shared
_VAGUE = 2.0  # «dozens»: a range wider than this agrees with nearly anything
_KIN = (
    frozenset({"executed", "convicted", "sentenced", "people"}),
    frozenset({"sold", "victims", "rescued", "people"}),
    frozenset({"returned", "released", "deported", "extradited", "people"}),
)
_SELDOM = frozenset(
    {
        "verdict",
        "warning",
        "repatriation",
        "deportation",
        "extradition",
        "release",
        "execution",
        "law",
        "sanction",
        "death",
    }
)
_NEUTRAL = frozenset({"statement", "report", "denial", "death"})  # families that follow any event
_EXPLAINER = "explainer"  # tells no event, however much of the background it shares with one
_FOLLOW_UP = timedelta(hours=36)  # a changed toll after this is the next chapter, no longer the same news


@dataclass(frozen=True, slots=True)
class Link:
    """Two articles compared: the parts of the score, and the gate that forbids a join where one does."""

    one: int
    other: int
    score: float  # points: the sum of the parts
    parts: tuple[tuple[str, float], ...]
    gate: str = ""

    @property
    def rank(self) -> tuple[float, int, int]:
        """The strongest link first; ties by article, the same in every order of arrival."""
        return -self.score, min(self.one, self.other), max(self.one, self.other)

    @property
    def joins(self) -> bool:
        """Whether the two tell one event as far as these two can tell."""
        return not self.gate and self.score >= JOIN

    @property
    def why(self) -> str:
        """One line for a person: the score, its parts, and the gate."""
        parts = ", ".join(f"{name} {points:+g}" for name, points in self.parts if points)
        forbidden = f"; forbidden by {self.gate}" if self.gate else ""
        return f"article {self.other}: {self.score:g} of {JOIN:g} points ({parts}){forbidden}"


def compare(one: Fingerprint, other: Fingerprint) -> Link:
    """The evidence that two articles tell one event."""
    same = _same_text(one, other)
    text, words, numbers = round(8.0 * same, 2), _words(one, other), _numbers(one, other)
    firm = text + max(0.0, numbers) + _told_alike(one, other)
    parts = (
        ("operator", _RULED if one.ruled and one.ruled == other.ruled else 0.0),
        ("text", text),
        ("words", words),
        ("places", _places(one, other, words, firm)),
        ("numbers", numbers),
        ("kinds", _kinds(one, other)),
        ("topics", _topics(one, other)),
        ("time", _time(one, other)),
    )
    score = round(sum(points for _, points in parts), 2)
    return Link(one.article, other.article, score, parts, gate(one, other, same))


def gate(one: Fingerprint, other: Fingerprint, same: float | None = None) -> str:
    """What forbids that two articles tell one event: "operator", "time", "places", "numbers", or nothing.

    One text with another place or count is a correction; with both changed it is another event in one mould.
    """
    if one.ruled and other.ruled:
        return "operator" if one.ruled != other.ruled else ""
    if gap(one, other) > WINDOW:
        return "time"
    ground = _ground(one.places, other.places, one.main_places, other.main_places)
    counts = _counts_clash(one, other)
    towns = ground.clash
    if towns and counts:
        return "places, numbers"
    if (towns or counts) and (_same_text(one, other) if same is None else same) >= _SAME:
        return ""
    if towns:
        return "places"
    return "numbers" if counts and not ground.shared else ""


def same_text(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether one article republishes the other: no second source."""
    return _same_text(one, other) >= _SAME


def _same_text(one: Fingerprint, other: Fingerprint) -> float:
    """Share of one article's first sentence that the other repeats; shared background counts for nothing."""
    return max(_repeated(one.opening, other.shingles), _repeated(other.opening, one.shingles))


def _repeated(opening: frozenset[int], text: frozenset[int]) -> float:
    """Two runs are shared by chance: the name of an office is as long."""
    return max(0, len(opening & text) - 2) / len(opening) if len(opening) >= _FEW else 0.0


def _words(one: Fingerprint, other: Fingerprint) -> float:
    """Telling words of one's core that the other has too, beyond chance; those of both headlines doubly."""
    weight = Vocabulary.load().weight
    distinct = sum(map(weight, _shared(one, other)))
    shared = distinct + sum(weight(word) for word in one.headline & other.headline)
    shared -= (len(one.core) * len(other.terms) + len(one.terms) * len(other.core)) / 2 / _CHANCE
    points = 22.0 * shared / (6 + min(len(one.core), len(other.core)))
    return round(max(0.0, min(_TRADE if _of_the_trade(one, other) else 5.0, _WORD * distinct, points)), 2)


def _shared(one: Fingerprint, other: Fingerprint) -> frozenset[str]:
    """Words that one's core and the other share; what stands in the background of both is not shared."""
    return (one.core & other.terms) | (one.terms & other.core)


def _of_the_trade(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether they share no word but those that every article on this desk has."""
    return _shared(one, other) <= Vocabulary.load().domain


def _places(one: Fingerprint, other: Fingerprint, words: float, firm: float) -> float:
    """What their ground says, believed as far as ``words`` and ``firm`` evidence (text, numbers, kind) go along."""
    ground = _ground(one.places, other.places, one.main_places, other.main_places)
    titles = one.title_places, other.title_places
    if firm <= _EVIDENCE and _apart(one, other, shared=ground.shared):
        return _GROUNDLESS
    heads = _HEADLINED if not set(_towns(titles[0])).isdisjoint(_towns(titles[1])) else 0.0
    firm += _RARE if ground.rare else 0.0
    if words + firm + ground.shared < _EVIDENCE:
        return min(ground.points, -1.0)
    believed = words / 2 if _of_the_trade(one, other) else words
    return round(min(ground.points, _GROUND + believed + firm) + heads, 2)


def _apart(one: Fingerprint, other: Fingerprint, *, shared: bool) -> bool:
    """Whether the titles are set elsewhere, and a town that the texts share is no more than a neighbour."""
    towns = _towns(one.title_places), _towns(other.title_places)
    known = set(towns[0]) <= set(other.places) and set(towns[1]) <= set(one.places)
    return (not shared or (all(towns) and not known)) and _elsewhere(one.title_places, other.title_places)


@lru_cache(maxsize=100_000)
def _elsewhere(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Whether two titles are set in different countries of the region and have no party in common."""
    atlas = Lexicon.load().atlas
    here, there = ({atlas.within(place)[-1] for place in places} for places in (mine, theirs))
    return here.isdisjoint(there) and not atlas.region.isdisjoint(here) and not atlas.region.isdisjoint(there)


@dataclass(frozen=True, slots=True)
class _Ground:
    """The places of two articles compared."""

    points: float
    shared: bool  # a town, or a wider place that holds it
    rare: bool  # a town that few articles name, or towns of two countries
    clash: bool  # towns on both sides and none shared


@lru_cache(maxsize=100_000)
def _ground(
    mine: tuple[str, ...], theirs: tuple[str, ...], my_main: tuple[str, ...], their_main: tuple[str, ...]
) -> _Ground:
    """A shared town says much, a shared country the more the rarer it is and the fewer are named beside it.

    What both name in their background only is not shared.
    """
    atlas = Lexicon.load().atlas
    within = atlas.within
    met = {
        (a, b)
        for a in _towns(mine)
        for b in _towns(theirs)
        if (a in my_main or b in their_main) and (a in within(b) or b in within(a))
    }
    states = {place for place in mine if place.isupper()}, {place for place in theirs if place.isupper()}
    listed = max(_LISTED, *map(len, states)) / _LISTED
    common = states[0] & states[1] & {*my_main, *their_main}
    rarities = sorted(map(atlas.rarity, common), reverse=True)
    # Two lists of the region share more the longer they are: that says nothing more than one shared name does.
    points = 2.0 * bool(met) + min(2.5, sum(rarities[: 1 if listed > 1 else None]) / listed)
    parties = [each - atlas.region for each in states]
    if not points:
        points = _GROUNDLESS if mine and theirs else -1.5 if mine or theirs else -2.0
    elif all(parties) and parties[0].isdisjoint(parties[1]):
        points -= 1.0
    rare = any(a in atlas.rare for a, _ in met) or len({within(a)[-1] for a, _ in met}) > 1
    everywhere = [(a, b) for a in _towns(mine) for b in _towns(theirs)]
    clash = bool(everywhere) and not any(a in within(b) or b in within(a) for a, b in everywhere)
    return _Ground(points, bool(met), rare, clash)


def _towns(places: tuple[str, ...]) -> list[str]:
    """The towns among places, without those that hold another of them."""
    within = Lexicon.load().atlas.within
    wider = {holder for place in places for holder in within(place)[1:]}
    return [place for place in places if place.islower() and place not in wider]


def _agree(one: Count, other: Count) -> bool:
    return one.low <= other.high and other.low <= one.high


def _comparable(one: str, other: str) -> bool:
    if one == other:
        return True
    return (
        (one in FATES and other == "people")
        or (other in FATES and one == "people")
        or any({one, other} <= kin for kin in _KIN)
    )


def _telling(count: Count) -> float:
    """How unlikely it is that two events share a count: by its figures, 2198 more than 2000."""
    figures = len(f"{count.low:.0f}".rstrip("0"))
    return 0.0 if count.low < 4 else min(3.0, 0.5 + 0.75 * figures)


def _numbers(one: Fingerprint, other: Fingerprint) -> float:
    agreeing = [
        (a, b)
        for a in one.counts
        for b in other.counts
        if (a in one.main_counts or b in other.main_counts) and _comparable(a.role, b.role) and _agree(a, b)
    ]
    points = {(a.low, b.low): _telling(a) for a, b in agreeing if a.exact and b.exact}
    if points:
        return min(4.0, sum(points.values()))
    if agreeing:
        return 0.25 if all(max(a.high / a.low, b.high / b.low) > _VAGUE for a, b in agreeing) else 1.0
    return -2.0 if _counts_clash(one, other) else 0.0


def _counts_clash(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether both tell what befell how many people, and no such count agrees."""
    pairs = [(a, b) for a in one.counts for b in other.counts if a.role in FATES or b.role in FATES]
    if any(_comparable(a.role, b.role) and _agree(a, b) and _says(a, b) for a, b in pairs):
        return False
    return any(a.role == b.role and not _grows(one, other, a, b) for a, b in pairs)


def _says(one: Count, other: Count) -> bool:
    """Whether an agreement is one: «dozens of passengers» are no word on how many were killed."""
    return one.role == other.role or all(each.high <= _VAGUE * each.low for each in (one, other))


def _grows(one: Fingerprint, other: Fingerprint, mine: Count, theirs: Count) -> bool:
    """Whether a toll may have risen from one article to the other: soon after, and by less than half."""
    low, high = sorted((mine.low, theirs.low))
    return gap(one, other) <= _FOLLOW_UP and high <= 1.5 * low


def _kinds(one: Fingerprint, other: Fingerprint) -> float:
    """Two loudest kinds of unlike families, a raid and a law, say two events; a shared lesser kind says little."""
    if (one.notice == _EXPLAINER) != (other.notice == _EXPLAINER):
        return -3.0
    mine, theirs = _families(one), _families(other)
    if mine[:1] != theirs[:1] and _NEUTRAL.isdisjoint(mine[:1] + theirs[:1]) and mine and theirs:
        # Captives are held in every story of this desk, which reads like an arrest.
        named = {mine[0], theirs[0]} & set(mine) & set(theirs) - {"police"}
        return -0.5 if named else -1.5
    events = set(mine) - _NEUTRAL, set(theirs) - _NEUTRAL
    if not all(events):
        return 0.0
    return -0.5 if events[0].isdisjoint(events[1]) else 0.25


def _told_alike(one: Fingerprint, other: Fingerprint) -> float:
    """Whether both tell first of one kind of event, and of no raid or arrest, which every day has."""
    mine, theirs = one.kinds[:1], other.kinds[:1]
    return _TOLD_ALIKE if mine and mine == theirs and mine[0] in _SELDOM else 0.0


def _families(article: Fingerprint) -> list[str]:
    families = Lexicon.load().families
    return [families[kind] for kind in article.kinds[:3]]


def _topics(one: Fingerprint, other: Fingerprint) -> float:
    if not one.topics or not other.topics:
        return 0.0
    return 0.0 if set(one.topics) & set(other.topics) else -0.5


def _time(one: Fingerprint, other: Fingerprint) -> float:
    """Three quarters of a point within the hour, as much less for every day between them."""
    days = gap(one, other) / timedelta(days=1)
    return round(0.75 - 0.75 * days, 2)
