"""Which articles make one story: a deterministic partition of whatever articles are given, in any order."""

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import product

from alerts.stories.fingerprint import Fingerprint
from alerts.stories.likeness import Link

_CONTRADICTED = 0.25  # share of pairs between two groups that may contradict each other


def gather(
    articles: Mapping[int, Fingerprint], links: Iterable[Link], gated: Callable[[int, int], bool]
) -> list[frozenset[int]]:
    """The stories that ``articles`` make, by their joining ``links``: each article in exactly one.

    The strongest link goes first, as in Kruskal's spanning tree; two groups stay apart where more than a quarter
    of the pairs between them contradict each other (``gated``). One odd article cannot split a story in two, and
    a vague one cannot bridge two events.
    """
    group = {article: frozenset({article}) for article in articles}
    for link in sorted(links, key=lambda link: (-link.score, *_pair(articles, link))):
        mine, theirs = group[link.one], group[link.other]
        if mine is theirs or _contradict(mine, theirs, gated):
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


def _pair(articles: Mapping[int, Fingerprint], link: Link) -> tuple[tuple[float, int], tuple[float, int]]:
    """Ties are broken by publication, then by id: the same in every order of arrival."""
    one, other = sorted((articles[at].published.timestamp(), at) for at in (link.one, link.other))
    return one, other


def _contradict(mine: frozenset[int], theirs: frozenset[int], gated: Callable[[int, int], bool]) -> bool:
    allowed = _CONTRADICTED * len(mine) * len(theirs)
    against = 0
    for one, other in product(mine, theirs):
        against += gated(one, other)
        if against > allowed:
            return True
    return False
