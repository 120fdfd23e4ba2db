"""Times as people write them: quiet hours, spans, zones. Pure; what cannot be read is None."""

import re
from datetime import time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.arabic import fold

LONGEST_MUTE: Final = timedelta(days=7)
# Where most readers are: offered by the bot and on pages; any other zone is written.
ZONES: Final = (
    "Africa/Cairo", "Asia/Riyadh", "Asia/Dubai", "Asia/Baghdad", "Asia/Amman", "Asia/Beirut", "Asia/Damascus",
    "Africa/Khartoum", "Africa/Tripoli", "Africa/Tunis", "Africa/Algiers", "Africa/Casablanca", "Africa/Nouakchott",
    "Asia/Kuwait", "Asia/Qatar", "Asia/Bahrain", "Asia/Muscat", "Asia/Aden", "Asia/Gaza", "Europe/Istanbul",
    "Europe/Paris", "Europe/London", "America/New_York", "Asia/Kuala_Lumpur", "UTC",
)  # fmt: skip
_ARABIC_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
_CLOCK: Final = r"(\d{1,2})(?::([0-5]\d))?"
_BETWEEN: Final = re.compile(rf"{_CLOCK}\s*(?:-|–|—|to|الي|حتي)\s*{_CLOCK}")
_SPAN: Final = re.compile(r"(\d{1,3})?\s*([a-z\u0621-\u064a]*)")
_UNITS: Final = {
    timedelta(minutes=1): ("m", "min", "minute", "minutes", "د", "دقيقه", "دقائق"),
    timedelta(hours=1): ("h", "hour", "hours", "س", "ساعه", "ساعات"),
    timedelta(days=1): ("d", "day", "days", "ي", "يوم", "ايام"),
    timedelta(days=7): ("w", "week", "weeks", "اسبوع"),
}
_UNIT: Final = {fold(word): unit for unit, words in _UNITS.items() for word in words}


def read_hours(text: str) -> tuple[time, time] | None:
    """Quiet hours such as ``23:00-07:00`` or ``11-7``; hours of the 24."""
    match = _BETWEEN.fullmatch(fold(text.strip()))
    if match is None:
        return None
    start, end = _clock(match[1], match[2]), _clock(match[3], match[4])
    return (start, end) if start and end and start != end else None


def read_span(text: str) -> timedelta | None:
    """A span such as ``8h``, ``2 days`` or ``٣ ساعات``; a bare number is hours. None beyond a week."""
    match = _SPAN.fullmatch(fold(text.strip()))
    if match is None or not match[0]:
        return None
    unit = _UNIT.get(match[2]) if match[2] else timedelta(hours=1)
    span = unit * int(match[1] or 1) if unit else timedelta(0)
    return span if timedelta(0) < span <= LONGEST_MUTE else None


def read_zone(text: str) -> str | None:
    """An IANA zone by its name or its last part, in any case: ``Africa/Cairo``, ``cairo``."""
    name = text.strip().translate(_ARABIC_DIGITS)
    if not re.fullmatch(r"[A-Za-z0-9_+/-]{2,40}", name):
        return None
    by_city = {zone.rpartition("/")[2].lower(): zone for zone in ZONES}
    if name.lower() in by_city:
        return by_city[name.lower()]
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _clock(hour: str, minute: str | None) -> time | None:
    number = int(hour) % 24 if int(hour) == 24 else int(hour)
    return time(number, int(minute or 0)) if number < 24 else None
