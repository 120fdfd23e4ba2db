"""Which facts of an article, or of a story's articles, are worth telling. Pure."""

from collections.abc import Iterable, Iterator

from alerts.facts import Facts, Quantity
from alerts.facts.fates import FATES
from alerts.nouns import KeyFact

_MONEY = "money"


def key_facts(articles: Iterable[tuple[int, Facts]]) -> tuple[KeyFact, ...]:
    """The kind of event, each fate and the largest sum, as the first article that tells it tells it.

    Args:
        articles: id and facts of each, the one that is believed most first.
    """
    found: dict[str, KeyFact] = {}
    for article, facts in articles:
        for fact in _facts(article, facts):
            found.setdefault(fact.name, fact)
    order = ("kind", *FATES, _MONEY)
    return tuple(found[name] for name in order if name in found)


def _facts(article: int, facts: Facts) -> Iterator[KeyFact]:
    for kind, span in zip(facts.kinds[:1], facts.kind_spans, strict=False):
        yield KeyFact("kind", article, span, value=kind)
    # One value says more than a range; of two, the one that stands first; what stands further down, last.
    for quantity in (*sorted(facts.quantities, key=lambda each: not each.exact), *facts.further):
        if quantity.role in FATES:
            yield KeyFact(
                quantity.role,
                article,
                quantity.span,
                low=quantity.low,
                high=quantity.high,
                told=quantity.told,
            )
    yield from _sum(article, [each for each in facts.quantities if each.role.startswith("money:")])


def _sum(article: int, sums: list[Quantity]) -> Iterator[KeyFact]:
    for largest in sorted(sums, key=lambda each: -each.low)[:1]:
        currency = largest.role.removeprefix("money:").upper()
        yield KeyFact(
            _MONEY,
            article,
            largest.span,
            value=currency,
            low=largest.low,
            high=largest.high,
            told=largest.told,
        )
