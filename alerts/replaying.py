"""The shell that goes through a span of time again: what today's rules say of its articles, and what never arrived.

Articles that were let pass can be taken as the past, which tells nobody, or as if they came now. What a server
accepted is never sent again: an alert has one delivery to a subscriber, and only a dead one is queued anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from alerts.flagging import BATCH, CURSOR, Flagged, Flagger, judge
from alerts.matching import RuleSet
from alerts.nouns import Verdict
from alerts.retrying import OLD
from alerts.storage import Dispatch, Logbook, Newsdesk
from crawler.database import Connection, Database, Readable
from crawler.nouns import Article, Outlet
from crawler.storage import Archive

UNJUDGED = "article_not_judged"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of an article now, and whether they flagged it before."""

    article: Article
    verdict: Verdict | None  # None: they broke on it
    flagged: bool
    broke: bool = False  # the rules broke on it, and operators were told

    @property
    def as_before(self) -> bool:
        """Whether there is nothing to say of it, or to do about it."""
        return not (self.gained or self.lost or self.broke or self.verdict is None)

    @property
    def gained(self) -> bool:
        """Whether it would be flagged that was not; one that was taken down is past telling."""
        return bool(
            self.verdict and self.verdict.flagged and not self.flagged and not self.article.removed_at
        )

    @property
    def lost(self) -> bool:
        """Whether it would not be flagged that was."""
        return bool(self.verdict and not self.verdict.flagged and self.flagged)


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment on, and before another one."""

    since: datetime
    until: datetime


class Replayer:
    """Goes through a span again and changes nothing; the service may go on beside it."""

    def __init__(self, database: Readable, rules: RuleSet, now: datetime) -> None:
        self._database = database
        self._rules = rules
        self._now = now

    def count(self, span: Span) -> int:
        """How many articles of the span the flagger has come to; the others it judges by itself."""
        return self._database.read(lambda c: Archive(c).count_between(span.since, span.until, end=_end(c)))

    def judge(self, span: Span) -> Iterator[Judgement]:
        """Judge them again, oldest first. Nothing is changed."""
        (seq, end), broken = (0, self._database.read(_end)), self._database.read(_broken)
        while batch := self._database.read(lambda c, s=seq: _batch(c, span, s, end)):  # type: ignore[misc]
            seq = batch[-1][0]
            for _, article, flagged in batch:
                verdict = judge(self._rules, article)
                yield Judgement(article, verdict, flagged, str(article.id) in broken)

    def dead(self, span: Span) -> list[int]:
        """Return the deliveries of alerts queued in the span that no server accepted and that can be tried again."""
        return self._database.read(lambda c: Dispatch(c).dead_alerts(span.since, span.until))


class Retaker:
    """Keeps what a replay found, and queues what never arrived; each change with its line of the audit trail."""

    def __init__(
        self, database: Database, rules: RuleSet, outlets: Mapping[str, Outlet], now: datetime, who: str
    ) -> None:
        """Change ``database`` in the name of ``who``."""
        self._database = database
        self._now = now
        self._who = who
        self._flagger = Flagger(database, lambda: rules, outlets, now=lambda: now)

    def take(self, span: Span, judged: Sequence[Judgement], *, send: bool) -> list[Flagged]:
        """Flag what was gained and place it in stories, with ``send`` tell it; close the events of what is judged now.

        An article that changed meanwhile is left to the service.
        """

        def keep(connection: Connection, part: Sequence[Judgement]) -> list[Flagged]:
            taken = self._take(connection, part, send=send)
            if taken:
                self._audit(connection, span, f"articles flagged{' and told' if send else ''}: {len(taken)}")
            return taken

        parts = (judged[start : start + BATCH] for start in range(0, len(judged), BATCH))
        return [one for part in parts for one in self._database.write(partial(keep, part=part))]

    def _take(self, connection: Connection, judged: Sequence[Judgement], *, send: bool) -> list[Flagged]:
        archive, logbook = Archive(connection), Logbook(connection)
        found = []
        for each in judged:
            if each.verdict:
                logbook.close_event(UNJUDGED, str(each.article.id), self._now)
            if each.gained and each.verdict and archive.article(each.article.id) == each.article:
                found.append((each.article, each.verdict))
        return self._flagger.take_again(connection, found, send=send)

    def queue(self, span: Span) -> list[int]:
        """Queue the dead deliveries of the span anew; returns which."""

        def keep(connection: Connection) -> list[int]:
            dispatch = Dispatch(connection)
            dead = dispatch.dead_alerts(span.since, span.until)
            queued = [each for each in dead if dispatch.retry(each, self._now, self._now + OLD)]
            if queued:
                self._audit(connection, span, f"messages queued anew: {len(queued)}")
            return queued

        return self._database.write(keep)

    def _audit(self, connection: Connection, span: Span, what: str) -> None:
        about = f"{span.since:%Y-%m-%dT%H:%M}/{span.until:%Y-%m-%dT%H:%M}"
        Logbook(connection).audit(self._now, self._who, "replay", about, what)


def _end(connection: Connection) -> int:
    return Newsdesk(connection).cursor(CURSOR)


def _broken(connection: Connection) -> set[str]:
    return {event.subject for event in Logbook(connection).open_events() if event.kind == UNJUDGED}


def _batch(connection: Connection, span: Span, seq: int, end: int) -> list[tuple[int, Article, bool]]:
    newsdesk = Newsdesk(connection)
    found = Archive(connection).between(span.since, span.until, after=seq, end=end, most=BATCH)
    return [(number, article, newsdesk.flag_of(article.id) is not None) for number, article in found]
