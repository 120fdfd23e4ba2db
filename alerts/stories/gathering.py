"""Which articles make one story: a deterministic partition of whatever articles are given, in any order."""

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet

from alerts.stories.likeness import Link

_CONTRADICTED = 0.25  # share of the pairs between two groups that may contradict each other


def gather(
    articles: Collection[int],
    links: Iterable[Link],
    against: Mapping[int, AbstractSet[int]],
    ruled: Mapping[int, int],
) -> list[frozenset[int]]:
    """The stories that ``articles`` make by their joining ``links``: each article in exactly one.

    The strongest link goes first, as in Kruskal's spanning tree; two groups stay apart where more than a
    quarter of the pairs between them contradict each other (``against``), and where an operator put articles
    of theirs (``ruled``) into different stories. What is linked to such an article follows it without that vote,
    since a story that an operator made may contradict itself. One odd article cannot split a
    story in two, and a vague one cannot bridge two events.
    """
    group = {article: frozenset({article}) for article in articles}
    refused: set[tuple[frozenset[int], frozenset[int]]] = set()
    for link in sorted(links, key=lambda link: link.rank):
        mine, theirs = group[link.one], group[link.other]
        asked = ruled.keys().isdisjoint((link.one, link.other))
        if mine is theirs or (asked and (mine, theirs) in refused):
            continue
        rulings = {ruled[each] for each in mine | theirs if each in ruled}
        if len(rulings) > 1 or (asked and _contradict(mine, theirs, against)):
            refused |= {(mine, theirs), (theirs, mine)}
            continue
        union = mine | theirs
        group.update(dict.fromkeys(union, union))
    return list(dict.fromkeys(group.values()))


def component(start: int, neighbours: Callable[[int], Collection[int]]) -> set[int]:
    """Every article that ``start`` reaches over joining links: all that its arrival can move."""
    reached, waiting = {start}, [start]
    while waiting:
        fresh = set(neighbours(waiting.pop())) - reached
        reached |= fresh
        waiting.extend(fresh)
    return reached


def _contradict(
    mine: frozenset[int], theirs: frozenset[int], against: Mapping[int, AbstractSet[int]]
) -> bool:
    pairs = sum(len(against[article] & theirs) for article in mine)
    return pairs > _CONTRADICTED * len(mine) * len(theirs)
