"""A page read: bytes in, article out."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser

from crawler.nouns import Article, Outlet, Page
from crawler.reading.dating import read_dates
from crawler.reading.decoding import Decoded, decode
from crawler.reading.head import Head, read_head
from crawler.reading.live import Update, read_updates
from crawler.reading.metadata import Metadata, read_metadata
from crawler.reading.profile import Lesson, Profile, apply, learn
from crawler.reading.selecting import name_fields, select_body
from crawler.reading.teacher import Body, read_body
from crawler.reading.text import overlap
from crawler.reading.wire import wire_of
from crawler.walls import wall_of

WALLS_ARE_SHORTER = 300  # characters: a longer text that speaks of a missing page is an article about one
SHORTEST = (
    100  # characters of a page that only its date and its text call an article: a brief of two sentences
)
LARGEST = 8 * 1024 * 1024  # bytes


class Unreadable(Exception):  # noqa: N818 - an outcome with a cause, like Unreachable
    """A page that holds no article.

    Attributes:
        cause: one word: "empty", "too_large", "not_html", "no_article", or the name of a wall ("soft_404", …).
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
    refusal: str = ""  # why the profile did not serve
    agreement: float | None = None  # token F1 of profile and teacher, where it was audited


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


def read(
    page: Page, outlet: Outlet, *, now: datetime, profile: Profile | None = None, audit: bool = False
) -> Reading:
    """As ``read_page``, with the links, updates and remarks around the article.

    Args:
        page: as the server answered it.
        outlet: as in ``read_page``.
        now: as in ``read_page``.
        profile: tried first; the teacher reads what it refuses.
        audit: let the teacher read too, and report how far both agree.
    """
    opened = open_page(page, outlet)
    about = opened.about
    if text := select_body(opened.head.tree, outlet.selectors, about):
        return finish(opened, Body(text, "selectors"), outlet, now=now)
    found = apply(opened.head.tree, profile, title=about.title, author=about.author) if profile else None
    if isinstance(found, str) and not audit:
        return finish(opened, Body(found, "profile"), outlet, now=now)
    taught = read_body(opened.decoded.text, opened.head, about)
    if isinstance(found, str):
        reading = finish(opened, Body(found, "profile"), outlet, now=now)
        return replace(reading, agreement=overlap(found, taught.text))
    reading = finish(opened, taught, outlet, now=now)
    return replace(reading, refusal=found.cause) if found else reading


def learn_from(pages: Sequence[Page], outlet: Outlet, *, now: datetime) -> Profile | None:
    """Read pages of one outlet with the teacher and learn its profile from them."""
    lessons = []
    for page in pages:
        with suppress(Unreadable):
            opened = open_page(page, outlet)
            taught = read_body(opened.decoded.text, opened.head, opened.about)
            lessons.append(Lesson(opened.head.tree, opened.about.title, opened.about.author, taught.text))
    return learn(lessons, now=now)


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
    about = name_fields(tree, outlet.selectors, about)
    return Opened(decoded, head, about, hashlib.sha256(page.body).hexdigest())


def finish(opened: Opened, body: Body, outlet: Outlet, *, now: datetime) -> Reading:
    """Put an article together from its parsed page and its body.

    Raises:
        Unreadable: there is neither a text nor a title that the page declares.
    """
    head, about = opened.head, opened.about
    promised = about.title and (about.declared or about.headed)
    dates = read_dates(head, about.title, outlet, now=now)
    doubtful = not promised and (len(body.text) < SHORTEST or dates.published is None)
    if len(body.text) < WALLS_ARE_SHORTER and (wall := wall_of(about.title, body.text)):
        raise Unreadable(wall, "the page says so where an article would be")
    if doubtful or not (body.text or about.declared):
        raise Unreadable("no_article", "it calls itself no article, and has no heading, date and text of one")
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
