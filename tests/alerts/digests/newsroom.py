"""A newsdesk in a real store: stories and what was said of them, written as the flagger writes them."""

from datetime import datetime, timedelta

from alerts.nouns import (
    Alert,
    AlertKind,
    Finding,
    Flag,
    Level,
    Reason,
    RecipientKind,
    Span,
    Story,
    Subscriber,
    Subscription,
    Verdict,
)
from alerts.storage import Alerts, Newsdesk, Subscribers
from crawler.database import Connection
from crawler.nouns import Article, Outlet, Precision, Source, SourceKind, Stamp
from crawler.storage import Archive

OUTLETS = {
    name: Outlet(name, ar, en, "JO", "Asia/Amman", f"https://{name}.example/", (Source(f"https://{name}.example/feed", SourceKind.FEED),))
    for name, ar, en in (("mirqab", "المرقب", "Al Mirqab"), ("ufuq", "الأفق", "Al Ufuq"), ("daftar", "الدفتر", "Daftar"), ("sijill", "السجل", "Sijill"))
}  # fmt: skip


def subscribe(
    c: Connection,
    name: str = "reader",
    *wanted: Subscription,
    zone: str = "UTC",
    kind: RecipientKind = RecipientKind.MAIL,
) -> int:
    reader = Subscriber(
        kind, f"{name}@example.org", datetime.fromisoformat("2026-01-01T00:00Z"), timezone=zone
    )
    return Subscribers(c).subscribe(reader, wanted or (Subscription(0, cadence="daily"),))


def article(
    c: Connection, at: datetime, title: str, outlet: str = "mirqab", published: datetime | None = None
) -> Article:
    url = f"https://{outlet}.example/{abs(hash((title, outlet, at)))}"
    stamp = Stamp(published or at - timedelta(minutes=5), Precision.MINUTE, "jsonld", "raw")
    made = Article(outlet, url, title, f"قالت الشرطة إن {title}.", at, published=stamp)
    number, _ = Archive(c).keep(made)
    kept = Archive(c).article(number)
    assert kept
    return kept


def flag(
    c: Connection, one: Article, at: datetime, topics: tuple[str, ...], places: tuple[str, ...], level: Level
) -> None:
    span = Span("title", 0, 4, one.title[:4], "concept")
    verdict = Verdict(
        (Finding("rule", topics[0], level, 1.0, (span,)),), topics, places, (), 1.0, level, "rules"
    )
    Newsdesk(c).keep_flag(Flag(one.id, at, verdict))


def tell_story(
    c: Connection,
    at: datetime,
    title: str,
    *,
    topics: tuple[str, ...] = ("fraud",),
    places: tuple[str, ...] = ("MM",),
    level: Level = Level.NOTICE,
    alerted: bool = True,
    outlet: str = "mirqab",
    seen: datetime | None = None,
    published: datetime | None = None,
) -> Story:
    """A first article, its story, and the alert of it."""
    one = article(c, seen or at, title, outlet, published)
    flag(c, one, at, topics, places, level)
    Newsdesk(c).place(one.id, at, {}, "")
    number = Newsdesk(c).open_story(Story(at, at, title, topics, places, level))
    Newsdesk(c).change_story(Story(at, at, title, topics, places, level, (one.id,), id=number))
    story = Newsdesk(c).story(number)
    assert story
    if alerted:
        say(c, story, at, AlertKind.NEW, one.id, Reason("new_story"))
    return story


def add_article(c: Connection, story: Story, at: datetime, outlet: str) -> Article:
    """A further article of a story."""
    one = article(c, at, story.title, outlet)
    flag(c, one, at, story.topics, story.places, story.level)
    Newsdesk(c).place(one.id, at, {}, "")
    now = Newsdesk(c).story(story.id)
    assert now
    Newsdesk(c).change_story(
        Story(
            now.opened_at,
            at,
            now.title,
            now.topics,
            now.places,
            now.level,
            (*now.articles, one.id),
            now.voices + 1,
            now.id,
        )
    )
    return one


def say(c: Connection, story: Story, at: datetime, kind: AlertKind, article_id: int, reason: Reason) -> Alert:
    """An alert of a story."""
    version = 1 + max((told.alert.version for told in Alerts(c).told(story.id)), default=0)
    alert = Alert(story.id, version, kind, story.level, at, article_id, (reason,))
    number = Alerts(c).keep(alert, story.articles)
    kept = Alerts(c).get(number)
    assert kept
    return kept
