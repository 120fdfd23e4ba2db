"""Where a page says that it lies: its own address, its AMP twin, its next part."""

import re
from urllib.parse import urlsplit

from crawler.reading.head import Head
from crawler.urls import absolute


def linked(head: Head, selector: str) -> str:
    """The address in the first element that a selector finds."""
    node = head.tree.css_first(selector)
    return absolute(head.url, (node.attributes.get("href") or "") if node else "")


def canonical_link(head: Head) -> str:
    """The address the page gives itself, where it is believable: the same site, and not its front page."""
    claims = (linked(head, 'link[rel="canonical"]'), absolute(head.url, head.first("og:url")))
    return next((claim for claim in claims if claim and _believable(claim, head.url)), head.url)


def _believable(claim: str, url: str) -> bool:
    if not url.startswith("http"):
        return True
    ours, theirs = urlsplit(url), urlsplit(claim)
    front = theirs.path in ("", "/") and not theirs.query and ours.path not in ("", "/")
    return not front and _site(theirs.hostname or "") == _site(ours.hostname or "")


def _site(host: str) -> str:
    """The registered part of a host, near enough: "m.youm7.com" and "www.youm7.com" are one site."""
    labels = host.lower().split(".")
    return ".".join(
        labels[-3:] if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3 else labels[-2:]
    )


def next_page(head: Head) -> str:
    """The next part: the same address with a page number. "rel=next" alone is often another article."""
    for node in head.tree.css('link[rel="next"], a[rel~="next"], [class*="pag" i] a')[:30]:
        link = absolute(head.url, node.attributes.get("href") or "")
        if link and _page_number(link, head.url) == 1 + (_page_number(head.url, head.url) or 1):
            return link
    return ""


_PAGE = re.compile(r"(?:/(?:page|p)?/?(\d{1,2})/?|[?&](?:page|p|pg|paged)=(\d{1,2}))$")


def _page_number(link: str, base: str) -> int | None:
    def stem(url: str) -> str:
        return _PAGE.sub("", url).rstrip("/")

    match = _PAGE.search(link)
    if match and stem(link) in (stem(base), base.rstrip("/")):
        return int(match[1] or match[2])
    return None


def host_words(url: str) -> list[str]:
    """The names a host is made of: "www.akhbarelyom.com" calls itself akhbarelyom."""
    return [label for label in _site(urlsplit(url).hostname or "").split(".") if len(label) > 3]
