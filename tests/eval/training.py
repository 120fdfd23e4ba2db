"""Fit the learned opinion to labelled texts. Pure and deterministic: the same texts give the same weights.

A linear support vector machine by dual coordinate descent (Hsieh et al., 2008): forty lines, where a library
would bring a hundred megabytes to every installation for something done once a month.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from alerts.matching.learned import BIAS, Learned, vector
from alerts.matching.ruleset import RuleSet
from alerts.matching.trials import Labelled, Text

ROUNDS: Final = 30
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
    texts = [*items, *lengthened(rules, items)]
    vectors = [vector(_words(rules, item.text)) for item in texts]
    columns = [
        fit(vectors, [topic in item.topics for item in texts], lambda n, topic=topic: told(topic, n))  # type: ignore[misc]
        for topic in rules.topics
    ]
    names = sorted(set().union(*columns))
    return Learned(rules.topics, {n: tuple(column.get(n, 0.0) for column in columns) for n in names})


def _words(rules: RuleSet, text: Text) -> list[tuple[str, frozenset[str]]]:
    engine = rules.engine
    words = engine.head_words(engine.scan(text.title, text.body))
    return [(token, engine.named_by(token)) for _, token in words]


def lengthened(rules: RuleSet, items: Sequence[Labelled]) -> Iterable[Labelled]:
    """The same texts with leads of other news: an article is no more ours for being longer."""
    dice = random.Random(1)
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
    vectors: Sequence[Vector], labels: Sequence[bool], told: Callable[[int], object] = lambda *_: None
) -> dict[str, float]:
    """The weights that separate the vectors of ``True`` from the others, with the bias under its own name."""
    weights: dict[str, float] = {BIAS: 0.0}
    dual = [0.0] * len(vectors)
    order = list(range(len(vectors)))
    dice = random.Random(1)
    share = {label: STRICTNESS * len(labels) / (2 * max(1, labels.count(label))) for label in (True, False)}
    for number in range(ROUNDS):
        told(number)
        dice.shuffle(order)
        largest = 0.0
        for i in order:
            sign = 1.0 if labels[i] else -1.0
            slack = 1 / (2 * share[labels[i]])
            margin = weights[BIAS] + sum(v * weights.get(n, 0.0) for n, v in vectors[i].items())
            old = dual[i]
            dual[i] = max(
                0.0, old - (sign * margin - 1 + slack * old) / (2 + slack)
            )  # |x|² with the bias is 2
            if step := (dual[i] - old) * sign:
                largest = max(largest, abs(step))
                weights[BIAS] += step
                for name, value in vectors[i].items():
                    weights[name] = weights.get(name, 0.0) + step * value
        if largest < PATIENCE:
            break
    return weights
