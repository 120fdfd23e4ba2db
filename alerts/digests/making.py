"""The shell that gathers, from the store, all that one edition tells one reader."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from alerts.digests import selecting
from alerts.digests.nouns import Candidate, Day, Digest, DigestKind, Edition, Known, Piece
from alerts.filters import holding
from alerts.notices import MOST_SPANS, standing_spans
from alerts.nouns import Alert, AlertKind, Span, Story, Subscription
from alerts.storage import Alerts, Newsdesk
from alerts.storage.digests import Digests, Touched
from crawler.database import Connection
from crawler.nouns import Article, Outlet
from crawler.storage import Archive, Survey

TREND = 14  # days in the picture; four weeks for a weekly digest
FILTERED = 5  # articles of a story that a reader's own filters are asked of
FOLDED = timedelta(days=2)  # an alert may grow too old after the edition that could have told it


class Maker:
    """Makes editions on one connection. What several readers share is read once, so it lives for one tick."""

    def __init__(self, connection: Connection, outlets: Mapping[str, Outlet]) -> None:
        self._outlets = outlets
        self._archive, self._desk, self._alerts = (
            Archive(connection),
            Newsdesk(connection),
            Alerts(connection),
        )
        self._digests = Digests(connection)
        self._story = cache(self._desk.story)
        self._article = cache(self._archive.article)
        self._tellers = cache(self._tellers_of)
        self._candidate = cache(self._candidate_of)
        self._newest = cache(self._newest_of)
        self._withdrawn = cache(self._withdrawn_of)
        self._coverage = cache(Survey(connection).coverage)

    def make(
        self, edition: Edition, wanted: Sequence[Subscription], *, merged: Sequence[date] = ()
    ) -> Digest:
        """Return what ``edition`` tells a reader of ``wanted``; it carries those of the ``merged`` dates, too."""
        since, until = edition.since, edition.until
        candidates = self._candidates(edition, wanted)
        chosen = selecting.select(candidates)
        earlier = since - (until - since)
        before = self._opened(earlier, since, wanted, until)
        coverage = self._coverage(since, until)
        spans = (coverage, self._coverage(earlier, since))
        stories, topics, places = selecting.figures(self._opened(since, until, wanted, until), before)
        return Digest(
            edition.kind,
            edition.slot,
            edition.zone,
            since,
            until,
            top=chosen.top,
            fresh=chosen.fresh,
            late=chosen.late,
            updates=chosen.updates,
            corrections=chosen.corrections,
            known=chosen.known,
            stories=stories,
            topics=topics,
            places=places,
            compared=all(each.bears_counting(until - since) for each in spans),
            coverage=coverage,
            merged=tuple(merged),
        )

    def told(self, digest: Digest) -> list[tuple[int, Known]]:
        """Return what a reader of ``digest`` knows of each story in it from then on."""
        return [(piece.story, self._known(piece)) for piece in digest.pieces]

    def _known(self, piece: Piece) -> Known:
        story = self._story(piece.story)
        return Known(self._newest(piece.story), len(story.articles) if story else 0)

    def _newest_of(self, story: int) -> int:
        """The version of the last alert of a story."""
        return max((told.alert.version for told in self._alerts.told(story)), default=0)

    def _withdrawn_of(self, story: int) -> bool:
        """Whether all that was told of a story was taken back: it never happened, and counts nowhere."""
        told = [each.alert for each in self._alerts.told(story)]
        said = [alert for alert in told if alert.kind is not AlertKind.WITHDRAWAL]
        return bool(said) and all(alert.recalled_at for alert in said)

    def trend(self, edition: Edition, wanted: Sequence[Subscription]) -> tuple[Day, ...]:
        """Return how many stories of each topic were opened on each local date up to the edition's, oldest first."""
        days = 2 * TREND if edition.kind is DigestKind.WEEKLY else TREND
        zone = ZoneInfo(edition.zone)
        today = edition.until.astimezone(zone).date()
        dates = [today - timedelta(days=n) for n in reversed(range(days))]
        counts: dict[date, dict[str, int]] = {each: {} for each in dates}
        for story in self._opened(edition.until - timedelta(days=days), edition.until, wanted, edition.until):
            day = counts.get(story.opened_at.astimezone(zone).date())
            if day is not None:
                topic = selecting.first(story.topics)
                day[topic] = day.get(topic, 0) + 1
        return tuple(Day(each, tuple(sorted(found.items()))) for each, found in counts.items())

    def _opened(
        self, since: datetime, until: datetime, wanted: Sequence[Subscription], now: datetime
    ) -> list[Story]:
        found = [self._story(number) for number in self._digests.opened(since, until)]
        return [
            story
            for story in found
            if story and self._asked(wanted, story, now) and not self._withdrawn(story.id)
        ]

    def _asked(self, wanted: Iterable[Subscription], story: Story, now: datetime) -> bool:
        tellers = self._tellers(story.articles)
        return any(
            selecting.asks(one, story, tellers, now, self._holds(one.filters, story.articles))
            for one in wanted
        )

    def _holds(self, filters: tuple[str, ...], articles: tuple[int, ...]) -> frozenset[str]:
        if not filters:
            return frozenset()
        found = [self._article(number) for number in articles[:FILTERED]]
        text = [article for article in found if article]
        return holding(
            frozenset(filters),
            "\n".join(article.title for article in text),
            "\n".join(article.body for article in text),
        )

    def _tellers_of(self, articles: tuple[int, ...]) -> frozenset[str]:
        found = [self._article(number) for number in articles]
        return frozenset(article.outlet for article in found if article)

    def _candidates(self, edition: Edition, wanted: Sequence[Subscription]) -> list[Candidate]:
        since, until = edition.since, edition.until
        folded = self._digests.folded(edition.subscriber, since - FOLDED)
        touched = {each.story: each for each in self._digests.touched(since, until)}
        for number in folded - touched.keys():
            touched[number] = Touched(number, None, None)
        known = self._digests.known(edition.subscriber, touched)
        folded -= known.keys()
        found = []
        for each in touched.values():
            story = self._story(each.story)
            if story is None or not (each.story in folded or self._asked(wanted, story, until)):
                continue
            candidate = self._candidate(each, story, since, until)
            if candidate and (each.placed_at is None or not selecting.is_backfill(candidate, each.placed_at)):
                candidate = replace(candidate, known=known.get(story.id), folded=story.id in folded)
                found.append(candidate)
        return found

    def _said(self, story: Story, since: datetime, until: datetime) -> list[Alert]:
        found = [self._alerts.get(number) for number in self._digests.said(story.id, since, until)]
        return [alert for alert in found if alert]

    def _candidate_of(
        self, touched: Touched, story: Story, since: datetime, until: datetime
    ) -> Candidate | None:
        """A story by the article that tells it best: the one last alerted of, else the first of the window."""
        said = self._said(story, since, until)
        number = said[-1].article if said else touched.article or next(iter(story.articles), None)
        article = self._article(number) if number else None
        if article is None:
            return None
        outlet = self._outlets.get(article.outlet)
        return Candidate(
            story=story,
            article=article,
            spans=self._spans(article),
            home=outlet.home if outlet else "",
            outlet=outlet.name_ar if outlet else article.outlet,
            outlet_en=outlet.name_en if outlet else article.outlet,
            alerts=tuple(said),
        )

    def _spans(self, article: Article) -> tuple[Span, ...]:
        flag = self._desk.flag_of(article.id)
        return tuple(standing_spans(flag.verdict, article))[:MOST_SPANS] if flag else ()
