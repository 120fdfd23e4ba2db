"""Judge an article: find the concepts, try the rules that may hold, weigh, and show the evidence."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from operator import attrgetter, or_
from typing import Final

from alerts.matching.compiled import compiled
from alerts.matching.expressions import Hit
from alerts.matching.learned import Opinion, Scales
from alerts.matching.lexicon import Lexicon
from alerts.matching.nouns import Pack, Rule, Status
from alerts.matching.prefilter import ANY, Prefilter
from alerts.matching.scan import Scan
from alerts.nouns import Finding, Level, Verdict

BESIDE: Final = 2  # times its threshold: a learned opinion that adds a topic to what a rule has told
_ANYWHERE, _HEAD, _TITLE, _WIDE = map(attrgetter, ("anywhere", "head", "title", "wide"))
REASONS: Final = 5  # words that are told of a learned opinion


class Engine:
    """A pack made ready to judge. Holds a cache of words and nothing else that changes."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.prefilter = Prefilter([rule for rule in pack.rules if rule.status is not Status.RETIRED])
        self.lexicon = Lexicon(pack.concepts, self.prefilter.filled_by)
        self.places_named = frozenset(pack.places.values())
        self.ranked = {concept: (rank, code) for rank, (code, concept) in enumerate(pack.places.items())}
        self.when = {rule.id: compiled(rule.when) for rule in pack.rules}
        # A learned rule as it is once another rule has told of something.
        self.beside = {r.id: replace(r, threshold=r.threshold * BESIDE) for r in pack.rules if r.learned}
        self.proper = frozenset(concept.name for concept in pack.concepts if concept.proper)
        self.scales = Scales(pack.learned, self.named_by) if pack.learned else None
        self.nothing = Verdict((), (), (), (), 0.0, Level.NOTICE, pack.hash)

    def scan(self, title: str, body: str) -> Scan:
        """An article with its concepts found."""
        return Scan(self.lexicon, title, body)

    def judge(self, title: str, body: str) -> Verdict:
        """What the rules say of an article. Most are dismissed by what their words promise."""
        scan = self.scan(title, body)
        if not self.prefilter.left(scan.promise):
            return self.nothing
        candidates = self.candidates(scan)
        tried = self._try([rule for rule in candidates if not rule.learned], scan)
        told = {finding.topic for finding, held in tried if held}
        opinions = [rule for rule in candidates if rule.learned and rule.topic not in told]
        tried += self._opinions(told, opinions, scan)
        if not tried or not scan.arabic:
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

    def _opinions(self, told: set[str], rules: list[Rule], scan: Scan) -> list[tuple[Finding, bool]]:
        """What opinions say: beside what was told, or beside the strongest of them, the others must be surer."""
        if told:
            return self._try([self.beside[rule.id] for rule in rules], scan)
        outcomes = self._try(rules, scan)
        held = sorted((finding for finding, held in outcomes if held), key=lambda f: (-f.score, f.rule))
        if len({finding.topic for finding in held}) < 2:
            return outcomes
        first = held[0].topic
        return self._try([rule if rule.topic == first else self.beside[rule.id] for rule in rules], scan)

    def _try(self, rules: Iterable[Rule], scan: Scan) -> list[tuple[Finding, bool]]:
        outcomes = ((rule, outcome) for rule in rules if (outcome := self.try_rule(rule, scan)))
        return [(finding, fires and rule.status is Status.STABLE) for rule, (finding, fires) in outcomes]

    def candidates(self, scan: Scan) -> list[Rule]:
        """The rules of whose every need a text may hold something, by id."""
        prefilter = self.prefilter
        phrases = prefilter.filled_by(scan.phrases, ANY)
        if not prefilter.left(phrases | reduce(or_, map(_WIDE, scan.cells), 0)):
            return []
        anywhere = reduce(or_, map(_ANYWHERE, scan.cells), 0)
        head = reduce(or_, map(_HEAD, scan.head), 0)
        title = reduce(or_, map(_TITLE, scan.title), 0)
        left = prefilter.candidates(phrases | anywhere | head | title)
        return [rule for rule in left if self.when[rule.id].may_hold(scan.possible, scan)]

    def try_rule(self, rule: Rule, scan: Scan) -> tuple[Finding, bool] | None:
        """A rule's finding and whether it fires; None where its expression is false."""
        when = self.when[rule.id]
        for need, concepts in when.needs:  # a rule that fails is rarely asked more than one of them
            scan.learn(concepts)
            if need.isdisjoint(scan.facts):
                return None
        scan.learn(when.asked)
        if not when.holds(scan.facts, scan):
            return None
        reasons: list[Hit] = []
        parts = [(name, weight * scan.weight(name)) for name, weight in rule.score if name in scan.possible]
        if rule.learned:
            opinion = self._opinion(rule.topic, scan)
            if opinion.margin <= 0:
                return None  # most articles of the region: nothing to keep as a near miss
            parts.append(("learned", rule.learned * opinion.margin))
            reasons = [Hit(at, at + 1, "learned") for at in opinion.reasons[:REASONS]]
        hits = set(reasons)
        when.show(scan.facts, scan, hits)
        score = sum(value for _, value in parts)
        told = " + ".join(f"{name} {value:.3g}" for name, value in parts if value)
        fires = score >= rule.threshold
        doubted = ""
        if fires and rule.doubt and (margin := self._opinion(rule.topic, scan).margin) < -rule.doubt:
            fires, doubted = False, f" | unlike articles on {rule.topic}: {margin:.2f}"
        finding = Finding(
            rule=rule.id,
            topic=rule.topic,
            level=rule.level,
            score=round(score, 2),
            spans=tuple(scan.span(hit) for hit in sorted(hits)),
            why=f"{rule.source} | {told} = {score:.3g}, needs {rule.threshold:g}"
            + doubted
            + (" | draft" if rule.status is Status.DRAFT else ""),
        )
        return finding, fires

    def _opinion(self, topic: str, scan: Scan) -> Opinion:
        if not scan.opinions and self.scales is not None:
            scan.opinions = self.scales.judge(self.head_words(scan))
        return scan.opinions[topic]

    def head_words(self, scan: Scan) -> Iterable[tuple[int, str]]:
        """The words of the title and the lead that are no part of a place's name, by position."""
        words = scan.head_words()
        for name in scan.possible & self.places_named:
            for start, end, _ in scan.hits(name, "head"):
                for at in range(start, end):
                    words.pop(at, None)
        return words.items()

    def named_by(self, token: str) -> frozenset[str]:
        """The concepts that a word names alone, but for those of names."""
        return self.lexicon.analyser[token].concepts - self.proper

    def places(self, scan: Scan) -> list[str]:
        """The countries that an article names, the most prominent first."""
        prominent = [
            (-scan.weight(concept), hits[0].start, *self.ranked[concept])
            for concept in scan.possible & self.places_named
            if (hits := scan.hits(concept))
        ]
        return [code for *_, code in sorted(prominent)]
