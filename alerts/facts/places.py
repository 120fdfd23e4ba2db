"""Countries and towns an article names, as ids that every spelling shares."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alerts.facts.tokens import Word

_PROCLITICS = ("", "و", "ف", "ب", "ل", "ك", "ال", "وال", "بال", "لل", "فال", "كال", "وب", "ول")


@dataclass(frozen=True, slots=True)
class Place:
    """A name found in words ``first`` … ``last - 1``."""

    id: str  # "one/other" where two towns share the name: see ``settled``
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Atlas:
    """The names of ``places.yaml``, and which place lies in which."""

    names: Mapping[tuple[str, ...], str]  # the first word with every proclitic it may carry
    longest: Mapping[str, int]  # words of the longest name that begins so
    seats: Mapping[str, str]  # capital → its state
    parents: Mapping[str, str]
    inside: frozenset[str]
    borders: frozenset[str]
    waters: frozenset[str]
    region: frozenset[str]
    arab: frozenset[str]
    rare: frozenset[str]  # towns that few flagged articles name
    common: frozenset[str]  # countries that a large share of flagged articles name

    @classmethod
    def of(cls, data: Mapping[str, object]) -> "Atlas":
        """From the tables of ``places.yaml``."""
        countries, towns = _table(data["countries"]), _table(data["towns"])
        names: dict[tuple[str, ...], str] = {}
        for country, spellings in countries.items():
            for spelling in _list(spellings):
                for form in (spelling, *_adjectives(spelling, _list(data["nisba"]))):
                    names[tuple(form.split())] = country
        for town, facts in towns.items():
            names.update(
                {tuple(spelling.split()): town for spelling in _list(_table(facts).get("names", []))}
            )
        twins = {name: _list(pair) for name, pair in _table(data["shared"]).items()}
        names.update({tuple(name.split()): "/".join(pair) for name, pair in twins.items()})
        names = {
            (proclitic + name[0], *name[1:]): place
            for proclitic in _PROCLITICS
            for name, place in names.items()
        } | names
        longest: dict[str, int] = {}
        for name in names:
            longest[name[0]] = max(len(name), longest.get(name[0], 0))
        return cls(
            names=names,
            longest=longest,
            seats={
                town: str(_table(facts)["in"]) for town, facts in towns.items() if _table(facts).get("seat")
            },
            parents={town: str(_table(facts)["in"]) for town, facts in towns.items()},
            inside=frozenset(_list(data["inside"])),
            borders=frozenset(_list(data["borders"])),
            waters=_prefixed(data["waters"]),
            region=frozenset(_list(data["region"])),
            arab=frozenset(_list(data["arab"])),
            rare=frozenset(_list(data["rare"])),
            common=frozenset(_list(data["common"])),
        )

    def read(self, words: Sequence[Word]) -> Iterator[Place]:
        """The places of a text in order, the longest name first at each word."""
        at = 0
        while at < len(words):
            place = self._place(words, at)
            if place and not self._borders(words, at):
                yield place
            at = place.last if place else at + 1

    def _borders(self, words: Sequence[Word], at: int) -> bool:
        """Whether the place only borders on another, or names a water: «الحدود مع تايلاند», «خليج تايلاند»."""
        before = [word.folded for word in words[max(0, at - 2) : at]]
        if before[-1:] == ["مع"]:
            return before[0].removeprefix("ال") in self.borders
        return any(word in self.waters or word.removeprefix("ال") in self.borders for word in before[-1:])

    def settled(self, ids: Sequence[str]) -> list[str]:
        """The places of an article in order, each shared name as the town that its neighbours speak for."""
        return [self._settled(ids, at) if "/" in place else place for at, place in enumerate(ids)]

    def _settled(self, ids: Sequence[str], at: int) -> str:
        towns = ids[at].split("/")
        homes = {self.within(town)[-1]: town for town in towns}
        near = sorted(range(len(ids)), key=lambda other: abs(other - at))
        return next(
            (homes[home] for home in (self.within(ids[n])[-1] for n in near) if home in homes), towns[0]
        )

    def _place(self, words: Sequence[Word], at: int) -> Place | None:
        for length in range(min(self.longest.get(words[at].folded, 0), len(words) - at), 0, -1):
            name = tuple(word.folded for word in words[at : at + length])
            indefinite = (name[0], *(word.removeprefix("ال") for word in name[1:]))
            place = self.names.get(name) or self.names.get(indefinite)
            if place:
                return Place(self._state_or_town(place, words, at), at, at + length)
        return None

    def _state_or_town(self, place: str, words: Sequence[Word], at: int) -> str:
        if place not in self.seats or (
            words[at].folded.startswith("ب") and not words[at].folded.startswith(("بن", "با", "بي"))
        ):
            return place
        before = words[at - 1].folded if at else ""
        return place if before in self.inside else self.seats[place]

    def rarity(self, country: str) -> float:
        """How much two flagged articles share that share ``country``, in points."""
        return 0.75 if country in self.common else 1.5

    def within(self, place: str) -> tuple[str, ...]:
        """``place`` and every wider one that holds it, the country last."""
        chain = [place]
        while chain[-1] in self.parents:
            chain.append(self.parents[chain[-1]])
        return tuple(chain)


def _adjectives(name: str, endings: Sequence[str]) -> Iterator[str]:
    if " " in name:
        return
    base = name.rstrip("اه").removesuffix("ي")
    yield from (base + ending for ending in endings)


def _prefixed(words: object) -> frozenset[str]:
    return frozenset(proclitic + word for proclitic in _PROCLITICS for word in _list(words))


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"a table was expected, not {value!r}")
    return value


def _list(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(f"a list was expected, not {value!r}")
    return [str(item) for item in value]
