"""A news day of 300 articles, made of ``newsday.yaml`` by a seed: republications, rewrites padded with background."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from alerts.nouns import Level

MIDNIGHT = datetime(2026, 3, 4, tzinfo=UTC)
ARTICLES = 300
_PREFIXES = ("", "", "عاجل | ", "بالفيديو: ")
_OPENINGS = ("", "", "متابعات – ", "وكالات: ")


@dataclass(frozen=True, slots=True)
class Item:
    """One article of the day."""

    id: int
    event: str
    outlet: str
    group: str
    published: datetime
    title: str
    body: str
    topics: tuple[str, ...]
    level: Level


def newsday(seed: int = 7) -> list[Item]:
    """The day in order of publication; every telling first appears as it is, later copies are changed."""
    with (Path(__file__).parent / "newsday.yaml").open(encoding="utf-8") as file:
        day = yaml.safe_load(file)
    chance = random.Random(seed)
    tellings = [
        (name, event, telling) for name, event in day["events"].items() for telling in event["tellings"]
    ]
    drafts = [(name, event, telling, 0) for name, event, telling in tellings]
    drafts += [(*chance.choice(tellings), number) for number in range(1, ARTICLES - len(tellings) + 1)]
    items = [_item(day, chance, *draft) for draft in drafts]
    items.sort(key=lambda item: (item.published, item.title, item.outlet))
    return [
        Item(number, *(getattr(item, name) for name in Item.__slots__[1:]))
        for number, item in enumerate(items, 1)
    ]


def _item(day, chance, name, event, telling, copy):
    outlet = chance.choice(day["outlets"])
    title, body, late = telling["title"], telling["body"], 0.0
    if copy:
        late = chance.uniform(0.2, 6)
        title = chance.choice(_PREFIXES) + title
        body = chance.choice(_OPENINGS) + _respelled(chance, body)
        body = " ".join([body, *chance.sample(day["background"], chance.randint(0, 3))])
    return Item(
        0,
        name,
        outlet,
        day["groups"].get(outlet, outlet),
        MIDNIGHT + timedelta(hours=telling["at"] + late),
        title,
        body,
        tuple(event["topics"]),
        Level[event["level"].upper()],
    )


def _respelled(chance, body):
    """What copyists change: hamzas, digits, tatweel."""
    if chance.random() < 0.4:
        body = body.replace("أ", "ا").replace("إ", "ا")
    if chance.random() < 0.4:
        body = body.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    if chance.random() < 0.2:
        body = body.replace("مر", "مـر")
    return body
