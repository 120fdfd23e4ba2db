"""An operator's hand in the stories: what it joins stays joined, what it parts stays apart, and nobody is told.

Each function belongs in one transaction. A running flagger sees that its desk is out of date and restores it.
"""

from collections.abc import Collection

from alerts.gathering import keep_story, part
from alerts.nouns import Story, story_code
from alerts.storage import Newsdesk
from crawler.database import Connection


class RegroupingError(Exception):
    """What was asked for cannot be done; the text says why."""


def merge(connection: Connection, story: int, into: int) -> Story:
    """Let ``story`` go on under ``into``; returns that. Raises RegroupingError."""
    if story == into:
        raise RegroupingError("a story cannot be merged into itself")
    newsdesk = Newsdesk(connection)
    members = *_standing(newsdesk, into).articles, *_standing(newsdesk, story).articles
    kept = keep_story(connection, into, members)
    newsdesk.merge(story, into)
    newsdesk.rule(into)
    return kept


def split(connection: Connection, articles: Collection[int]) -> tuple[Story, Story]:
    """Let ``articles`` leave their story for a new one; returns the old and the new. Raises RegroupingError."""
    newsdesk = Newsdesk(connection)
    homes = {article: newsdesk.story_of(article) for article in articles}
    for article, home in homes.items():
        if home is None:
            raise RegroupingError(f"article {article} is in no story")
    left = next(home for home in homes.values() if home)
    if any(home != left for home in homes.values()):
        raise RegroupingError("the articles are in more than one story; split them one story at a time")
    rest = set(left.articles) - set(articles)
    if not rest:
        raise RegroupingError(f"these are all articles of {left.code}; one at least must stay")
    new = part(connection, homes)
    old = keep_story(connection, left.id, rest)
    newsdesk.rule(old.id)
    newsdesk.rule(new.id)
    return old, new


def _standing(newsdesk: Newsdesk, story_id: int) -> Story:
    story = newsdesk.story(story_id)
    if story is None:
        raise RegroupingError(f"there is no story {story_code(story_id)} (id {story_id})")
    if not story.articles:
        onward = newsdesk.merged_into(story_id)
        under = f" and goes on under story {onward}" if onward else ""
        raise RegroupingError(f"story {story_id} has no articles any more{under}")
    return story
