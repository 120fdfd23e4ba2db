"""How each outlet is, in one line for a person. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.operators.nouns import Event
from crawler.nouns import Outlet
from scheduler.health import UNSEEN, Kind, conditions, expected_gap
from scheduler.history import History

# The word for each condition, worst first.
WORDS = {
    Kind.OUTLET_FAILING: "failing",
    Kind.OUTLET_WALLED: "walled",
    Kind.OUTLET_EMPTY: "empty",
    Kind.OUTLET_SILENT: "silent",
    Kind.PAGES_FAILING: "pages failing",
    Kind.TEXT_DAMAGED: "damaged text",
    Kind.READING_DRIFT: "drifting",
    Kind.ARTICLES_MISSED: "missed articles",
    Kind.TAG_LIES: "lying tag",
    Kind.DATES_WRONG: "wrong dates",
}
OUTAGE, NEVER, NEW, WELL, UNWATCHED = "in an outage", "never polled", "new", "well", "not watched"
ORDER = (*WORDS.values(), OUTAGE, NEVER, NEW, WELL, UNWATCHED)


@dataclass(frozen=True, slots=True)
class Status:
    """How one outlet is."""

    outlet: Outlet
    state: str  # one of ORDER
    well_at: datetime | None  # the last look that was answered
    new_at: datetime | None  # the last look that brought something new
    gap: timedelta | None  # how long it may be without news from then on; None while it is too new to tell
    articles: int  # kept in the last day
    events: tuple[Event, ...]  # open, of this outlet alone

    @property
    def is_well(self) -> bool:
        """Whether an operator need not look."""
        return self.state in {NEW, WELL, UNWATCHED}


def statuses(
    outlets: Iterable[Outlet],
    histories: Mapping[str, History],
    events: Collection[Event],
    articles: Mapping[str, int],
) -> list[Status]:
    """Return how each outlet is, the worst first.

    Args:
        outlets: of the registry.
        histories: by outlet id.
        events: all that are open.
        articles: kept in the last day, by outlet id.
    """
    outages = {event.subject for event in events if event.kind == Kind.MANY_OUTLETS}  # countries, "" for all
    found = [
        _status(outlet, histories.get(outlet.id, History()), events, articles.get(outlet.id, 0), outages)
        for outlet in outlets
    ]
    return sorted(found, key=lambda each: (ORDER.index(each.state), each.outlet.tier, each.outlet.id))


def _status(
    outlet: Outlet, history: History, events: Iterable[Event], articles: int, outages: Collection[str]
) -> Status:
    mine = tuple(event for event in events if event.subject == outlet.id and event.kind in WORDS)
    gap = None
    if history.new_at:
        gap = expected_gap(history, outlet, history.new_at.astimezone(ZoneInfo(outlet.timezone)))
    # An outage stands for its outlets' own events: whose they would be, only their histories tell.
    covered = "" in outages or outlet.country in outages
    out = covered and any(each.kind in UNSEEN for each in conditions(outlet, history, ()))
    words = {WORDS[Kind(event.kind)] for event in mine}
    if not outlet.watched:
        state = UNWATCHED
    elif words or out:
        state = next((word for word in WORDS.values() if word in words), OUTAGE)
    elif history.begun is None:
        state = NEVER
    else:
        state = WELL if gap else NEW
    return Status(outlet, state, history.well_at, history.new_at, gap, articles, mine)
