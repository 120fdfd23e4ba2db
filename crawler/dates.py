"""Dates as Arabic newsrooms print them.

Month names of every Arabic country, dual names, Arabic-Indic and Persian digits, Hijri (Umm al-Qura),
relative dates, prefixes and direction marks; and the machine forms (ISO 8601, RFC 822, Unix time) that stand
in meta tags and feeds. What is not printed is not invented: a text without a date gives None.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from hijridate import Hijri

from crawler.clock import take_clock
from crawler.date_words import TOKEN, Phrases, folded, named, vocabulary
from crawler.nouns import Precision, Stamp

LONGEST = 240  # characters; a longer text is no date line
YEARS = range(1900, 2101)
HIJRI_YEARS = range(1343, 1501)  # what the Umm al-Qura tables hold
MOST_WORDS_ABOUT_AGO = 10

_NUMERIC = re.compile(
    r"(?<![\d/.\-])(\d{1,4})\s{0,2}([/.\-])\s{0,2}(\d{1,2})\s{0,2}\2\s{0,2}(\d{1,4})(?!\d|[/.\-]\d)"
)
_EPOCH = re.compile(r"([1-9]\d{9})(?:\d{3})?$")


def parse_date(text: str, *, now: datetime, zone: tzinfo | str, source: str = "visible") -> Stamp | None:
    """The date that a text prints, or None where it prints none.

    Args:
        text: one line: a label, an attribute, a date with its prefix.
        now: aware; what relative dates and dates without a year are counted from.
        zone: of the outlet (an IANA name or a tzinfo); it holds where the text names no offset.
        source: copied to the stamp.

    Returns:
        A stamp whose ``at`` carries the printed offset where one was printed. A date without a time is
        midnight in ``zone`` with the precision ``DAY``.
    """
    zone = ZoneInfo(zone) if isinstance(zone, str) else zone
    found = _read(folded(text[:LONGEST]), now.astimezone(zone), zone)
    if found is None:
        return None
    at, precision = found
    return Stamp(at=at, precision=precision, source=source, raw=text.strip()[:LONGEST])


def _read(line: str, now: datetime, zone: tzinfo) -> tuple[datetime, Precision] | None:
    if line.strip().isdigit() and (whole := _digits_alone(line.strip(), now, zone)):
        return whole
    clock, rest = take_clock(line)
    tokens = TOKEN.findall(rest)
    place = (clock and clock.zone) or zone
    day, precision = _calendar_day(rest, tokens, now) or _word_day(tokens, now) or (None, Precision.DAY)
    if day is None:
        return _ago(tokens, now) or _year_alone(tokens, zone)
    if clock is None or precision is not Precision.DAY:
        return datetime.combine(day, time(), place), precision
    return datetime.combine(day, clock.time, place), clock.precision


def _digits_alone(digits: str, now: datetime, zone: tzinfo) -> tuple[datetime, Precision] | None:
    """Unix time in seconds or milliseconds, or 20251121."""
    if epoch := _EPOCH.match(digits):
        at = datetime.fromtimestamp(int(epoch[1]), UTC)
        return (at.astimezone(zone), Precision.SECOND) if at <= now + timedelta(days=1) else None
    day = _gregorian(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if len(digits) == 8 else None
    return (datetime.combine(day, time(), zone), Precision.DAY) if day else None


# --- the day ---


def _calendar_day(line: str, tokens: Sequence[str], now: datetime) -> tuple[date, Precision] | None:
    """The Gregorian day where one is printed, else the Hijri one."""
    weekday = next((day for _, day, _ in named(tokens, vocabulary().weekdays)), None)
    numeric = list(_numeric_days(line, weekday))
    gregorian = [found for found, hijri in numeric if not hijri] + list(_month_days(tokens, now))
    hijri = [found for found, hijri in numeric if hijri] + list(_hijri_days(tokens, weekday))
    exact = [found for found in gregorian + hijri if found[1] is Precision.DAY]
    return next(iter(exact or gregorian), None)


def _numeric_days(line: str, weekday: int | None) -> Iterator[tuple[tuple[date, Precision], bool]]:
    for match in _NUMERIC.finditer(line):
        first, middle, last = match[1], int(match[3]), match[4]
        if len(first) == 4 and len(last) <= 2:
            year, orders = int(first), [(middle, int(last)), (int(last), middle)]
        elif len(last) == 4 and len(first) <= 2:
            year, orders = int(last), [(middle, int(first)), (int(first), middle)]
        else:
            continue
        convert = _hijri if year in HIJRI_YEARS else _gregorian
        days = [day for month, number in orders if (day := convert(year, month, number))]
        agreeing = [day for day in days if day.weekday() == weekday]
        if days:
            yield ((agreeing or days)[0], Precision.DAY), year in HIJRI_YEARS


def _month_days(tokens: Sequence[str], now: datetime) -> Iterator[tuple[date, Precision]]:
    """Days written with a month's name: "24 نيسان / أبريل 2020", "ديسمبر 25, 2020", "15 يونيو"."""
    previous_end = 0
    for start, month, end in named(tokens, vocabulary().months):
        if previous_end and not any(token.isdigit() for token in tokens[previous_end:start]):
            previous_end = end
            continue  # the other name of a dual month
        previous_end = end
        number, year = _around(tokens, start, end, vocabulary().months)
        if number and year in YEARS:
            day = _gregorian(year, month, number)
            if day:
                yield day, Precision.DAY
        elif number and year == 0:
            day = _latest(month, number, now)
            if day:
                yield day, Precision.DAY
        elif year in YEARS:
            yield date(year, month, 1), Precision.MONTH


def _hijri_days(tokens: Sequence[str], weekday: int | None) -> Iterator[tuple[date, Precision]]:
    for start, month, end in named(tokens, vocabulary().hijri):
        number, year = _around(tokens, start, end, vocabulary().hijri)
        if number and year in HIJRI_YEARS and (day := _hijri(year, month, number)):
            # The printed calendar follows a sighting: the weekday beside it settles a day's difference.
            near = [day, day - timedelta(days=1), day + timedelta(days=1)]
            yield next((each for each in near if each.weekday() == weekday), day), Precision.DAY


def _around(tokens: Sequence[str], start: int, end: int, months: Phrases) -> tuple[int, int]:
    """Day number and year that stand around a month's name; 0 for what is not there."""
    before = _numbers(reversed(tokens[max(0, start - 6) : start]), vocabulary().between)
    after = _numbers(_without_names(tokens[end : end + 8], months), vocabulary().between)
    number = next((n for n in before[:1] if 1 <= n <= 31), 0)
    years = [n for n in (after + before) if n > 31]
    if not number and after and 1 <= after[0] <= 31:
        number = after[0]
    return number, years[0] if years else 0


def _without_names(tokens: Sequence[str], names: Phrases) -> Iterator[str]:
    skip = 0
    for start, _, end in named(tokens, names):
        yield from tokens[skip:start]
        skip = end
    yield from tokens[skip:]


def _numbers(tokens: Iterator[str], between: frozenset[str]) -> list[int]:
    """The numbers that follow one another with nothing but punctuation and filler between them."""
    numbers: list[int] = []
    for token in tokens:
        if token.isdigit():
            numbers.append(int(token[:6]))
        elif token[0].isalpha() and token not in between:
            break
    return numbers


def _gregorian(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None


def _hijri(year: int, month: int, day: int) -> date | None:
    try:
        return date(*Hijri(year, month, day).to_gregorian().datetuple())
    except (ValueError, OverflowError):
        return None


def _latest(month: int, day: int, now: datetime) -> date | None:
    """The last such day that is not in the future."""
    days = (_gregorian(year, month, day) for year in range(now.year + 1, now.year - 5, -1))
    return next((each for each in days if each and each <= now.date() + timedelta(days=1)), None)


# --- words for a time ---


def _word_day(tokens: Sequence[str], now: datetime) -> tuple[date, Precision] | None:
    """Read "أمس" or "اليوم" where the line says nothing else: many outlets have اليوم in their name."""
    found = next(iter(named(tokens, vocabulary().day_words)), None)
    if found is None:
        return None
    start, days, end = found
    return (
        (now.date() - timedelta(days=days), Precision.DAY)
        if _only_labels([*tokens[:start], *tokens[end:]])
        else None
    )


def _only_labels(tokens: Sequence[str]) -> bool:
    known = (
        vocabulary().labels
        | vocabulary().halves.keys()
        | {word for name in vocabulary().weekdays for word in name}
    )
    return all(token in known or not token[0].isalnum() for token in tokens)


def _ago(tokens: Sequence[str], now: datetime) -> tuple[datetime, Precision] | None:
    """Read "منذ ساعتين", "قبل 3 أيام", "منذ ساعة و20 دقيقة", "5 دقائق مضت", "منذ لحظات"."""
    if sum(token[0].isalpha() for token in tokens) > MOST_WORDS_ABOUT_AGO:
        return None
    words = vocabulary()
    starts = [place for place, token in enumerate(tokens) if token in words.ago]
    if not starts:
        lone = [token for token in tokens if token in words.now]
        return (
            (now, Precision.MINUTE) if lone and _only_labels([t for t in tokens if t not in lone]) else None
        )
    last = tokens[starts[0]] in ("مضي", "مضت")
    phrase = tokens[: starts[0]] if last else tokens[starts[0] + 1 :]
    spans = list(_spans(phrase))
    if not spans:
        return (now, Precision.MINUTE) if any(token in words.now for token in phrase) else None
    return _before(now, spans)


def _spans(tokens: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Counted units from the start of a phrase, as (unit, count)."""
    words = vocabulary()
    count: float = 0
    part: float = 0  # of an hour
    for token in tokens:
        word = token[1:] if token.startswith("و") and token not in words.units else token
        number = words.numbers.get((word,))
        unit, own = words.units.get(word, ("", 0))
        if word.isdigit():
            count = int(word[:4])
        elif unit:
            yield unit, part or count or own
            count = part = 0
        elif number is not None and word in words.halved:
            part = number / 60
        elif number is not None:
            count = number
        elif word and word not in words.about and word[0].isalnum():
            break
    if part:
        yield "hour", part  # "ساعة ونصف"


def _before(now: datetime, spans: Sequence[tuple[str, float]]) -> tuple[datetime, Precision]:
    lengths = {"second": 1 / 86400, "minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0}
    then = now
    for unit, count in spans:
        if unit in lengths:
            then -= timedelta(days=lengths[unit] * min(count, 10_000))
        else:
            then = _months_before(then, int(min(count, 1_000)) * (12 if unit == "year" else 1))
    finest = spans[-1][0]
    if finest in ("second", "minute", "hour"):
        return then, Precision.MINUTE
    precision = {"month": Precision.MONTH, "year": Precision.YEAR}.get(finest, Precision.DAY)
    return datetime.combine(then.date(), time(), now.tzinfo), precision


def _months_before(then: datetime, months: int) -> datetime:
    index = max(12, then.year * 12 + then.month - 1 - months)
    return then.replace(year=index // 12, month=index % 12 + 1, day=min(then.day, 28))


def _year_alone(tokens: Sequence[str], zone: tzinfo) -> tuple[datetime, Precision] | None:
    numbers = [int(token[:6]) for token in tokens if token.isdigit()]
    if len(numbers) == 1 and numbers[0] in YEARS and _only_labels([t for t in tokens if not t.isdigit()]):
        return datetime(numbers[0], 1, 1, tzinfo=zone), Precision.YEAR
    return None
