"""How the service and its outlets are: one decision for the outside check, `/healthz` and the operators' chat."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from importlib.metadata import version

from alerts.bot.operators.service import OutletReport, Vitals
from alerts.operators.nouns import Event
from alerts.operators.wording import spoken
from alerts.retrying import STUCK
from alerts.storage import Logbook
from crawler.database import Connection, from_text
from crawler.nouns import Outlet
from crawler.storage import Watchbook
from scheduler.history import History
from scheduler.metrics import Gauged, critical_wait, gauged
from scheduler.outlet_status import statuses
from scheduler.supervision import Pulse

LAST_READ = timedelta(minutes=30)  # some outlet was read since: the network and the crawler work
DAY = timedelta(days=1)
MOST_UNFLAGGED = 500  # articles; a flagger at work is at the end within seconds


def vitals(connection: Connection, pulse: Pulse, now: datetime) -> Vitals:
    """Return how the service is that beats in ``pulse``."""
    figures, silent, up = gauged(connection, now), pulse.silent(), timedelta(seconds=pulse.up())
    return Vitals(
        trouble=stuck(figures, silent, now, up),
        ages=pulse.ages(),
        silent=silent,
        up=up,
        version=version("marsad"),
        unflagged=figures.unflagged,
        events=figures.events,
    )


class OwnService:
    """This service, as operators ask it from their chat."""

    def __init__(self, pulse: Pulse, now: Callable[[], datetime]) -> None:
        self._pulse = pulse
        self._now = now

    def vitals(self, connection: Connection) -> Vitals:
        """How it is."""
        return vitals(connection, self._pulse, self._now())

    def reports(self, connection: Connection, outlets: Collection[Outlet]) -> list[OutletReport]:
        """How outlets are, the worst first."""
        histories, events, articles = read_outlets(connection, outlets, self._now())
        return [
            OutletReport(
                each.outlet, each.state, each.is_well, each.well_at, each.new_at, each.gap, each.articles, each.events
            )
            for each in statuses(outlets, histories, events, articles)
        ]  # fmt: skip


def read_outlets(
    connection: Connection, outlets: Iterable[Outlet], now: datetime
) -> tuple[dict[str, History], list[Event], dict[str, int]]:
    """Return what `statuses` asks of the store: histories, open events, and articles of the last day."""
    book, names = Watchbook(connection), [outlet.id for outlet in outlets]
    histories = {name: History.from_text(text) for name, text in book.histories(names).items()}
    return histories, Logbook(connection).open_events(), book.articles_since(names, now - DAY)


def stuck(figures: Gauged, silent: Mapping[str, float], now: datetime, up: timedelta) -> str:
    """Return what keeps articles from reaching readers; empty when all of it moves. Pure.

    Args:
        figures: the store's.
        silent: seconds since the last sign of what should have given one.
        now: the moment.
        up: how long the service has run: outlets need a while to be read after a start.
    """
    if silent:
        return f"{', '.join(sorted(silent))}: no sign of life"
    read = [from_text(ok) for ok, _ in figures.outlets.values() if ok]
    if figures.outlets and up > LAST_READ and not any(now - at <= LAST_READ for at in read):
        return f"no outlet was read for {LAST_READ.total_seconds() / 60:.0f} minutes"
    if figures.unflagged > MOST_UNFLAGGED:
        return f"{figures.unflagged} articles wait to be flagged"
    oldest = critical_wait(figures.waiting)
    return f"a critical message waits for {spoken(oldest)}" if oldest > STUCK else ""
