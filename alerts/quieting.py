"""Quiet hours: what becomes of an alert at night. Pure decisions.

Wall time of the subscriber's own zone decides, so that a night is a night across daylight-saving changes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.nouns import Level, QuietMode, Subscriber


@dataclass(frozen=True, slots=True)
class Quiet:
    """What quiet hours ask for."""

    until: datetime | None = None  # wait until then; None: send now
    silent: bool = False  # without a sound


def quiet(subscriber: Subscriber, level: Level, now: datetime) -> Quiet:
    """Return what becomes of an alert of ``level`` to ``subscriber`` at ``now``."""
    end = quiet_until(subscriber, now)
    if end is None or (subscriber.quiet_critical and level is Level.CRITICAL):
        return Quiet()
    return Quiet(silent=True) if subscriber.quiet_mode is QuietMode.SILENT else Quiet(until=end)


def quiet_until(subscriber: Subscriber, now: datetime) -> datetime | None:
    """Return when the quiet hours that ``now`` falls into end, in UTC; None outside of them."""
    start, end = subscriber.quiet_from, subscriber.quiet_to
    if start is None or end is None or start == end:
        return None
    zone = ZoneInfo(subscriber.timezone)
    local = now.astimezone(zone)
    clock = local.time()
    if not (start <= clock < end if start < end else clock >= start or clock < end):
        return None
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    ends = (datetime.combine(day, end.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    # A wall time comes twice when clocks are set back: the first that is still to come.
    return next((each for each in ends if each > now), None)
