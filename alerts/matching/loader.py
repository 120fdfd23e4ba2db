"""Read a folder of rule files, strictly: what is unknown, cyclic, unanchored or untested is refused."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

from alerts.matching.expressions import Node, parse
from alerts.matching.learned import Learned, read_learned
from alerts.matching.nouns import Concept, Example, Pack, Rule, RuleError, Slot, Status, Term
from alerts.matching.terms import read_term
from alerts.nouns import TOPICS, Level
from crawler.strict import StrictError, parse_yaml

_FILE_KEYS: Final = {"topic", "concepts", "places", "rules"}
_CONCEPT_KEYS: Final = {"kind", "terms", "unless"}
_PLACE_KEYS: Final = {"region", "names", "people", "cities", "sites", "unless"}
_RULE_NEEDS: Final = {"id", "level", "status", "author", "reason", "since", "when", "hits", "misses"}
_RULE_KEYS: Final = _RULE_NEEDS | {"score", "threshold", "learned", "doubt"}
LEARNED: Final = "learned.tsv"
T = TypeVar("T")
_LEVELS: Final = {level.word: level for level in Level}
_KNOWN: Final = {
    "level": f": one of {', '.join(_LEVELS)}",
    "status": f": one of {', '.join(Status)}",
    "since": ": a day such as 2026-01-31",
}


@dataclass(frozen=True, slots=True)
class _Where:
    """Where an error is: file, entry, key."""

    file: str
    entry: str = ""

    def fault(self, text: str) -> RuleError:
        return RuleError(": ".join(filter(None, (self.file, self.entry, text))))

    def only(self, mapping: object, known: set[str], needed: Iterable[str] = ()) -> Mapping[str, Any]:
        if not isinstance(mapping, dict):
            found = (
                "nothing"
                if mapping is None
                else "a list"
                if isinstance(mapping, list)
                else repr(mapping)[:40]
            )
            raise self.fault(f"must be keys with values ({', '.join(sorted(known))}), and there is {found}")
        if unknown := sorted(str(key) for key in mapping if key not in known):
            raise self.fault(f"unknown key {unknown[0]!r}: there are {', '.join(sorted(known))}")
        if missing := sorted(set(needed) - set(mapping)):
            raise self.fault(f"{missing[0]!r} is missing")
        return mapping

    def list_of(self, value: object, key: str) -> list[Any]:
        if not isinstance(value, list) or not value:
            raise self.fault(f"{key}: expected a list that is not empty")
        return value


@dataclass(frozen=True, slots=True)
class _Source:
    """A concept as written, before its includes are followed."""

    where: _Where
    terms: list[Any]
    unless: list[Any]
    name: bool


@dataclass(frozen=True, slots=True)
class RuleFiles:
    """A folder of rules as it is written: names and texts of its YAML files, and the learned table."""

    texts: tuple[tuple[str, str], ...]
    table: str = ""

    @property
    def digest(self) -> str:
        """What every flag is stamped with: twelve hexadecimal digits over names and texts."""
        digest = hashlib.sha256()
        for name, text in [*self.texts, (LEARNED, self.table)]:
            digest.update(f"{name}\0{text}\0".encode())
        return digest.hexdigest()[:12]

    def pack(self) -> Pack:
        """What they say.

        Raises:
            RuleError: naming file, entry and key.
        """
        return read_texts(dict(self.texts), self.digest, self.table)


def read_files(folder: Path) -> RuleFiles:
    """Read every ``*.yaml`` of a folder, and its learned table where it has one.

    Raises:
        RuleError: naming a file that cannot be read, or the folder without any.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise RuleError(f"{folder}: no *.yaml file here")
    learned = folder / LEARNED
    return RuleFiles(
        tuple((path.name, _text(path)) for path in files), _text(learned) if learned.exists() else ""
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"{path.name}: cannot be read as UTF-8: {error}") from error


def read_texts(texts: Mapping[str, str], digest: str, table: str = "") -> Pack:
    """Read rule files that are in memory: name → YAML, and the table of the learned opinion."""
    learned = _learned(table) if table else None
    sources: dict[str, _Source] = {}
    places: dict[str, str] = {}
    entries: list[tuple[_Where, str, object]] = []
    for name, text in texts.items():
        where = _Where(name)
        content = where.only(_yaml(where, text), _FILE_KEYS)
        if (topic := content.get("topic", "")) not in ("", *TOPICS):
            raise where.fault(f"topic: {topic!r} is none that messages can name: one of {', '.join(TOPICS)}")
        for concept, source in _concepts(where, content.get("concepts", {})):
            _add(sources, concept, source)
        for code, entry in (content.get("places") or {}).items():
            places[code] = code
            for concept, source in _place(_Where(name, f"place {code}"), code, entry):
                _gather(sources, concept, source)
        entries += [(where, content.get("topic", ""), rule) for rule in content.get("rules") or []]
    concepts = _Concepts(sources).all()
    rules = _rules(entries, {concept.name for concept in concepts})
    for rule in rules:
        key = "learned" if rule.learned else "doubt" if rule.doubt else ""
        if key and (learned is None or rule.topic not in learned.topics):
            raise RuleError(
                f"rule {rule.id}: {key}: {LEARNED} has nothing on {rule.topic}; leave the key out, "
                f"or put the {LEARNED} that came with Marsad beside the rules"
            )
    return Pack(concepts, rules, places, digest, learned)


def _learned(table: str) -> Learned:
    try:
        return read_learned(table)
    except ValueError as error:
        raise RuleError(f"{LEARNED}: {error}") from error


def _yaml(where: _Where, text: str) -> object:
    try:
        return parse_yaml(text)
    except StrictError as error:
        raise where.fault(str(error)) from error


def _concepts(where: _Where, section: object) -> Iterator[tuple[str, _Source]]:
    if not isinstance(section, dict):
        raise where.fault("concepts: expected name: [terms]")
    for name, entry in section.items():
        at = _Where(where.file, f"concept {name}")
        if isinstance(entry, list):
            yield name, _Source(at, at.list_of(entry, "terms"), [], name=False)
            continue
        keys = at.only(entry, _CONCEPT_KEYS, {"terms"})
        if keys.get("kind", "word") not in {"word", "name"}:
            raise at.fault(f"kind: {keys['kind']!r} is neither word nor name")
        unless = at.list_of(keys["unless"], "unless") if "unless" in keys else []
        yield name, _Source(at, at.list_of(keys["terms"], "terms"), unless, keys.get("kind") == "name")


def _place(where: _Where, code: object, entry: object) -> Iterator[tuple[str, _Source]]:
    """A country is a concept of its own, and adds to ``sea``, ``sea_people`` and so on of its region."""
    keys = where.only(entry, _PLACE_KEYS, {"region", "names"})
    if not isinstance(code, str) or len(code) != 2 or not code.isupper():
        raise where.fault("a place is named by its ISO 3166 code of two capital letters: quote NO")
    region = keys["region"]
    unless = where.list_of(keys["unless"], "unless") if "unless" in keys else []
    for key in sorted(_PLACE_KEYS - {"region", "unless"}):
        terms = where.list_of(keys[key], key) if key in keys else []
        if key == "people":
            terms = [
                f"{term}/n" if isinstance(term, str) and "/" not in term and " " not in term else term
                for term in terms
            ]
        source = _Source(where, terms, unless, name=True)
        yield code, source
        yield region, source
        if key in {"people", "sites"}:
            yield f"{region}_{key}", source


def _add(sources: dict[str, _Source], name: object, source: _Source) -> None:
    if not isinstance(name, str) or not name.isascii() or not name.isidentifier():
        raise source.where.fault("a concept's name is made of ASCII letters, digits and _")
    if name in sources:
        raise source.where.fault(f"{name} is defined twice; the other one is in {sources[name].where.file}")
    sources[name] = source


def _gather(sources: dict[str, _Source], name: str, source: _Source) -> None:
    if old := sources.get(name):
        unless = old.unless + [term for term in source.unless if term not in old.unless]
        source = _Source(source.where, old.terms + source.terms, unless, name=True)
    sources[name] = source


class _Concepts:
    """Follows ``@name`` from concept to concept."""

    def __init__(self, sources: Mapping[str, _Source]) -> None:
        self.sources = sources
        self.done: dict[str, Concept] = {}
        self.open: list[str] = []

    def all(self) -> tuple[Concept, ...]:
        return tuple(self.concept(name) for name in self.sources)

    def concept(self, name: str) -> Concept:
        if name in self.done:
            return self.done[name]
        source = self.sources[name]
        if name in self.open:
            raise source.where.fault(f"cycle: {' > '.join([*self.open, name])}")
        self.open.append(name)
        terms, unless = tuple(self._terms(source, source.terms)), tuple(self._terms(source, source.unless))
        inherited = [term for line in source.terms if _included(line) for term in self.done[line[1:]].unless]
        made = Concept(name, terms, (*unless, *inherited), source.name)
        self.open.pop()
        self.done[name] = made
        return made

    def _terms(self, source: _Source, lines: list[Any]) -> Iterator[Term]:
        for line in lines:
            if _included(line):
                yield from self._named(source, line[1:]).terms
                continue
            try:
                yield read_term(line, lambda name: self._words(source, name), name=source.name)
            except ValueError as error:
                raise source.where.fault(str(error)) from error

    def _named(self, source: _Source, name: str) -> Concept:
        if name not in self.sources:
            raise source.where.fault(f"unknown concept @{name}")
        return self.concept(name)

    def _words(self, source: _Source, name: str) -> Slot:
        slots = [term.slots[0] for term in self._named(source, name).terms if len(term.slots) == 1]
        if not slots:
            raise source.where.fault(f"@{name} has no single word to stand in a phrase")
        return Slot(
            words=frozenset().union(*(slot.words for slot in slots)),
            exact=frozenset().union(*(slot.exact for slot in slots)),
            prefixes=frozenset().union(*(slot.prefixes for slot in slots)),
            never=frozenset().union(*(slot.never for slot in slots)),
        )


def _included(line: object) -> bool:
    """Whether a line of a concept is another concept, as a whole."""
    return isinstance(line, str) and line.startswith("@") and " " not in line and "|" not in line


def _rules(entries: Iterable[tuple[_Where, str, object]], concepts: set[str]) -> tuple[Rule, ...]:
    rules: dict[str, Rule] = {}
    for where, topic, entry in entries:
        rule = _rule(where, topic, entry, concepts)
        if rule.id in rules:
            raise where.fault(f"rule {rule.id}: this id is used twice")
        rules[rule.id] = rule
    return tuple(rules.values())


def _rule(where: _Where, topic: str, entry: object, concepts: set[str]) -> Rule:
    name = entry.get("id") if isinstance(entry, dict) else None
    at = _Where(where.file, f"rule {name}" if name else "a rule")
    keys = at.only(entry, _RULE_KEYS, _RULE_NEEDS)
    if not topic:
        raise at.fault("its file names no topic")
    when = _expression(at, keys["when"], concepts)
    score = keys.get("score", {})
    if not isinstance(score, dict) or not all(isinstance(value, int | float) for value in score.values()):
        raise at.fault("score: expected concept: weight")
    if unknown := sorted(set(score) - concepts):
        raise at.fault(f"score: unknown concept {unknown[0]}")
    for key in ("threshold", "learned", "doubt"):
        if not isinstance(keys.get(key, 0), int | float):
            raise at.fault(f"{key}: expected a number")
    if keys.get("doubt", 0) < 0:
        raise at.fault("doubt: expected how far the opinion may be against the topic, 0 or more")
    return Rule(
        id=_one(at, keys, "id", str),
        topic=topic,
        when=when,
        source=" ".join(keys["when"].split()),
        score=tuple((name, float(value)) for name, value in score.items()),
        threshold=float(keys.get("threshold", 0)),
        level=_one(at, keys, "level", lambda word: _LEVELS[word]),
        status=_one(at, keys, "status", Status),
        author=_one(at, keys, "author", str),
        reason=_one(at, keys, "reason", str),
        since=_one(at, keys, "since", _date),
        hits=_examples(at, keys, "hits"),
        misses=_examples(at, keys, "misses"),
        learned=float(keys.get("learned", 0)),
        doubt=float(keys.get("doubt", 0)),
        file=where.file,
    )


def _one(at: _Where, keys: Mapping[str, Any], key: str, read: Callable[[str], T]) -> T:
    try:
        if not isinstance(keys[key], str) or not keys[key].strip():
            raise ValueError(keys[key])
        return read(keys[key])
    except (ValueError, KeyError) as error:
        known = _KNOWN.get(key, "")
        raise at.fault(f"{key}: {keys[key]!r} is not understood{known}") from error


def _date(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def _expression(at: _Where, source: object, concepts: set[str]) -> Node:
    if not isinstance(source, str):
        raise at.fault("when: expected an expression")
    try:
        node = parse(source)
    except ValueError as error:
        raise at.fault(f"when: {error}") from error
    if unknown := sorted(node.concepts() - concepts):
        raise at.fault(f"when: unknown concept @{unknown[0]}")
    if not node.needs():
        raise at.fault("when: nothing must be present for it to hold: add a mention that is not under NOT")
    return node


def _examples(at: _Where, keys: Mapping[str, Any], key: str) -> tuple[Example, ...]:
    examples = []
    for entry in at.list_of(keys[key], key):
        parts = {"title": entry} if isinstance(entry, str) else at.only(entry, {"title", "body"}, {"title"})
        if not all(isinstance(part, str) for part in parts.values()):
            raise at.fault(f"{key}: title and body are texts")
        examples.append(Example(parts["title"], parts.get("body", "")))
    return tuple(examples)
