"""The shell that gathers, from the store, all that an alert tells."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from alerts import planning
from alerts.facts import Facts, read_facts
from alerts.facts.key import key_facts
from alerts.messages import Listed, Notice, Reader
from alerts.messages.alert import LISTED
from alerts.nouns import Alert, AlertKind, KeyFact, Reason, Span, Subscriber, Verdict
from alerts.storage import Alerts, Newsdesk
from crawler.database import Connection
from crawler.nouns import Article, Outlet
from crawler.storage import Archive

MOST_SPANS = 12  # marked in a message; the rest is in `marsad explain`


def notice_of(connection: Connection, alert_id: int, outlets: Mapping[str, Outlet]) -> Notice:
    """Return what an alert tells, as it is known now; raises LookupError when its rows are gone."""
    desk, archive = Newsdesk(connection), Archive(connection)
    alert = Alerts(connection).get(alert_id)
    story = desk.story(alert.story) if alert else None
    article = archive.article(alert.article) if alert else None
    flag = desk.flag_of(alert.article) if alert else None
    if alert is None or story is None or article is None or flag is None:
        raise LookupError(f"alert {alert_id} has lost its story, article or flag")
    outlet = outlets.get(article.outlet)
    return Notice(
        kind=AlertKind.WITHDRAWAL if alert.recalled_at else alert.kind,
        level=alert.level,
        topics=flag.verdict.topics,
        places=flag.verdict.places,
        title=article.title,
        body=article.body,
        url=article.url,
        outlet=outlet.name_ar if outlet else article.outlet,
        outlet_en=outlet.name_en if outlet else article.outlet,
        home=outlet.home if outlet else "",
        first_seen=article.first_seen,
        published=article.published,
        code=story.code,
        spans=tuple(standing_spans(flag.verdict, article)),
        facts=_facts(article),
        outlets=story.voices,
        listed=tuple(_listed(desk, archive, alert, outlets)),
        further=max(0, len(alert.stories) - LISTED),
        reasons=_reasons(alert),
    )


def _listed(
    desk: Newsdesk, archive: Archive, alert: Alert, outlets: Mapping[str, Outlet]
) -> Iterator[Listed]:
    """The stories of a summary as far as a message holds them; a merged one under the story it goes on as."""
    for number in alert.stories[:LISTED]:
        story = desk.story(desk.merged_into(number) or number)
        article = archive.article(story.articles[0]) if story and story.articles else None
        if story and article:
            home = outlets[article.outlet].home if article.outlet in outlets else ""
            yield Listed(article.title, article.url, home, story.level, story.code)


def standing_spans(verdict: Verdict, article: Article) -> Iterator[Span]:
    """The evidence that still stands where it stood: an outlet may have changed its text since."""
    texts = {"title": article.title, "body": article.body}
    found = dict.fromkeys(span for finding in verdict.findings for span in finding.spans)
    standing = [span for span in found if texts[span.field][span.start : span.end] == span.text]
    yield from standing[:MOST_SPANS]


def _reasons(alert: Alert) -> tuple[Reason, ...]:
    if alert.recalled_at:
        return (Reason("words", about=alert.recall_reason),)
    return tuple(reason for reason in alert.reasons if reason.code != planning.NEW)


def _facts(article: Article) -> tuple[KeyFact, ...]:
    return key_facts([(article.id, _read(article.title, article.body))])


@lru_cache(maxsize=256)
def _read(title: str, body: str) -> Facts:
    """One alert goes to many readers, at once."""
    return read_facts(title, body)


def reader_of(subscriber: Subscriber) -> Reader:
    """Return how a subscriber wants to read."""
    return Reader(subscriber.language, subscriber.timezone, subscriber.digits)
