"""The shell that gathers, from the store, the account of a story."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from alerts import planning
from alerts.account import Account, Ground, Saying, StoryArticle
from alerts.facts import read_facts
from alerts.facts.key import key_facts
from alerts.nouns import Verdict
from alerts.storage import Alerts, Newsdesk
from alerts.stories import Fingerprint
from crawler.database import Connection
from crawler.nouns import Article, Outlet
from crawler.storage import Archive

MOST_READ = 40  # articles of a story whose facts are read again: the newest


def account_of(connection: Connection, story_id: int, outlets: Mapping[str, Outlet]) -> Account | None:
    """Return everything that says why a story was told; None where there is no such story."""
    newsdesk = Newsdesk(connection)
    story = newsdesk.story(story_id)
    if story is None:
        return None
    marks = [Fingerprint.from_json(each.fingerprint) for each in newsdesk.placed_in(story_id)]
    marks.sort(key=lambda mark: (mark.published, mark.article))
    articles = [article for mark in marks if (article := Archive(connection).article(mark.article))]
    weight = planning.weigh(story.level, marks)
    return Account(
        story=story.id,
        code=story.code,
        title=story.title,
        topics=story.topics,
        places=story.places,
        level=weight.level,
        ruled=story.level,
        decided=weight.reasons,
        voices=story.voices,
        facts=key_facts(
            (each.id, read_facts(each.title, each.body)) for each in articles[: -MOST_READ - 1 : -1]
        ),
        sources=tuple(_sources(newsdesk, marks, articles, outlets)),
        sayings=tuple(
            Saying(
                one.id, one.version, one.kind, one.level, one.created_at, one.article, one.reasons, one.hold
            )
            for one in Alerts(connection).of(story_id)
        ),
    )


def _sources(
    newsdesk: Newsdesk,
    marks: Sequence[Fingerprint],
    articles: Iterable[Article],
    outlets: Mapping[str, Outlet],
) -> Iterator[StoryArticle]:
    voices = planning.voices(marks)
    voice = {article: number for number, heard in enumerate(voices, 1) for article in heard}
    mark = {each.article: each for each in marks}
    for article in articles:
        outlet, flag, own = outlets.get(article.outlet), newsdesk.flag_of(article.id), mark[article.id]
        published = article.published.at if article.published else None
        yield StoryArticle(
            article=article.id,
            outlet=article.outlet,
            name_ar=outlet.name_ar if outlet else article.outlet,
            name_en=outlet.name_en if outlet else article.outlet,
            tier=own.tier,
            url=article.url,
            title=article.title,
            published=published,
            seen=article.first_seen,
            delay=article.first_seen - published if published else None,
            behind=own.published - marks[0].published,
            voice=voice[article.id],
            wire=article.wire,
            grounds=tuple(_grounds(flag.verdict)) if flag else (),
            placed=newsdesk.why_placed(article.id),
        )


def _grounds(verdict: Verdict) -> Iterator[Ground]:
    for finding in verdict.findings:
        yield Ground(
            finding.rule, finding.topic, finding.level, finding.score, finding.why, tuple(finding.spans)
        )
