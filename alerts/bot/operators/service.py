"""What operators ask that only the running service can tell: whoever starts the bot hands it in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from alerts.operators.nouns import Event
from crawler.database import Connection
from crawler.nouns import Outlet


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the service is just now."""

    trouble: str  # what keeps articles from reaching readers; empty when all of it moves
    ages: Mapping[str, float] = field(default_factory=dict)  # seconds since the last sign of life, by part
    silent: Mapping[str, float] = field(default_factory=dict)  # those whose sign is overdue
    up: timedelta = timedelta()
    version: str = ""
    unflagged: int = 0  # articles that the rules did not look at yet
    events: Mapping[str, int] = field(default_factory=dict)  # open, by kind


@dataclass(frozen=True, slots=True)
class OutletReport:
    """How one outlet is."""

    outlet: Outlet
    state: str  # in a word: well, new, silent, failing …
    well: bool  # an operator need not look
    well_at: datetime | None  # the last look that was answered
    new_at: datetime | None  # the last look that brought something new
    may_rest: timedelta | None  # how long it may be without news from then on
    articles: int  # kept in the last day
    events: tuple[Event, ...]  # open, of this outlet alone


class Service(Protocol):
    """The running service, as operators ask it."""

    def vitals(self, connection: Connection) -> Vitals:
        """How it is, by the same decision as every other check of it."""
        ...

    def reports(self, connection: Connection, outlets: Collection[Outlet]) -> list[OutletReport]:
        """How outlets are, the worst first."""
        ...
