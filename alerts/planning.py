"""What is said about a story, and when nothing is: the alert policy. Pure.

A first article makes a new alert. After that only something new is told: a higher level, a changed key
number, a place no article named before, an official statement, a correction or withdrawal, or further
independent outlets. A backfilled article and one published too long ago are never told.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.facts import Lexicon
from alerts.nouns import Alert, AlertKind, Level, Story
from alerts.stories import Count, Fingerprint, same_text

FRESH = timedelta(hours=36)  # published longer ago and seen now: for the digest, not for the phone
VOICES = 3  # further independent outlets that make an update; twice as many for the next, and so on
CORROBORATED = 4  # independent outlets that raise a notice
LEADING = 2  # or so many of the first tier
CHANGED = 0.1  # share by which a key number must change
UPDATES = 6  # a story a day; what comes after is told together once the day has passed
STORM = 12  # alerts in ten minutes, from one outlet or to one subscriber, that make a storm
STORM_SPAN = timedelta(minutes=10)
SPIKE_LEAST = 5  # articles in an hour, below which no volume is a spike
SPIKE_SIGMAS = 4.0

_FATES = {
    "arrested": "الموقوفون",
    "rescued": "الناجون",
    "returned": "العائدون",
    "killed": "القتلى",
    "injured": "الجرحى",
    "victims": "الضحايا",
    "executed": "من أعدموا",
    "sold": "من بيعوا",
}
_OFFICIAL = {"denial": "نفي", "statement": "بيان رسمي"}
_HARM = frozenset({"rescued", "returned", "killed", "injured", "victims", "sold"})
_TAKEN_BACK = {"correction": AlertKind.CORRECTION, "withdrawal": AlertKind.WITHDRAWAL}


@dataclass(frozen=True, slots=True)
class Told:
    """What an earlier alert of the story stood on: the articles it knew."""

    alert: Alert
    knew: frozenset[int]


@dataclass(frozen=True, slots=True)
class Weight:
    """A level and what decided it, in a reader's words."""

    level: Level
    reasons: tuple[str, ...] = field(default=())


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

    Args:
        story: with the highest level that a rule gave one of its articles.
        members: all articles of the story, ``article`` among them.
        history: what was told of it, and of stories merged into it, oldest first.
        article: the one that was just placed.
        now: the moment of telling.
        backfill: it was flagged by an older cursor or a changed rule set; the past is never told.
    """
    if backfill or now - article.published > FRESH:
        return None
    weight = weigh(story.level, members)
    if not history:
        reason = "؛ ".join(("قصة جديدة", *weight.reasons))
        return Alert(story.id, 1, AlertKind.NEW, weight.level, now, article.article, reason)
    before, fresh = _known(members, history, article)
    kind, reasons = _news(before, fresh, weight, max(told.alert.level for told in history))
    if not reasons or (kind is AlertKind.UPDATE and _capped(history, now)):
        return None
    version = max(told.alert.version for told in history) + 1
    return Alert(story.id, version, kind, weight.level, now, article.article, "؛ ".join(reasons))


def _known(
    members: Sequence[Fingerprint], history: Sequence[Told], article: Fingerprint
) -> tuple[list[Fingerprint], list[Fingerprint]]:
    """What the alerts knew, and what is fresh. Of a story that left another, all that it took along is known."""
    known = frozenset().union(*(told.knew for told in history))
    if known.isdisjoint(member.article for member in members):
        known = frozenset(member.article for member in members) - {article.article}
    before = [member for member in members if member.article in known]
    return before, [member for member in members if member.article not in known]


def weigh(level: Level, members: Sequence[Fingerprint]) -> Weight:
    """The level of a story: what its rules say, raised by whom it befell and by who tells it."""
    reasons = []
    arab = Lexicon.load().atlas.arab
    arabs = {place for member in members if _harmed(member) for place in member.places} & arab
    if arabs:
        reasons.append(f"بين المتضررين عرب: {_named(arabs)}")
    if any(count.role == "killed" for member in members for count in member.counts):
        reasons.append("سقط قتلى")
    heard = voices(members)
    leading = {member.article for member in members if member.tier == 1}
    if level < Level.HIGH and (
        len(heard) >= CORROBORATED or sum(not voice.isdisjoint(leading) for voice in heard) >= LEADING
    ):
        reasons.append(f"تؤكده مصادر مستقلة: {len(heard)}")
    return Weight(Level(min(Level.CRITICAL, level + bool(reasons))), tuple(reasons))


def voices(members: Iterable[Fingerprint]) -> list[frozenset[int]]:
    """The articles by independent voice: one owner, one wire or one text is one voice."""
    heard: list[list[Fingerprint]] = []
    for member in sorted(members, key=lambda each: (each.published, each.article)):
        same = [voice for voice in heard if any(_one_voice(member, other) for other in voice)]
        heard = [voice for voice in heard if voice not in same] + [sum(same, [member])]
    return [frozenset(member.article for member in voice) for voice in heard]


def is_storm(alerts: Sequence[datetime], now: datetime) -> bool:
    """Whether an outlet or a subscriber had so many alerts lately that further ones go into one summary."""
    return sum(now - at <= STORM_SPAN for at in alerts) >= STORM


def is_spike(count: int, history: Sequence[int]) -> bool:
    """Whether an hour's articles on a topic or place leave their own history.

    ``history`` holds the counts of the same hour on earlier days, 28 of them where there are as many.
    """
    if count < SPIKE_LEAST or not history:
        return False
    mean = sum(history) / len(history)
    variance = sum((each - mean) ** 2 for each in history) / len(history)
    return count > mean + SPIKE_SIGMAS * math.sqrt(max(variance, mean, 1.0))


def _capped(history: Sequence[Told], now: datetime) -> bool:
    """Whether the story had its updates of the day. What is new then stays new and is told with the next."""
    return sum(now - told.alert.created_at <= timedelta(days=1) for told in history) > UPDATES


def _news(
    before: Sequence[Fingerprint], fresh: Sequence[Fingerprint], weight: Weight, level: Level
) -> tuple[AlertKind, list[str]]:
    """What the fresh articles say that no alert knew, in a reader's words; nothing where it is nothing."""
    taken_back = [
        _TAKEN_BACK[member.notice] for member in fresh if member.notice and not _repeats(member, before)
    ]
    reasons = [*_numbers(before, fresh), *_places(before, fresh), *_statements(before, fresh)]
    if weight.level > level:
        reasons = ["ارتفع المستوى: " + "، ".join(weight.reasons or ("قاعدة أعلى",)), *reasons]
    if taken_back:
        word = "تصحيح" if taken_back[-1] is AlertKind.CORRECTION else "سحب الخبر"
        return taken_back[-1], [word, *reasons]
    return AlertKind.UPDATE, reasons or _further_voices(before, fresh)


def _numbers(before: Sequence[Fingerprint], fresh: Sequence[Fingerprint]) -> list[str]:
    """Key numbers that no known article agrees with."""
    found: dict[str, str] = {}
    for role, word in _FATES.items():
        known = [count for member in before for count in member.counts if count.role == role and count.exact]
        for member in fresh:
            first = next((count for count in member.counts if count.role == role and count.exact), None)
            if first and known and not any(_close(first, count) for count in known):
                found[role] = f"{word}: {first.low:.0f} بعد {known[-1].low:.0f}"
    return list(found.values())


def _close(one: Count, other: Count) -> bool:
    return abs(one.low - other.low) < CHANGED * max(one.low, other.low)


def _places(before: Sequence[Fingerprint], fresh: Sequence[Fingerprint]) -> list[str]:
    known = {place for member in before for place in member.places}
    new = {place for member in fresh for place in member.title_places} - known
    return [f"مكان جديد: {_named(new)}"] if new else []


def _named(places: Iterable[str]) -> str:
    return "، ".join(sorted(map(Lexicon.load().atlas.name, places)))


def _statements(before: Sequence[Fingerprint], fresh: Sequence[Fingerprint]) -> list[str]:
    known = {member.kinds[0] for member in before if member.kinds}
    new = {member.kinds[0] for member in fresh if member.kinds} - known
    return [word for kind, word in _OFFICIAL.items() if kind in new]


def _further_voices(before: Sequence[Fingerprint], fresh: Sequence[Fingerprint]) -> list[str]:
    """Further voices, twice as many each time: fifty outlets are five updates, not fifty."""
    known, heard = len(voices(before)), len(voices([*before, *fresh]))
    return [f"تنقله {heard} مصادر مستقلة بعد {known}"] if heard - known >= max(VOICES, known) else []


def _repeats(member: Fingerprint, before: Sequence[Fingerprint]) -> bool:
    """Whether a correction or withdrawal was known already, from whichever outlet."""
    return any(
        other.notice == member.notice and (same_text(member, other) or set(member.counts) & set(other.counts))
        for other in before
    )


def _harmed(member: Fingerprint) -> bool:
    return any(count.role in _HARM for count in member.counts)


def _one_voice(one: Fingerprint, other: Fingerprint) -> bool:
    if one.group == other.group or (one.wire and one.wire == other.wire):
        return True
    return same_text(one, other)
