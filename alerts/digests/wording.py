"""The words of digests: one YAML file a language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import cattrs
import yaml

_CONVERTER = cattrs.Converter(forbid_extra_keys=True)
Forms = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DigestWords:
    """A language's file, key by key."""

    masthead: str
    names: Forms
    subject: str
    subject_quiet: str
    subject_other: str
    full_date: str
    short_date: str
    stories: Forms
    items: Forms
    corrections: Forms
    spans: Mapping[str, Forms]
    lead: str
    lead_more: str
    lead_same: str
    lead_first: str
    lead_topic: str
    lead_places: str
    changes: str
    topic_change: str
    topic_new: str
    topic_gone: str
    places_new: str
    known: Forms
    sections: Forms
    figures: str
    charts: Forms
    bar: str
    bar_alone: str
    sight: str
    checked: Forms
    read: Forms
    failing: str
    silent: str
    and_more: str
    waiting: Forms
    given_up: Forms
    asleep: str
    sound: str
    evidence: str
    reason: str
    folded: str
    merged: str
    quiet: str
    rest: Forms
    rest_name: str
    rest_title: str
    more: Forms
    why: str
    in_zone: str
    in_utc: str
    settings: str
    unsubscribe: str
    trend: str
    trend_alt: str
    trend_flat: str


@cache
def digest_words(language: str) -> DigestWords:
    """Read a language's file; any language without one is read as English."""
    name = language if language in {"ar", "en"} else "en"
    text = files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return _CONVERTER.structure(yaml.safe_load(text), DigestWords)
