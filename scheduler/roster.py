"""Subscribers as an operator writes them, on a command line or as lines of a file: what is taken, what is refused."""

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.mail.addresses import mail_address
from alerts.matching import RuleSet
from alerts.nouns import CADENCES, LANGUAGES, Level, RecipientKind, Subscriber, Subscription
from alerts.wanting import READERS
from crawler.urls import is_web
from scheduler.settings_file import unread

LEVELS = tuple(level.word for level in Level)
MOST_LINES = 100_000
# What a spreadsheet would take for a formula is written after an apostrophe, and read without it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Entry:
    """One subscription, with whose it is: a line of a file. An empty list asks for all."""

    kind: str
    address: str = "-"
    topics: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    level: str = "notice"
    cadence: str = ""  # empty: daily by mail, at once elsewhere
    language: str = "ar"
    timezone: str = "UTC"

    @property
    def wanted(self) -> Subscription:
        """What it asks for."""
        cadence = self.cadence or ("daily" if self.kind == RecipientKind.MAIL else "instant")
        return Subscription(
            0, self.topics, self.places, self.outlets, level=Level[self.level.upper()], cadence=cadence
        )


Reader = tuple[Entry, ...]  # a subscriber: a line a subscription

_LISTS = ("topics", "places", "outlets")
COLUMNS = tuple(field.name for field in fields(Entry))


def entry_of(subscriber: Subscriber, wanted: Subscription) -> Entry:
    """A subscription as a line of a file."""
    return Entry(
        kind=subscriber.kind.value,
        address=subscriber.address,
        topics=wanted.topics,
        places=wanted.places,
        outlets=wanted.outlets,
        level=wanted.level.word,
        cadence=wanted.cadence,
        language=subscriber.language,
        timezone=subscriber.timezone,
    )


def known_places(places: Iterable[str], rules: RuleSet) -> tuple[str, ...]:
    """Codes of countries as they are kept; raises ValueError for one that the rules do not have."""
    countries = {concept.name for concept in rules.pack.concepts if re.fullmatch("[A-Z]{2}", concept.name)}
    for spelled in places:
        if spelled.upper() not in countries:
            raise ValueError(
                f"{spelled!r} is no country of the rules; they have {', '.join(sorted(countries))}"
            )
    return tuple(place.upper() for place in places)


def checked(entry: Entry, rules: RuleSet, outlets: Collection[str]) -> Entry:
    """The entry as it is kept.

    Args:
        entry: as it was written.
        rules: the topics and countries there are.
        outlets: the ids there are.

    Raises:
        ValueError: something in it cannot be; one line that names it and what there is.
    """
    kinds = [kind.value for kind in READERS]
    _one_of("kind", entry.kind, kinds)
    _one_of("level", entry.level, LEVELS)
    _one_of("language", entry.language, LANGUAGES)
    if entry.cadence:
        _one_of("cadence", entry.cadence, CADENCES)
    for topic in entry.topics:
        if topic not in rules.topics:
            raise ValueError(f"{topic!r} is no topic of the rules; they have {', '.join(rules.topics)}")
    for outlet in entry.outlets:
        if outlet not in outlets:
            near = "".join(f"; is it {each!r}?" for each in get_close_matches(outlet, outlets, 1))
            raise ValueError(f"{outlet!r} is no outlet{near or '; `marsad outlets list` shows them'}")
    return Entry(
        **asdict(entry)
        | {
            "address": checked_address(entry.kind, entry.address),
            "places": known_places(entry.places, rules),
            "timezone": _zone(entry.timezone),
        }
    )


def checked_address(kind: str, address: str) -> str:
    """An address as it is kept; raises ValueError where it cannot be one of its kind."""
    if kind in {RecipientKind.CONSOLE, RecipientKind.APPRISE}:
        return address
    if kind == RecipientKind.MAIL:
        try:
            return mail_address(address)
        except ValueError as error:
            raise ValueError(f"{address!r} is no mail address: {error}") from error
    if kind == RecipientKind.WEBHOOK:
        if not is_web(address):
            raise ValueError(f"{address!r} is not an https address that a program listens at")
        return address
    if kind == RecipientKind.PRIVATE_CHAT:
        if not re.fullmatch(r"[0-9]{1,20}", address):
            raise ValueError(f"{address!r} is not a chat id: a number, which the bot shows on /start")
    elif not re.fullmatch(r"(-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31})(/[0-9]{1,20})?", address):
        raise ValueError(
            f"{address!r} is neither a chat id (-1001234567890, a topic of it: …/7) nor an @name"
        )
    return address


def read_roster(path: Path, rules: RuleSet, outlets: Collection[str]) -> list[Reader]:
    """The subscribers in a CSV or JSON Lines file, each with all its lines, in the order of their first ones.

    Args:
        path: its ending says which: .csv with a line of column names, or .jsonl with an object a line.
        rules: the topics and countries there are.
        outlets: the ids there are.

    Raises:
        ValueError: the file cannot be taken as a whole; one line that names file, line and fault.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read ({unread(error)})") from error
    if path.suffix not in {".csv", ".jsonl"}:
        raise ValueError(f"{path}: its name must end in .csv or .jsonl")
    found: dict[tuple[str, str], dict[Entry, int]] = {}
    for line, row in _csv_rows(text, path) if path.suffix == ".csv" else _json_rows(text, path):
        try:
            entry = checked(_entry(row), rules, outlets)
            lines = found.setdefault((entry.kind, entry.address), {})
            _fitting(entry, lines)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path} line {line}: {error}") from error
        lines[entry] = line
    return [tuple(lines) for lines in found.values()]


def _fitting(entry: Entry, lines: Mapping[Entry, int]) -> None:
    """Refuse a line that says of its subscriber the same as another one, or something else."""
    if entry in lines:
        raise ValueError(f"{entry.address} stands in line {lines[entry]} already, with the same wishes")
    for other, line in lines.items():
        for name in ("language", "timezone"):
            here, there = getattr(entry, name), getattr(other, name)
            if here != there:
                raise ValueError(f"the {name} of {entry.address} is {here!r}, and {there!r} in line {line}")


def written_roster(entries: Iterable[Entry], form: str) -> str:
    """The entries as a file, ``form`` csv or jsonl; both are read back as they were."""
    rows = [asdict(entry) for entry in entries]
    if form == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        cells = {name: ";".join(value) if name in _LISTS else value for name, value in row.items()}
        writer.writerow(
            {name: f"'{cell}" if cell.startswith(_FORMULA) else cell for name, cell in cells.items()}
        )
    return out.getvalue()


def _csv_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            _not_endless(reader.line_num, path)
            if None in row:
                raise ValueError(
                    f"{path} line {reader.line_num}: has more cells than the first line has names"
                )
            cells = {name: _cell(value or "") for name, value in row.items()}
            lists = {name: tuple(filter(None, cells[name].split(";"))) for name in _LISTS if name in cells}
            yield reader.line_num, {name: cell for name, cell in cells.items() if cell} | lists
    except csv.Error as error:
        raise ValueError(f"{path} line {reader.line_num}: {error}") from error


def _cell(text: str) -> str:
    text = text.strip(" ")
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _json_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        _not_endless(number, path)
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ValueError(f"{path} line {number}: {error}") from error
            if not isinstance(row, dict):
                raise ValueError(f"{path} line {number}: must be an object in one line")
            yield number, row


def _not_endless(line: int, path: Path) -> None:
    if line > MOST_LINES:
        raise ValueError(f"{path}: has more than {MOST_LINES} lines; split it")


def _entry(row: Mapping[str, Any]) -> Entry:
    for name in row:
        if name not in COLUMNS:
            raise ValueError(f"there is no column {name!r}; there are {', '.join(COLUMNS)}")
    if not row.get("kind"):
        raise ValueError("the column 'kind' is empty")
    for name, value in row.items():
        listed = name in _LISTS and isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
        if not listed and not (name not in _LISTS and isinstance(value, str)):
            raise ValueError(
                f"{name} must be {'a list of words' if name in _LISTS else 'text'}, not {value!r}"
            )
    values: dict[str, Any] = {name: tuple(row[name]) if name in _LISTS else row[name] for name in row}
    return Entry(**values)


def _one_of(what: str, word: str, known: Iterable[str]) -> None:
    if word not in known:
        raise ValueError(f"{word!r} is no {what}; there are {', '.join(known)}")


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone such as Africa/Cairo") from error
