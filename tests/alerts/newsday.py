"""A news day of 300 articles, made of ``newsday.yaml`` by a seed: copies, respelled and padded."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from alerts.nouns import Alert, Level, Story
from alerts.planning import Told, plan
from alerts.stories import Desk, Fingerprint, fingerprint

MIDNIGHT = datetime(2026, 3, 4, tzinfo=UTC)
DELAY = timedelta(minutes=3)  # from publication until we see an article
ARTICLES = 300
_PREFIXES = ("", "", "عاجل | ", "بالفيديو: ")
_OPENINGS = ("", "", "متابعات – ", "وكالات: ")


@dataclass(frozen=True, slots=True)
class Item:
    """One article of the day, and the event it tells."""

    id: int
    event: str
    level: Level
    mark: Fingerprint
    title: str


@cache
def day() -> dict[str, Any]:
    with (Path(__file__).parent / "newsday.yaml").open(encoding="utf-8") as file:
        return yaml.safe_load(file)


@cache
def newsday(seed: int = 7) -> tuple[Item, ...]:
    """The day in order of publication: every telling as it is, then copies of tellings, changed."""
    chance = random.Random(seed)
    tellings = [(name, telling) for name, event in day()["events"].items() for telling in event["tellings"]]
    drafts = [(name, telling, False) for name, telling in tellings]
    drafts += [(*chance.choice(tellings), True) for _ in range(ARTICLES - len(tellings))]
    texts = sorted((_text(chance, *draft) for draft in drafts), key=lambda text: text[0])
    return tuple(_item(number, chance, *text) for number, text in enumerate(texts, 1))


def _text(
    chance: random.Random, event: str, telling: dict[str, Any], changed: bool
) -> tuple[datetime, str, str, str]:
    at, title, body = telling["at"], telling["title"], telling["body"]
    if changed:
        at += chance.uniform(0.2, 6)
        title = chance.choice(_PREFIXES) + title
        padding = chance.sample(day()["background"], chance.randint(0, 3))
        body = " ".join([chance.choice(_OPENINGS) + _respelled(chance, body), *padding])
    return MIDNIGHT + timedelta(hours=at), event, title, body


def _respelled(chance: random.Random, body: str) -> str:
    """What copyists change: hamzas, digits, tatweel."""
    if chance.random() < 0.4:
        body = body.replace("أ", "ا").replace("إ", "ا")
    if chance.random() < 0.4:
        body = body.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    return body.replace("مر", "مـر") if chance.random() < 0.2 else body


def _item(number: int, chance: random.Random, at: datetime, event: str, title: str, body: str) -> Item:
    facts, outlet = day()["events"][event], chance.choice(day()["outlets"])
    mark = fingerprint(
        article=number,
        outlet=outlet,
        group=day()["groups"].get(outlet, ""),
        title=title,
        body=body,
        seen=at + DELAY,
        published=at,
        topics=tuple(facts["topics"]),
    )
    return Item(number, event, Level[facts["level"].upper()], mark, title)


@dataclass
class Service:
    """Gather, plan and remember, as the flagger does with a store: articles in, alerts out."""

    def __post_init__(self) -> None:
        self.desk = Desk()
        self.stories: dict[int, Story] = {}
        self.told: dict[int, list[Told]] = {}
        self.alerts: list[tuple[Item, Alert]] = []
        self._marks: dict[int, Fingerprint] = {}

    def read(self, items: Iterable[Item]) -> "Service":
        for item in items:
            self._marks[item.id] = item.mark
            self._tell(item, self._gather(item))
        return self

    def partition(self) -> set[frozenset[int]]:
        groups: dict[int, set[int]] = {}
        for article, story in self.desk.partition().items():
            groups.setdefault(story, set()).add(article)
        return {frozenset(group) for group in groups.values()}

    def _gather(self, item: Item) -> Story:
        decision = self.desk.place(item.mark)
        number = decision.story or self._next()
        apart = [self._next(ahead) for ahead, _ in enumerate(decision.apart, 2 - bool(decision.story))]
        self.desk.settle(decision, number, apart)
        for new in apart:  # what the story told was told of these too
            self.told[new] = list(self.told.get(number, []))
            self.stories[new] = replace(self.stories[min(self.stories)], id=new)
        self.told.setdefault(number, [])
        for old, new in decision.merged:
            history = [*self.told.pop(old, []), *self.told.get(new, [])]
            self.told[new] = sorted(history, key=lambda told: told.alert.created_at)
        seen, members = item.mark.seen, tuple(sorted(decision.members))
        level = max(item.level, self.stories[number].level if number in self.stories else item.level)
        self.stories[number] = Story(seen, seen, item.title, item.mark.topics, (), level, members, id=number)
        return self.stories[number]

    def _next(self, ahead: int = 1) -> int:
        return max(self.stories, default=0) + ahead

    def _tell(self, item: Item, story: Story) -> None:
        members = [self._marks[each] for each in story.articles]
        alert = plan(story, members, self.told[story.id], item.mark, item.mark.seen)
        if alert:
            self.told[story.id].append(Told(alert, frozenset(story.articles)))
            self.alerts.append((item, alert))
