"""Judge an article: find the concepts, try the rules that may hold, weigh, and show the evidence."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from alerts.matching.expressions import Hit
from alerts.matching.learned import Opinion, Scales
from alerts.matching.lexicon import Lexicon
from alerts.matching.nouns import Pack, Rule, Status
from alerts.matching.prefilter import FIELDS, Prefilter
from alerts.matching.scan import LEAD, Scan
from alerts.nouns import Finding, Level, Verdict

BESIDE: Final = 3  # times its threshold: a learned opinion that adds a topic to what a rule has told
REASONS: Final = 5  # words that are told of a learned opinion


class Engine:
    """A pack made ready to judge. Holds a cache of words and nothing else that changes."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.prefilter = Prefilter([rule for rule in pack.rules if rule.status is not Status.RETIRED])
        self.lexicon = Lexicon(pack.concepts, self.prefilter.filled_by)
        self.places_named = frozenset(pack.places.values())
        # What each rule asks for: its expression, its score, and the names that an opinion leaves out.
        self.asked = {
            rule.id: rule.when.concepts()
            .union(name for name, _ in rule.score)
            .union(self.places_named if rule.learned else ())
            for rule in self.prefilter.rules
        }
        self.proper = frozenset(concept.name for concept in pack.concepts if concept.proper)
        self.scales = Scales(pack.learned, self.named_by) if pack.learned else None
        self.nothing = Verdict((), (), (), (), 0.0, Level.NOTICE, pack.hash)

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

    def _try(self, rules: Iterable[Rule], scan: Scan) -> list[tuple[Finding, bool]]:
        return [outcome for rule in rules if (outcome := self.try_rule(rule, scan))]

    def candidates(self, scan: Scan) -> list[Rule]:
        """The rules of whose every need a text may hold something, by id."""
        filled = 0
        for column, (field, cells) in enumerate(
            zip(FIELDS, (scan.cells, scan.head, scan.title), strict=True)
        ):
            filled |= self.prefilter.filled_by(scan.phrases, field)
            for cell in cells:
                filled |= cell.needs[column]
        rules = self.prefilter.candidates(filled)
        if rules:
            scan.expect(name for rule in rules for name in self.asked[rule.id])
        return rules

    def try_rule(self, rule: Rule, scan: Scan) -> tuple[Finding, bool] | None:
        """A rule's finding and whether it counts; None where its expression is false."""
        hits = rule.when.find(scan)
        if hits is None:
            return None
        parts = [(name, weight * scan.weight(name)) for name, weight in rule.score]
        if rule.learned:
            opinion = self._opinion(rule.topic, scan)
            if opinion.margin <= 0:
                return None  # most articles of the region: nothing to keep as a near miss
            parts.append(("learned", rule.learned * opinion.margin))
            hits = [*hits, *(Hit(at, at + 1, "learned") for at in opinion.reasons[:REASONS])]
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

    def _opinion(self, topic: str, scan: Scan) -> Opinion:
        if not scan.opinions and self.scales is not None:
            scan.opinions = self.scales.judge(self.head_words(scan))
        return scan.opinions[topic]

    def head_words(self, scan: Scan) -> list[tuple[int, str]]:
        """The words of the title and the lead that are no part of a place's name, by position."""
        places = scan.possible & self.places_named
        named = {at for name in places for hit in scan.hits(name) for at in range(hit.start, hit.end)}
        head = [*enumerate(scan.words["title"]), *enumerate(scan.words["body"][:LEAD], scan.base)]
        return [(at, token) for at, token in head if at not in named]

    def named_by(self, token: str) -> frozenset[str]:
        """The concepts that a word names alone, but for those of names."""
        return self.lexicon.analyser[token].concepts - self.proper

    def places(self, scan: Scan) -> list[str]:
        """The countries that an article names, the most prominent first."""
        scan.expect(self.places_named)
        weights = {
            code: scan.weight(concept) for code, concept in self.pack.places.items() if scan.hits(concept)
        }
        return sorted(weights, key=lambda code: (-weights[code], scan.hits(self.pack.places[code])[0].start))
