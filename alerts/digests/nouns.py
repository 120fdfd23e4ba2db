"""The nouns of digests: who wants one when, and what was decided about each local date."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

WEEK = frozenset(range(7))


class DigestKind(StrEnum):
    """How often a digest comes. The words are those of ``Subscription.cadence``."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class DigestSettings:
    """When and how a subscriber wants the digest of one kind.

    What is told in it, its subscriptions of the same cadence say: no subscription, no digest.
    """

    subscriber: int
    kind: DigestKind = DigestKind.DAILY
    at: time = time(8)  # local wall time, minutes
    weekdays: frozenset[int] = WEEK  # Monday is 0; a weekly digest comes on the first of them
    all_quiet: bool = False  # say so when there is nothing to tell; otherwise nothing is sent
    picture: bool = False  # the week's trend as an image


class Outcome(StrEnum):
    """What was decided about one slot (a local date; for hourly digests an hour)."""

    SENT = "sent"  # made and handed to the outbox
    EMPTY = "empty"  # there was nothing to tell
    MERGED = "merged"  # too late by the time we could: the next one tells it
    TOO_SOON = "too_soon"  # less than twelve hours after the last one, after a change of zone or hour


@dataclass(frozen=True, slots=True)
class Edition:
    """The decision about one slot of one subscriber; there is never a second one."""

    subscriber: int
    kind: DigestKind
    slot: str  # a local date, or an hour in UTC ("2026-03-04T13Z")
    zone: str  # IANA name, as it was then
    due: datetime
    decided_at: datetime
    since: datetime  # the window is what was placed or told after this …
    until: datetime  # … and not after this
    outcome: Outcome
    id: int = 0

    @property
    def closes(self) -> bool:
        """Whether the next window begins where this one ends."""
        return self.outcome in {Outcome.SENT, Outcome.EMPTY}

    @property
    def local_date(self) -> date:
        """The date on its first page."""
        return date.fromisoformat(self.slot[:10])
