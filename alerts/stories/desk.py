"""The desk: the articles of the last 72 hours, an index over them, and the stories they make.

It holds what the store can give back at any time (``restore``), reads no clock and touches no file. Placing
an article costs the same however many lie on the desk: it looks at the nearest few under each of its keys.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from alerts.stories.fingerprint import Fingerprint
from alerts.stories.gathering import component, gather
from alerts.stories.likeness import WINDOW, Link, compare, gate

_NEAREST = 12  # articles looked up on either side in time under one key
_SHARED = 2  # keys that two articles must share: one alone never makes enough points
_COMPARED = 24  # candidates compared with one article
_RUNS = 6  # word runs of an article that are keys: its smallest hashes, as in MinHash


@dataclass(frozen=True, slots=True)
class Decision:
    """Where an article belongs, and what its arrival moved."""

    story: int | None  # None: it opens one
    members: frozenset[int]  # the articles of its story, itself among them
    merged: tuple[int, ...] = ()  # stories that go on under ``story``
    apart: tuple[frozenset[int], ...] = ()  # articles that leave their story for one of their own
    links: tuple[Link, ...] = ()  # to its candidates: what joins first, what is forbidden last

    @property
    def why(self) -> str:
        """One line for a person."""
        return self.links[0].why if self.links else "nothing near it shares a word, a place or a number"


class Desk:
    """The rolling window. ``restore`` what the store knows; then ``place`` and ``settle`` one by one.

    The store is the truth: a desk whose transaction failed is thrown away and restored.
    """

    def __init__(self) -> None:
        self._articles: dict[int, Fingerprint] = {}
        self._stories: dict[int, int] = {}
        self._members: dict[int, set[int]] = {}
        self._index: dict[str, list[tuple[float, int]]] = {}
        self._links: dict[int, dict[int, Link]] = {}  # those that join; computed when first needed
        self._gates: dict[int, dict[int, bool]] = {}  # whether two contradict each other; as needed

    def __len__(self) -> int:
        return len(self._articles)

    def restore(self, article: Fingerprint, story: int) -> None:
        """Lay an article on the desk that was placed before: nothing is decided again."""
        self._lay(article)
        self._assign(article.article, story)

    def place(self, article: Fingerprint) -> Decision:
        """Where ``article`` belongs; it lies on the desk from now on. The same article twice is one."""
        self._lay(article)
        links = self._compare(article)
        affected = component(article.article, self._joined)
        against = {each: self._contradicting(each, affected) for each in affected}
        if not any(against.values()):
            return self._decide(article.article, [frozenset(affected)], links)
        joining = (link for each in affected for link in self._joined(each).values() if link.one == each)
        return self._decide(article.article, gather(affected, joining, against), links)

    def settle(self, decision: Decision, story: int, apart: Iterable[int] = ()) -> None:
        """Note the ids the store gave: ``story`` to the article's story, ``apart`` to those that left one."""
        for members, given in zip((decision.members, *decision.apart), (story, *apart), strict=True):
            for member in members:
                self._assign(member, given)

    def forget(self, before: datetime) -> None:
        """Take articles published before ``before`` off the desk."""
        for old in [each for each in self._articles.values() if each.published < before]:
            self._drop(old)

    def partition(self) -> dict[int, int]:
        """The story of each article on the desk."""
        return dict(self._stories)

    def _decide(self, article: int, groups: Iterable[frozenset[int]], links: tuple[Link, ...]) -> Decision:
        """A story goes where its first article goes; where several meet, the oldest goes on."""
        members, apart, founded = frozenset({article}), [], []
        for group in groups:
            stories = sorted({self._stories[each] for each in group if self._is_first(each)})
            if article in group:
                members, founded = group, stories
            elif not stories:
                apart.append(group)
        return Decision(founded[0] if founded else None, members, tuple(founded[1:]), tuple(apart), links)

    def _is_first(self, article: int) -> bool:
        members = self._members.get(self._stories.get(article, 0), set())
        return bool(members) and article == min(members, key=lambda each: (self._articles[each].seen, each))

    def _assign(self, article: int, story: int) -> None:
        self._members.get(self._stories.get(article, 0), set()).discard(article)
        self._stories[article] = story
        self._members.setdefault(story, set()).add(article)

    def _lay(self, article: Fingerprint) -> None:
        if article.article in self._articles:
            self._drop(self._articles[article.article])
        self._articles[article.article] = article
        for key in keys(article):
            insort(self._index.setdefault(key, []), _posting(article))

    def _drop(self, article: Fingerprint) -> None:
        for key in keys(article):
            postings = self._index[key]
            del postings[bisect_left(postings, _posting(article))]
            if not postings:
                del self._index[key]
        for other in self._links.pop(article.article, {}):
            self._links.get(other, {}).pop(article.article, None)
        for other in self._gates.pop(article.article, {}):
            self._gates.get(other, {}).pop(article.article, None)
        self._members.get(self._stories.pop(article.article, 0), set()).discard(article.article)
        del self._articles[article.article]

    def _compare(self, article: Fingerprint) -> tuple[Link, ...]:
        """Compare an article with its candidates and keep the links that join."""
        links = [compare(article, self._articles[each]) for each in self._candidates(article)]
        self._links[article.article] = {link.other: link for link in links if link.joins}
        for link in links:
            if link.joins and link.other in self._links:
                self._links[link.other].setdefault(link.one, link)
        return tuple(
            sorted(links, key=lambda link: (not link.joins, bool(link.gate), -link.score, link.other))
        )

    def _joined(self, article: int) -> dict[int, Link]:
        if article not in self._links:
            self._compare(self._articles[article])
        return self._links[article]

    def _contradicting(self, article: int, others: Iterable[int]) -> set[int]:
        known = self._gates.setdefault(article, {})
        for other in others:
            if other not in known:
                gated = other != article and bool(gate(self._articles[article], self._articles[other]))
                known[other] = self._gates.setdefault(other, {})[article] = gated
        return {other for other in others if known[other]}

    def _candidates(self, article: Fingerprint) -> list[int]:
        """The articles that share most keys, near in time: at most ``_COMPARED``."""
        shared: Counter[int] = Counter()
        at = _posting(article)
        for key in keys(article):
            postings = self._index.get(key, [])
            middle = bisect_left(postings, at)
            shared.update(each for _, each in postings[max(0, middle - _NEAREST) : middle + _NEAREST])
        del shared[article.article]
        near = [
            (-count, each)
            for each, count in shared.items()
            if count >= _SHARED and self._is_near(article, each)
        ]
        return [each for _, each in sorted(near)[:_COMPARED]]

    def _is_near(self, article: Fingerprint, other: int) -> bool:
        return abs(article.published - self._articles[other].published) <= WINDOW


def keys(article: Fingerprint) -> Iterator[str]:
    """What an article is looked up by: telling words, places, counts, and a sample of its word runs."""
    yield from article.terms
    yield from (f"at {place}" for place in article.places)
    yield from {f"{count.low:g}" for count in article.counts if count.exact and count.low >= 10}
    yield from (f"run {run}" for run in sorted(article.shingles)[:_RUNS])


def _posting(article: Fingerprint) -> tuple[float, int]:
    return article.published.timestamp(), article.article
