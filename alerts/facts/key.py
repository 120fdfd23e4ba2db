"""Which facts of an article, or of a story's articles, are worth telling. Pure."""

from collections.abc import Iterable, Iterator

from alerts.facts import Facts, Quantity
from alerts.facts.counting import PART
from alerts.facts.fates import FATES
from alerts.nouns import KeyFact

_MONEY = "money"
NATIONALS = "nationals"  # those whose people an article names, in its own words


def key_facts(articles: Iterable[tuple[int, Facts]]) -> tuple[KeyFact, ...]:
    """The kind of event, each fate and the largest sum, as the first article that tells it tells it.

    Args:
        articles: id and facts of each, the one that is believed most first.
    """
    found: dict[str, KeyFact] = {}
    for article, facts in articles:
        for fact in _facts(article, facts):
            found.setdefault(fact.name, fact)
    order = ("kind", *FATES, NATIONALS, _MONEY)
    return tuple(found[name] for name in order if name in found)


def _facts(article: int, facts: Facts) -> Iterator[KeyFact]:
    for kind, span in zip(facts.kinds[:1], facts.kind_spans, strict=False):
        yield KeyFact("kind", article, span, value=kind)
    for quantity in (*_told_first(facts.quantities), *facts.further):
        fate = quantity.role in FATES
        if fate or (quantity.nationals and quantity.role in {"people", PART}):
            yield KeyFact(
                quantity.role if fate else NATIONALS,
                article,
                quantity.span,
                low=quantity.low,
                high=quantity.high,
                told=quantity.told if fate else 0.0,
            )
    yield from _sum(article, [each for each in facts.quantities if each.role.startswith("money:")])


def _told_first(quantities: Iterable[Quantity]) -> list[Quantity]:
    """One value says more than a range that is not above it; of two, the first is the event's."""
    quantities = list(quantities)
    most = {each.role: 0.0 for each in quantities}
    for each in quantities:
        if not each.exact:
            most[each.role] = max(most[each.role], each.told or each.low)
    return sorted(quantities, key=lambda each: not each.exact or each.low < most[each.role])


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
