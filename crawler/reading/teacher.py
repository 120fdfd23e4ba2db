"""The body as trafilatura reads it: slow, sound on pages never seen, and what profiles are learned from."""

import logging
import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser
from trafilatura import extract

from crawler.reading import jsonld
from crawler.reading.blocks import blocks
from crawler.reading.head import Head
from crawler.reading.metadata import Metadata
from crawler.reading.text import overlap, paragraphs
from crawler.reading.tidying import captions, link_lines, tidy

SHORT = 250  # characters: below this the fast mode may have missed the article
JSON_LD_SHARE = 0.8  # of the page's own text: a shorter articleBody is an abstract

_TABLE_TAG = re.compile(r"<(/?)(?:table|tbody|thead|tfoot|tr|td|th)(?![\w-])", re.IGNORECASE)
AGREED = 0.75  # token F1: two readers have read the same text
SAME = 0.5  # token F1: below it the two modes have read different things
_NOT_BODY = ("nav", "footer", "aside", "h1", "figcaption")

# It reports pages without text as errors; for us they are an outcome.
for _part in ("core", "utils", "main_extractor", "external", "htmlprocessing"):
    logging.getLogger(f"trafilatura.{_part}").setLevel(logging.CRITICAL)

_CONTAINERS = (
    '[itemprop~="articleBody"]', "article", "main", '[role="main"]',
    "#content", ".entry-content", ".post-content", ".article-body", ".content",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Body:
    """An article's text, paragraphs joined by blank lines or empty; and what read it."""

    text: str
    extractor: str


def read_body(html: str, head: Head, about: Metadata) -> Body:
    """The fast mode; the thorough one where that gives little; JSON-LD or the marked container last.

    A later reader never replaces a good body: the thorough mode prefers long boilerplate to a short article.
    """
    pictures, links = captions(head.tree), link_lines(head.tree)

    def tidied(text: str) -> str:
        lines = paragraphs(text).split("\n\n")
        return "\n\n".join(
            tidy(lines, title=about.title, author=about.author, captions=pictures, links=links)
        )

    html = _unframed(html, head.tree)
    body = Body(tidied(_trafilatura(html, fast=True)), "trafilatura-fast")
    if len(body.text) >= SHORT:
        return body
    stated = paragraphs(_plain_markup(jsonld.text(head.article.get("articleBody"))))
    if len(stated) > max(len(body.text), 1) / JSON_LD_SHARE:
        return Body(stated, "json-ld")
    marked = tidied(_marked(head.tree))
    if overlap(marked, body.text) > AGREED:
        return Body(marked, "container")  # the same words, in the page's own paragraphs
    thorough = tidied(_trafilatura(html, fast=False))
    if body.text and overlap(thorough, body.text) < SAME:
        return body
    best = max((body, Body(thorough, "trafilatura")), key=lambda each: len(each.text))
    return best if best.text else Body(marked, "container")


def _trafilatura(html: str, *, fast: bool) -> str:
    text = extract(html, fast=fast, include_comments=False, include_tables=True, with_metadata=False) or ""
    return "\n".join(map(_row, text.splitlines()))


def _row(text: str) -> str:
    """A table's row without its frame."""
    if not text.startswith("|"):
        return text
    cells = [cell.strip(" |\\") for cell in text.split("|")]
    return " | ".join(cell for cell in cells if cell.strip("-: "))


def _unframed(html: str, tree: LexborHTMLParser) -> str:
    """Old pages are laid out by tables; to the teacher a table is data, so layout becomes what it is."""
    tables = sum(
        len(node.text(deep=True)) for node in tree.css("body > table, body > * > table, form > * table")
    )
    everything = len(tree.body.text(deep=True)) if tree.body else 0
    return _TABLE_TAG.sub(r"<\1div", html) if tables > everything / 2 else html


def _plain_markup(text: str) -> str:
    """Some outlets put HTML into JSON-LD."""
    if "<" not in text:
        return text
    tree = LexborHTMLParser(text)
    return "\n".join(blocks(tree.body)) if tree.body else ""


def _marked(tree: LexborHTMLParser) -> str:
    """The text of the first container that calls itself the article's."""
    for selector in _CONTAINERS:
        for node in tree.css(selector)[:3]:
            if lines := blocks(node, drop=lambda each: each.tag in _NOT_BODY):
                return "\n".join(lines)
    return ""
