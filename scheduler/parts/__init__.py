"""The parts of the running service: a module each, with ``open_part(house)``, and what they share.

A part opens what it needs, says what it runs, and is closed with the service. It knows the house and no
other part: parts hear of each other by bells.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ParamSpec

from alerts.flagging import Flagged
from alerts.matching import RuleSet
from alerts.outbox import Sent
from alerts.pacing import Pacer
from crawler.database import Database
from crawler.nouns import Article, Outlet, Poll
from crawler.storage import Kept
from scheduler.archive import utc_now
from scheduler.metrics import Metrics
from scheduler.ruling import RuleKeeper
from scheduler.storewatch import Herald
from scheduler.supervision import Pulse, Run
from scheduler.timetable import Tick
from scheduler.watchdog import LoopWatch
from scheduler.wiring import Config

P = ParamSpec("P")

HOLDER = "run"  # of leases; only the process that holds the instance lock uses this name


class Bell:
    """Tells whoever asked that there is work; rung and answered on the loop."""

    def __init__(self) -> None:
        self._answers: list[Callable[[], None]] = []

    def answer(self, answer: Callable[[], None]) -> None:
        """Call ``answer`` whenever the bell rings."""
        self._answers.append(answer)

    def ring(self) -> None:
        """Tell everybody who asked."""
        for answer in self._answers:
            answer()


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who looks on: a log, or the terminal of a demo."""

    on_poll: Callable[[Poll], None]
    on_article: Callable[[Article, Kept], None]
    on_flag: Callable[[Flagged], None]
    on_sent: Callable[[Sent], None]

    def beside(self, other: "Watcher") -> "Watcher":
        """Both look on."""
        return Watcher(
            _both(self.on_poll, other.on_poll),
            _both(self.on_article, other.on_article),
            _both(self.on_flag, other.on_flag),
            _both(self.on_sent, other.on_sent),
        )


def _both(one: Callable[P, None], other: Callable[P, None]) -> Callable[P, None]:
    def tell(*args: P.args, **named: P.kwargs) -> None:
        one(*args, **named)
        other(*args, **named)

    return tell


@dataclass(frozen=True, slots=True)
class House:
    """What the parts share."""

    config: Config
    database: Database
    outlets: Mapping[str, Outlet]  # by id
    keeper: RuleKeeper  # of the rules; `scheduler.parts.flagging` has it look for newer ones
    watcher: Watcher
    now: Callable[[], datetime]
    cadence: Callable[..., timedelta]
    watch: LoopWatch
    metrics: Metrics
    wall: Callable[[], datetime] = utc_now  # the machine's clock, to notice that it jumped away from ``now``
    pacer: Pacer = field(default_factory=Pacer)  # of the Telegram bot: alerts and answers share its limits
    pulse: Pulse = field(default_factory=Pulse)  # what should move says here that it does
    herald: Herald = field(default_factory=Herald)  # tells operators what the archive cannot carry
    kept: Bell = field(default_factory=Bell)  # an article was kept
    queued: Bell = field(default_factory=Bell)  # a delivery was queued

    @property
    def rules(self) -> RuleSet:
        """The rules in force just now."""
        return self.keeper.rules()


async def _nothing(patience: float) -> None:
    del patience


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of the service does."""

    loops: Mapping[str, Run] = field(default_factory=dict)  # by name; what beats under it is watched
    ticks: tuple[Tick, ...] = ()
    stop: Callable[[float], Awaitable[None]] = _nothing  # take no new work, finish within so many seconds
