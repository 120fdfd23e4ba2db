"""An outage that many outlets share is one condition, and stands for theirs. Pure decisions."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.nouns import Outlet
from scheduler.health import UNSEEN, Condition, Kind

MANY = 0.3  # of all outlets: it is not they who fail
MOST = 0.6  # of one country's
FEW = 3  # outlets are no outage
STILL = 0.5  # of the share at which an outage begins; below, it is over
LATELY = timedelta(minutes=5)  # looks by which an outage that begins is seen


@dataclass(frozen=True, slots=True)
class Glance:
    """The last look at an outlet, and whether it was well."""

    at: datetime
    well: bool


def together(
    single: Iterable[Condition],
    outlets: Mapping[str, Outlet],
    glances: Mapping[str, Glance],
    open_events: Collection[tuple[str, str]],
    now: datetime,
) -> list[Condition]:
    """Return what is to be told: an outage that many share is one condition, and stands for theirs.

    Args:
        single: what is wrong with each outlet.
        outlets: those that are watched, by id.
        glances: the last look at each.
        open_events: (kind, subject) of what was told so far.
        now: aware.
    """
    found = list(single)
    unseen = {each.subject: each for each in found if each.kind in UNSEEN and each.subject in outlets}
    told: list[Condition] = []
    hidden: set[str] = set()
    for subject, members in _circles(outlets):
        out = [unseen[each] for each in members if each in unseen]
        was = (Kind.MANY_OUTLETS, subject) in open_events
        least = (MOST if subject else MANY) * (STILL if was else 1.0) * len(members)
        if len(out) >= max(least, 1 if was else FEW) and not hidden.issuperset(members):
            told.append(_many(subject, out, len(members)))
            hidden |= members
    # An outage begins with a few: while most of what we look at just now fails, those few are not told singly.
    waiting = hidden | _suspected(glances, now)
    rest = [
        each for each in found
        if each.kind not in UNSEEN or each.subject not in waiting
        or (each.subject not in hidden and (each.kind, each.subject) in open_events)
    ]  # fmt: skip
    return told + rest


def _circles(outlets: Mapping[str, Outlet]) -> Iterator[tuple[str, set[str]]]:
    """All outlets, then those of each country, by its code."""
    yield "", set(outlets)
    for country in sorted({outlet.country for outlet in outlets.values()}):
        members = {name for name, outlet in outlets.items() if outlet.country == country}
        if len(members) > FEW:
            yield country, members


def _many(subject: str, out: list[Condition], of: int) -> Condition:
    causes = Counter(str(each.evidence.get("cause", "silent")) for each in out)
    where = f"in {subject} " if subject else ""
    most = ", ".join(f"{cause} ×{count}" for cause, count in causes.most_common(3))
    evidence = {"outlets": sorted(each.subject for each in out), "of": of, "causes": dict(causes)}
    cause = f"{len(out)} of {of} outlets {where}cannot be seen ({most}): an outage, not theirs alone"
    return Condition(Kind.MANY_OUTLETS, subject, cause, evidence)


def _suspected(glances: Mapping[str, Glance], now: datetime) -> set[str]:
    late = {name: glance for name, glance in glances.items() if now - glance.at <= LATELY}
    failing = {name for name, glance in late.items() if not glance.well}
    return failing if len(failing) >= max(FEW, MANY * len(late)) else set()
