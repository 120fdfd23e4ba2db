"""Judge an article: find the concepts, try the rules that they anchor, weigh, and show the evidence."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import or_
from typing import Final

from alerts.arabic import PARAGRAPH_END, SENTENCE_END, TOKEN, is_arabic
from alerts.matching.analyser import EMPTY, GLUED, Cell, Phrase
from alerts.matching.expressions import Hit
from alerts.matching.learned import Word
from alerts.matching.lexicon import Lexicon, Seen
from alerts.matching.nouns import Pack, Rule, Status
from alerts.nouns import Finding, Level, Span, Verdict

FIELD_GAP: Final = 1000  # words between title and body: wider than any NEAR, so nothing spans both
LEAD: Final = 50  # words of the body in which news says what happened
WEIGHTS: Final = {"title": 3.0, "lead": 2.0, "body": 1.0}
BESIDE: Final = 3  # times its threshold: a learned opinion that adds a topic to what a rule has told
REASONS: Final = 5  # words that are told of a learned opinion
CAPPED: Final = 4  # mentions of a concept in the rest of the body that add to a score
_SCOPES: Final = {"title": {"title"}, "lead": {"lead"}, "body": {"lead", "body"}, "head": {"title", "lead"}}
_UNIT_ENDS: Final = {"sentence": SENTENCE_END, "paragraph": PARAGRAPH_END}


class Scan:
    """An article whose concepts have been found. Offsets are worked out only where evidence is asked for."""

    def __init__(self, lexicon: Lexicon, title: str, body: str) -> None:
        self.lexicon = lexicon
        self.texts = {"title": title, "body": body}
        self.words = {field: TOKEN.findall(text) for field, text in self.texts.items()}
        cells = self._cells()
        if GLUED in cells:
            self.words = {
                field: _unglued(words, lexicon.analyser.glued) for field, words in self.words.items()
            }
            cells = self._cells()
        self.cells = cells
        self.phrases = self._phrases()
        self.possible = frozenset(self.phrases).union(*[cell.concepts for cell in self.cells])
        self.base = len(self.words["title"]) + FIELD_GAP
        self.seen: dict[str, Seen] = {}
        self.found: dict[str, list[Hit]] = {}

    def _cells(self) -> set[Cell]:
        distinct = {*self.words["title"], *self.words["body"]}  # a text repeats half of its words
        return set(map(self.lexicon.analyser.__getitem__, distinct))

    def _phrases(self) -> dict[str, set[Phrase]]:
        """The phrases of each concept whose words are all there, though perhaps not together."""
        found: dict[str, set[Phrase]] = defaultdict(set)
        if asked := [entry for cell in self.cells for entry in cell.phrases]:
            there = reduce(or_, [cell.mask for cell in self.cells], 0)
            for name, mask, phrase in asked:
                if mask & there == mask:
                    found[name].add(phrase)
        return found

    @cached_property
    def at(self) -> dict[Cell, list[int]]:
        """The positions of each cell."""
        at: dict[Cell, list[int]] = {cell: [] for cell in self.cells}
        look = self.lexicon.analyser.__getitem__
        for first, words in ((0, self.words["title"]), (self.base, self.words["body"])):
            for position, cell in enumerate(map(look, words), first):
                if cell is not EMPTY:
                    at[cell].append(position)
        return at

    def expect(self, concepts: Iterable[str]) -> None:
        """Make ready for questions about some concepts at once: cheaper than one by one."""
        if not (asked := self.possible.intersection(concepts) - self.seen.keys()):
            return
        seen = Seen(self.at, self.lexicon.wanted(asked, self.phrases))
        self.seen.update(dict.fromkeys(asked, seen))

    def hits(self, concept: str, field: str = "") -> Sequence[Hit]:
        """The mentions of a concept in a field ("" for everywhere), by position."""
        if concept not in self.possible:
            return ()
        if concept not in self.found:
            if concept not in self.seen:
                self.expect([concept])
            self.found[concept] = self.lexicon.hits(concept, self.phrases, self.seen[concept])
        hits = self.found[concept]
        if not field or not hits:
            return hits
        wanted = _SCOPES[field]
        return [hit for hit in hits if self.field_of(hit) in wanted]

    def field_of(self, hit: Hit) -> str:
        """Whether a hit stands in the "title", the "lead" or the rest of the "body"."""
        if hit.start < self.base:
            return "title"
        return "lead" if hit.start < self.base + LEAD else "body"

    @cached_property
    def offsets(self) -> dict[str, list[tuple[int, int]]]:
        """Where each word stands in its field."""
        return {field: _offsets(text, self.words[field]) for field, text in self.texts.items()}

    @cached_property
    def _unit_ends(self) -> dict[tuple[str, str], list[int]]:
        return {
            (field, kind): [match.start() for match in ends.finditer(text)]
            for field, text in self.texts.items()
            for kind, ends in _UNIT_ENDS.items()
        }

    def unit(self, position: int, kind: str) -> int:
        """The number of the "sentence" or "paragraph" that a word stands in."""
        if position < self.base:
            return -1 - bisect_right(self._unit_ends["title", kind], self.offsets["title"][position][0])
        return bisect_right(self._unit_ends["body", kind], self.offsets["body"][position - self.base][0])

    def span(self, hit: Hit) -> Span:
        """A hit in the reader's spelling."""
        field = "title" if hit.start < self.base else "body"
        first = hit.start - (0 if field == "title" else self.base)
        last = first + hit.end - hit.start - 1
        start, end = self.offsets[field][first][0], self.offsets[field][last][1]
        return Span(field, start, end, self.texts[field][start:end], hit.concept)

    def weight(self, concept: str) -> float:
        """How much an article is about a concept: by its title, its lead, and the mentions further down."""
        fields = [self.field_of(hit) for hit in self.hits(concept)]
        return sum(WEIGHTS[f] for f in ("title", "lead") if f in fields) + min(fields.count("body"), CAPPED)


def _unglued(words: list[str], glued: Mapping[str, int]) -> list[str]:
    for token in glued.keys() & set(words):
        for at in reversed([at for at, word in enumerate(words) if word == token]):
            words[at : at + 1] = token[: glued[token]], token[glued[token] :]
    return words


def _offsets(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    offsets = []
    at = 0
    for word in words:
        start = text.index(word, at)
        at = start + len(word)
        offsets.append((start, at))
    return offsets


@dataclass(frozen=True, slots=True)
class _Trigger:
    """When a rule is worth trying."""

    rule: Rule
    must: frozenset[str]  # concepts that are all needed
    either: tuple[frozenset[str], ...]  # of each of these sets one is
    concepts: frozenset[str]  # that its expression and its score ask for

    @classmethod
    def of(cls, rule: Rule) -> "_Trigger":
        needs = rule.when.needs()
        must = frozenset().union(*(need for need in needs if len(need) == 1))
        either = tuple(need for need in needs if len(need) > 1)
        return cls(rule, must, either, rule.when.concepts().union(name for name, _ in rule.score))


class Engine:
    """A pack made ready to judge. Holds a cache of words and nothing else that changes."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.lexicon = Lexicon(pack.concepts)
        self.by_anchor: dict[str, list[_Trigger]] = defaultdict(list)
        for rule in pack.rules:
            if rule.status is not Status.RETIRED:
                trigger = _Trigger.of(rule)
                for concept in min(rule.when.needs(), key=self._breadth):
                    self.by_anchor[concept].append(trigger)
        self.anchors = frozenset(self.by_anchor)
        self.place_names = frozenset(concept.name for concept in pack.concepts if concept.proper)
        self.nothing = Verdict((), (), (), (), 0.0, Level.NOTICE, pack.hash)

    def _breadth(self, need: frozenset[str]) -> int:
        """How many words a need can be met with."""
        return sum(map(self.lexicon.size, need))

    def scan(self, title: str, body: str) -> Scan:
        """An article with its concepts found."""
        return Scan(self.lexicon, title, body)

    def judge(self, title: str, body: str) -> Verdict:
        """What the rules say of an article."""
        scan = self.scan(title, body)
        candidates = self.candidates(scan)
        tried = self._try([rule for rule in candidates if not rule.learned], scan)
        told = {finding.topic for finding, held in tried if held}
        opinions = [rule for rule in candidates if rule.learned and rule.topic not in told]
        tried += self._try(
            [replace(r, threshold=r.threshold * BESIDE) for r in opinions] if told else opinions, scan
        )
        if not tried or not is_arabic([*scan.words["title"], *scan.words["body"]]):
            return self.nothing
        findings = sorted((f for f, held in tried if held), key=lambda f: (-f.level, -f.score, f.rule))
        misses = tuple(f for f, held in tried if not held)
        places = self.places(scan) if findings else []
        return Verdict(
            findings=tuple(findings),
            topics=tuple(dict.fromkeys(finding.topic for finding in findings)),
            places=tuple(places),
            place_spans=tuple(scan.span(hit) for code in places for hit in scan.hits(self.pack.places[code])),
            score=max((finding.score for finding in findings), default=0.0),
            level=max((finding.level for finding in findings), default=Level.NOTICE),
            ruleset=self.pack.hash,
            near_misses=misses,
        )

    def _try(self, rules: Iterable[Rule], scan: Scan) -> list[tuple[Finding, bool]]:
        return [outcome for rule in rules if (outcome := self.try_rule(rule, scan))]

    def candidates(self, scan: Scan) -> list[Rule]:
        """The rules of whose every need a text may hold something, by id."""
        possible = scan.possible
        rules = {
            trigger.rule.id: trigger
            for concept in possible & self.anchors
            for trigger in self.by_anchor[concept]
            if trigger.must <= possible
            and not (trigger.either and any(map(possible.isdisjoint, trigger.either)))
        }
        if rules:
            scan.expect(name for trigger in rules.values() for name in trigger.concepts)
        return [trigger.rule for _, trigger in sorted(rules.items())]

    def try_rule(self, rule: Rule, scan: Scan) -> tuple[Finding, bool] | None:
        """A rule's finding and whether it counts; None where its expression is false."""
        hits = rule.when.find(scan)
        if hits is None:
            return None
        parts = [(name, weight * scan.weight(name)) for name, weight in rule.score]
        if rule.learned and self.pack.learned:
            opinion = self.pack.learned.judge(rule.topic, self.head_words(scan))
            if opinion.margin <= 0:
                return None  # most articles of the region: nothing to keep as a near miss
            parts.append(("learned", rule.learned * opinion.margin))
            reasons = [Hit(word.position, word.position + 1, "learned") for word, _ in opinion.reasons]
            hits = [*hits, *reasons[:REASONS]]
        score = sum(value for _, value in parts)
        told = " + ".join(f"{name} {value:.3g}" for name, value in parts if value)
        held = score >= rule.threshold and rule.status is Status.STABLE
        finding = Finding(
            rule=rule.id,
            topic=rule.topic,
            level=rule.level,
            score=round(score, 2),
            spans=tuple(scan.span(hit) for hit in sorted(set(hits))),
            why=f"{rule.source} | {told} = {score:.3g}, needs {rule.threshold:g}"
            + (" | draft" if rule.status is Status.DRAFT else ""),
        )
        return finding, held

    def head_words(self, scan: Scan) -> list[Word]:
        """The words of the title and the lead that are no part of a place's name."""
        named = {
            at
            for name in self.pack.places.values()
            for hit in scan.hits(name)
            for at in range(hit.start, hit.end)
        }
        look = self.lexicon.analyser.__getitem__
        head = [*enumerate(scan.words["title"]), *enumerate(scan.words["body"][:LEAD], scan.base)]
        return [
            Word(at, token, look(token).concepts - self.place_names) for at, token in head if at not in named
        ]

    def places(self, scan: Scan) -> list[str]:
        """The countries that an article names, the most prominent first."""
        scan.expect(self.pack.places.values())
        weights = {
            code: scan.weight(concept) for code, concept in self.pack.places.items() if scan.hits(concept)
        }
        return sorted(weights, key=lambda code: (-weights[code], scan.hits(self.pack.places[code])[0].start))
