"""The data files of this folder, by stem, and what a word is by them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from alerts.arabic import fold
from alerts.facts.deeds import Deeds
from alerts.facts.doubt import Doubt
from alerts.facts.holding import Holding
from alerts.facts.money import Purse
from alerts.facts.numbers import Numerals
from alerts.facts.penalty import Penalty
from alerts.facts.places import Atlas
from alerts.facts.tokens import Word, counted, stem, with_clitics

_HERE = Path(__file__).parent
_STATES = frozenset({"ولايات", "الولايات", "امارات", "الامارات"})  # plurals that name a country, no people
_SAID = frozenset(
    {"statement", "report", "denial", "law", "accident"}
)  # families that nobody asks for or denies


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The data files of this folder, by stem."""

    numerals: Numerals
    atlas: Atlas
    kinds: Mapping[str, str]
    families: Mapping[str, str]
    people: frozenset[str]  # stems of counted nouns, and the folded ones that count as they stand only
    fates: Mapping[str, str]
    deeds: Mapping[str, str]
    befell: Mapping[str, str]
    roles: Mapping[str, str]  # kind of event → what it makes of those who are counted
    acts: Deeds
    holding: Holding
    doubt: Doubt
    penalty: Penalty
    crimes: Mapping[str, frozenset[str]]  # folded
    links: frozenset[str]
    tallies: frozenset[str]
    carries: frozenset[str]
    carriers: frozenset[str]
    parts: frozenset[str]  # folded
    wholes: frozenset[str]
    composed: frozenset[str]
    courts: frozenset[str]
    waw: frozenset[str]  # folded
    convicts: frozenset[str]  # folded
    peoples: frozenset[str]  # nationals of more than one country; folded
    purse: Purse
    idle: frozenset[str]
    months: frozenset[str]
    years: frozenset[str]
    no_things: frozenset[str]
    notices: Mapping[str, tuple[tuple[str, ...], ...]]
    questions: frozenset[str]  # folded: how a title begins that asks
    background: frozenset[str]
    apart: frozenset[str]  # folded
    among: frozenset[str]
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
            people=frozenset(
                "=" + fold(word[1:]) if word.startswith("=") else counted(fold(word))
                for group in quantities["people"]
                for word in group
            ),
            fates=_by_stem(quantities["fates"]),
            deeds=_by_stem(quantities["deeds"]),
            befell=_by_stem(quantities["befell"]),
            roles={kind: str(role) for kind, role in quantities["roles"].items()},
            acts=Deeds.of(_yaml("deeds"), holding.police),
            holding=holding,
            doubt=Doubt.of(_yaml("doubts")),
            penalty=Penalty.of(_yaml("penalty")),
            crimes={name: with_clitics(map(fold, words)) for name, words in quantities["crimes"].items()},
            links=_stems(quantities["links"]),
            tallies=_stems(quantities["tallies"]),
            carries=_stems(quantities["carries"]),
            carriers=_stems(quantities["carriers"]),
            parts=frozenset(fold(word) for word in quantities["parts"]),
            composed=_stems(quantities["composed"]),
            courts=_stems(quantities["courts"]),
            waw=frozenset(fold(word) for word in quantities["waw"]),
            convicts=with_clitics(map(fold, quantities["convicts"])),
            wholes=_stems(quantities["wholes"]),
            peoples=with_clitics(map(fold, quantities["peoples"])),
            purse=Purse.of(_yaml("money")),
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
            apart=with_clitics(map(fold, quantities["apart"])),
            among=_stems(quantities["among"]),
            after=frozenset(fold(word) for word in quantities["after"]),
            spans=_stems(quantities["spans"]),
        )

    def act(self, text: Sequence[Word], at: int) -> str | None:
        """The kind of event that a deed tells by its object, "" for none; None where word ``at`` is no such deed."""
        kind = self.penalty.read(text, at)
        if kind is None:
            kind = self.acts.read(text, at, lambda other: self._named(text, other))
        return "" if kind and self.undone(text, at, kind) else kind

    def undone(self, text: Sequence[Word], at: int, kind: str) -> bool:
        """Whether the event that word ``at`` tells is only asked for, planned, feared or denied there."""
        family, asks = self.families[kind], kind == "investigation"
        if family in _SAID and not asks:
            return False
        return self.doubt.holds(text, at, court=asks or family == "court")

    def is_person(self, folded: str) -> bool:
        """Whether a counted noun names people, whatever they are to a newspaper."""
        return counted(folded) in self.people or "=" + folded.removeprefix("ال") in self.people

    def is_thing(self, folded: str) -> bool:
        """Whether a word after a number can be what it counts: no particle, no plural verb."""
        return folded not in self.no_things and not (folded.startswith("ي") and folded.endswith("ون"))

    def is_nationality(self, text: Sequence[Word], at: int) -> bool:
        """Whether a word behind a number says whose people are counted: «64 كوريا»."""
        if self.names_people(text, at):
            return True
        folded = text[at].folded if at < len(text) else ""  # «3 إسبانيين»; «5 قضايا» are none
        nisba = len(folded) >= 6 and folded.endswith(("يين", "يا")) and not folded.endswith("ايا")
        return nisba and folded not in self.numerals.begins

    def names_people(self, text: Sequence[Word], at: int) -> bool:
        """Whether a word behind a number names people by a country that we know: «31 عربيا», «64 كوريا»."""
        folded = text[at].folded if at < len(text) else ""
        known = any(place.first == 0 for place in self.atlas.read(text[at : at + 2]))
        within = (
            known and folded[:1] in {"ب", "ل", "و"} and self._is_place(replace(text[at], folded=folded[1:]))
        )
        return folded in self.peoples or (known and not within and folded not in _STATES)

    def _is_place(self, word: Word) -> bool:
        return any(True for _ in self.atlas.read([word]))

    def _named(self, text: Sequence[Word], at: int) -> frozenset[str]:
        """What a word is as a name: whose people are meant, or a country."""
        if self._is_people(text, at):
            return frozenset({"people", "citizens"})
        known = any(place.first == 0 for place in self.atlas.read(text[at : at + 3]))
        return frozenset({"states"}) if known else frozenset()

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
