"""What is said about a story, and when nothing is: the alert policy. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.nouns import Alert, AlertKind, Level, Story
from alerts.stories import Fingerprint

FRESH = timedelta(hours=36)  # published longer ago and seen now: for the digest, not for the phone
VOICES = 3  # further independent outlets that make an update


@dataclass(frozen=True, slots=True)
class Told:
    """What an earlier alert of the story stood on: the articles it knew."""

    alert: Alert
    knew: frozenset[int]


def plan(
    story: Story,
    members: Sequence[Fingerprint],
    history: Sequence[Told],
    article: Fingerprint,
    now: datetime,
    *,
    backfill: bool = False,
) -> Alert | None:
    """The alert that ``article`` makes us say about ``story``, or None.

    ``members`` are all articles of the story, ``article`` among them; ``history`` is what was told of it,
    oldest first; ``backfill`` marks an article flagged by an older cursor or a changed rule set: the past is
    never told.
    """
    if backfill or now - article.published > FRESH:
        return None
    if not history:
        return _alert(story, 1, AlertKind.NEW, story.level, now, article, "قصة جديدة")
    known = history[-1]
    before = [member for member in members if member.article in known.knew]
    reason = _news(story, before, members, known.alert.level)
    if not reason:
        return None
    return _alert(story, known.alert.version + 1, AlertKind.UPDATE, story.level, now, article, reason)


def _news(story: Story, before: Sequence[Fingerprint], members: Sequence[Fingerprint], level: Level) -> str:
    """What the story's articles say that the last alert did not know; empty where it is nothing."""
    if story.level > level:
        return "ارتفع المستوى"
    places = {place for member in members for place in member.places}
    fresh = places - {place for member in before for place in member.places}
    if fresh:
        return "مكان جديد: " + "، ".join(sorted(fresh))
    voices = len({member.group for member in members}) - len({member.group for member in before})
    if voices >= VOICES:
        return f"{voices} وسائل مستقلة أخرى"
    return ""


def _alert(
    story: Story,
    version: int,
    kind: AlertKind,
    level: Level,
    now: datetime,
    article: Fingerprint,
    reason: str,
) -> Alert:
    return Alert(story.id, version, kind, level, now, article.article, reason)
