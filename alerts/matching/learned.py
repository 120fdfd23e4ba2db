"""A second opinion beside the rules: how much a text sounds like those that people labelled.

A linear model, so that its reasons can be told: each word of the title and the lead has a weight a topic,
made of the word, its pieces of four letters and the concepts that it names. Names of places have none: all
countries are alike to it, and whether a text is of the region is for the rule that asks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from alerts.arabic import FUNCTION_WORDS, MIN_STEM, fold_word, light

WHOLE: Final = 2.0  # a whole word tells more than a piece of it
PIECE: Final = 4  # letters
BIAS: Final = "bias"


class Word(NamedTuple):
    """A word that is no part of a place's name."""

    position: int
    token: str  # as written
    concepts: frozenset[str]


def features(word: Word) -> Iterator[tuple[str, float]]:
    """What is weighed of a word."""
    folded = fold_word(word.token)
    if len(folded) < MIN_STEM or folded in FUNCTION_WORDS or folded.isdigit():
        return
    stem = light(folded)
    yield stem, WHOLE
    framed = f"<{stem}>"
    for at in range(len(framed) - PIECE + 1):
        yield f"~{framed[at : at + PIECE]}", 1.0
    for concept in sorted(word.concepts):  # a fixed order: sums of floats depend on it
        yield f"@{concept}", 1.0


def vector(words: Iterable[Word]) -> dict[str, float]:
    """The features of a text, each once, at length 1: a long lead weighs no more than a short one."""
    values = {name: value for word in words for name, value in features(word)}
    length = sum(value * value for value in values.values()) ** 0.5 or 1.0
    return {name: value / length for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model says of a text for one topic."""

    margin: float  # above 0: more like the articles of the topic than like the others
    reasons: tuple[tuple[Word, float], ...]  # the words that speak for it and their part, most first


@dataclass(frozen=True, slots=True)
class Learned:
    """Weights of features, a column a topic."""

    topics: tuple[str, ...]
    weights: Mapping[str, Sequence[float]]

    def judge(self, topic: str, words: Sequence[Word]) -> Opinion:
        """The opinion on a text for a topic."""
        column = self.topics.index(topic)
        values = vector(words)
        parts: list[tuple[Word, float]] = []
        left = dict(values)
        for word in words:
            part = sum(
                left.pop(name, 0.0) * self.weights[name][column]
                for name, _ in features(word)
                if name in self.weights
            )
            parts.append((word, part))
        margin = self.weights[BIAS][column] + sum(part for _, part in parts)
        reasons = sorted((part for part in parts if part[1] > 0), key=lambda part: -part[1])
        return Opinion(margin, tuple(reasons))


def read_learned(text: str) -> Learned:
    """Read a table: a header of topics, then a feature and its weights a line.

    Raises:
        ValueError: naming the line that cannot be read.
    """
    header, *lines = text.splitlines() or [""]
    name, *topics = header.split("\t")
    weights: dict[str, tuple[float, ...]] = {}
    for number, line in enumerate(lines, 2):
        feature, *columns = line.split("\t")
        try:
            weights[feature] = tuple(map(float, columns))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
        if len(columns) != len(topics):
            raise ValueError(f"line {number}: {len(columns)} weights for {len(topics)} topics")
    if name != "feature" or BIAS not in weights:
        raise ValueError("the first line names feature and topics, and one line is the bias")
    return Learned(tuple(topics), weights)


def write_learned(learned: Learned, *, least: float = 0.02) -> str:
    """The table as text; weights that are less than ``least`` in every column are left out."""
    lines = ["\t".join(["feature", *learned.topics])]
    for name, weights in sorted(learned.weights.items()):
        if name == BIAS or max(map(abs, weights)) >= least:
            lines.append("\t".join([name, *(f"{weight:.2f}" for weight in weights)]))
    return "\n".join(lines) + "\n"
