"""A whole news day through stories and alert policy, in order and in any order."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.messages.words import speech
from alerts.nouns import Level
from alerts.stories import fingerprint
from tests.alerts.newsday import Item, Service, day, newsday

SPEECH = speech("ar", "UTC", "latn")


def test_the_day_has_its_size() -> None:
    items = newsday()
    assert len(items) == 300
    assert len({item.event for item in items}) == 12
    assert len({item.mark.outlet for item in items}) == 25


def test_a_news_day_yields_exactly_the_alerts_written_down() -> None:
    told = [
        [
            f"{alert.created_at:%H:%M}",
            item.event,
            alert.kind.value,
            alert.level.word,
            SPEECH.because(alert.reasons),
        ]
        for item, alert in Service().read(newsday()).alerts
    ]
    assert told == day()["alerts"]


@pytest.mark.parametrize("seed", [8, 10])
def test_every_event_is_one_story(seed: int) -> None:
    items = newsday(seed)
    events: dict[str, set[int]] = {}
    for item in items:
        events.setdefault(item.event, set()).add(item.id)
    assert Service().read(items).partition() == {frozenset(articles) for articles in events.values()}


@given(st.randoms(use_true_random=False))
@settings(max_examples=6, deadline=None)
def test_any_order_of_arrival_ends_in_the_same_stories(chance: random.Random) -> None:
    items = [item for item in newsday() if item.event.startswith(("raid", "handover", "moroccans"))][:60]
    shuffled = list(items)
    chance.shuffle(shuffled)
    assert Service().read(shuffled).partition() == Service().read(items).partition()


def test_nothing_is_told_twice_whatever_the_order() -> None:
    items: list[Item] = list(newsday())
    random.Random(3).shuffle(items)
    service = Service().read(items)
    assert {item.event for item, _ in service.alerts} == {item.event for item in items}
    assert max(Counter((alert.story, alert.reasons) for _, alert in service.alerts).values()) == 1
    told = list(service.alerts)
    assert service.read(items).alerts == told


def test_a_merged_story_is_not_told_again() -> None:
    """Two outlets tell one event too differently; a third one shows that it is one."""
    first, second, bridge = (item for item in _merging())
    service = Service().read([first, second])
    assert [alert.kind.value for _, alert in service.alerts] == ["new", "new"]
    assert len(service.partition()) == 2
    service.read([bridge])
    assert service.partition() == {frozenset({1, 2, 3})}
    assert [alert.kind.value for _, alert in service.alerts] == ["new", "new"]
    assert service.alerts[0][1].story == service.desk.partition()[3]


def _merging() -> Iterator[Item]:
    titles = (
        "بلاغ عاملة هاربة يقود إلى قبو سري في بويبت",
        "ضبط معدات مقامرة بقيمة 730 ألف دولار في كمبوديا",
        "عاملة هاربة تكشف قبوا سريا في بويبت ومعدات مقامرة بقيمة 730 ألف دولار",
    )
    for number, title in enumerate(titles, 1):
        at = newsday()[0].mark.published + timedelta(hours=number)
        mark = fingerprint(article=number, outlet=f"o{number}", title=title, body="", seen=at)
        yield Item(number, "merging", Level.HIGH, mark, title)


def test_a_restart_and_a_replay_reproduce_the_stories() -> None:
    items = newsday()
    service = Service().read(items[:150])
    known = service.desk.partition()
    restarted = Service()
    restarted.stories = dict(service.stories)
    for item in items[:150]:
        restarted.desk.restore(item.mark, known[item.id])
        restarted._marks[item.id] = item.mark
    restarted.told = {story: list(told) for story, told in service.told.items()}
    whole = Service().read(items)
    assert restarted.read(items[150:]).partition() == whole.partition()
    assert [alert for _, alert in [*service.alerts, *restarted.alerts]] == [
        alert for _, alert in whole.alerts
    ]


def test_the_desk_forgets() -> None:
    service = Service().read(newsday())
    service.desk.forget(newsday()[-1].mark.published + timedelta(seconds=1))
    assert len(service.desk) == 0
    assert service.desk.place(newsday()[0].mark).story is None
