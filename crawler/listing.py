"""Find the articles that a page links to: by a pattern, or by how headlines and article addresses look."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.nouns import Entry

_APART = frozenset({"nav", "footer", "form"})
_ARTICLE_LIKE = re.compile(r"\d{4}[/-]\d{1,2}|\d{4,}|[^/]+(?:-[^/-]+){3}|%[0-9A-Fa-f]{2}[^/]*-[^/]*-")
_SPACE = re.compile(r"\s+")
MIN_WORDS = 4  # the shortest headlines; menus and tags are shorter


def read_listing(page: LexborHTMLParser, url: str, article_pattern: str) -> tuple[tuple[Entry, ...], str]:
    """The articles a page links to, in the page's order, and the address of its next page."""
    base = page.css_first("base[href]")
    url = urljoin(url, (base.attributes.get("href") or "") if base else "")
    pattern = re.compile(article_pattern) if article_pattern else None
    best: dict[str, str] = {}
    for link, title, apart in _links(page, url):
        taken = pattern.search(link) is not None if pattern else not apart and _is_article(link, title, url)
        if taken and len(title) >= len(best.get(link, "")):
            best[link] = title
    following = page.css_first("a[rel=next], link[rel=next]")
    next_page = urljoin(url, following.attributes.get("href") or "") if following else ""
    return tuple(Entry(link, title) for link, title in best.items()), next_page


def _links(page: LexborHTMLParser, url: str) -> Iterator[tuple[str, str, bool]]:
    for anchor in page.css("a[href]"):
        try:
            link = urljoin(url, (anchor.attributes.get("href") or "").strip()).partition("#")[0]
        except ValueError:
            continue
        if link.startswith(("http://", "https://")):
            yield link, _SPACE.sub(" ", anchor.text(separator=" ")).strip(), _is_apart(anchor)


def _is_apart(anchor: LexborNode) -> bool:
    node = anchor.parent
    while node is not None:
        if node.tag in _APART:
            return True
        node = node.parent
    return False


def _is_article(link: str, title: str, url: str) -> bool:
    there, here = urlsplit(link), urlsplit(url)
    path = there.path + "?" + there.query
    return (
        there.netloc.removeprefix("www.") == here.netloc.removeprefix("www.")
        and len(title.split()) >= MIN_WORDS
        and _ARTICLE_LIKE.search(path) is not None
    )
