"""How an outlet's profile stands: pure decisions of when to learn, to trust, to audit and to learn anew."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crawler.reading.profile import Profile

LESSONS = 6  # pages a profile is learned from
AUDITED = 50  # one page in so many is read by the teacher too
AGREEING = 0.85  # token F1 below which an audit has failed
WATCHED = 20  # last pages whose refusals count
REFUSING = 0.3  # share of them above which the profile is learned anew
REST = timedelta(hours=6)  # between two attempts to learn, where none came of the first


@dataclass(frozen=True, slots=True)
class Standing:
    """One outlet's profile and how it served. A plain value, to be kept where the outlet's other state is."""

    profile: Profile | None = None
    recent: tuple[bool, ...] = ()  # the last pages with a profile: True where it served, oldest first
    served: int = 0
    refused: int = 0
    audits: int = 0
    failed_audits: int = 0
    relearned: int = 0
    stale: bool = False  # the profile falls short: the next lessons replace it
    tried_at: datetime | None = None  # when learning was last tried


def wants_audit(address_hash: str) -> bool:
    """A fixed sample: the same page is audited on every machine and at every reading."""
    return int(address_hash[:8], 16) % AUDITED == 0


def wants_lessons(standing: Standing, *, now: datetime) -> bool:
    """Whether pages should be kept to learn from."""
    rested = standing.tried_at is None or now - standing.tried_at >= REST
    return (standing.profile is None or standing.stale) and rested


def after_page(standing: Standing, *, refused: bool, agreement: float | None = None) -> Standing:
    """The standing after a page that the profile served or refused."""
    recent = (*standing.recent, not refused)[-WATCHED:]
    audited = agreement is not None
    failed = agreement is not None and agreement < AGREEING
    too_many = len(recent) >= WATCHED // 2 and recent.count(False) > REFUSING * len(recent)
    return replace(
        standing,
        recent=recent,
        served=standing.served + (not refused),
        refused=standing.refused + refused,
        audits=standing.audits + audited,
        failed_audits=standing.failed_audits + failed,
        stale=standing.stale or failed or too_many,
    )


def after_learning(standing: Standing, profile: Profile | None, *, now: datetime) -> Standing:
    """The standing after an attempt to learn: an old profile stays in use until a new one is found."""
    if profile is None:
        return replace(standing, tried_at=now)
    again = standing.relearned + (standing.profile is not None)
    return replace(standing, profile=profile, recent=(), stale=False, relearned=again, tried_at=now)
