"""Who may do what, and how often. Pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from alerts.bot.nouns import Access, Incoming
from alerts.nouns import RecipientKind, SubscriberState

# In a group everybody may read; what changes something is the administrators'.
READING_COMMANDS: Final = frozenset({"help", "status", "last", "search", "story", "privacy"})
READING_VERBS: Final = frozenset({"judge", "story", "found"})

BURST: Final = 15  # messages and presses at once ...
A_MINUTE: Final = 30  # ... and steadily
LATE: Final = timedelta(minutes=10)  # what waited longer for us is backlog
_PAYLOAD: Final = re.compile(r"([istc])_([A-Za-z0-9_-]{1,62})")


class Turn(StrEnum):
    """What becomes of one more message of a user."""

    TAKE = "take"
    NOTICE = "notice"  # too many: say so, once
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Bucket:
    """How much a user may still do."""

    left: float = BURST
    at: float = 0.0  # seconds, when that was counted
    told: bool = False


def take_turn(bucket: Bucket, now: float) -> tuple[Bucket, Turn]:
    """The bucket after one more message, and what becomes of it."""
    left = min(float(BURST), bucket.left + (now - bucket.at) * A_MINUTE / 60)
    if left >= 1:
        return Bucket(left - 1, now), Turn.TAKE
    return Bucket(left, now, told=True), Turn.IGNORE if bucket.told else Turn.NOTICE


def needs_rights(incoming: Incoming, verb: str = "") -> bool:
    """Whether what is asked changes what a whole group or channel is told."""
    if incoming.kind is RecipientKind.PRIVATE_CHAT:
        return False
    return verb not in READING_VERBS if incoming.press else incoming.command not in READING_COMMANDS


def admits(
    access: Access,
    allowed: Collection[str],
    incoming: Incoming,
    state: SubscriberState | None,
    *,
    invited: bool = False,
) -> bool:
    """Whether a chat may subscribe, or go on being subscribed.

    Args:
        access: who may at all.
        allowed: ids of chats and users that the operator lists.
        incoming: what they wrote.
        state: what they are to us by now; None for somebody new.
        invited: they came by a link that was good.
    """
    if {str(incoming.chat), str(incoming.user)} & set(allowed) or invited:
        return True
    if state is SubscriberState.REMOVED:  # by an operator: who asks to be forgotten is nobody we know
        return False
    known = state in {SubscriberState.ACTIVE, SubscriberState.SUSPENDED, SubscriberState.DEGRADED}
    return access is Access.OPEN or (known and access is Access.INVITE)


def start_payload(text: str) -> tuple[str, str]:
    """What a deep link carries: its kind (i, s, t, c) and its word; empty for anything we did not make."""
    match = _PAYLOAD.fullmatch(text)
    return (match[1], match[2]) if match else ("", "")


def without_backlog(updates: Sequence[Incoming], now: datetime) -> list[Incoming]:
    """What is answered of a batch: of what waited for long, a user's last use of each command and no idle talk."""
    last = {_same(each): each.update for each in updates if _is_late(each, now)}
    return [
        each
        for each in updates
        if not _is_late(each, now) or (each.command and last[_same(each)] == each.update)
    ]


def _is_late(incoming: Incoming, now: datetime) -> bool:
    if incoming.at is None or incoming.membership or incoming.moved_to:
        return False  # a press says nothing of its time; a change of membership is true however late
    return now - incoming.at > LATE


def _same(incoming: Incoming) -> tuple[int, int, str]:
    return incoming.chat, incoming.user, incoming.command


def bounded(buckets: dict[int, Bucket], most: int) -> dict[int, Bucket]:
    """The buckets of those who were here last, as many as may be kept."""
    return dict(sorted(buckets.items(), key=lambda each: each[1].at)[-most:])
