"""Fit the learned opinion to labelled texts. Pure and deterministic: the same texts give the same weights.

A linear support vector machine by dual coordinate descent (Hsieh et al., 2008): forty lines, where a library
would bring a hundred megabytes to every installation for something done once a month.
"""

import hashlib
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter, mul
from pathlib import Path
from statistics import fmean
from typing import Final

from alerts.matching.learned import BIAS, Learned, vector
from alerts.matching.ruleset import RuleSet
from alerts.matching.trials import Labelled, Text

MODELS: Final = 3  # of which the weights are the mean: what one learns of its order and of chance is lost
ROUNDS: Final = 30  # of each
STRICTNESS: Final = 1.0  # how much a misjudged example costs, against small weights
PATIENCE: Final = 0.05  # the largest step at which a round has changed nothing worth another
Vector = Mapping[str, float]


def train(
    rules: RuleSet, items: Sequence[Labelled], told: Callable[[str, int], object] = lambda *_: None
) -> Learned:
    """Weights for each topic of a rule set.

    Args:
        rules: their concepts and places make the features.
        items: labelled texts, with and without a topic.
        told: called with a topic and a round, for a progress bar.
    """
    models = [_taught(rules, items, seed, told) for seed in range(1, MODELS + 1)]
    names = sorted(set().union(*(column for model in models for column in model)))
    return Learned(
        rules.topics,
        {
            name: tuple(
                fmean(column.get(name, 0.0) for column in columns) for columns in zip(*models, strict=True)
            )
            for name in names
        },
    )


def fingerprint(rules: RuleSet, items: Iterable[Labelled]) -> str:
    """What the weights come from, as a SHA-256: every text's words and concepts, its topics, and this trainer."""
    known = hashlib.sha256(Path(__file__).read_bytes())
    for item in items:
        words = [(token, *sorted(names)) for token, names in _words(rules, item.text)]
        known.update(repr((words, sorted(item.topics))).encode())
    return known.hexdigest()


def _taught(
    rules: RuleSet, items: Sequence[Labelled], seed: int, told: Callable[[str, int], object]
) -> list[dict[str, float]]:
    """One model: a column of weights a topic."""
    texts = [*items, *lengthened(rules, items, seed)]
    vectors = [vector(_words(rules, item.text)) for item in texts]

    def column(topic: str) -> dict[str, float]:
        labels = [topic in item.topics for item in texts]
        return fit(vectors, labels, lambda number: told(topic, (seed - 1) * ROUNDS + number), seed)

    return list(map(column, rules.topics))


def _words(rules: RuleSet, text: Text) -> list[tuple[str, frozenset[str]]]:
    engine = rules.engine
    words = engine.head_words(engine.scan(text.title, text.body))
    return [(token, engine.named_by(token)) for _, token in words]


def lengthened(rules: RuleSet, items: Sequence[Labelled], seed: int) -> Iterable[Labelled]:
    """The same texts with leads of other news: an article is no more ours for being longer."""
    dice = random.Random(seed)
    others = [item for item in items if not item.topics and _of_the_region(rules, item.text)]
    if len(others) < 3:
        return
    for item in items:
        if item.topics and item.text.body and dice.random() < 0.5:
            continue
        more = " ".join(f"{o.text.title} {o.text.body}" for o in dice.sample(others, 2 if item.topics else 3))
        yield Labelled(Text(item.text.id, item.text.title, f"{item.text.body} {more}"), item.topics)


def _of_the_region(rules: RuleSet, text: Text) -> bool:
    return bool(rules.engine.scan(text.title, text.body).hits("se_asia", "head"))


def fit(
    vectors: Sequence[Vector],
    labels: Sequence[bool],
    told: Callable[[int], object] = lambda _: None,
    seed: int = 1,
) -> dict[str, float]:
    """The weights that separate the vectors of ``True`` from the others, with the bias under its own name."""
    places = {name: place for place, name in enumerate({BIAS: 0} | {n: 0 for v in vectors for n in v})}
    rows = [([places[BIAS], *map(places.__getitem__, v)], [1.0, *v.values()]) for v in vectors]
    looks = [itemgetter(*columns) if len(columns) > 1 else None for columns, _ in rows]
    weights = [0.0] * len(places)
    dual = [0.0] * len(rows)
    order = list(range(len(rows)))
    dice = random.Random(seed)
    share = {label: STRICTNESS * len(labels) / (2 * max(1, labels.count(label))) for label in (True, False)}
    for number in range(ROUNDS):
        told(number)
        dice.shuffle(order)
        largest = 0.0
        for i in order:
            columns, values = rows[i]
            look = looks[i]
            margin = sum(map(mul, values, look(weights))) if look else weights[0]
            sign = 1.0 if labels[i] else -1.0
            slack = 1 / (2 * share[labels[i]])
            old = dual[i]
            dual[i] = max(
                0.0, old - (sign * margin - 1 + slack * old) / (2 + slack)
            )  # |x|² with the bias is 2
            if step := (dual[i] - old) * sign:
                largest = max(largest, abs(step))
                for column, value in zip(columns, values, strict=True):
                    weights[column] += step * value
        if largest < PATIENCE:
            break
    return dict(zip(places, weights, strict=True))
