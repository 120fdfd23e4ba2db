"""Deeds that tell another event by whom or what they befall: to seize people is an arrest, to seize goods is none."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alerts.arabic import fold
from alerts.facts.tokens import Word, stem, with_clitics

_NEUTRAL = frozenset({"people", "foreigners"})
_OPEN = _NEUTRAL | {"men", "children"}  # who they are besides is told close behind
_CLOSE = 4  # words behind such a noun
_TELLING = frozenset({"victims", "suspects", "home"})
_PERSONS = _NEUTRAL | {"victims", "suspects"}
_OBJECTS = _TELLING | {"goods", "matters"}
_LAST = frozenset({"states"})  # who does it or gets them, asked where nothing else tells
_HOLD = with_clitics(map(fold, ("قبضة", "أيدي", "يد", "لدى", "براثن", "جحيم", "سجون", "فخ")))
_ELSE = "else"


@dataclass(frozen=True, slots=True)
class Deed:
    """What one group of words tells, by its object."""

    reach: int  # words behind it
    around: bool  # the words before it count too
    kinds: Mapping[str, str]  # of object, "else" where none of them stands there → kind of event; "" for none

    def kind(self, objects: Sequence[frozenset[str]]) -> str:
        """The kind of event, by what each word within reach is."""
        told = frozenset(self.kinds)
        persons = _PERSONS if told & _OBJECTS else frozenset[str]()  # at a person its object is found
        pending, last = "", len(objects)
        for at, each in enumerate(objects):
            if at > last:
                break
            if pending:
                found = next((name for name in self.kinds if name in each & _TELLING), "")
            else:
                found = next(
                    (name for name in self.kinds if name in each - _LAST), _ELSE if each & persons else ""
                )
            if found and not pending and each & _OPEN and told & _TELLING and not each & _TELLING:
                pending, last = found, at + _CLOSE
            elif found == _ELSE:
                break
            elif found:
                return self.kinds[found]
        if not pending and "states" in self.kinds and any("states" in each for each in objects):
            return self.kinds["states"]
        return self.kinds[pending or _ELSE]


@dataclass(frozen=True, slots=True)
class Deeds:
    """The tables of ``deeds.yaml``."""

    stems: Mapping[str, Deed]
    exact: Mapping[str, Deed]  # folded
    objects: Mapping[str, frozenset[str]]  # stem → kinds of object

    @classmethod
    def of(cls, data: Mapping[str, object], police: Iterable[str]) -> "Deeds":
        """From ``deeds.yaml``; ``police`` are the stems of who holds people rightly."""
        objects, deeds = data["objects"], data["deeds"]
        if not isinstance(objects, dict) or not isinstance(deeds, list):
            raise TypeError("deeds.yaml needs a table `objects` and a list `deeds`")
        known: dict[str, set[str]] = {word: {"police"} for word in police}
        for name, words in objects.items():
            for word in _flat(words):
                known.setdefault(stem(fold(word)), set()).add(str(name))
        stems: dict[str, Deed] = {}
        exact: dict[str, Deed] = {}
        for entry in deeds:
            deed = Deed(int(entry["reach"]), bool(entry.get("around")), dict(entry["kinds"]))
            for word in map(str, entry["words"]):
                if word.startswith("="):
                    exact.update(dict.fromkeys(with_clitics([fold(word[1:])]), deed))
                else:
                    stems[stem(fold(word))] = deed
        return cls(stems, exact, {word: frozenset(names) for word, names in known.items()})

    def read(self, text: Sequence[Word], at: int, named: Callable[[int], frozenset[str]]) -> str | None:
        """The kind of event that word ``at`` tells, "" for none; None where it is no such deed.

        ``named`` says what a word of the text is as a name: "people" by their nationality, "states".
        """
        deed = self.exact.get(text[at].folded) or self.stems.get(stem(text[at].folded))
        if deed is None:
            return None
        behind = list(self._objects(text, range(at + 1, len(text)), named, deed.reach))
        before = list(self._objects(text, range(at - 1, -1, -1), named, deed.reach)) if deed.around else []
        return deed.kind([*behind, *before])

    def _objects(
        self, text: Sequence[Word], places: Iterable[int], named: Callable[[int], frozenset[str]], reach: int
    ) -> Iterator[frozenset[str]]:
        """What each word of the clause is."""
        for seen, at in enumerate(places):
            if seen == reach or (text[at].is_break and text[at].folded not in ":،"):
                return
            found = self.objects.get(stem(text[at].folded), frozenset())
            if at and text[at - 1].folded in _HOLD:  # «17 شابا من قبضة عصابات»
                found &= {"police"}
            yield found | named(at)


def _flat(words: object) -> Iterator[str]:
    for word in words if isinstance(words, list) else [words]:
        yield from _flat(word) if isinstance(word, list) else [str(word)]
