"""The account of a story: everything that says why it was told, as one value.

``marsad explain`` prints it; messages, digests and pages take from it. Nothing in it is worded: reasons and facts are
values that ``alerts.messages`` words for a reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cattrs.preconf.json import make_converter

from alerts.nouns import AlertKind, Hold, KeyFact, Level, Reason, Span

_JSON = make_converter()
_JSON.register_unstructure_hook(Level, lambda level: level.word)
_JSON.register_unstructure_hook(timedelta, lambda span: span.total_seconds())


@dataclass(frozen=True, slots=True)
class Ground:
    """A rule that holds for an article, with the words it stands on."""

    rule: str
    topic: str
    level: Level
    score: float
    why: str  # the rule's expression, and what each part gave to the score
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class StoryArticle:
    """An article of the story."""

    article: int
    outlet: str
    name_ar: str
    name_en: str
    tier: int
    url: str
    title: str
    published: datetime | None
    seen: datetime
    delay: timedelta | None  # from its publication until we saw it
    behind: timedelta  # of the story's first publication
    voice: int  # from 1; articles with one number are one voice: an owner, an agency, a text
    wire: str  # the agency it credits
    grounds: tuple[Ground, ...]
    placed: str  # the gates and distances that put it here


@dataclass(frozen=True, slots=True)
class Saying:
    """An alert of the story."""

    id: int
    version: int
    kind: AlertKind
    level: Level
    at: datetime
    article: int
    reasons: tuple[Reason, ...]
    hold: Hold


@dataclass(frozen=True, slots=True)
class Account:
    """Why a story was told."""

    story: int
    code: str
    title: str
    topics: tuple[str, ...]
    places: tuple[str, ...]
    level: Level  # with what raised it
    ruled: Level  # the highest that a rule gave
    decided: tuple[Reason, ...]  # what raised it
    voices: int  # independent outlets
    facts: tuple[KeyFact, ...]
    sources: tuple[StoryArticle, ...]  # by publication
    sayings: tuple[Saying, ...]

    def as_json(self) -> Mapping[str, Any]:
        """Plain lists, strings and numbers; times as ISO 8601, durations in seconds."""
        plain: Mapping[str, Any] = _JSON.unstructure(self)
        return plain
