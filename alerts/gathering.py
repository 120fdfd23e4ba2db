"""The shell around stories: where an article is placed is kept, and a desk that fell behind the store is laid anew."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alerts import planning, stories
from alerts.nouns import Story, Verdict
from alerts.storage import Newsdesk
from alerts.storage.newsdesk import REGROUPED
from alerts.stories import Desk, Fingerprint
from crawler.database import Connection
from crawler.nouns import Article
from crawler.storage import Archive


class Gatherer:
    """Places articles in stories, one writer at a time; its desk holds what the store does."""

    def __init__(self) -> None:
        self._desk: Desk | None = None  # None: to be restored from the store, which is the truth
        self._regrouped = 0  # what operators had done when it was restored

    def forget(self) -> None:
        """Lay the desk anew before the next article."""
        self._desk = None

    def place(
        self, connection: Connection, article: Article, verdict: Verdict, mark: Fingerprint, now: datetime
    ) -> Story:
        """Place an article and keep what its arrival moved; returns its story."""
        newsdesk = Newsdesk(connection)
        desk = self.desk(newsdesk, now)
        desk.forget(now - stories.WINDOW)
        decision = desk.place(mark)
        newsdesk.place(mark.article, now, mark.as_json(), decision.why)
        known = newsdesk.story(decision.story) if decision.story else None
        if known and not (decision.merged or decision.moved or decision.apart):
            story = extended(known, article, verdict)
        else:
            story = keep_story(connection, decision.story, decision.members)
        for other in {to for _, to in decision.moved} - {story.id}:
            arrived = {member for member, to in decision.moved if to == other}
            keep_story(connection, other, arrived | {each.article for each in newsdesk.placed_in(other)})
        for old, into in decision.merged:
            newsdesk.merge(old, into)
        apart = [part(connection, group).id for group in decision.apart]
        desk.settle(decision, story.id, apart)
        return story

    def members(self, newsdesk: Newsdesk, story: Story) -> list[Fingerprint]:
        """The articles of a story, from the desk where they all lie on it."""
        marks = [self._desk.mark(each) if self._desk else None for each in story.articles]
        found = [mark for mark in marks if mark]
        if len(found) == len(marks):
            return found
        return [Fingerprint.from_json(each.fingerprint) for each in newsdesk.placed_in(story.id)]

    def desk(self, newsdesk: Newsdesk, now: datetime) -> Desk:
        """Return the desk, restored where operators regrouped stories or it was forgotten."""
        regrouped = newsdesk.cursor(REGROUPED)
        if self._desk is None or regrouped != self._regrouped:
            self._desk, self._regrouped = _restored(newsdesk, now), regrouped
        return self._desk


def _restored(newsdesk: Newsdesk, now: datetime) -> Desk:
    desk = Desk()
    for each in newsdesk.placed_since(now - stories.WINDOW):
        desk.restore(Fingerprint.from_json(each.fingerprint), each.story)
    return desk


def keep_story(connection: Connection, story_id: int | None, members: Iterable[int]) -> Story:
    """Make a story of ``members``, a new one where it has no id; returns it as kept."""
    newsdesk, archive = Newsdesk(connection), Archive(connection)
    told = [(archive.article(each), newsdesk.flag_of(each)) for each in members]
    story = summary([(article, flag.verdict) for article, flag in told if article and flag])
    story = replace(story, id=story_id or newsdesk.open_story(story))
    newsdesk.change_story(story)
    marks = [Fingerprint.from_json(each.fingerprint) for each in newsdesk.placed_in(story.id)]
    story = replace(story, voices=len(planning.voices(marks)))
    newsdesk.change_story(story)
    return story


def part(connection: Connection, members: Iterable[int]) -> Story:
    """Open a story for articles that leave one; what was told of that one was told of them."""
    newsdesk, members = Newsdesk(connection), sorted(members)
    left = newsdesk.story_of(members[0])
    story = keep_story(connection, None, members)
    if left:
        newsdesk.split(story.id, left.id)
    return story


def extended(story: Story, article: Article, verdict: Verdict) -> Story:
    """Return what a story is with one article more, without reading the others again."""
    first = article.first_seen < story.opened_at
    return replace(
        story,
        opened_at=min(story.opened_at, article.first_seen),
        last_at=max(story.last_at, article.first_seen),
        title=article.title if first else story.title,
        topics=tuple(dict.fromkeys((*story.topics, *verdict.topics))),
        places=tuple(dict.fromkeys((*story.places, *verdict.places))),
        level=max(story.level, verdict.level),
        articles=tuple(dict.fromkeys((*story.articles, article.id))),
    )


def summary(members: Iterable[tuple[Article, Verdict]]) -> Story:
    """Return what a story is by its articles: the first one names it, all of them give topics, places and level."""
    ordered = sorted(members, key=lambda member: (member[0].first_seen, member[0].id))
    first = ordered[0][0]
    return Story(
        opened_at=first.first_seen,
        last_at=ordered[-1][0].first_seen,
        title=first.title,
        topics=tuple(dict.fromkeys(topic for _, verdict in ordered for topic in verdict.topics)),
        places=tuple(dict.fromkeys(place for _, verdict in ordered for place in verdict.places)),
        level=max(verdict.level for _, verdict in ordered),
        articles=tuple(article.id for article, _ in ordered),
    )
