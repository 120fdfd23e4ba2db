"""What an outlet's file says of its pages: where title, author and text stand, in CSS."""

from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.nouns import Selectors
from crawler.reading.blocks import blocks
from crawler.reading.metadata import Metadata
from crawler.reading.text import node_line
from crawler.reading.tidying import captions, link_lines, tidy


def name_fields(tree: LexborHTMLParser, selectors: Selectors, about: Metadata) -> Metadata:
    """What the page says of itself, with the title and the author that the file points to."""
    title, author = _line_at(tree, selectors.title), _line_at(tree, selectors.author)
    named = replace(about, title=title, headed=True) if title else about
    return replace(named, author=author) if author else named


def _line_at(tree: LexborHTMLParser, selector: str) -> str:
    node = tree.css_first(selector) if selector else None
    return node_line(node) if node else ""


def select_body(tree: LexborHTMLParser, selectors: Selectors, about: Metadata) -> str:
    """The text that the file points to, paragraphs joined by blank lines; empty where the page has none there."""
    if not selectors.body:
        return ""
    dropped = {node.mem_id for node in tree.css(selectors.drop)} if selectors.drop else set()

    def drop(node: LexborNode) -> bool:
        return node.mem_id in dropped

    lines: list[str] = []
    for node in tree.css(selectors.body):
        own = blocks(node, drop=drop)
        lines += tidy(
            own, title=about.title, author=about.author, captions=captions(node), links=link_lines(node)
        )
    return "\n\n".join(lines)
