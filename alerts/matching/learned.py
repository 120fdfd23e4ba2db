"""A second opinion beside the rules: how much a text sounds like those that people labelled.

A linear model, so that its reasons can be told: each word of the title and the lead has a weight a topic,
made of the word, its pieces of four letters and the concepts that it names. Names of places have none: all
countries are alike to it, and whether a text is of the region is for the rule that asks.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import attrgetter
from typing import Final, NamedTuple

from alerts.arabic import FUNCTION_WORDS, MIN_STEM, fold_word, light

PIECE: Final = 4  # letters
SENSE: Final = "sense_"  # how concepts begin that are families of words of like meaning
FAMILY: Final = 2.0  # what a word means tells more than how it is written
BIAS: Final = "bias"
CACHE: Final = 100_000  # words with what they weigh, about 30 MB


Words = Iterable[tuple[str, Iterable[str]]]  # tokens as written, and the concepts that each names


def features(token: str, concepts: Iterable[str]) -> dict[str, float]:
    """What is weighed of a word; nothing of function words and figures. The first is its stem."""
    folded = fold_word(token)
    if len(folded) < MIN_STEM or folded in FUNCTION_WORDS or folded.isdigit():
        return {}
    stem = light(folded)
    framed = f"<{stem}>"
    pieces = (f"~{framed[at : at + PIECE]}" for at in range(len(framed) - PIECE + 1))
    # A fixed order: sums of floats depend on it.
    named = {f"@{c}": FAMILY if c.startswith(SENSE) else 1.0 for c in sorted(concepts)}
    return {stem: 1.0} | dict.fromkeys(pieces, 1.0) | named


def vector(words: Words) -> dict[str, float]:
    """The features of a text's different words, at length 1: a long lead weighs no more than a short one."""
    values: dict[str, float] = defaultdict(float)
    square, stems = 0.0, set()
    for token, concepts in words:
        own = features(token, concepts)
        if own and (stem := next(iter(own))) not in stems:
            stems.add(stem)
            square += sum(value * value for value in own.values())
            for name, value in own.items():
                values[name] += value
    return {name: value / square**0.5 for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Learned:
    """Weights of features, a column a topic."""

    topics: tuple[str, ...]
    weights: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model says of a text for one topic."""

    margin: float  # above 0: more like the articles of the topic than like the others
    reasons: tuple[int, ...]  # the positions of the words that speak for it, the strongest first


class Weighed(NamedTuple):
    """What a word gives to every text that has it."""

    stem: str
    square: float  # of its part of the vector's length
    parts: tuple[float, ...]  # a topic


_SQUARE, _PARTS = attrgetter("square"), attrgetter("parts")


class Scales(dict[str, Weighed | None]):
    """Token as written → what it weighs; None for what has no weight. Fills itself."""

    def __init__(self, learned: Learned, concepts_of: Callable[[str], Iterable[str]]) -> None:
        """Take the weights, and what a token names."""
        super().__init__()
        self.learned, self.concepts_of = learned, concepts_of

    def __missing__(self, token: str) -> Weighed | None:
        if len(self) >= CACHE:
            self.clear()
        self[token] = weighed = self._weigh(features(token, self.concepts_of(token)))
        return weighed

    def _weigh(self, own: Mapping[str, float]) -> Weighed | None:
        if not own:
            return None
        sums = [0.0] * len(self.learned.topics)
        for name, value in own.items():
            for column, weight in enumerate(self.learned.weights.get(name, ())):
                sums[column] += value * weight
        return Weighed(next(iter(own)), sum(value * value for value in own.values()), tuple(sums))

    def judge(self, words: Iterable[tuple[int, str]]) -> dict[str, Opinion]:
        """The opinion on a text by topic: the sum over its vector, word by word."""
        first: dict[str, int] = {}  # stem → where it stands first
        chosen: list[Weighed] = []
        for at, token in words:
            weighed = self[token]
            if weighed is not None and weighed.stem not in first:
                first[weighed.stem] = at
                chosen.append(weighed)
        length = sum(map(_SQUARE, chosen)) ** 0.5 or 1.0
        columns = zip(*map(_PARTS, chosen), strict=True) if chosen else repeat(())
        positions = list(first.values())
        return {
            topic: _opinion(bias + sum(column) / length, positions, column)
            for topic, bias, column in zip(
                self.learned.topics, self.learned.weights[BIAS], columns, strict=False
            )
        }


def _opinion(margin: float, positions: Sequence[int], parts: Sequence[float]) -> Opinion:
    if margin <= 0:
        return Opinion(margin, ())
    strongest = sorted(zip(parts, positions, strict=True), key=lambda word: -word[0])
    return Opinion(margin, tuple(at for part, at in strongest if part > 0))


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
