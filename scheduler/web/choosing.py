"""The settings form: what it shows of a reader's preferences, and what it says of them. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from alerts.bot.hours import ZONES
from alerts.messages.words import speech
from alerts.nouns import CADENCES, Level, Mute, MuteKind
from alerts.preferences import Preferences
from scheduler.web.pages import words

PAUSES = (7, 14, 30)  # days
KEEP, NONE = "keep", ""  # a pause that stays as it is; a topic, or a pause, that is not wanted

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a form asks for, and the name of the part that cannot be; empty: none."""

    preferences: Preferences
    wrong: str = ""


def read_choice(fields: Fields, before: Preferences, topics: Sequence[str], now: datetime) -> Choice:
    """Return what the form asks for; what it cannot have offered stays as it was."""
    said = dict(fields)
    cadences = {
        topic: asked
        if (asked := said.get(f"topic-{topic}")) in {NONE, *CADENCES}
        else before.cadences.get(topic, NONE)
        for topic in topics
    }
    days = frozenset(int(value) for name, value in fields if name == "day" and value in set("0123456"))
    levels = {level.word: level for level in Level}
    zone = said.get("timezone", "")
    chosen = Preferences(
        cadences={topic: cadence for topic, cadence in cadences.items() if cadence},
        level=levels.get(said.get("level", ""), before.level),
        at=_time(said.get("at", "")) or before.at,
        weekdays=days or before.weekdays,
        timezone=zone if zone in ZONES else before.timezone,
        picture=said.get("picture") == "1",
        pause=_pause(said.get("pause", KEEP), before.pause, now),
    )
    if chosen.cadences and days:
        return Choice(chosen)
    # A pause is counted from the moment that it is kept.
    again = replace(chosen, cadences=chosen.cadences or before.cadences, pause=before.pause)
    return Choice(again, "days" if chosen.cadences else "topics")


def zones(language: str) -> Mapping[str, str]:
    """The zones to choose among, by their cities."""
    return {zone: _city(language, zone) for zone in ZONES}


def shown(language: str, chosen: Preferences, topics: Sequence[str]) -> dict[str, Any]:
    """What the template needs to draw the form."""
    said, tongue = words(language), speech(language, chosen.timezone, "latn")
    first = tongue.locale.first_week_day
    until = chosen.pause.until if chosen.pause else None
    kept = said.paused_until.format(date=tongue.date(until)) if until else said.paused
    pauses = ({KEEP: kept} if chosen.pause else {}) | {NONE: said.no_pause}
    return {
        "chosen": chosen,
        "topics": {topic: tongue.topic(topic) for topic in topics},
        "cadences": {NONE: said.not_wanted} | {name: said.every[name] for name in CADENCES},
        "days": {(first + n) % 7: tongue.weekday((first + n) % 7) for n in range(7)},
        "zones": {chosen.timezone: _city(language, chosen.timezone), **zones(language)},
        "pauses": pauses | {str(days): tongue.span(timedelta(days=days)) for days in PAUSES},
    }


def _city(language: str, zone: str) -> str:
    return speech(language, zone, "latn").zone_name()


def _time(text: str) -> time | None:
    return time.fromisoformat(text) if re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", text, re.ASCII) else None


def _pause(asked: str, before: Mute | None, now: datetime) -> Mute | None:
    if asked == NONE:
        return None
    offered = {str(days): days for days in PAUSES}
    return Mute(MuteKind.ALL, until=now + timedelta(days=offered[asked])) if asked in offered else before
