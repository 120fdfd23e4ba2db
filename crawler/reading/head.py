"""A parsed page and what its machine-readable parts say."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from crawler.reading import jsonld
from crawler.reading.text import line, node_line, words

AGREE = 0.75  # of the shorter title's words found in the other


@dataclass(frozen=True, slots=True)
class Head:
    """A parsed page and what its machine-readable parts say: read once, asked by many."""

    tree: LexborHTMLParser
    url: str
    meta: dict[str, list[str]]  # lower-case name, property or itemprop -> contents
    article: jsonld.Node  # the JSON-LD of this page's article; empty where there is none

    def first(self, *names: str) -> str:
        """The first of these meta values that is not empty."""
        return next((value for name in names for value in self.meta.get(name, ()) if value), "")


def read_head(tree: LexborHTMLParser, url: str) -> Head:
    """Collect meta tags and the JSON-LD node that tells of this page."""
    meta: dict[str, list[str]] = {}
    for node in tree.css("meta[content]"):
        content = line(node.attributes.get("content"))
        for key in ("property", "name", "itemprop"):
            name = node.attributes.get(key)
            if name and content:
                meta.setdefault(name.strip().lower(), []).append(content)
    titles = [*meta.get("og:title", []), *(node_line(node) for node in tree.css("h1")[:5])]
    return Head(tree, url, meta, _own(jsonld.articles(tree), url, titles))


def _own(nodes: list[jsonld.Node], url: str, titles: list[str]) -> jsonld.Node:
    """The node of this page, not of an article that it links to."""
    path = urlsplit(url).path.rstrip("/")

    def points_here(node: jsonld.Node) -> bool:
        places = (jsonld.text(node.get(key)) for key in ("url", "mainEntityOfPage", "@id"))
        return any(
            path and urlsplit(place).path.rstrip("/") == path for place in places if place.startswith("http")
        )

    def named_here(node: jsonld.Node) -> bool:
        return any(
            agree(line(jsonld.text(node.get("headline") or node.get("name"))), title) for title in titles
        )

    for test in (points_here, named_here):
        if found := next((node for node in nodes if test(node)), None):
            return found
    return nodes[0] if len(nodes) == 1 else {}


def agree(left: str, right: str) -> bool:
    """Whether two titles are one: most words of the shorter one are in the longer one."""
    a, b = sorted((set(words(left)), set(words(right))), key=len)
    return bool(a) and len(a & b) >= AGREE * len(a)
