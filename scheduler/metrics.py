"""What Prometheus is told. Every name stands here, with what it means; dashboards and rules in docs/ops use them."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from alerts.flagging import CURSOR, Flagged
from alerts.nouns import Cargo, Level
from alerts.operators.nouns import EVENTS
from alerts.outbox import Sent
from alerts.storage import DeskFigures, Newsdesk, Upkeep
from crawler.database import Connection, from_text
from crawler.nouns import Article, Poll, Precision
from crawler.storage import Figures, Kept

MINUTES = (60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400, float("inf"))
SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, float("inf"))
EXACT = (Precision.MINUTE, Precision.SECOND)


@dataclass(frozen=True, slots=True)
class Gauged:
    """What is read from the store at every scrape."""

    outlets: dict[str, tuple[str, str]]
    deliveries: list[tuple[str, str, int]]
    waiting: list[tuple[str, int, float]]
    events: dict[str, int]
    unflagged: int  # articles behind the flagger's cursor
    backup_age: float = -1.0  # seconds; -1: none is known


def gauged(connection: Connection, now: datetime) -> Gauged:
    """Return the store's figures; a few indexed queries."""
    desk, crawl = DeskFigures(connection), Figures(connection)
    return Gauged(
        outlets=crawl.outlets(),
        deliveries=desk.deliveries(),
        waiting=desk.oldest_waiting(now),
        events={row["kind"]: row["n"] for row in desk.open_events()},
        unflagged=crawl.newest_article() - Newsdesk(connection).cursor(CURSOR),
        backup_age=(now - made.at).total_seconds() if (made := Upkeep(connection).last("backup")) else -1.0,
    )


def critical_wait(waiting: Iterable[tuple[str, int, float]]) -> timedelta:
    """Return how long the oldest critical delivery waits, of ``Gauged.waiting``."""
    return timedelta(seconds=max((age for _, level, age in waiting if level == Level.CRITICAL), default=0.0))


class Metrics:
    """The service's own registry: counted as things happen, gauged when asked."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        histogram = partial(Histogram, registry=self.registry)
        # Counted
        self._polls = counter("marsad_polls", "Polls by how they ended", ["outcome"])
        self._articles = counter("marsad_articles", "Pages read, by what they were to the archive", ["kept"])
        self._flags = counter("marsad_flags", "Flagged articles by topic", ["topic"])
        self._sent = counter("marsad_sent", "Messages that a channel accepted", ["channel"])
        self._published_seen = histogram(
            "marsad_publish_to_seen_seconds",
            "From an article's printed time to our reading it",
            buckets=MINUTES,
        )
        self._seen_sent = histogram(
            "marsad_seen_to_sent_seconds",
            "From an alert's making to a channel's receipt",
            ["channel"],
            buckets=SECONDS,
        )
        # Gauged
        self._outlet_ok = gauge("marsad_outlet_last_success_seconds", "Since an outlet was read", ["outlet"])
        self._outlet_new = gauge(
            "marsad_outlet_last_new_item_seconds", "Since an outlet listed something new", ["outlet"]
        )
        self._depth = gauge("marsad_deliveries", "Deliveries by state", ["channel", "state"])
        self._oldest = gauge(
            "marsad_outbox_oldest_seconds",
            "Age of the oldest delivery that could be sent now",
            ["channel", "level"],
        )
        self._events = gauge("marsad_events_open", "Open operator events", ["kind", "severity"])
        self._unflagged = gauge("marsad_unflagged_articles", "Articles that the flagger has not come to")
        self._beats = gauge("marsad_heartbeat_age_seconds", "Since a loop or job last moved", ["name"])
        self._lag = gauge(
            "marsad_event_loop_lag_seconds", "Worst lag of the event loop since the last scrape"
        )
        self._store = gauge("marsad_store_write_seconds", "How long the last write of one row took")
        self._bytes = gauge("marsad_database_bytes", "Size of the archive's files", ["file"])
        self._free = gauge("marsad_disk_free_bytes", "Free space where the archive lies")
        self._backup = gauge("marsad_backup_age_seconds", "Since the last verified backup; -1: none is known")
        self._build = gauge("marsad_build_info", "Always 1", ["version", "tzdata", "rules"])

    # Counted

    def on_poll(self, poll: Poll) -> None:
        """Count a poll."""
        self._polls.labels(poll.outcome).inc()

    def on_article(self, article: Article, kept: Kept) -> None:
        """Count an article, and how late it was seen where its printed time is exact."""
        self._articles.labels(kept).inc()
        if kept is Kept.NEW and article.published and article.published.precision in EXACT:
            late = (article.first_seen - article.published.at).total_seconds()
            self._published_seen.observe(max(0.0, late))

    def on_flag(self, flagged: Flagged) -> None:
        """Count a flagged article for each of its topics."""
        for topic in flagged.flag.verdict.topics:
            self._flags.labels(topic).inc()

    def on_sent(self, sent: Sent) -> None:
        """Count a message that was accepted."""
        channel = sent.claim.delivery.channel
        self._sent.labels(channel).inc()
        made = sent.claim.delivery.created_at
        if made and sent.claim.delivery.cargo is Cargo.ALERT:
            self._seen_sent.labels(channel).observe(max(0.0, (sent.at - made).total_seconds()))

    # Gauged

    def set_build(self, rules: str) -> None:
        """Say what runs."""
        self._build.clear()
        self._build.labels(version("marsad"), version("tzdata"), rules[:12]).set(1)

    def set_figures(self, figures: Gauged, now: datetime) -> None:
        """Take the store's figures."""
        for outlet, (ok, fresh) in figures.outlets.items():
            for gauge, at in ((self._outlet_ok, ok), (self._outlet_new, fresh)):
                gauge.labels(outlet).set((now - from_text(at)).total_seconds() if at else -1)
        self._depth.clear()
        for channel, state, count in figures.deliveries:
            self._depth.labels(channel, state).set(count)
        self._oldest.clear()
        for channel, level, age in figures.waiting:
            self._oldest.labels(channel, Level(level).word).set(age)
        for kind, severity in EVENTS.items():
            self._events.labels(kind, severity).set(figures.events.get(kind, 0))
        self._unflagged.set(figures.unflagged)
        self._backup.set(figures.backup_age)

    def set_process(self, beats: Mapping[str, float], lag: float) -> None:
        """Take the heartbeats' ages and the event loop's worst lag, in seconds."""
        for name, age in beats.items():
            self._beats.labels(name).set(age)
        self._lag.set(lag)

    def set_store(self, seconds: float) -> None:
        """Take how long the archive took to keep one row."""
        self._store.set(seconds)

    def set_disk(self, database: Path) -> None:
        """Measure the archive's files."""
        for suffix in ("", "-wal"):
            file = database.with_name(database.name + suffix)
            self._bytes.labels(suffix.lstrip("-") or "main").set(file.stat().st_size if file.exists() else 0)
        self._free.set(shutil.disk_usage(database.parent).free)
