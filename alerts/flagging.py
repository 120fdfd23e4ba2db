"""The shell behind the archive: read new articles by cursor, judge, gather, plan, fan out, all in one transaction."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts import planning
from alerts.bursts import STORM_SPAN, is_storm
from alerts.gathering import Gatherer
from alerts.matching import RuleSet
from alerts.nouns import Alert, Flag, Hold, Story, Verdict
from alerts.revising import revise
from alerts.storage import Alerts, Brake, Dispatch, Labels, Logbook, Newsdesk
from alerts.storage.newsdesk import REGROUPED
from alerts.stories import Fingerprint, fingerprint
from alerts.telling import tell
from crawler.database import Connection, Database, DatabaseError
from crawler.nouns import Article, Outlet
from crawler.revisions import Change, Comparison, compare, next_look
from crawler.storage import Archive, Entries, content_hash

log = logging.getLogger(__name__)

CURSOR = "flagger"
WORST_TIER = 3  # of an outlet that left the registry
COUNTED_AFTER = timedelta(minutes=5)  # a message's count of voices is edited no oftener
COUNTED_FOR = timedelta(days=1)  # after it was sent
BATCH = 50  # articles a transaction: small enough that a poll's commit waits some milliseconds


@dataclass(frozen=True, slots=True)
class Flagged:
    """What one flagged article led to."""

    article: Article
    flag: Flag
    story: Story
    alert: Alert | None  # None: it adds nothing that was not told; on hold: it is not told now
    deliveries: int


@dataclass(frozen=True, slots=True)
class _Judged:
    """An article where the cursor found it, and what the rules say of it."""

    seq: int
    article: Article
    verdict: Verdict | None  # None: something broke on it
    broke: str = "the rules"


class Flagger:
    """Follows the archive. One at a time: the cursor it read must still stand when it writes."""

    def __init__(
        self,
        database: Database,
        rules: Callable[[], RuleSet],
        outlets: Mapping[str, Outlet],
        *,
        now: Callable[[], datetime],
        on_flag: Callable[[Flagged], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._rules = rules
        self._outlets = outlets
        self._now = now
        self._on_flag = on_flag
        self._stories = Gatherer()

    async def run_batch(self) -> int:
        """Flag up to ``BATCH`` articles; returns how many were read, 0 when the cursor is at the end."""
        cursor, batch = await self._database.aread(_unread)
        if not batch:
            return 0
        rules = self._rules()
        judged = await asyncio.to_thread(
            lambda: [_Judged(seq, article, judge(rules, article)) for seq, article in batch]
        )
        await self._take_all(cursor, judged)
        return len(batch)

    async def _take_all(self, cursor: int, judged: Sequence[_Judged]) -> None:
        """Take articles in one transaction; where it breaks, each in one of its own, and past the culprit."""
        try:
            flagged = await self._write(cursor, judged)
        except DatabaseError:
            raise  # the file is in trouble, no article: all of them are taken when it is not
        except Exception as error:
            # The one place for a defect of ours in placing and telling: one article must not stop all others.
            if len(judged) > 1:
                for each in judged:
                    await self._take_all(cursor, [each])
                    cursor = each.seq
                return
            log.exception("article %d could not be placed or told", judged[0].article.id)
            broke = f"placing or telling it ({type(error).__name__})"
            flagged = await self._write(cursor, [replace(judged[0], verdict=None, broke=broke)])
        for one in flagged:
            self._on_flag(one)

    async def _write(self, cursor: int, judged: Sequence[_Judged]) -> list[Flagged]:
        def keep(connection: Connection) -> list[Flagged]:
            if Newsdesk(connection).cursor(CURSOR) != cursor:
                return []  # another flagger was here: what it wrote stands
            taken = [self._take(connection, each.article, each.verdict) for each in judged if each.verdict]
            for each in judged:
                if each.verdict is None:
                    self._tell_broken(connection, each)
            Newsdesk(connection).advance(CURSOR, judged[-1].seq)
            return [flagged for flagged in taken if flagged]

        try:
            return await self._database.awrite(keep)
        except BaseException:
            self._stories.forget()  # what was placed in memory was not kept
            raise

    def _take(self, connection: Connection, article: Article, verdict: Verdict) -> Flagged | None:
        """Take an article with its verdict: new, changed, taken down, or of no interest."""
        story = Newsdesk(connection).story_of(article.id)
        if story:
            return self._revise(connection, article, verdict, story)
        if verdict.flagged and not article.removed_at:
            return self._keep(connection, article, verdict)
        Labels(connection).keep_near_misses(
            article.id, verdict.near_misses, ruleset=verdict.ruleset, now=self._now()
        )
        return None

    def take_again(
        self, connection: Connection, judged: Iterable[tuple[Article, Verdict]], *, send: bool
    ) -> list[Flagged]:
        """Take articles that were let pass when they came: as the past, which tells nobody; or as if they came now."""
        newsdesk = Newsdesk(connection)
        self._stories.forget()  # a running service may have placed others since
        found = [
            self._keep(connection, article, verdict, past=not send)
            for article, verdict in judged
            if newsdesk.story_of(article.id) is None
        ]
        newsdesk.advance(REGROUPED, newsdesk.cursor(REGROUPED) + 1)  # and must look at its desk again
        return found

    def _keep(
        self, connection: Connection, article: Article, verdict: Verdict, *, past: bool | None = None
    ) -> Flagged:
        newsdesk, now = Newsdesk(connection), self._now()
        flag = Flag(article.id, now, verdict)
        flag = replace(flag, id=newsdesk.keep_flag(flag))
        newsdesk.keep_snapshot(article, now)
        if due := next_look(article.first_seen, now=now):
            Entries(connection).look_again(article.id, due)
        mark = self._mark(article, verdict)
        story = self._stories.place(connection, article, verdict, mark, now)
        members = self._stories.members(newsdesk, story)
        voices = len(planning.voices(members))
        if voices > story.voices:
            Dispatch(connection).plan_edits(story.id, now + COUNTED_AFTER, since=now - COUNTED_FOR)
        story = replace(story, voices=voices)
        newsdesk.change_story(story)
        storm = is_storm(Brake(connection).caused_by(article.outlet, now - STORM_SPAN))
        backfill = self._is_past(connection, article) if past is None else past
        history, wanted = (
            Alerts(connection).told(story.id),
            past is False,
        )  # an operator's word: however old it is
        alert = planning.plan(
            story, members, history, mark, now, backfill=backfill, storm=storm, waited=wanted
        )
        if alert and alert.hold is Hold.STORM:
            self._tell_storm(connection, article)
        return self._tell(connection, article, flag, story, alert)

    def _is_past(self, connection: Connection, article: Article) -> bool:
        """Whether the rules changed and not the text: an earlier text of the article was read and let pass."""
        earlier = Archive(connection).revisions(article.id)[-1:]
        verdicts = (judge(self._rules(), replace(article, title=one.title, body=one.body)) for one in earlier)
        return any(verdict and verdict.flagged for verdict in verdicts)

    def _revise(
        self, connection: Connection, article: Article, verdict: Verdict, story: Story
    ) -> Flagged | None:
        """Look again at an article of a story: its outlet changed it or took it down."""
        newsdesk, now = Newsdesk(connection), self._now()
        placed = next(each for each in newsdesk.placed_in(story.id) if each.article == article.id)
        before = Fingerprint.from_json(placed.fingerprint)
        after = self._mark(article, verdict) if verdict.flagged else None
        change = _change(connection, article)
        alert = revise(story, Alerts(connection).told(story.id), before, after, change, now)
        flag = Flag(article.id, now, verdict)
        if after:
            flag = replace(flag, id=newsdesk.keep_flag(flag))
            newsdesk.keep_snapshot(article, now)
            newsdesk.place(article.id, now, after.as_json(), newsdesk.why_placed(article.id))
            self._stories.desk(newsdesk, now).restore(after, story.id)
        return self._tell(connection, article, flag, story, alert) if after or alert else None

    def _tell(
        self, connection: Connection, article: Article, flag: Flag, story: Story, alert: Alert | None
    ) -> Flagged:
        if alert is None:
            return Flagged(article, flag, story, None, 0)
        alert = replace(alert, id=Alerts(connection).keep(alert, story.articles))
        return Flagged(article, flag, story, alert, tell(connection, alert, story, article, self._now()))

    def _tell_storm(self, connection: Connection, article: Article) -> None:
        Logbook(connection).open_event(
            "alert_storm",
            article.outlet,
            cause="it publishes more matching articles at once than an outlet does; they wait for one summary",
            evidence={"url": article.url},
            now=self._now(),
        )

    def _tell_broken(self, connection: Connection, broken: _Judged) -> None:
        Logbook(connection).open_event(
            "article_not_judged",
            str(broken.article.id),
            cause=f"{broken.broke} broke on this article",
            evidence={"url": broken.article.url},
            now=self._now(),
        )

    def _mark(self, article: Article, verdict: Verdict) -> Fingerprint:
        outlet = self._outlets.get(article.outlet)
        return fingerprint(
            article=article.id,
            outlet=article.outlet,
            group=outlet.group if outlet else "",
            masthead=outlet.name_ar if outlet else "",
            tier=outlet.tier if outlet else WORST_TIER,
            title=article.title,
            body=article.body,
            seen=article.first_seen,
            published=article.published.at if article.published else None,
            topics=verdict.topics,
            places=verdict.places,
            wire=article.wire,
        )


def judge(rules: RuleSet, article: Article) -> Verdict | None:
    """Return what the rules say of an article; None where they break on it."""
    try:
        return rules.judge(article.title, article.body)
    except Exception:
        # The one place for a defect of ours in matching: one article must not stop all that come after it.
        log.exception("article %d could not be judged", article.id)
        return None


def _change(connection: Connection, article: Article) -> Comparison:
    """What its outlet did to an article of a story since it was looked at."""
    if article.removed_at:
        return Comparison(Change.REMOVED)
    earlier, kept = Archive(connection).revisions(article.id)[-1:], Newsdesk(connection).snapshots(article.id)
    known = kept and kept[-1].hash == content_hash(article.title, article.body)
    if known or not earlier:
        return Comparison(Change.NONE)  # it was taken down, and stands there again as it was
    return compare(replace(article, title=earlier[0].title, body=earlier[0].body), article)


def _unread(connection: Connection) -> tuple[int, list[tuple[int, Article]]]:
    cursor = Newsdesk(connection).cursor(CURSOR)
    return cursor, Archive(connection).after(cursor, BATCH)
