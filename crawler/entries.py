"""Read what an outlet lists: feeds, news sitemaps and listing pages, from their bytes.

Pure: bytes in, a ``Listing`` out. Whatever the bytes are, the answer is a value that names what they were.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from io import BytesIO
from typing import Any

import feedparser
from feedparser.mixin import _FeedParserMixin
from lxml import etree
from selectolax.lexbor import LexborHTMLParser
from w3lib.url import add_or_replace_parameter, url_query_parameter

from crawler.listing import read_listing
from crawler.nouns import Entry, SourceKind
from crawler.payload import HEAD, MAX_BYTES, TooLarge, grows, nests_too_deeply, unpack
from crawler.reading.decoding import decode
from crawler.urls import absolute
from crawler.walls import wall_in

MAX_MARKUP = 10_000  # characters of a summary that are looked at: an unclosed one could nest for ever
MAX_SUMMARY = 2_000  # characters; some feeds put the whole article there


class Cause(StrEnum):
    """What an answer was, in one word for a Poll row and a runbook."""

    OK = "ok"
    EMPTY = "empty"  # no bytes, or a right document that lists nothing
    NOT_A_FEED = "not_a_feed"  # HTML, or anything else that lists nothing for a machine
    TRUNCATED = "truncated"  # cut off; the entries that came are kept
    ENTITY_BOMB = "entity_bomb"  # declares entities that grow or reach out; not expanded
    TOO_LARGE = "too_large"  # more than MAX_BYTES when unpacked, or nested beyond parsing
    # A page that stands where the list should be, told from its words (walls.yaml).
    BOT_WALL = "bot_wall"
    PARKED_DOMAIN = "parked_domain"
    SUSPENDED = "suspended"
    MAINTENANCE = "maintenance"
    DEFAULT_PAGE = "default_page"
    SOFT_404 = "soft_404"
    LOGIN_WALL = "login_wall"
    CONSENT_WALL = "consent_wall"


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries of one answer, and what it says about itself."""

    cause: Cause
    entries: tuple[Entry, ...] = ()  # in the outlet's order, each address once
    dialect: str = ""  # "rss2", "rss1", "atom", "json", "sitemap", "sitemap_index", "listing", "html"
    title: str = ""
    undated: int = 0
    unlinked: int = 0  # entries that name no page at all: nothing to fetch
    interval: timedelta | None = None  # how often to come, from ttl or sy:update*
    next_page: str = ""  # where older entries are
    sitemaps: tuple[Entry, ...] = ()  # what a sitemap index points to, each with its last change
    detail: str = ""  # one line for a person


def read_entries(
    kind: SourceKind, body: bytes, url: str, content_type: str = "", article_pattern: str = ""
) -> Listing:
    """Read the entries of a source.

    Args:
        kind: what the source should be; a feed's dialect, or a sitemap in its place, is told from the bytes.
        body: the answer as it came, its transfer encodings undone; a gzipped file is unpacked here.
        url: where it came from, after redirects; relative links are resolved against it.
        content_type: the whole header.
        article_pattern: for listing pages, the regular expression that an article's address matches.
    """
    try:
        body, whole = unpack(body)
    except TooLarge:
        return Listing(Cause.TOO_LARGE, detail=f"more than {MAX_BYTES >> 20} MB when unpacked")
    text = decode(body, content_type=content_type).text.lstrip("\ufeff \t\r\n\0")
    if grows(text):
        return Listing(Cause.ENTITY_BOMB, detail="declares entities that refer to others or to files")
    listing = (
        _read_text(kind, text, url, article_pattern) if text else Listing(Cause.EMPTY, detail="no bytes")
    )
    if whole or listing.cause not in {Cause.OK, Cause.EMPTY}:
        return listing
    return replace(listing, cause=Cause.TRUNCATED, detail="the packed file is cut off")


def _read_text(kind: SourceKind, text: str, url: str, article_pattern: str) -> Listing:
    if text[0] in "{[":
        return _settle(_json_feed(text, url))
    found = _ROOT.search(text, 0, HEAD)
    root = found[1].lower() if found else ""
    if found and root in _ITEMS:
        text, whole = _whole(text[found.start() :], root)
        return _settle(
            (_sitemap if root in {"urlset", "sitemapindex"} else _feed)(text, url, root), whole=whole
        )
    heading = _TITLE.search(text)
    name = _plain(heading[1]) if heading else ""
    if kind is SourceKind.LISTING:
        if nests_too_deeply(text):
            return Listing(Cause.TOO_LARGE, dialect=root, title=name, detail="nests too deeply")
        entries, next_page = read_listing(LexborHTMLParser(text), url, article_pattern)
        if entries:
            return _settle(Listing(Cause.OK, entries, "listing", title=name, next_page=next_page))
    wall = wall_in(text)
    blank = Cause.EMPTY if kind is SourceKind.LISTING else Cause.NOT_A_FEED
    detail = name or ("lists nothing" if kind is SourceKind.LISTING else "no feed and no page")
    return Listing(Cause(wall) if wall else blank, dialect=root, title=name, detail=detail)


def _storable(entry: Entry) -> Entry:
    """The entry without lone surrogates, which JSON can spell and no file can hold."""
    fields = {name: getattr(entry, name).encode("utf-8", "replace").decode() for name in Entry.__slots__}
    return Entry(**fields)


def _settle(listing: Listing, *, whole: bool = True) -> Listing:
    """Each address once, the first time it is listed; counted; what is wrong with the list named."""
    first: dict[str, Entry] = {}
    for entry in map(_storable, listing.entries):
        first.setdefault(entry.url, entry)
    undated = sum(not entry.published for entry in first.values())
    cause, detail = listing.cause, listing.detail
    if not whole:
        cause, detail = Cause.TRUNCATED, "the document has no end"
    elif cause is Cause.OK and not first and not listing.sitemaps:
        cause, detail = Cause.EMPTY, detail or "lists nothing"
    return replace(listing, entries=tuple(first.values()), undated=undated, cause=cause, detail=detail)


_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?(rss|rdf|feed|urlset|sitemapindex|html)[\s>/]", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,500})", re.IGNORECASE)


# --- feeds ------------------------------------------------------------------------------------------------

_ITEMS = {"rss": "item", "rdf": "item", "feed": "entry", "urlset": "url", "sitemapindex": "sitemap"}
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}


def _whole(text: str, root: str) -> tuple[str, bool]:
    """A document up to its last whole entry if it was cut off, and whether it was not."""
    # A root without entries may close itself.
    if re.search(rf"</(?:[\w.-]{{1,40}}:)?{root}\s{{0,9}}>|\A[^>]*/>", text, re.IGNORECASE):
        return text, True
    end = 0
    for found in re.finditer(rf"</(?:[\w.-]{{1,40}}:)?{_ITEMS[root]}\s{{0,9}}>", text, re.IGNORECASE):
        end = found.end()
    return text[:end] or f"<{root}/>", False


# feedparser looks for a mail address in every author, in a time that grows with the square of the text and without
# letting go of the interpreter. Who wrote is read from the page.
_FeedParserMixin._sync_author_detail = lambda *_: None  # noqa: SLF001 (no option turns it off)


def _feed(text: str, url: str, root: str) -> Listing:
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    feed = feedparser.parse(
        BytesIO(text.encode("utf-8", "replace")), response_headers=headers,
        resolve_relative_uris=False, sanitize_html=False,
    )  # fmt: skip
    entries = [_entry(item, url) for item in feed.entries]
    links = {link.get("rel"): link.get("href", "") for link in feed.feed.get("links", ())}
    return Listing(
        Cause.OK,
        tuple(entry for entry in entries if entry.url),
        {"rss": "rss2", "rdf": "rss1", "feed": "atom"}[root],
        title=_plain(feed.feed.get("title", "")),
        unlinked=sum(not entry.url for entry in entries),
        interval=_interval(feed.feed),
        next_page=absolute(url, links.get("next", "")) or _wordpress_page(feed.feed, url),
        detail=f"not well-formed: {feed.bozo_exception}" if feed.bozo else "",
    )


def _wordpress_page(feed: Mapping[str, Any], url: str) -> str:
    """The address of a WordPress feed's next page, which it has and does not say."""
    if "wordpress.org" not in feed.get("generator", ""):
        return ""
    page = url_query_parameter(url, "paged", "1")
    return add_or_replace_parameter(url, "paged", str(_number(page or "1") + 1))


def _entry(item: Mapping[str, Any], url: str) -> Entry:
    # feedparser's own get() warns when one date stands in for another.
    link = item.get("feedburner_origlink") or item.get("link") or ""
    published = next((item[key] for key in ("published", "updated", "created") if key in item), "")
    return Entry(
        url=absolute(url, link),
        title=_plain(item.get("title", "")),
        guid=item.get("id", ""),
        published=published.strip(),
        summary=_plain(item.get("summary", ""))[:MAX_SUMMARY],
    )


def _interval(feed: Mapping[str, Any]) -> timedelta | None:
    if ttl := _number(feed.get("ttl", "")):
        return timedelta(minutes=ttl)
    hours = _PERIODS.get(feed.get("sy_updateperiod", "").strip().lower())
    return timedelta(hours=hours) / (_number(feed.get("sy_updatefrequency", "")) or 1) if hours else None


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


# --- JSON Feed --------------------------------------------------------------------------------------------


def _json_feed(text: str, url: str) -> Listing:
    try:
        feed, cause = json.loads(text), Cause.OK
    except (ValueError, RecursionError):
        feed, cause = {"items": list(_whole_items(text))}, Cause.TRUNCATED
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or (cause is Cause.TRUNCATED and not items):
        return Listing(Cause.NOT_A_FEED, detail="JSON without items")
    entries = [_json_entry(item, url) for item in items if isinstance(item, dict)]
    return Listing(
        cause,
        tuple(entry for entry in entries if entry.url),
        "json",
        title=_plain(str(feed.get("title") or "")),
        unlinked=len(items) - sum(bool(entry.url) for entry in entries),
        next_page=absolute(url, str(feed.get("next_url") or "")),
        detail="the document has no end" if cause is Cause.TRUNCATED else "",
    )


_LIST = re.compile(r'"items"\s{0,9}:\s{0,9}\[')
_OBJECT = re.compile(r"[\s,]*(?=\{)")


def _whole_items(text: str) -> Iterator[object]:
    """The items of a JSON Feed that is cut off, as far as they are whole."""
    start, decoder = _LIST.search(text), json.JSONDecoder()
    end = start.end() if start else len(text)
    while item := _OBJECT.match(text, end):
        try:
            value, end = decoder.raw_decode(text, item.end())
        except (ValueError, RecursionError):
            return
        yield value


def _json_entry(item: Mapping[str, object], url: str) -> Entry:
    def word(*keys: str) -> str:
        return next((str(item[key]) for key in keys if item.get(key)), "")

    return Entry(
        url=absolute(url, word("url", "external_url")),
        title=_plain(word("title")),
        guid=word("id"),
        published=word("date_published", "date_modified"),
        summary=_plain(word("summary", "content_text", "content_html"))[:MAX_SUMMARY],
    )


# --- sitemaps ---------------------------------------------------------------------------------------------


def _sitemap(text: str, url: str, root: str) -> Listing:
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    tree = etree.fromstring(text.encode("utf-8", "replace"), parser)
    if tree is None:
        return Listing(Cause.NOT_A_FEED, detail="not XML")
    rows = [_fields(node) for node in tree]
    entries = tuple(
        Entry(
            absolute(url, row["loc"]),
            _plain(row.get("title", "")),
            published=row.get("publication_date") or row.get("lastmod") or "",
        )
        for row in rows
        if row.get("loc")
    )
    linked = tuple(entry for entry in entries if entry.url)
    if root == "sitemapindex":
        return Listing(Cause.OK, dialect="sitemap_index", sitemaps=linked)
    return Listing(Cause.OK, linked, "sitemap", unlinked=sum(map(bool, rows)) - len(linked))


def _fields(node: Any) -> dict[str, str]:  # noqa: ANN401  lxml ships no types
    """The texts below a sitemap's entry by local name; an image's title does not hide the article's."""
    fields: dict[str, str] = {}
    for child in node.iter(etree.Element):
        name = etree.QName(child)
        if child.text and child.text.strip() and "image" not in (name.namespace or ""):
            fields.setdefault(name.localname, child.text.strip())
    return fields


# --- text -------------------------------------------------------------------------------------------------

_SPACE = re.compile(r"\s+")


def _plain(markup: str) -> str:
    """One line of text from a title or summary that may hold markup, escaped once or twice."""
    text = html.unescape(markup) if "&" in markup else markup
    if "<" in text:
        tree = LexborHTMLParser(text[:MAX_MARKUP])
        text = tree.body.text(separator=" ") if tree.body else ""
    return _SPACE.sub(" ", text).strip()
