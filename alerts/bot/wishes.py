"""What a subscriber wants, as its menus show it: one value in the place of several subscriptions. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from alerts.nouns import Level, Subscription

MOST_CHOSEN: Final = 60  # outlets or places: who wants more wants all
MOST_FILTERS: Final = 10
_SHARED: Final = ("places", "outlets", "level")  # what the menus ask once for all topics


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted. An empty tuple asks for all."""

    topics: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    level: Level = Level.NOTICE
    usual: str = "instant"  # how often the topics come that ``cadences`` does not name
    cadences: Mapping[str, str] = field(default_factory=dict)

    def cadence(self, topic: str) -> str:
        """How often a topic is told."""
        return self.cadences.get(topic, self.usual)


def wishes_of(wanted: Sequence[Subscription], topics: Iterable[str]) -> Wishes:
    """One value of all that a subscriber's rows ask for; ``topics`` are all that the rules have."""
    if not wanted:
        return Wishes()
    named = tuple(dict.fromkeys(topic for each in wanted for topic in each.topics))
    every = any(not each.topics for each in wanted) or set(named) >= set(topics)
    return Wishes(
        topics=() if every else named,
        places=wanted[0].places,
        outlets=wanted[0].outlets,
        level=wanted[0].level,
        usual=next((each.cadence for each in wanted if not each.topics), "instant"),
        cadences={topic: each.cadence for each in wanted for topic in each.topics},
    )


def revised(
    wanted: Sequence[Subscription], wishes: Wishes, topics: Iterable[str], subscriber: int
) -> list[Subscription]:
    """The rows that ask for what is wished, in place of those that are ``wanted``.

    One value cannot show all that several rows ask for: what it says as before stays as each row has it.

    Args:
        wanted: the rows by now.
        wishes: what is wanted, changed from ``wishes_of`` these rows.
        topics: all that the rules have.
        subscriber: its id.
    """
    there = tuple(topics)
    before = wishes_of(wanted, there)
    asked = wishes.topics or there
    now = {name: getattr(wishes, name) for name in _SHARED}
    changed = {name: value for name, value in now.items() if value != getattr(before, name)}
    rows: list[Subscription] = []
    for row in wanted:
        known = [topic for topic in row.topics or there if topic in asked]
        cadences = {topic: wishes.cadence(topic) for topic in known}
        moved = {topic for topic in known if cadences[topic] != before.cadence(topic)}
        if not row.topics and not wishes.topics and not moved:
            rows.append(replace(row, **changed))  # with the topics that the rules get later
            continue
        rows += [
            replace(
                row, topics=(topic,), cadence=cadences[topic] if topic in moved else row.cadence, **changed
            )
            for topic in known
        ]
    had = {topic for row in wanted for topic in row.topics or there}
    rows += [
        Subscription(subscriber, (topic,), cadence=wishes.cadence(topic), **now)
        for topic in asked
        if topic not in had
    ]
    return _joined(rows, there if not wishes.topics else ())


def _joined(rows: Iterable[Subscription], every: tuple[str, ...]) -> list[Subscription]:
    """Rows that ask alike as one; one alone for ``every`` topic asks for all, those to come with them."""
    alike: dict[Subscription, tuple[str, ...]] = {}
    for row in rows:
        like = replace(row, topics=(), id=0)
        there = alike.get(like)
        alike[like] = (
            () if there == () or not row.topics else tuple(dict.fromkeys((*(there or ()), *row.topics)))
        )
    if len(alike) == 1 and every and set(next(iter(alike.values()))) == set(every):
        return list(alike)
    return [replace(like, topics=topics) for like, topics in alike.items()]


def chosen(there: tuple[str, ...], name: str, *, on: bool) -> tuple[str, ...]:
    """A choice with ``name`` in it or out of it; nothing chosen is all."""
    others = tuple(each for each in there if each != name)
    return ((*others, name) if on else others)[:MOST_CHOSEN]


def with_cadence(wishes: Wishes, topic: str, cadence: str) -> Wishes:
    """The wishes with another cadence for a topic, or for all of them where it is empty."""
    if not topic:
        return replace(wishes, usual=cadence, cadences={})
    return replace(wishes, cadences={**wishes.cadences, topic: cadence})
