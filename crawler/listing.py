"""Find the articles that a page links to: by a pattern, or by how headlines and article addresses look."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.nouns import Entry
from crawler.urls import absolute

MIN_WORDS = 4  # of a headline; menus and tags are shorter
MAX_TITLE = 300  # characters; a longer anchor wraps a teaser with its summary
MAX_DEPTH = 64  # ancestors of an anchor; the deepest real front pages have some 40
SIBLINGS = 3  # headlines in one folder make it a folder of articles, whatever its addresses look like

_APART = frozenset({"nav", "footer", "form"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5"})
_SECTION = re.compile(
    r"/(?:tags?|categor(?:y|ies)|authors?|topics?|search|pages?|about|login)(?:[/?.]|$)", re.IGNORECASE
)
# A date, a running number, or a slug of several words.
_ARTICLE = re.compile(r"\d{4}[/-]\d{1,2}|\d{4,}|[^/-]{2,}(?:-[^/-]+){3}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    text: str
    heading: bool  # it is, or holds, a heading
    apart: bool  # it stands in a menu, a footer or a form

    @property
    def folder(self) -> str:
        """Where it lies, with all numbers made alike."""
        parts = urlsplit(self.url)
        return re.sub(r"\d+", "9", parts.path.rstrip("/").rpartition("/")[0] + "?" * bool(parts.query))


def read_listing(page: LexborHTMLParser, url: str, article_pattern: str) -> tuple[tuple[Entry, ...], str]:
    """The articles a page links to, in the page's order, and the address of its next page.

    Args:
        page: the parsed page.
        url: its address.
        article_pattern: a regular expression an article's address must match; empty: learn which they are.
    """
    base = page.css_first("base[href]")
    here = absolute(url, (base.attributes.get("href") or "") if base else "") or url
    links = list(_links(page, here))
    if article_pattern:
        pattern = re.compile(article_pattern)
        articles = {link.url for link in links if pattern.search(link.url)}
    else:
        articles = _learn(links, url)
    best: dict[str, _Link] = {}
    for link in links:
        if link.url in articles and _headline(link) > _headline(best.get(link.url)):
            best[link.url] = link
    following = page.css_first("a[rel=next], link[rel=next]")
    next_page = absolute(here, following.attributes.get("href") or "") if following else ""
    return tuple(Entry(link.url, link.text) for link in best.values()), next_page


def _links(page: LexborHTMLParser, here: str) -> Iterator[_Link]:
    for anchor in page.css("a[href]"):
        if address := absolute(here, anchor.attributes.get("href") or ""):
            heading, apart = _place(anchor)
            yield _Link(address, _SPACE.sub(" ", anchor.text(separator=" ")).strip(), heading, apart)


def _place(anchor: LexborNode) -> tuple[bool, bool]:
    above: set[str | None] = set()
    node = anchor.parent
    for _ in range(MAX_DEPTH):
        if node is None:
            break
        above.add(node.tag)
        node = node.parent
    # Old sites put the whole page into one form: only a small form is a place apart.
    apart = bool(above & _APART) and not above >= {"form", "table"}
    return bool(above & _HEADINGS) or anchor.css_first("h1, h2, h3, h4, h5") is not None, apart


def _learn(links: list[_Link], url: str) -> set[str]:
    host, path = _host(url), urlsplit(url).path.rstrip("/")
    likely = [
        link
        for link in links
        if not link.apart
        and len(_WORD.findall(link.text)) >= MIN_WORDS
        and _host(link.url) == host
        and (urlsplit(link.url).path.rstrip("/") != path or urlsplit(link.url).query)
        and not _SECTION.search(link.url)
    ]
    # "/trending" beside "/trending-61815007" and "/news" beside "/news/17" are sections.
    ordered = sorted({link.url for link in likely})
    sections = {a for a, b in pairwise(ordered) if b.startswith((a + "-", a.rstrip("/") + "/"))}
    folders: defaultdict[str, set[str]] = defaultdict(set)
    for link in likely:
        folders[link.folder].add(link.url)
    return {
        link.url
        for link in likely
        if link.url not in sections
        and (len(folders[link.folder]) >= SIBLINGS or _ARTICLE.search(unquote(link.url.partition("//")[2])))
    }


def _headline(link: _Link | None) -> tuple[bool, bool, int]:
    """Order what a page calls an article: a heading before any other anchor, the fuller one first."""
    if link is None:
        return (False, False, -1)
    return (len(link.text) <= MAX_TITLE, link.heading, len(_WORD.findall(link.text)))


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower().removeprefix("www.")
