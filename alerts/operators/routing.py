"""What operators are told now, and what is inhibited, silenced or known to them. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase

from alerts.operators.nouns import EVENTS, Bulletin, BulletinKind, Event, Severity, Silence

REMIND = timedelta(hours=4)  # a page that nobody acknowledged is told again
TICKETS = timedelta(minutes=15)  # tickets are gathered so long: they are for today, not for now
LONGEST_SILENCE = timedelta(days=7)

# While the first is open, the others say nothing that it does not: a national outage is one message, not ninety.
INHIBITS: Mapping[str, tuple[str, ...]] = {
    "many_outlets": ("outlet_*", "pages_failing"),
    "event_loop_blocked": ("loop_stalled",),
}


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """What operators were told of an event, and when last."""

    opened: bool = False
    closed: bool = False
    last: datetime | None = None


def due(
    events: Sequence[Event], told: Mapping[int, ToldEvent], silences: Collection[Silence], now: datetime
) -> list[Bulletin]:
    """Return the bulletins that are due: at most one of each kind.

    Args:
        events: all that are open, and those closed since they were told of.
        told: by event id.
        silences: in force now.
        now: the moment of telling.
    """
    heard = [event for event in audible(events, silences) if event.closed_at or not inhibited(event, events)]
    opened = [event for event in heard if not event.closed_at and not told.get(event.id, ToldEvent()).opened]
    if not any(_cannot_wait(event, now) for event in opened):
        opened = []
    reminded = [event for event in heard if _forgotten(event, told.get(event.id, ToldEvent()), now)]
    closed = [event for event in heard if event.closed_at and _owed(told.get(event.id, ToldEvent()))]
    found = (
        (BulletinKind.OPENED, opened),
        (BulletinKind.REMINDER, reminded),
        (BulletinKind.CLOSED, closed),
    )
    return [Bulletin(kind, now, tuple(_ordered(those))) for kind, those in found if those]


def audible(events: Iterable[Event], silences: Collection[Silence]) -> list[Event]:
    """Those events that no silence covers."""
    return [event for event in events if not any(covers(silence, event) for silence in silences)]


def covers(silence: Silence, event: Event) -> bool:
    """Whether a silence speaks of an event."""
    return fnmatchcase(event.kind, silence.kind) and fnmatchcase(event.subject, silence.subject)


def silenced_kinds(silence: Silence) -> list[str]:
    """Return the kinds of events that a silence may cover.

    Raises:
        ValueError: there is none, or it would silence everything; one line that names the way out.
    """
    found = [kind for kind in EVENTS if fnmatchcase(kind, silence.kind)]
    if not found:
        known = get_close_matches(silence.kind, EVENTS) or sorted(EVENTS)
        raise ValueError(f"{silence.kind!r} is no kind of event; there are {', '.join(known)}")
    if len(found) == len(EVENTS) and not silence.subject.strip("*"):
        raise ValueError("that would silence everything; name kinds, or one subject")
    return found


def inhibited(event: Event, events: Iterable[Event]) -> bool:
    """Whether another open event says already what this one would."""
    patterns = [
        pattern for other in events if not other.closed_at for pattern in INHIBITS.get(other.kind, ())
    ]
    return any(fnmatchcase(event.kind, pattern) for pattern in patterns)


def _cannot_wait(event: Event, now: datetime) -> bool:
    return event.severity is Severity.PAGE or now - event.opened_at >= TICKETS


def _forgotten(event: Event, told: ToldEvent, now: datetime) -> bool:
    if event.closed_at or event.acknowledged_by or event.severity is not Severity.PAGE:
        return False
    return told.opened and told.last is not None and now - told.last >= REMIND


def _owed(told: ToldEvent) -> bool:
    return told.opened and not told.closed


def _ordered(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event.severity is not Severity.PAGE, event.opened_at, event.id))
