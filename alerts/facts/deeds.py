"""Deeds that tell another event by whom or what they befall: to seize people is an arrest, to seize goods is none."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alerts.arabic import fold
from alerts.facts.tokens import Word, stem

_CLITICS = ("", "و", "ف", "ب", "ل", "ال", "وال", "بال", "لل", "فال")
_NEUTRAL = frozenset({"people", "foreigners"})  # who they are besides is told close behind
_CLOSE = 4  # words behind such a noun
_TELLING = frozenset({"victims", "suspects"})
_PERSONS = _NEUTRAL | _TELLING
_OBJECTS = _TELLING | {"goods", "matters"}
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
                found = next((name for name in self.kinds if name in each), _ELSE if each & persons else "")
            if found and not pending and each & _NEUTRAL and told & _TELLING and not each & _TELLING:
                pending, last = found, at + _CLOSE
            elif found:
                return self.kinds[found]
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
                    exact.update({clitic + fold(word[1:]): deed for clitic in _CLITICS})
                else:
                    stems[stem(fold(word))] = deed
        return cls(stems, exact, {word: frozenset(names) for word, names in known.items()})

    def read(self, text: Sequence[Word], at: int, is_people: Callable[[int], bool]) -> str | None:
        """The kind of event that word ``at`` tells, "" for none; None where it is no such deed.

        ``is_people`` says of a word of the text whether it names people by their nationality.
        """
        deed = self.exact.get(text[at].folded) or self.stems.get(stem(text[at].folded))
        if deed is None:
            return None
        behind = list(self._objects(text, range(at + 1, len(text)), is_people, deed.reach))
        before = (
            list(self._objects(text, range(at - 1, -1, -1), is_people, deed.reach)) if deed.around else []
        )
        return deed.kind([*behind, *before])

    def _objects(
        self, text: Sequence[Word], places: Iterable[int], is_people: Callable[[int], bool], reach: int
    ) -> Iterator[frozenset[str]]:
        """What each word of the clause is."""
        for seen, at in enumerate(places):
            if seen == reach or (text[at].is_break and text[at].folded not in ":،"):
                return
            found = self.objects.get(stem(text[at].folded), frozenset())
            yield found | {"people"} if is_people(at) else found


def _flat(words: object) -> Iterator[str]:
    for word in words if isinstance(words, list) else [words]:
        yield from _flat(word) if isinstance(word, list) else [str(word)]
