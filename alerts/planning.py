"""What is said about a story, and when nothing is: the alert policy. Pure.

A first article makes a new alert. After that only something new is told: a higher level, a changed key
number, a place no article named before, an official statement, a correction or withdrawal, or further
independent outlets. What is decided and not told at once is held, with the reason; a backfilled article
is never told.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.facts import Lexicon
from alerts.facts.fates import AMBIENT, FATES, HARMS
from alerts.nouns import Alert, AlertKind, Hold, Level, Reason, Story
from alerts.stories import Count, Fingerprint, same_text

FRESH = timedelta(hours=36)  # published longer ago and seen now: for the digest, not for the phone
VOICES = 3  # further independent outlets that make an update; twice as many for the next, and so on
CORROBORATED = 4  # independent outlets that raise a notice
LEADING = 2  # or so many of the first tier
CHANGED = 0.1  # share by which a key number must change
UPDATES = 6  # a story a day; what comes after is told together once the day has passed
DAY = timedelta(days=1)
NEW = "new_story"  # the code of the reason that says nothing more than the kind does

EXPLAINER = "explainer"
_OFFICIAL = ("denial", "statement")
_TAKEN_BACK = {"correction": AlertKind.CORRECTION, "withdrawal": AlertKind.WITHDRAWAL}
_MANY = frozenset({AlertKind.SUMMARY, AlertKind.SPIKE})  # of many stories: none of them was told by it


@dataclass(frozen=True, slots=True)
class Told:
    """What an earlier alert of the story stood on: the articles it knew."""

    alert: Alert
    knew: frozenset[int]


@dataclass(frozen=True, slots=True)
class Weight:
    """A level and what decided it."""

    level: Level
    reasons: tuple[Reason, ...] = ()


def plan(
    story: Story,
    members: Sequence[Fingerprint],
    history: Sequence[Told],
    article: Fingerprint,
    now: datetime,
    *,
    backfill: bool = False,
    storm: bool = False,
    waited: bool = False,
) -> Alert | None:
    """The alert that ``article`` makes us say about ``story``, held where it is not for now, or None.

    Args:
        story: with the highest level that a rule gave one of its articles.
        members: all articles of the story, ``article`` among them.
        history: what was decided of it, and of stories merged into it, oldest first.
        article: the one that was just placed.
        now: the moment of telling.
        backfill: it was flagged by an older cursor or a changed rule set; the past is never told.
        storm: its outlet tells too much at once to be believed one by one.
        waited: it was fresh when a cap held it back.
    """
    if backfill:
        return None
    said = [told for told in history if told.alert.kind not in _MANY]
    held = {told.alert.hold for told in said}
    stale = now - article.published > FRESH and not waited
    hold = Hold.STALE if stale else Hold.STORM if storm else Hold.NONE
    if hold is Hold.STALE and said:
        return None
    # What is held was not told: another outlet, or a fresh article, tells it as new. A storm does not repeat itself.
    own = {member.article for member in members if member.group == article.group}
    said = [
        told
        for told in said
        if not told.alert.hold or (told.alert.hold is Hold.STORM and told.alert.article in own)
    ]
    kind, level, reasons = _saying(story, members, said, article)
    if hold is Hold.NONE and kind is AlertKind.UPDATE and _capped(said, level, now):
        hold = Hold.CAP
    if not reasons or (hold is Hold.CAP and hold in held):
        return None
    version = max((told.alert.version for told in history), default=0) + 1
    return Alert(story.id, version, kind, level, now, article.article, tuple(reasons), hold)


def _saying(
    story: Story, members: Sequence[Fingerprint], said: Sequence[Told], article: Fingerprint
) -> tuple[AlertKind, Level, list[Reason]]:
    weight = weigh(story.level, members)
    if not said:
        return AlertKind.NEW, weight.level, [Reason(NEW), *weight.reasons]
    before, fresh = _known(members, said, article)
    kind, reasons = _news(before, fresh, weight, max(told.alert.level for told in said))
    return kind, weight.level, reasons


def _known(
    members: Sequence[Fingerprint], history: Sequence[Told], article: Fingerprint
) -> tuple[list[Fingerprint], list[Fingerprint]]:
    """What the alerts knew, and what is fresh. Of a story that left another, all that it took along is known."""
    known = frozenset().union(*(told.knew for told in history))
    if known.isdisjoint(member.article for member in members):
        known = frozenset(member.article for member in members) - {article.article}
    before = [member for member in members if member.article in known]
    fresh = [member for member in members if member.article not in known and member.notice != EXPLAINER]
    return before, fresh


def weigh(level: Level, members: Sequence[Fingerprint]) -> Weight:
    """The level of a story: what its rules say, raised by whom it befell and by who tells it.

    What only explains tells no event: it is a notice, whatever it explains.
    """
    if members and all(member.notice == EXPLAINER for member in members):
        return Weight(Level.NOTICE)
    reasons = []
    arab = Lexicon.load().atlas.arab
    arabs = {place for member in members if _harmed(member) for place in member.places} & arab
    if arabs:
        reasons.append(Reason("arabs_harmed", places=tuple(sorted(arabs))))
    if any(count.role == "killed" for member in members for count in member.counts):
        reasons.append(Reason("killed"))
    if level < Level.HIGH:
        reasons += _corroborated(members)
    return Weight(Level(min(Level.CRITICAL, level + bool(reasons))), tuple(reasons))


def _corroborated(members: Sequence[Fingerprint]) -> list[Reason]:
    heard = voices(members)
    leading = {member.article for member in members if member.tier == 1}
    enough = len(heard) >= CORROBORATED or sum(not voice.isdisjoint(leading) for voice in heard) >= LEADING
    return [Reason("corroborated", now=len(heard))] if enough else []


def voices(members: Iterable[Fingerprint]) -> list[frozenset[int]]:
    """The articles by independent voice: one owner, one wire or one text is one voice."""
    heard: list[list[Fingerprint]] = []  # one that went on in another is empty
    holding: defaultdict[int | str, set[int]] = defaultdict(set)  # the voices with an owner, wire or word run
    for member in sorted(members, key=lambda each: (each.published, each.article)):
        near = set[int]().union(*(holding[trait] for trait in _traits(member)))
        same = sorted(each for each in near if any(_one_voice(member, other) for other in heard[each]))
        joined = [member, *(other for each in same[1:] for other in heard[each])]
        for each in same[1:]:
            heard[each] = []
        home = same[0] if same else len(heard)
        heard += [] if same else [[]]
        heard[home] += joined
        for other in joined:
            for trait in _traits(other):
                holding[trait].add(home)
    return [frozenset(member.article for member in voice) for voice in heard if voice]


def _traits(member: Fingerprint) -> set[int | str]:
    """What two articles of one voice share at least one of."""
    return {member.group, f"wire {member.wire}" if member.wire else member.group, *member.shingles}


def _capped(said: Sequence[Told], level: Level, now: datetime) -> bool:
    """Whether the story had its updates of the day; what makes it critical is told all the same."""
    if level is Level.CRITICAL and all(told.alert.level < level for told in said):
        return False
    return sum(now - told.alert.created_at <= DAY for told in said) > UPDATES


def _news(
    before: Sequence[Fingerprint], fresh: Sequence[Fingerprint], weight: Weight, level: Level
) -> tuple[AlertKind, list[Reason]]:
    """What the fresh articles say that no alert knew; nothing where it is nothing."""
    taken_back = [
        member.notice for member in fresh if member.notice in _TAKEN_BACK and not _repeats(member, before)
    ]
    reasons = [*_numbers(before, fresh), *_places(before, fresh), *_statements(before, fresh)]
    if weight.level > level:
        raised = weight.reasons or (Reason("higher_rule"),)
        reasons = [Reason("level_raised"), *raised, *reasons]
    if taken_back:
        return _TAKEN_BACK[taken_back[-1]], [Reason(taken_back[-1]), *reasons]
    return AlertKind.UPDATE, reasons or _further_voices(before, fresh)


def _numbers(before: Sequence[Fingerprint], fresh: Sequence[Fingerprint]) -> list[Reason]:
    """Key numbers that no known article agrees with, and those of a fate that none of them counted exactly."""
    found: dict[str, Reason] = {}
    for role in FATES:
        known = [count for member in before for count in _exact(member.counts, role)]
        told = known + [count for member in before for count in _exact(member.further, role)]
        for member in fresh:
            leading = next(iter(_exact(member.counts, role)), None)
            if leading and known and not any(_close(leading, count) for count in told):
                found[role] = Reason("number", role, now=leading.low, before=known[-1].low)
            first = next(iter([*_exact(member.main_counts, role), *_exact(member.further, role)]), None)
            if first and role not in AMBIENT and not told and not _counted(first, before):
                found.setdefault(role, Reason("first_number", role, now=first.low))
    return list(found.values())


def _exact(counts: Iterable[Count], role: str) -> list[Count]:
    return [count for count in counts if count.role == role and count.exact]


def _counted(one: Count, before: Sequence[Fingerprint]) -> bool:
    """Whether a known article has the number already, of people whose fate it did not tell."""
    return any(_close(one, count) for member in before for count in member.counts if count.exact)


def _close(one: Count, other: Count) -> bool:
    return abs(one.low - other.low) < CHANGED * max(one.low, other.low)


def _places(before: Sequence[Fingerprint], fresh: Sequence[Fingerprint]) -> list[Reason]:
    """Ground of ours that a fresh title is set on and no known article named."""
    atlas = Lexicon.load().atlas
    known = {place for member in before for place in member.places}
    new = {place for member in fresh for place in member.set_in if atlas.within(place)[-1] in atlas.region}
    new -= known
    return [Reason("new_place", places=tuple(sorted(new)))] if new else []


def _statements(before: Sequence[Fingerprint], fresh: Sequence[Fingerprint]) -> list[Reason]:
    known = {member.kinds[0] for member in before if member.kinds}
    new = {member.kinds[0] for member in fresh if member.kinds} - known
    return [Reason(kind) for kind in _OFFICIAL if kind in new]


def _further_voices(before: Sequence[Fingerprint], fresh: Sequence[Fingerprint]) -> list[Reason]:
    """Further voices, twice as many each time: fifty outlets are five updates, not fifty."""
    known, heard = len(voices(before)), len(voices([*before, *fresh]))
    return [Reason("voices", now=heard, before=known)] if heard - known >= max(VOICES, known) else []


def _repeats(member: Fingerprint, before: Sequence[Fingerprint]) -> bool:
    """Whether a correction or withdrawal was known already, from whichever outlet."""
    return any(
        other.notice == member.notice and (same_text(member, other) or set(member.counts) & set(other.counts))
        for other in before
    )


def _harmed(member: Fingerprint) -> bool:
    return any(count.role in HARMS for count in member.counts)


def _one_voice(one: Fingerprint, other: Fingerprint) -> bool:
    if one.group == other.group or (one.wire and one.wire == other.wire):
        return True
    return same_text(one, other)
