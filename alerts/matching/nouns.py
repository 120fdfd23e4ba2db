"""What a rule set is made of. Values only; the loader makes them, the lexicon and the engine use them."""

from dataclasses import dataclass, field
from enum import StrEnum

from alerts.matching.expressions import Node
from alerts.matching.learned import Learned
from alerts.nouns import Level


class RuleError(ValueError):
    """A rule file is not as it must be. The text names file, entry, key and the way out."""


class Status(StrEnum):
    """A rule's life: a draft is only logged, a retired rule is kept for its history."""

    DRAFT = "draft"
    STABLE = "stable"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in a term: the folded words that may stand there."""

    words: frozenset[str] = frozenset()  # with clitics
    exact: frozenset[str] = frozenset()  # without
    prefixes: frozenset[str] = frozenset()  # any word that begins so
    never: frozenset[str] = frozenset()  # homographs: a token that can be read as one of these is not it
    name: bool = False  # a name takes proclitics and no "his"


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase of a concept."""

    text: str  # as its author wrote it
    slots: tuple[Slot, ...]
    gaps: tuple[int, ...] = ()  # the most words between slot i and slot i + 1


@dataclass(frozen=True, slots=True)
class Concept:
    """A thing that many words name."""

    name: str
    terms: tuple[Term, ...]
    unless: tuple[Term, ...] = ()  # a hit that touches one of these is not one
    proper: bool = False  # made of names


@dataclass(frozen=True, slots=True)
class Example:
    """A text that a rule must, or must not, fire on."""

    title: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to tell that an article is on a topic."""

    id: str
    topic: str
    when: Node
    source: str  # the expression as written
    score: tuple[tuple[str, float], ...]
    threshold: float
    level: Level
    status: Status
    author: str
    reason: str
    since: str
    hits: tuple[Example, ...]
    misses: tuple[Example, ...]
    learned: float = 0.0  # how much the learned opinion on the topic adds to the score
    doubt: float = (
        0.0  # how far the learned opinion may be against the topic, at which the rule is silent; 0 never asks
    )
    file: str = ""  # the name of the file it stands in


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything that a folder of rule files says."""

    concepts: tuple[Concept, ...]
    rules: tuple[Rule, ...]
    places: dict[str, str] = field(default_factory=dict)  # country code to the concept that names it
    hash: str = ""
    learned: Learned | None = None
