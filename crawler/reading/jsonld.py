"""JSON-LD: what a page says about its article to machines."""

import json
import re
from collections.abc import Iterator
from itertools import islice

from selectolax.lexbor import LexborHTMLParser

from crawler.reading.text import line

MOST_SCRIPTS = 20
LONGEST_SCRIPT = 2_000_000  # characters
MOST_NODES = 3_000
DEEPEST = 12

Node = dict[str, object]  # foreign: any key may hold anything

_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*<!\[CDATA\[\*/)|(?:-->|//\s*\]\]>|\]\]>)\s*;?\s*$"
)
_TRAILING_COMMA = re.compile(r",(\s{0,200}[}\]])")


def articles(tree: LexborHTMLParser) -> list[Node]:
    """Nodes that describe an article, in document order: top level, in a graph or list, or main entity.

    Where there is none, those of videos: a video page is an article with few words.
    """
    nodes = list(_nodes(tree))
    return [node for node in nodes if is_article(node)] or [
        node for node in nodes if "VideoObject" in types(node)
    ]


def is_article(node: Node) -> bool:
    """Whether a node's type is one of schema.org's articles."""
    return any(name.endswith(("Article", "BlogPosting", "Report")) for name in types(node))


def types(node: Node) -> list[str]:
    """A node's types without their vocabulary."""
    return [str(name).rsplit("/", 1)[-1].rsplit(":", 1)[-1] for name in aslist(node.get("@type"))]


def _nodes(tree: LexborHTMLParser) -> Iterator[Node]:
    for script in tree.css('script[type*="ld+json" i]')[:MOST_SCRIPTS]:
        yield from islice(_walk(_parsed(script.text(deep=True))), MOST_NODES)


def _parsed(source: str) -> object:
    source = _WRAPPING.sub("", source[:LONGEST_SCRIPT])
    for text in (source, _TRAILING_COMMA.sub(r"\1", source)):
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _walk(value: object, depth: int = 0) -> Iterator[Node]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for each in value:
            yield from _walk(each, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in (
            "@graph",
            "@list",
            "mainEntity",
            "mainEntityOfPage",
            "itemListElement",
            "item",
            "hasPart",
        ):
            yield from _walk(value.get(key), depth + 1)


def aslist(value: object) -> list[object]:
    """JSON-LD writes one value bare and several as a list."""
    if isinstance(value, dict) and "@list" in value:
        value = value["@list"]
    return value if isinstance(value, list) else [] if value is None else [value]


def names(value: object) -> list[str]:
    """Names of persons, organisations or terms, however they are nested."""
    found = (each.get("name", "") if isinstance(each, dict) else each for each in aslist(value))
    flat = (name for each in found for name in aslist(each))
    return [text for name in flat if isinstance(name, str) and (text := line(name))]


def text(value: object) -> str:
    """The first text in a value."""
    first = next(iter(aslist(value)), "")
    if isinstance(first, dict):
        first = first.get("@value") or first.get("url") or first.get("@id") or first.get("name") or ""
    return first if isinstance(first, str) else str(first) if isinstance(first, int) else ""
