"""The commands that read: the archive, stories, the last alerts, one's own filter on last week's, how Marsad is."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from alerts.arabic import fold
from alerts.bot import menus
from alerts.bot.nouns import Reply
from alerts.bot.visit import Visit
from alerts.filters import holding
from alerts.indexing import query
from alerts.messages import Button, Line, LineKind, Run
from alerts.messages.cleaning import clean_link, clean_title
from alerts.messages.message import cut
from alerts.nouns import Alert, Story, story_number
from alerts.storage import SearchIndex
from alerts.wanting import asks_for
from crawler.nouns import Article
from crawler.storage import Sources

A_PAGE: Final = 6  # results
MOST_PAGES: Final = 20
MOST_VERSIONS: Final = 30  # articles of a story that a message lists
TITLE: Final = 160  # UTF-16 units of a title in a list
LAST: Final = 5
WEEK: Final = timedelta(days=7)
MOST_TRIED: Final = 1000  # alerts that a new filter is tried on
EXAMPLES: Final = 3
AWAKE: Final = timedelta(hours=1)


def story_id(text: str) -> int | None:
    """The id in a story's code, such as M001A, or the id itself."""
    said = text.strip()
    return int(said) if re.fullmatch(r"\d{1,9}", said) else story_number(said)


def outlet_id(visit: Visit, text: str) -> str | None:
    """An outlet by its id or its name in either language."""
    wanted = fold(text.strip())
    for outlet in visit.office.outlets.values():
        if wanted in {fold(outlet.id), fold(outlet.name_ar), fold(outlet.name_en)}:
            return outlet.id
    return None


def story(visit: Visit, text: str) -> Reply:
    """Show a story with every outlet's version."""
    if not text:
        return visit.tell("ask_story")
    number = story_id(text)
    found = visit.newsdesk.story(visit.newsdesk.merged_into(number) or number) if number else None
    return story_page(visit, found) if found and found.articles else visit.tell("no_such_story", code=text)


def story_page(visit: Visit, found: Story) -> Reply:
    """A story: what it is, who tells it, and the ways to hear more or no more of it."""
    tongue = visit.tongue
    articles = [article for each in found.articles if (article := visit.archive.article(each))]
    names = [*map(tongue.voice.topic, found.topics[:3]), *map(tongue.voice.place, found.places[:4])]
    lines = [
        *tongue.page(f"# {' · '.join([tongue.say(f'level_{found.level.word}'), *names])}"),
        Line((Run(cut(clean_title(found.title), TITLE), bold=True),), LineKind.TITLE),
        *(_version(visit, article) for article in articles[:MOST_VERSIONS]),
        *tongue.page(
            tongue.count("articles", len(articles)), tongue.say("story_code", code=f"#{found.code}")
        ),
    ]
    return Reply(tongue.message(lines, [story_buttons(visit, found)]))


def story_buttons(visit: Visit, found: Story) -> list[Button]:
    """Follow a story, or hear no more of it."""
    wanted = visit.subscribers.wanted(visit.subscriber.id)
    follows = bool(wanted) and found.id in wanted[0].follows
    follow = visit.button(
        visit.tongue.say("unfollow" if follows else "follow"), "follow", found.id, int(not follows)
    )
    return [follow, visit.button(visit.tongue.say("mute_story"), "hush", found.id)]


def last(visit: Visit, text: str) -> Reply:
    """The last alerts that fit what the subscriber wants, muted or not."""
    del text
    wanted = visit.subscribers.wanted(visit.subscriber.id)
    lines: list[Line] = []
    buttons = []
    for alert, found, article in alerts_since(visit, visit.now - WEEK):
        holds = holding(frozenset(wanted[0].filters), article.title, article.body) if wanted else frozenset()
        if (
            any(asks_for(each, alert, found, article.outlet, holds) for each in wanted)
            and found.id not in buttons
        ):
            buttons.append(found.id)
            lines += _numbered(visit, len(buttons), article)
        if len(buttons) == LAST:
            break
    if not lines:
        return visit.tell("nothing_last")
    head = visit.tongue.page(visit.tongue.say("last"))
    return Reply(visit.tongue.message([*head, *lines], [_story_row(visit, buttons)]))


def found(visit: Visit, words: str, draft: int, page: int = 0) -> Reply:
    """A page of what the archive has on some words, newest first."""
    tongue = visit.tongue
    asked = query(words)
    if not asked:
        return visit.tell("search_unread")
    page = min(max(page, 0), MOST_PAGES)
    ids = SearchIndex(visit.connection).find(asked, A_PAGE * (page + 1) + 1)
    here = [article for each in ids[A_PAGE * page :][:A_PAGE] if (article := visit.archive.article(each))]
    if not here:
        return visit.tell("nothing_found", words=words)
    lines = [*tongue.page(tongue.say("found", words=words))]
    stories: list[int] = []
    for number, article in enumerate(here, 1 + A_PAGE * page):
        told = visit.newsdesk.story_of(article.id)
        lines += _numbered(visit, number, article, told)
        stories += [told.id] if told and told.id not in stories else []
    turn = []
    if page:
        turn.append(visit.button(tongue.say("previous"), "found", draft, page - 1))
    if len(ids) > A_PAGE * (page + 1):
        turn.append(visit.button(tongue.say("next"), "found", draft, page + 1))
    return visit.show(tongue.message(lines, [_story_row(visit, stories), turn]))


def trial(visit: Visit, words: str, draft: int) -> Reply:
    """What a filter would have let through of last week's alerts: how many, and three of them."""
    tongue = visit.tongue
    tried = fitting = 0
    examples: list[Line] = []
    for _, _, article in alerts_since(visit, visit.now - WEEK):
        tried += 1
        if holding(frozenset({words}), article.title, article.body):
            fitting += 1
            if fitting <= EXAMPLES:
                examples += _numbered(visit, fitting, article)
    lines = [
        *tongue.page(tongue.say("filter_trial", words=words), tongue.count("of_alerts", tried)),
        *tongue.page(tongue.count("would_pass", fitting)),
        *examples,
    ]
    keep = visit.button(tongue.say("filter_keep"), "filter", draft)
    return Reply(tongue.message(lines, [[keep]]))


def alerts_since(visit: Visit, since: datetime) -> "Sequence[tuple[Alert, Story, Article]]":
    """The alerts since a moment, newest first, each with its story and the article that caused it."""
    told = []
    for alert in visit.alerts.since(since, MOST_TRIED):
        found, article = visit.newsdesk.story(alert.story), visit.archive.article(alert.article)
        if found and article:
            told.append((alert, found, article))
    return told


def health(visit: Visit) -> list[str]:
    """How Marsad itself is: silence must not pass for health."""
    tongue, polls = visit.tongue, Sources(visit.connection).last_polls()
    awake = {
        outlet
        for (outlet, _), poll in polls.items()
        if poll["last_ok"] and visit.now - datetime.fromisoformat(poll["last_ok"]) < AWAKE
    }
    said = [tongue.say("health"), tongue.say("awake", n=len(awake), all=len(visit.office.outlets))]
    return said if awake else [*said, tongue.say("asleep")]


def _numbered(visit: Visit, number: int, article: Article, told: Story | None = None) -> list[Line]:
    tongue = visit.tongue
    link = clean_link(article.url, _home(visit, article))
    code = f" · #{told.code}" if told else ""
    title = cut(clean_title(article.title), TITLE) or tongue.voice.words.untitled
    about = f"{menus.outlet_name(visit, article.outlet)} · {tongue.voice.clock(article.first_seen, day=True)}{code}"
    return [
        Line((Run(f"{tongue.say('item', n=number)} "), Run(title, link=link))),
        Line((Run(tongue.foreign(about)),)),
    ]


def _version(visit: Visit, article: Article) -> Line:
    link = clean_link(article.url, _home(visit, article))
    name = visit.tongue.foreign(menus.outlet_name(visit, article.outlet))
    seen = visit.tongue.voice.clock(article.first_seen, day=True)
    gone = f" · {visit.tongue.say('taken_down')}" if article.removed_at else ""
    return Line((Run(name, link=link), Run(f" · {seen}{gone}")))


def _home(visit: Visit, article: Article) -> str:
    outlet = visit.office.outlets.get(article.outlet)
    return outlet.home if outlet else ""


def _story_row(visit: Visit, stories: Sequence[int]) -> list[Button]:
    found = [each for number in stories if (each := visit.newsdesk.story(number))]
    return [visit.button(f"#{each.code}", "story", each.id) for each in found[:A_PAGE]]
