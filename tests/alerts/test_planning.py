"""The alert policy: literal in, literal out."""

from datetime import UTC, datetime, timedelta

from alerts.nouns import AlertKind, Level, Story
from alerts.planning import Told, plan
from alerts.stories import Fingerprint, fingerprint

NOW = datetime(2025, 10, 12, 8, tzinfo=UTC)
STORY = Story(NOW, NOW, "مداهمة", ("fraud",), ("MM",), Level.HIGH, (1,), id=5)


def article(number: int, title: str = "مداهمة في ميانمار", *, published: datetime = NOW) -> Fingerprint:
    return fingerprint(
        article=number, outlet=f"o{number}", title=title, body="", seen=NOW, published=published
    )


def test_a_new_story_is_told() -> None:
    first = article(1)
    alert = plan(STORY, [first], [], first, NOW)
    assert alert is not None
    assert (alert.kind, alert.level, alert.version) == (AlertKind.NEW, Level.HIGH, 1)


def test_the_past_is_never_told() -> None:
    first = article(1)
    assert plan(STORY, [first], [], first, NOW, backfill=True) is None
    old = article(2, published=NOW - timedelta(days=21))
    assert plan(STORY, [old], [], old, NOW) is None


def test_a_rewrite_is_not_told_again_and_a_new_place_is() -> None:
    first, rewrite, wider = article(1), article(2), article(3, "مداهمة في ميانمار وكمبوديا")
    alert = plan(STORY, [first], [], first, NOW)
    assert alert is not None
    told = [Told(alert, frozenset({1}))]
    assert plan(STORY, [first, rewrite], told, rewrite, NOW) is None
    update = plan(STORY, [first, rewrite, wider], told, wider, NOW)
    assert update is not None
    assert (update.kind, update.version) == (AlertKind.UPDATE, 2)
