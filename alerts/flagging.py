"""The shell behind the archive: read new articles by cursor, judge, gather, plan, fan out, all in one transaction."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from alerts import planning, stories
from alerts.matching import RuleSet
from alerts.nouns import Alert, Flag, Story, Verdict
from alerts.storage import Newsdesk
from alerts.stories import Fingerprint, fingerprint
from alerts.wanting import recipients
from crawler.database import Connection, Database
from crawler.nouns import Article, Outlet
from crawler.storage import Archive

CURSOR = "flagger"
BATCH = 50  # articles a transaction: small enough that a poll's commit waits some milliseconds


@dataclass(frozen=True, slots=True)
class Flagged:
    """What one flagged article led to."""

    article: Article
    flag: Flag
    story: Story
    alert: Alert | None  # None: it adds nothing that was not told
    deliveries: int


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

    async def run_batch(self) -> int:
        """Flag up to ``BATCH`` articles; returns how many were read, 0 when the cursor is at the end."""
        cursor, batch = await self._database.aread(_unread)
        if not batch:
            return 0
        rules = self._rules()
        verdicts = await asyncio.to_thread(lambda: [rules.judge(each.title, each.body) for _, each in batch])

        def keep(connection: Connection) -> list[Flagged]:
            if Newsdesk(connection).cursor(CURSOR) != cursor:
                return []  # another flagger was here: what it wrote stands
            found = [
                self._keep(connection, article, verdict)
                for (_, article), verdict in zip(batch, verdicts, strict=True)
                if verdict.flagged
            ]
            Newsdesk(connection).advance(CURSOR, batch[-1][0])
            return found

        for flagged in await self._database.awrite(keep):
            self._on_flag(flagged)
        return len(batch)

    def _keep(self, connection: Connection, article: Article, verdict: Verdict) -> Flagged:
        desk, now = Newsdesk(connection), self._now()
        flag = Flag(article.id, now, verdict)
        flag = replace(flag, id=desk.keep_flag(flag))
        known = desk.story_of(article.id)
        if known:  # a revision: its story stands
            return Flagged(article, flag, known, None, 0)
        mark = self._mark(article, verdict)
        story = self._gather(desk, article, verdict, mark, now)
        members = _members(desk, story)
        alert = planning.plan(story, members, desk.told(story.id), mark, now)
        if alert is None:
            return Flagged(article, flag, story, None, 0)
        alert = replace(alert, id=desk.keep_alert(alert, frozenset(story.articles)))
        told = recipients(desk.subscriptions(), alert, story, article.outlet, now)
        return Flagged(article, flag, story, alert, desk.fan_out(alert, told, now))

    def _mark(self, article: Article, verdict: Verdict) -> Fingerprint:
        outlet = self._outlets.get(article.outlet)
        return fingerprint(
            article=article.id,
            outlet=article.outlet,
            group=outlet.group if outlet else "",
            title=article.title,
            body=article.body,
            seen=article.first_seen,
            published=article.published.at if article.published else None,
            topics=verdict.topics,
            places=verdict.places,
        )

    def _gather(
        self, desk: Newsdesk, article: Article, verdict: Verdict, mark: Fingerprint, now: datetime
    ) -> Story:
        near = desk.placed_since(article.first_seen - stories.WINDOW)
        decision = stories.place(
            mark, ((each.story, Fingerprint.from_json(each.fingerprint)) for each in near)
        )
        story = desk.story(decision.story) if decision.story else None
        grown = _grow(story, article, verdict)
        if story is None:
            grown = replace(grown, id=desk.open_story(grown))
        else:
            desk.change_story(grown)
        desk.place(article.id, grown.id, now, mark.as_json(), decision.why)
        return grown


def _unread(connection: Connection) -> tuple[int, list[tuple[int, Article]]]:
    cursor = Newsdesk(connection).cursor(CURSOR)
    return cursor, Archive(connection).after(cursor, BATCH)


def _grow(story: Story | None, article: Article, verdict: Verdict) -> Story:
    """Return the story with one more article; a new one when there is none."""
    seen = article.first_seen
    if story is None:
        return Story(seen, seen, article.title, verdict.topics, verdict.places, verdict.level, (article.id,))
    return replace(
        story,
        last_at=max(story.last_at, seen),
        topics=tuple(dict.fromkeys(story.topics + verdict.topics)),
        places=tuple(dict.fromkeys(story.places + verdict.places)),
        level=max(story.level, verdict.level),
        articles=(*story.articles, article.id),
    )


def _members(desk: Newsdesk, story: Story) -> list[Fingerprint]:
    return [Fingerprint.from_json(each.fingerprint) for each in desk.placed_in(story.id)]
