"""What rules do to many articles: measured against labels, replayed, and searched for words that mislead.

Pure: each takes a rule set and an iterable, holds counts and a bounded sample, and returns values.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alerts.arabic import fold_word, readings, tokens
from alerts.matching.lexicon import Lexicon
from alerts.matching.nouns import Concept, Pack
from alerts.matching.ruleset import RuleSet
from alerts.matching.scan import Scan
from alerts.nouns import Verdict

SAMPLE: Final = 10  # articles that are named as examples


@dataclass(frozen=True, slots=True)
class Text:
    """An article as the trials need it."""

    id: str
    title: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article and what a person says of it."""

    text: Text
    topics: frozenset[str]  # empty: nothing to tell
    places: frozenset[str] = frozenset()
    borderline: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """Right, wrong and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Of what was told, how much was right; 1 where nothing was told."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Of what there was, how much was told; 1 where there was nothing."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def plus(self, told: bool, true: bool) -> "Score":
        """The score after one more article."""
        return Score(
            self.right + (told and true), self.wrong + (told and not true), self.missed + (true and not told)
        )


@dataclass(slots=True)
class Measured:
    """How a rule set does on labelled articles."""

    flag: Score = field(default_factory=Score)
    topics: dict[str, Score] = field(default_factory=dict)
    rules: dict[str, Score] = field(default_factory=dict)  # missed stays 0: another rule may have told it
    places: dict[str, Score] = field(default_factory=dict)
    placed: int = 0  # rightly flagged articles of which every labelled country was found
    false_alarms: list[str] = field(default_factory=list)  # ids
    silent: list[str] = field(default_factory=list)


def measure(rules: RuleSet, items: Iterable[Labelled], *, borderline: bool = False) -> Measured:
    """Compare verdicts with labels; borderline items count only where asked for."""
    result = Measured(topics={topic: Score() for topic in rules.topics})
    for item in items:
        if borderline or not item.borderline:
            _count(result, item, rules.judge(item.text.title, item.text.body))
    return result


def _count(result: Measured, item: Labelled, verdict: Verdict) -> None:
    told, true = verdict.flagged, bool(item.topics)
    result.flag = result.flag.plus(told, true)
    for topic in result.topics:
        result.topics[topic] = result.topics[topic].plus(topic in verdict.topics, topic in item.topics)
    for finding in verdict.findings:
        old = result.rules.get(finding.rule, Score())
        result.rules[finding.rule] = old.plus(told=True, true=finding.topic in item.topics)
    if told and not true:
        result.false_alarms.append(item.text.id)
    if true and not told:
        result.silent.append(item.text.id)
    if told and true:
        result.placed += item.places <= set(verdict.places)
        for code in item.places:
            result.places[code] = result.places.get(code, Score()).plus(code in verdict.places, true=True)


@dataclass(slots=True)
class Backtest:
    """What rules would have told, and what another set told instead."""

    seen: int = 0
    fired: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    gained: list[Text] = field(default_factory=list)  # told now and not before; a sample
    lost: list[Text] = field(default_factory=list)
    gains: int = 0
    losses: int = 0

    def add(self, later: "Backtest") -> None:
        """Take in what the articles after these came to."""
        self.seen += later.seen
        self.fired += later.fired
        self.gains += later.gains
        self.losses += later.losses
        self.by_rule.update(later.by_rule)
        self.gained = [*self.gained, *later.gained][:SAMPLE]
        self.lost = [*self.lost, *later.lost][:SAMPLE]


def backtest(rules: RuleSet, texts: Iterable[Text], *, old: RuleSet | None = None) -> Backtest:
    """Replay articles, against an older rule set where one is given."""
    result = Backtest()
    for text in texts:
        now = rules.judge(text.title, text.body)
        before = old.judge(text.title, text.body).flagged if old else now.flagged
        result.seen += 1
        result.fired += now.flagged
        result.by_rule.update(finding.rule for finding in now.findings)
        if now.flagged and not before:
            result.gains += 1
            result.gained += [text][: SAMPLE - len(result.gained)]
        elif before and not now.flagged:
            result.losses += 1
            result.lost += [text][: SAMPLE - len(result.lost)]
    return result


@dataclass(frozen=True, slots=True)
class Audit:
    """Words of the rules that an archive makes doubtful."""

    silent: tuple[tuple[str, str], ...]  # (concept, term) never found
    readings: tuple[tuple[str, str, int], ...]  # (word as read, stem, times): where a homograph hides
    glued: tuple[tuple[str, int], ...]  # tokens that were cut in two


def audit(pack: Pack, texts: Iterable[Text]) -> Audit:
    """Find terms that never fire, and words that are a term only if a part of them is taken for a clitic."""
    keys = {str(n): (c.name, t) for n, (c, t) in enumerate((c, t) for c in pack.concepts for t in c.terms)}
    lexicon = Lexicon([Concept(key, (term,)) for key, (_, term) in keys.items()])
    found: set[str] = set()
    words: Counter[str] = Counter()
    for text in texts:
        scan = Scan(lexicon, text.title, text.body)
        found.update(key for key in scan.possible - found if scan.hits(key))
        words.update(token.folded for part in (text.title, text.body) for token in tokens(part))
    stems = lexicon.analyser.stems
    doubtful: Counter[tuple[str, str]] = Counter()
    for word, times in words.items():
        if word not in stems:
            for reading in readings(word):
                if reading.stem in stems and (reading.proclitic[-1:] in {"ب", "ك", "ف"} or reading.enclitic):
                    doubtful[word, reading.stem] += times
    glued = Counter({token: words[fold_word(token)] for token in lexicon.analyser.glued})
    return Audit(
        tuple((name, term.text) for key, (name, term) in keys.items() if key not in found),
        tuple((word, stem, times) for (word, stem), times in doubtful.most_common(100)),
        tuple(glued.most_common(100)),
    )


@dataclass(frozen=True, slots=True)
class RuleReport:
    """What one rule did, and what people said of it."""

    hits: int
    useful: int
    useless: int

    @property
    def precision(self) -> float | None:
        """Of the articles somebody judged; None where nobody did."""
        return self.useful / (self.useful + self.useless) if self.useful + self.useless else None


@dataclass(frozen=True, slots=True)
class Fired:
    """A finding on an article, and what people said of it."""

    rule: str
    topic: str
    places: tuple[str, ...]
    right: bool | None  # None where nobody said


def report(fired: Iterable[Fired]) -> dict[str, dict[str, RuleReport]]:
    """Sum findings up by rule, topic and place."""
    counts: dict[str, dict[str, Counter[bool | None]]] = {
        kind: defaultdict(Counter) for kind in ("rule", "topic", "place")
    }
    for one in fired:
        counts["rule"][one.rule][one.right] += 1
        counts["topic"][one.topic][one.right] += 1
        for place in one.places:
            counts["place"][place][one.right] += 1
    return {
        kind: {name: RuleReport(c.total(), c[True], c[False]) for name, c in sorted(names.items())}
        for kind, names in counts.items()
    }


def labelled(lines: Iterable[Mapping[str, Any]], topics: Iterable[str]) -> Iterator[Labelled]:
    """Read label records: id, title, body, label (topic: true, flag: true), countries, borderline."""
    names = tuple(topics)
    for line in lines:
        label = line["label"]
        yield Labelled(
            Text(str(line.get("id", "")), line["title"], line.get("body", "")),
            frozenset(name for name in names if label.get(name) and label.get("flag", True)),
            frozenset(line.get("countries", ())),
            bool(line.get("borderline", False)),
        )
