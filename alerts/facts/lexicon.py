"""The data files of this folder, by stem, and what a word is by them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from alerts.arabic import fold
from alerts.facts.deeds import Deeds
from alerts.facts.holding import Holding
from alerts.facts.numbers import Numerals
from alerts.facts.places import Atlas
from alerts.facts.tokens import Word, counted, stem

_HERE = Path(__file__).parent


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
    befell: Mapping[str, str]
    roles: Mapping[str, str]  # kind of event → what it makes of those who are counted
    acts: Deeds
    holding: Holding
    money: Mapping[str, str]
    idle: frozenset[str]
    months: frozenset[str]
    years: frozenset[str]
    no_things: frozenset[str]
    notices: Mapping[str, tuple[tuple[str, ...], ...]]
    questions: frozenset[str]  # folded: how a title begins that asks
    background: frozenset[str]
    after: frozenset[str]
    spans: frozenset[str]

    @classmethod
    @cache
    def load(cls) -> "Lexicon":
        """Read once; the files ship with the code."""
        quantities, kinds = _yaml("quantities"), _yaml("kinds")
        notices = _yaml("notices")
        questions = frozenset(fold(str(word)) for word in notices.pop("question"))
        holding = Holding.of(quantities["holding"])
        return cls(
            numerals=Numerals.of(_yaml("numbers")),
            atlas=Atlas.of(_yaml("places")),
            kinds=_by_stem({kind: entry.get("words", []) for kind, entry in kinds.items()}),
            families={kind: str(entry["family"]) for kind, entry in kinds.items()},
            people=frozenset(counted(fold(word)) for group in quantities["people"] for word in group),
            fates=_by_stem(quantities["fates"]),
            deeds=_by_stem(quantities["deeds"]),
            befell=_by_stem(quantities["befell"]),
            roles={kind: str(role) for kind, role in quantities["roles"].items()},
            acts=Deeds.of(_yaml("deeds"), holding.police),
            holding=holding,
            money=_by_stem(quantities["money"]),
            idle=_stems(quantities["idle"]),
            months=_stems(quantities["months"]),
            years=_stems(quantities["years"]),
            no_things=frozenset(fold(word) for word in quantities["no_things"]),
            notices={
                notice: tuple(tuple(fold(phrase).split()) for phrase in phrases)
                for notice, phrases in notices.items()
            },
            questions=questions,
            background=_stems(quantities["background"]),
            after=frozenset(fold(word) for word in quantities["after"]),
            spans=_stems(quantities["spans"]),
        )

    def act(self, text: Sequence[Word], at: int) -> str | None:
        """The kind of event that a deed tells by its object, "" for none; None where word ``at`` is no such deed."""
        return self.acts.read(text, at, lambda other: self._is_people(text, other))

    def is_thing(self, folded: str) -> bool:
        """Whether a word after a number can be what it counts: no particle, no plural verb."""
        return folded not in self.no_things and not (folded.startswith("ي") and folded.endswith("ون"))

    def is_nationality(self, text: Sequence[Word], at: int) -> bool:
        """Whether a word behind a number says whose people are counted: «64 كوريا»."""
        if any(place.first == 0 for place in self.atlas.read(text[at : at + 2])):
            return True
        folded = text[at].folded if at < len(text) else ""  # «3 إسبانيين»; «5 قضايا» are none
        nisba = len(folded) >= 6 and folded.endswith(("يين", "يا")) and not folded.endswith("ايا")
        return nisba and folded not in self.numerals.begins

    def _is_people(self, text: Sequence[Word], at: int) -> bool:
        """Whether a word names people by where they come from: «64 كوريا», «الكينيين»."""
        counted_here = at > 0 and self.numerals.ends(text[at - 1])
        return (counted_here or text[at].folded.endswith(("يين", "يون", "يات"))) and self.is_nationality(
            text, at
        )


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
