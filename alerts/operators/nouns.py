"""The nouns of operating: conditions, silences, and the bulletins that tell of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """What an event asks of an operator."""

    PAGE = "page"  # readers are losing something now
    TICKET = "ticket"  # look at it today


# Every kind of event there is, with its severity. Its runbook is the page of the same name in docs/runbooks.
EVENTS: Mapping[str, Severity] = {
    "alert_storm": Severity.TICKET,
    "archive_damaged": Severity.PAGE,
    "archive_unwritable": Severity.PAGE,
    "article_not_judged": Severity.TICKET,
    "articles_missed": Severity.TICKET,
    "backup_stale": Severity.TICKET,
    "channel_down": Severity.PAGE,
    "channel_missing": Severity.PAGE,
    "digest_not_made": Severity.PAGE,
    "channel_unauthorised": Severity.PAGE,
    "clock_jump": Severity.TICKET,
    "dates_wrong": Severity.TICKET,
    "dead_letters": Severity.TICKET,
    "disk_full": Severity.PAGE,
    "drill_failed": Severity.TICKET,
    "drill_stale": Severity.TICKET,
    "event_loop_blocked": Severity.PAGE,
    "flood_control": Severity.TICKET,
    "log_grows": Severity.TICKET,
    "loop_failed": Severity.PAGE,
    "loop_stalled": Severity.PAGE,
    "many_outlets": Severity.PAGE,
    "outbox_stuck": Severity.PAGE,
    "outlet_empty": Severity.TICKET,
    "outlet_failing": Severity.TICKET,
    "outlet_silent": Severity.TICKET,
    "outlet_walled": Severity.TICKET,
    "page_breaks_reader": Severity.TICKET,
    "pages_failing": Severity.TICKET,
    "polls_late": Severity.PAGE,
    "reading_drift": Severity.TICKET,
    "mail_bounce_spike": Severity.TICKET,
    "rules_refused": Severity.TICKET,
    "sending_elsewhere": Severity.PAGE,
    "sending_held": Severity.PAGE,
    "subscriber_degraded": Severity.TICKET,
    "tag_lies": Severity.TICKET,
    "telegram_conflict": Severity.PAGE,
    "telegram_polling_stalled": Severity.PAGE,
    "text_damaged": Severity.TICKET,
    "topic_gone": Severity.TICKET,
}


def runbook_of(kind: str) -> str:
    """The page in docs/runbooks that goes with a kind of event."""
    return kind.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Event:
    """A condition that operators must know; open until ``closed_at``."""

    kind: str  # one of EVENTS
    subject: str  # an outlet, a channel, a job; empty for the whole service
    cause: str
    opened_at: datetime
    evidence: Mapping[str, Any] = field(default_factory=dict)
    closed_at: datetime | None = None
    acknowledged_by: str = ""
    id: int = 0

    @property
    def severity(self) -> Severity:
        """What it asks of an operator."""
        return EVENTS.get(self.kind, Severity.TICKET)

    @property
    def runbook(self) -> str:
        """Its page in docs/runbooks."""
        return runbook_of(self.kind)

    @property
    def name(self) -> str:
        """Kind and subject, as operators type it."""
        return f"{self.kind} {self.subject}".strip()


@dataclass(frozen=True, slots=True)
class Silence:
    """Events that nobody wants to hear of for a while."""

    kind: str  # with * for any part of a name
    subject: str  # likewise
    until: datetime
    author: str
    reason: str
    id: int = 0


class BulletinKind(StrEnum):
    """Why operators are told."""

    OPENED = "opened"
    CLOSED = "closed"
    REMINDER = "reminder"  # open for long, and nobody said that they know
    ALL_WELL = "all_well"  # the daily sign that silence is health
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One message to operators. All that is due together goes into one."""

    kind: BulletinKind
    created_at: datetime
    events: tuple[Event, ...] = ()
    text: str = ""  # for an all-well line or a test
    key: str = ""  # what may be told only once: the date of an all-well line
    id: int = 0
