"""Whose money a sum is: «دولار سنغافوري» is no «دولار», and a bare «روبية» is that of the country the article names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from alerts.arabic import fold
from alerts.facts.places import Atlas
from alerts.facts.tokens import Word, stem

_JOINED = frozenset("ولبفك")  # «دولار لفلبينية» says who got it
_ADJECTIVE = ("ي", "يه", "يا", "يات")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of money."""

    alone: str  # ISO 4217, small letters; empty where it says too little by itself
    of: Mapping[str, str]  # country → currency
    others: Mapping[str, str]  # stem of an adjective → currency; empty for one that we do not name


@dataclass(frozen=True, slots=True)
class Purse:
    """The units of ``money.yaml``, by stem."""

    units: Mapping[str, Unit]

    @classmethod
    def of(cls, entries: Mapping[str, Mapping[str, object]]) -> "Purse":
        """From ``money.yaml``."""
        units: dict[str, Unit] = {}
        for entry in entries.values():
            others = {stem(fold(word)): code for word, code in _table(entry.get("others")).items()}
            unit = Unit(str(entry.get("alone", "")), _table(entry.get("of")), others)
            words = entry["words"]
            for word in words if isinstance(words, list) else []:
                units[stem(fold(str(word)))] = unit
        return cls(units)

    def read(self, text: Sequence[Word], at: int, atlas: Atlas, homes: frozenset[str]) -> str | None:
        """The currency of the unit at word ``at``, "" where nobody says whose it is; None where it is no unit.

        ``homes`` are the countries that the article names.
        """
        unit = self.units.get(stem(text[at].folded)) if at < len(text) else None
        if unit is None:
            return None
        following = stem(text[at + 1].folded) if at + 1 < len(text) else ""
        if following in unit.others:
            return unit.others[following]
        whose = _adjective(text[at + 1 : at + 4], atlas)
        if whose and unit.of:
            return unit.of.get(whose, "")
        named = {unit.of[home] for home in homes if home in unit.of}
        return unit.alone or (named.pop() if len(named) == 1 else "")


def _adjective(text: Sequence[Word], atlas: Atlas) -> str:
    """The country of the adjective that the text begins with: «سنغافوري», «هونغ كونغ»; empty where none does."""
    for place in atlas.read(text):
        word = text[0].folded
        joined = word[:1] in _JOINED and next(atlas.read([replace(text[0], folded=word[1:])]), None)
        adjective = not joined and (place.last > 1 or word.endswith(_ADJECTIVE))
        return atlas.within(place.id)[-1] if place.first == 0 and adjective else ""
    return ""


def _table(value: object) -> dict[str, str]:
    return {str(name): str(code) for name, code in value.items()} if isinstance(value, dict) else {}
