"""The time of day in a line, with the offset or the zone that is printed after it."""

import re
from dataclasses import dataclass
from datetime import UTC, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from crawler.date_words import TOKEN, vocabulary
from crawler.nouns import Precision

_CLOCK = re.compile(
    r"(?<!\d)(?<!\d:)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(?![\d:])"
    r"(?:\s{0,3}(a\.m|p\.m|[^\W\d_]{1,8}))?"
)
_HOUR = re.compile(r"(الساعه\s{1,3})?(?<![\d/.\-])\b(\d{1,2})\s{0,2}(?:(a\.m|p\.m|[^\W\d_]{1,8}))")
_OFFSET = re.compile(r"\s{0,2}([+-])(\d{2}):?(\d{2})(?![\d/.\-])")
_HOURS_OFFSET = re.compile(r"([+-])(\d{2})()\s*$")  # only at the end: elsewhere it is a day
_NAMED_OFFSET = re.compile(r"(?:gmt|utc)\s{0,2}([+-])(\d{1,2}):?(\d{2})?(?!\d)")


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as printed; ``zone`` is None where none is printed."""

    time: time
    precision: Precision
    zone: tzinfo | None


def take_clock(line: str) -> tuple[Clock | None, str]:
    """The time of day, and the line without it."""
    for match in _CLOCK.finditer(line):
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        half = vocabulary().halves.get(match[4] or "") or _half_before(line[: match.start()])
        hour = _on_the_24(hour, half)
        if hour > 23 or minute > 59 or second > 59:
            continue
        end = match.end() if match[4] in vocabulary().halves else match.end(3) if match[3] else match.end(2)
        end = _skip_fraction(line, end)
        zone, end = _take_zone(line, end)
        precision = Precision.SECOND if match[3] else Precision.MINUTE
        return Clock(time(hour, minute, second), precision, zone), line[: match.start()] + " " + line[end:]
    return _take_hour(line)


def _take_hour(line: str) -> tuple[Clock | None, str]:
    """Read an hour without minutes, which needs its half of the day: "10 مساء", "الساعة 10 ص"."""
    for match in _HOUR.finditer(line):
        half = vocabulary().halves.get(match[3])
        hour = int(match[2])
        if half and hour in range(1, 13) and (match[1] or len(match[3]) > 1):
            zone, end = _take_zone(line, match.end())
            clock = Clock(time(_on_the_24(hour, half)), Precision.MINUTE, zone)
            return clock, line[: match.start()] + " " + line[end:]
    return None, line


def _skip_fraction(line: str, end: int) -> int:
    while end < len(line) and (
        line[end].isdigit() or (line[end] in ".," and line[end + 1 : end + 2].isdigit())
    ):
        end += 1
    return end


def _half_before(before: str) -> str | None:
    """Right-to-left rendering sometimes leaves the half of the day in front: "م 09:14"."""
    words = before.split()
    return (
        vocabulary().halves.get(words[-1])
        if words and not words[-1].isdigit() and len(words[-1]) > 1
        else None
    )


def _on_the_24(hour: int, half: str | None) -> int:
    if half == "night":
        return 0 if hour == 12 else hour + 12 if 6 <= hour < 12 else hour
    if half == "pm":
        return hour + 12 if hour < 12 else hour
    return 0 if half == "am" and hour == 12 else hour


def _take_zone(line: str, end: int) -> tuple[tzinfo | None, int]:
    """The offset or the zone that is printed after a clock, and where it ends."""
    named = _NAMED_OFFSET.search(line, end)
    if match := named or _OFFSET.match(line, end) or _HOURS_OFFSET.match(line, end):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if offset <= timedelta(hours=14):
            return timezone(offset if match[1] == "+" else -offset), match.end()
    for match in TOKEN.finditer(line, end):
        words = tuple(TOKEN.findall(line[match.start() :]))[:2]
        latin_or_led = match[0].isascii() or line[: match.start()].rstrip().endswith("توقيت")
        name = latin_or_led and (vocabulary().zones.get(words) or vocabulary().zones.get(words[:1]))
        if name:
            return (UTC if name == "UTC" else ZoneInfo(name)), match.end()
    return None, end
