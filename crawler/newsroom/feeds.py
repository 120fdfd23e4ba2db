"""How the newsroom lists its pieces: RSS 2.0, RSS 1.0, Atom, JSON Feed and news sitemaps."""

import json
from collections.abc import Callable, Sequence
from email.utils import format_datetime

from lxml import etree
from lxml.builder import ElementMaker

from crawler.newsroom.nouns import Dialect, Masthead, Piece

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RSS1 = "http://purl.org/rss/1.0/"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
SY = "http://purl.org/rss/1.0/modules/syndication/"

_dc = ElementMaker(namespace=DC)
_rdf = ElementMaker(namespace=RDF)
_sy = ElementMaker(namespace=SY)
_news = ElementMaker(namespace=NEWS)


def _xml(root: object, masthead: Masthead) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding=masthead.charset))


def rss2(masthead: Masthead, home: str, pieces: Sequence[Piece]) -> bytes:
    """A WordPress-like feed, with the update hints that such feeds carry."""
    e = ElementMaker(nsmap={"dc": DC, "sy": SY})
    channel = e.channel(
        e.title(masthead.name_ar), e.link(home), e.description(masthead.slogan), e.language("ar"),
        _sy.updatePeriod("hourly"), _sy.updateFrequency("1"), e.ttl("5"),
    )  # fmt: skip
    for piece in pieces:
        channel.append(
            e.item(
                e.title(piece.draft.title),
                e.link(home + piece.path),
                _dc.creator(piece.draft.author),
                e.pubDate(format_datetime(piece.published)),
                e.category(piece.draft.section),
                e.guid(f"{home}/?p={piece.number}", isPermaLink="false"),
                e.description(piece.draft.paragraphs[0]),
            )
        )
    return _xml(e.rss(channel, version="2.0"), masthead)


def rss1(masthead: Masthead, home: str, pieces: Sequence[Piece]) -> bytes:
    """An RDF feed, as old portals still serve it."""
    e = ElementMaker(namespace=RSS1, nsmap={None: RSS1, "rdf": RDF, "dc": DC})
    resource, about = f"{{{RDF}}}resource", f"{{{RDF}}}about"
    links = [home + piece.path for piece in pieces]
    listed = _rdf.Seq(*(_rdf.li({resource: link}) for link in links))
    head = e.channel(
        {about: home + masthead.source},
        e.title(masthead.name_ar), e.link(home), e.description(masthead.slogan), e.items(listed),
    )  # fmt: skip
    items = (
        e.item({about: link}, e.title(piece.draft.title), e.link(link), _dc.date(piece.published.isoformat()))
        for piece, link in zip(pieces, links, strict=True)
    )
    root = ElementMaker(namespace=RDF, nsmap={None: RSS1, "rdf": RDF, "dc": DC}).RDF(head, *items)
    return _xml(root, masthead)


def atom(masthead: Masthead, home: str, pieces: Sequence[Piece]) -> bytes:
    """An Atom feed."""
    e = ElementMaker(namespace=ATOM, nsmap={None: ATOM})
    feed = e.feed(
        e.title(masthead.name_ar), e.id(home + masthead.source), e.link(rel="alternate", href=home),
        e.updated(max(p.published for p in pieces).isoformat() if pieces else "1970-01-01T00:00:00Z"),
    )  # fmt: skip
    for piece in pieces:
        feed.append(
            e.entry(
                e.title(piece.draft.title),
                e.link(rel="alternate", type="text/html", href=home + piece.path),
                e.id(f"tag:{masthead.id},2026:{piece.number}"),
                e.published(piece.published.isoformat()),
                e.updated(piece.published.isoformat()),
                e.author(e.name(piece.draft.author or masthead.name_ar)),
                e.summary(piece.draft.paragraphs[0]),
            )
        )
    return _xml(feed, masthead)


def json_feed(masthead: Masthead, home: str, pieces: Sequence[Piece]) -> bytes:
    """A JSON Feed 1.1."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": masthead.name_ar,
        "home_page_url": home,
        "feed_url": home + masthead.source,
        "language": "ar",
        "items": [
            {
                "id": str(piece.number),
                "url": home + piece.path,
                "title": piece.draft.title,
                "summary": piece.draft.paragraphs[0],
                "date_published": piece.published.isoformat(),
            }
            for piece in pieces
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def news_sitemap(masthead: Masthead, home: str, pieces: Sequence[Piece]) -> bytes:
    """A news sitemap."""
    e = ElementMaker(namespace=SITEMAP, nsmap={None: SITEMAP, "news": NEWS})
    urls = (
        e.url(
            e.loc(home + piece.path),
            _news.news(
                _news.publication(_news.name(masthead.name_ar), _news.language("ar")),
                _news.publication_date(piece.published.isoformat()),
                _news.title(piece.draft.title),
            ),
        )
        for piece in pieces
    )
    return _xml(e.urlset(*urls), masthead)


WRITERS: dict[Dialect, tuple[Callable[[Masthead, str, Sequence[Piece]], bytes], str]] = {
    Dialect.RSS2: (rss2, "application/rss+xml; charset=UTF-8"),
    Dialect.RSS1: (rss1, "text/xml"),
    Dialect.ATOM: (atom, "application/atom+xml"),
    Dialect.JSON: (json_feed, "application/feed+json"),
    Dialect.SITEMAP: (news_sitemap, "application/xml"),
}
