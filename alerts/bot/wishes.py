"""What a subscriber wants, as its menus show it: one value in the place of several subscriptions. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from alerts.nouns import CADENCES, Level, Subscription

MOST_CHOSEN: Final = 60  # outlets or places: who wants more wants all
MOST_FILTERS: Final = 10


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


def subscriptions_of(wishes: Wishes, topics: Iterable[str], subscriber: int) -> list[Subscription]:
    """The rows that ask for it: one a cadence.

    Args:
        wishes: what is wanted.
        topics: all that the rules have.
        subscriber: its id.
    """
    there = tuple(topics)
    wanted = wishes.topics or there
    rows = []
    for cadence in CADENCES:
        some = tuple(topic for topic in wanted if wishes.cadence(topic) == cadence)
        # All of one cadence: a topic that the rules get later is told too.
        asked = () if not wishes.topics and some == there else some
        if some:
            rows.append(Subscription(subscriber, asked, wishes.places, wishes.outlets, wishes.level, cadence))
    return rows


def chosen(there: tuple[str, ...], name: str, *, on: bool) -> tuple[str, ...]:
    """A choice with ``name`` in it or out of it; nothing chosen is all."""
    others = tuple(each for each in there if each != name)
    return ((*others, name) if on else others)[:MOST_CHOSEN]


def with_cadence(wishes: Wishes, topic: str, cadence: str) -> Wishes:
    """The wishes with another cadence for a topic, or for all of them where it is empty."""
    if not topic:
        return replace(wishes, usual=cadence, cadences={})
    return replace(wishes, cadences={**wishes.cadences, topic: cadence})
