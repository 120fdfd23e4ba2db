"""When a digest is due, and what becomes of a slot that was missed. Pure; asked once a minute.

A slot is a local date (for hourly digests an hour in UTC) and is decided once. Windows tile time: the next one
begins where the last one that was sent, or had nothing to tell, ended; a slot that is merged or too soon leaves
its window to the next.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.digests.nouns import DigestKind, DigestSettings, Edition, Outcome

APART = timedelta(hours=12)  # between two digests of a kind, whatever its reader changes
LONGEST = 31  # days looked back: whoever comes back after a season is not told all of it
# A digest this late is merged into the next. A week is too long to wait for what was missed by a morning.
LATE = {
    DigestKind.HOURLY: timedelta(hours=1),
    DigestKind.DAILY: timedelta(hours=6),
    DigestKind.WEEKLY: timedelta(hours=36),
}
PERIOD = {
    DigestKind.HOURLY: timedelta(hours=1),
    DigestKind.DAILY: timedelta(days=1),
    DigestKind.WEEKLY: timedelta(days=7),
}
_DAY = timedelta(days=1)


def due(settings: DigestSettings, zone: ZoneInfo, history: Sequence[Edition], now: datetime) -> list[Edition]:
    """What is to be decided at ``now``: every missed slot, and the one whose time it is.

    Args:
        settings: of one subscriber for one kind of digest.
        zone: where its reader is now; earlier editions may have been decided elsewhere.
        history: its editions of this kind, in any order; the newest and the newest that was sent suffice.
        now: the moment of the tick.

    Returns:
        Editions oldest first; all but the last are merged. The last may be sent, if it has anything to tell.
    """
    past = [
        edition for edition in history if edition.decided_at <= now
    ]  # a clock that jumped told of tomorrow
    newest = max(past, key=lambda edition: edition.slot, default=None)
    slots = _slots(settings, zone, newest.slot if newest else "", now)
    if not slots:
        return []
    since = now - PERIOD[settings.kind]
    if newest:
        since = max(newest.until if newest.closes else newest.since, now - LONGEST * _DAY)
    outcomes: list[Outcome | None] = [Outcome.MERGED] * (len(slots) - 1)
    outcomes.append(_outcome(settings.kind, slots[-1][1], past, now))
    return [
        Edition(settings.subscriber, settings.kind, slot, zone.key, at, now, since, now, outcome)
        for (slot, at), outcome in zip(slots, outcomes, strict=True)
        if outcome
    ]


def _outcome(kind: DigestKind, at: datetime, past: Sequence[Edition], now: datetime) -> Outcome | None:
    """What becomes of the slot that was due ``at``; None while it only has to wait a little."""
    if now - at >= LATE[kind]:
        return Outcome.MERGED
    if kind is DigestKind.HOURLY:
        return Outcome.SENT
    sent = [edition.decided_at for edition in past if edition.outcome is Outcome.SENT]
    allowed = max(sent, default=now - APART) + APART
    if now >= allowed:
        return Outcome.SENT
    return None if allowed - at < LATE[kind] else Outcome.TOO_SOON


def _slots(
    settings: DigestSettings, zone: ZoneInfo, newest: str, now: datetime
) -> list[tuple[str, datetime]]:
    """The slots after ``newest`` that have come, oldest first, each with the moment it was due."""
    if settings.kind is DigestKind.HOURLY:
        return _hours(newest, now)
    today = now.astimezone(zone).date()
    oldest = max(date.fromisoformat(newest) + _DAY, today - LONGEST * _DAY) if newest else today
    dates = [oldest + n * _DAY for n in range((today - oldest).days + 1)]
    moments = [(day, moment(day, settings.at, zone)) for day in dates if wanted_on(settings, day)]
    return [(day.isoformat(), at) for day, at in moments if at is not None and at <= now]


def wanted_on(settings: DigestSettings, day: date) -> bool:
    """Whether a digest of these settings comes on ``day``."""
    if settings.kind is DigestKind.WEEKLY:
        return bool(settings.weekdays) and day.weekday() == min(settings.weekdays)
    return day.weekday() in settings.weekdays


def _hours(newest: str, now: datetime) -> list[tuple[str, datetime]]:
    """The hour that began last, if it was not decided. Hours that were missed need no row: nobody asks for them."""
    at = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    slot = f"{at:%Y-%m-%dT%H}Z"
    return [(slot, at)] if slot > newest else []


def moment(day: date, at: time, zone: ZoneInfo) -> datetime | None:
    """The first instant of ``day`` whose wall time in ``zone`` is ``at`` or later; None where the date never was.

    In a gap that is right after it; in an overlap the first of the two.
    """
    wall = datetime.combine(day, at)
    early, late = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if late < early:  # only in a gap: the wall time was skipped, and the clock change lies between the two
        early = _first_after(wall, late, early, zone)
    return early if early.astimezone(zone).date() == day else None


def _first_after(wall: datetime, before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second in (``before``, ``after``] at which a clock in ``zone`` shows ``wall`` or later."""
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        shows = (before + timedelta(seconds=middle)).astimezone(zone).replace(tzinfo=None)
        low, high = (low, middle) if shows >= wall else (middle, high)
    return before + timedelta(seconds=high)
