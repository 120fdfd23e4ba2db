"""The nouns of alerting: what matched, what it belongs to, who is told.

Times are aware ``datetime``. Every value is frozen: a change is a new value.
"""

import re
from dataclasses import dataclass
from datetime import datetime, time
from enum import IntEnum, StrEnum

TOPICS = ("gambling", "fraud", "trafficking")  # messages name each: `topics` of alerts/messages/*.yaml
CADENCES = ("instant", "hourly", "daily", "weekly")  # at once, or in a digest
LANGUAGES = ("ar", "en")  # of messages; the first where nothing was chosen


class Level(IntEnum):
    """How urgent an alert is. Ordered: a subscription asks for a level and above."""

    NOTICE = 1
    HIGH = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """The name a rule file or a command line uses."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Span:
    """The place in an article that a rule's concept was found at."""

    field: str  # "title" or "body"
    start: int  # offset in characters of the original text
    end: int
    text: str  # the reader's spelling: field[start:end]
    concept: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that holds for an article, with its evidence."""

    rule: str
    topic: str
    level: Level
    score: float
    spans: tuple[Span, ...]
    why: str = ""  # the rule's expression, and what each part gave to the score


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule set says of one article; nothing to tell when there are no findings."""

    findings: tuple[Finding, ...]  # best first
    topics: tuple[str, ...]
    places: tuple[str, ...]  # ISO 3166-1 alpha-2, most prominent first
    place_spans: tuple[Span, ...]
    score: float
    level: Level
    ruleset: str  # hash of the rules that said so
    near_misses: tuple[Finding, ...] = ()  # held but for a threshold or a veto: for tuning

    @property
    def flagged(self) -> bool:
        """Whether any rule holds."""
        return bool(self.findings)


@dataclass(frozen=True, slots=True)
class KeyFact:
    """What an article says happened: the kind of event, or how many of what."""

    name: str  # "kind", what befell those who are counted, "money"
    article: int
    span: Span  # the words that say so
    value: str = ""  # the kind of event; the currency (ISO 4217)
    low: float = 0.0  # equals high where the text names one value
    high: float = 0.0
    told: float = (
        0.0  # the value that stands in the text, «about» or «more than» which it is; «dozens» name none
    )


@dataclass(frozen=True, slots=True)
class Flag:
    """A verdict on a kept article."""

    article: int
    flagged_at: datetime
    verdict: Verdict
    id: int = 0


def story_code(story_id: int) -> str:
    """Return a story's code, such as M001F, from its number."""
    return f"M{story_id:04X}"


def story_number(code: str) -> int | None:
    """Return the number in a story's code, with or without the sign before it; None: it is no code."""
    match = re.fullmatch("#?[Mm]([0-9A-Fa-f]{4,12})", code)
    return int(match[1], 16) if match else None


@dataclass(frozen=True, slots=True)
class Story:
    """Articles that tell one event."""

    opened_at: datetime  # first_seen of its first article
    last_at: datetime
    title: str  # of its first article
    topics: tuple[str, ...]
    places: tuple[str, ...]
    level: Level
    articles: tuple[int, ...] = ()
    voices: int = 1  # independent outlets that tell it
    id: int = 0

    @property
    def code(self) -> str:
        """A short name that readers see under every message: the same for all messages of one story.

        ASCII, because figures after an Arabic letter change their order in an English line.
        """
        return story_code(self.id)


class AlertKind(StrEnum):
    """What an alert adds to what was told before."""

    NEW = "new"
    UPDATE = "update"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"
    SUMMARY = "summary"  # many stories in one message: what a storm held back
    SPIKE = "spike"  # a topic or place of which more is told than it ever is at this hour


class Hold(StrEnum):
    """Why an alert that was decided is not told at once."""

    NONE = ""
    STORM = "storm"  # its outlet tells too much at once: told in a summary
    CAP = "cap"  # its story had its updates of the day: told once the day has passed
    STALE = "stale"  # published long ago: for the digest, never for the phone


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is told, or is so urgent: a code and its data. ``alerts.messages`` has the words."""

    code: str  # a key of ``because`` in a language file
    about: str = ""  # what befell those who are counted, a topic, an outlet; an operator's own words
    places: tuple[str, ...] = ()
    now: float = 0.0
    before: float = 0.0


@dataclass(frozen=True, slots=True)
class Alert:
    """What we decided to say about a story; of many stories, about the first of them."""

    story: int
    version: int  # 1 for the first alert of a story
    kind: AlertKind
    level: Level
    created_at: datetime
    article: int  # the article that made us say it
    reasons: tuple[Reason, ...]  # why it was sent
    hold: Hold = Hold.NONE
    stories: tuple[int, ...] = ()  # of a summary or a spike: all that it lists
    recalled_at: datetime | None = None  # an operator took it back
    recall_reason: str = ""  # in the operator's words
    id: int = 0


class RecipientKind(StrEnum):
    """Where a subscriber reads."""

    PRIVATE_CHAT = "private_chat"
    GROUP = "group"
    CHANNEL = "channel"
    MAIL = "mail"
    WEBHOOK = "webhook"
    CONSOLE = "console"
    APPRISE = "apprise"  # for operators only


class SubscriberState(StrEnum):
    """Whether we may write to a subscriber."""

    PENDING = "pending"  # not yet confirmed
    ACTIVE = "active"
    SUSPENDED = "suspended"  # blocked us, or cannot be reached; revived when it returns
    DEGRADED = "degraded"  # we may not write just now; tried once a day
    REMOVED = "removed"


class QuietMode(StrEnum):
    """What becomes of an alert in a subscriber's quiet hours."""

    HOLD = "hold"  # it waits for their end
    SILENT = "silent"  # it comes without a sound


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody, or some place, that is told."""

    kind: RecipientKind
    address: str  # chat id, mail address, URL; "-" for the console; of Apprise a target's name
    created_at: datetime
    state: SubscriberState = SubscriberState.ACTIVE
    language: str = "ar"
    timezone: str = "UTC"
    digits: str = "latn"  # or "arab"
    quiet_from: time | None = None  # local wall time
    quiet_to: time | None = None
    quiet_mode: QuietMode = QuietMode.HOLD
    quiet_critical: bool = False  # critical alerts pass, with a sound
    title: str = ""  # what a group or channel calls itself: foreign text
    degraded_at: datetime | None = None  # since when we may not write to it
    id: int = 0


class MuteKind(StrEnum):
    """What a subscriber does not want to hear of."""

    ALL = "all"
    STORY = "story"
    OUTLET = "outlet"


@dataclass(frozen=True, slots=True)
class Mute:
    """Something a subscriber does not want to hear of, for a time or for good."""

    kind: MuteKind
    subject: str = ""  # a story's id, an outlet's id; empty for all
    until: datetime | None = None  # None: until it is taken back


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a subscriber wants to know. An empty tuple asks for all.

    Mutes, followed stories and filters are the subscriber's: the same in all its subscriptions.
    """

    subscriber: int
    topics: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    level: Level = Level.NOTICE
    cadence: str = "instant"  # one of CADENCES
    mutes: tuple[Mute, ...] = ()
    follows: frozenset[int] = frozenset()  # stories it is told of whatever else it asks for
    filters: tuple[str, ...] = ()  # see alerts.filters; one of them must hold
    id: int = 0


class DeliveryState(StrEnum):
    """Where a delivery stands. queued → leased → sent is the ordinary way."""

    QUEUED = "queued"
    LEASED = "leased"
    SENT = "sent"
    UNKNOWN = "unknown"  # the answer was lost after the server may have accepted it
    HELD = "held"  # until its subscriber's quiet hours end
    BRAKED = "braked"  # a storm, or too old and no digest is wanted: told with others in one summary
    FOLDED = "folded"  # not sent by itself: told in a summary or in the digest
    DEAD = "dead"  # will never be accepted as it is
    CANCELLED = "cancelled"


class Cargo(StrEnum):
    """What a delivery carries."""

    ALERT = "alert"
    EDITION = "edition"  # of a digest
    CONSENT = "consent"  # the request for it
    BULLETIN = "bulletin"  # for operators


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert, edition, request for consent or bulletin, to one subscriber."""

    cargo: Cargo
    number: int  # of the alert, edition, request or bulletin
    subscriber: int
    channel: str
    due: datetime
    level: Level
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0  # claims
    lost: int = 0  # answers lost in a row
    defects: int = 0  # failures of our own code in a row
    receipt: str = ""  # the channel's own id of what it sent
    error: str = ""
    lease: str = ""  # token of the claim that holds the row
    sent_at: datetime | None = None
    created_at: datetime | None = None  # when it was queued
    id: int = 0

    @property
    def key(self) -> str:
        """Names what is told and to whom, the same for every try: "alert-17.4"."""
        return f"{self.cargo}-{self.number}.{self.subscriber}"
