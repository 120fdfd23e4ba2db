"""The desk: the articles of the last 72 hours, an index over them, and the stories they make.

It holds what the store can give back at any time (``restore``), reads no clock and touches no file. Placing
an article costs the same however many lie on the desk: it looks at the nearest few under each of its keys.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.stories.fingerprint import Fingerprint, gap
from alerts.stories.gathering import component, gather
from alerts.stories.likeness import WINDOW, Link, compare, gate
from alerts.stories.vocabulary import Vocabulary

_NEAREST = 12  # articles looked up on either side in time under one key
_COMPARED = 20  # candidates compared with one article
_RUNS = 6  # word runs of an article that are keys: its smallest hashes, as in MinHash


@dataclass(frozen=True, slots=True)
class Decision:
    """Where an article belongs, and what its arrival moved."""

    story: int | None  # None: it opens one
    members: frozenset[int]  # the articles of its story, itself among them
    merged: tuple[tuple[int, int], ...] = ()  # stories that go on under another: (its id, the other's)
    moved: tuple[tuple[int, int], ...] = ()  # other articles that change story: (article, story)
    apart: tuple[frozenset[int], ...] = ()  # other articles that leave their story for one of their own
    links: tuple[Link, ...] = ()  # to its candidates: what joins first, what is forbidden last

    @property
    def why(self) -> str:
        """One line for a person."""
        if not self.links:
            return "nothing near it shares a word, a place or a number"
        nearest = self.links[0]
        return nearest.why if nearest.joins else f"a story of its own; the nearest was {nearest.why}"


class Desk:
    """The rolling window. ``restore`` what the store knows; then ``place`` and ``settle`` one by one.

    The store is the truth: a desk whose transaction failed is thrown away and restored.
    """

    def __init__(self) -> None:
        self._articles: dict[int, Fingerprint] = {}
        self._stories: dict[int, int] = {}
        self._members: dict[int, set[int]] = {}
        self._index: dict[str, _Postings] = {}
        self._links: dict[int, dict[int, Link]] = {}  # those that join; computed when first needed
        self._gates: dict[int, dict[int, bool]] = {}  # whether two contradict each other; as needed

    def __len__(self) -> int:
        return len(self._articles)

    def restore(self, article: Fingerprint, story: int) -> None:
        """Lay an article on the desk that was placed before: nothing is decided again."""
        self._lay(article)
        self._assign(article.article, story)

    def mark(self, article: int) -> Fingerprint | None:
        """An article that lies on the desk."""
        return self._articles.get(article)

    def place(self, article: Fingerprint) -> Decision:
        """Where ``article`` belongs; it lies on the desk from now on. The same article twice is one."""
        if self._articles.get(article.article) != article:
            self._lay(article)
        links = self._compare(article)
        affected = component(article.article, self._joined)
        against = {each: self._contradicting(each, affected) for each in affected}
        if not any(against.values()):
            return self._decide(article.article, [frozenset(affected)], links)
        joining = (link for each in affected for link in self._joined(each).values() if link.one == each)
        ruled = {each: self._articles[each].ruled for each in affected if self._articles[each].ruled}
        return self._decide(article.article, gather(affected, joining, against, ruled), links)

    def settle(self, decision: Decision, story: int, apart: Iterable[int] = ()) -> None:
        """Note the ids the store gave: ``story`` to the article's story, ``apart`` to those that left one."""
        for members, given in zip((decision.members, *decision.apart), (story, *apart), strict=True):
            for member in members:
                self._assign(member, given)
        for member, given in decision.moved:
            self._assign(member, given)

    def forget(self, before: datetime) -> None:
        """Take articles published before ``before`` off the desk."""
        for old in [each for each in self._articles.values() if each.published < before]:
            self._drop(old)

    def partition(self) -> dict[int, int]:
        """The story of each article on the desk."""
        return dict(self._stories)

    def _decide(self, article: int, groups: Sequence[frozenset[int]], links: tuple[Link, ...]) -> Decision:
        """A story goes where its first article goes; where several meet, the oldest goes on."""
        first = {self._first(story): story for story in self._stories_of(groups)}
        decision = Decision(None, frozenset({article}), links=links)
        for group in groups:
            founded = sorted(first[each] for each in group & first.keys())
            oldest = founded[0] if founded else None
            if article in group:
                decision = replace(decision, story=oldest, members=group)
            elif oldest is None:
                decision = replace(decision, apart=(*decision.apart, group))
            else:
                moved = ((each, oldest) for each in sorted(group) if self._stories[each] != oldest)
                decision = replace(decision, moved=(*decision.moved, *moved))
            merged = ((old, founded[0]) for old in founded[1:])
            decision = replace(decision, merged=(*decision.merged, *merged))
        return decision

    def _stories_of(self, groups: Iterable[frozenset[int]]) -> set[int]:
        return {self._stories[each] for group in groups for each in group if each in self._stories}

    def _first(self, story: int) -> int:
        return min(self._members[story], key=lambda each: (self._articles[each].seen, each))

    def _assign(self, article: int, story: int) -> None:
        self._members.get(self._stories.get(article, 0), set()).discard(article)
        self._stories[article] = story
        self._members.setdefault(story, set()).add(article)

    def _lay(self, article: Fingerprint) -> None:
        if article.article in self._articles:
            self._drop(self._articles[article.article])
        self._articles[article.article] = article
        for key in keys(article):
            self._index.setdefault(key, _Postings()).add(article)

    def _drop(self, article: Fingerprint) -> None:
        for key in keys(article):
            self._index[key].remove(article)
            if not self._index[key].ids:
                del self._index[key]
        self._links.pop(article.article, None)
        for links in self._links.values():  # all: candidates are limited, so one side may know a link alone
            links.pop(article.article, None)
        for other in self._gates.pop(article.article, {}):
            self._gates.get(other, {}).pop(article.article, None)
        self._members.get(self._stories.pop(article.article, 0), set()).discard(article.article)
        del self._articles[article.article]

    def _compare(self, article: Fingerprint) -> tuple[Link, ...]:
        """Compare an article with its candidates and keep the links that join."""
        links = [compare(article, self._articles[each]) for each in self._candidates(article)]
        known = self._links.setdefault(article.article, {})
        known.update({link.other: link for link in links if link.joins})
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
        """The articles that share most keys, the nearest in time first: at most ``_COMPARED``.

        Of copies that say the same only the one before and the one after are compared: a text that everybody
        republishes must not hide the others, and each copy is linked to its neighbours whatever came first.
        """
        shared: Counter[int] = Counter()
        for key in keys(article):
            if key in self._index:
                shared.update(self._index[key].near(article))
        del shared[article.article]
        chosen: list[int] = []
        copied: set[object] = set()
        for loose, _, apart, each in sorted(
            self._nearness(article, each, count) for each, count in shared.items()
        ):
            side = _said(self._articles[each]), _moment(self._articles[each]) < _moment(article)
            if (apart <= WINDOW or not loose) and side not in copied:
                copied.add(side)
                chosen.append(each)
                if len(chosen) == _COMPARED:
                    break
        return chosen

    def _nearness(self, article: Fingerprint, other: int, shared: int) -> tuple[bool, int, timedelta, int]:
        """What an operator put beside the article comes first, then what shares most keys."""
        mark = self._articles[other]
        return not article.ruled or mark.ruled != article.ruled, -shared, gap(article, mark), other


class _Postings:
    """The articles under one key by publication."""

    __slots__ = ("ids", "times")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.ids: list[int] = []

    def add(self, article: Fingerprint) -> None:
        at = bisect_left(self.times, article.published.timestamp())
        self.times.insert(at, article.published.timestamp())
        self.ids.insert(at, article.article)

    def remove(self, article: Fingerprint) -> None:
        at = self.ids.index(article.article, bisect_left(self.times, article.published.timestamp()))
        del self.times[at], self.ids[at]

    def near(self, article: Fingerprint) -> list[int]:
        """Those next to ``article`` in time, on either side."""
        at = bisect_left(self.times, article.published.timestamp())
        return self.ids[max(0, at - _NEAREST) : at + _NEAREST]


def keys(article: Fingerprint) -> Iterator[str]:
    """What an article is looked up by: words of its core, places, counts, a sample of its first word runs.

    Words of the trade and of the background are no keys: every article has them.
    """
    yield from article.core - Vocabulary.load().domain
    yield from (f"at {place}" for place in article.places)
    yield from {f"{count.low:g}" for count in article.counts if count.exact and count.low >= 10}
    if article.ruled:
        yield f"ruled {article.ruled}"
    yield from (f"run {run}" for run in sorted(article.opening)[:_RUNS])


def _said(article: Fingerprint) -> tuple[object, ...]:
    """All that a comparison looks at, but for background and time: equal for copies."""
    words = article.core, article.headline
    return *words, article.places, article.counts, article.kinds, article.topics, article.ruled


def _moment(article: Fingerprint) -> tuple[datetime, int]:
    return article.published, article.article
