"""A page read: bytes in, article out."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser

from crawler.nouns import Article, Outlet, Page
from crawler.reading.dating import read_dates
from crawler.reading.decoding import Decoded, decode
from crawler.reading.live import Update, read_updates
from crawler.reading.metadata import Head, Metadata, read_head, read_metadata
from crawler.reading.teacher import Body, read_body
from crawler.reading.wire import wire_of

LARGEST = 8 * 1024 * 1024  # bytes


class Unreadable(Exception):  # noqa: N818 - an outcome with a cause, like Unreachable
    """A page that holds no article.

    Attributes:
        cause: one word: "empty", "too_large", "not_html", "no_article".
        detail: one line for a person.
    """

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(cause, detail)
        self.cause = cause
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.cause}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one page gave."""

    article: Article
    amp: str = ""  # the page's AMP twin
    next_page: str = ""  # the address of the article's next part
    updates: tuple[Update, ...] = ()  # a live blog's entries, newest first as printed
    remarks: tuple[str, ...] = ()  # what had to be put right: "future", "z_is_local"


@dataclass(frozen=True, slots=True)
class Opened:
    """A page decoded and parsed once."""

    decoded: Decoded
    head: Head
    about: Metadata
    page_hash: str


def read_page(page: Page, outlet: Outlet, *, now: datetime) -> Article:
    """Read one page with the teacher.

    Args:
        page: as the server answered it.
        outlet: its zone, time rule, charset and names are used.
        now: aware; becomes ``first_seen``.

    Raises:
        Unreadable: the page holds no article.
    """
    return read(page, outlet, now=now).article


def read(page: Page, outlet: Outlet, *, now: datetime) -> Reading:
    """As ``read_page``, with the links, updates and remarks around the article."""
    opened = open_page(page, outlet)
    return finish(opened, read_body(opened.decoded.text, opened.head, opened.about), outlet, now=now)


def open_page(page: Page, outlet: Outlet) -> Opened:
    """Decode and parse.

    Raises:
        Unreadable: the bytes are no page that could hold an article.
    """
    kind = page.content_type.split(";")[0].strip().lower()
    if not page.body.strip():
        raise Unreadable("empty", "the server answered without a body")
    if len(page.body) > LARGEST:
        raise Unreadable("too_large", f"{len(page.body):,} bytes; at most {LARGEST:,} are read")
    if (
        kind
        and "html" not in kind
        and not kind.startswith(("text/", "application/xml", "application/octet-stream"))
    ):
        raise Unreadable("not_html", f"the server calls it {kind}")
    if (
        page.body[:5] in (b"%PDF-", b"\x89PNG\r", b"GIF87", b"GIF89", b"PK\x03\x04\x14")
        or page.body[:3] == b"\xff\xd8\xff"
    ):
        raise Unreadable("not_html", "the bytes are a file of another kind")
    decoded = decode(page.body, content_type=page.content_type, hint=outlet.charset)
    if "<" not in decoded.text:
        raise Unreadable("not_html", "there is no markup in it")
    tree = LexborHTMLParser(decoded.text)
    head = read_head(tree, page.url)
    about = read_metadata(head, outlet_names=(outlet.name_ar, outlet.name_en))
    return Opened(decoded, head, about, hashlib.sha256(page.body).hexdigest())


def finish(opened: Opened, body: Body, outlet: Outlet, *, now: datetime) -> Reading:
    """Put an article together from its parsed page and its body.

    Raises:
        Unreadable: there is neither a text nor a title that the page declares.
    """
    head, about = opened.head, opened.about
    if not body.text and not (about.title and about.declared):
        raise Unreadable("no_article", "the page has no text that could be an article")
    dates = read_dates(head, about.title, outlet, now=now)
    article = Article(
        outlet=outlet.id,
        url=about.url,
        title=about.title,
        body=body.text,
        first_seen=now,
        published=dates.published,
        modified=dates.modified,
        author=about.author,
        section=about.section,
        tags=about.tags,
        image=about.image,
        language=about.language,
        wire=wire_of(head, body.text, about.author),
        extractor=body.extractor if body.text else "",
        charset=opened.decoded.charset,
        page_hash=opened.page_hash,
    )
    return Reading(article, about.amp, about.next_page, read_updates(head, outlet, now=now), dates.remarks)
