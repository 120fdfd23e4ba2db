"""Live blogs: one article that grows by entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from crawler.dates import parse_date
from crawler.nouns import Outlet, Stamp
from crawler.reading import jsonld
from crawler.reading.blocks import blocks
from crawler.reading.head import Head
from crawler.reading.text import line, node_line, paragraphs

MOST_UPDATES = 500


@dataclass(frozen=True, slots=True)
class Update:
    """One entry of a live blog."""

    title: str
    body: str  # paragraphs joined by blank lines
    published: Stamp | None


def read_updates(head: Head, outlet: Outlet, *, now: datetime) -> tuple[Update, ...]:
    """A live blog's entries, from JSON-LD or from microdata; empty for an ordinary article."""
    stated = jsonld.aslist(head.article.get("liveBlogUpdate"))[:MOST_UPDATES]
    found = [_stated(each, outlet, now) for each in stated if isinstance(each, dict)]
    return tuple(update for update in found or _marked(head, outlet, now) if update.title or update.body)


def _stated(node: jsonld.Node, outlet: Outlet, now: datetime) -> Update:
    return Update(
        title=line(jsonld.text(node.get("headline") or node.get("name"))),
        body=paragraphs(jsonld.text(node.get("articleBody") or node.get("text") or node.get("description"))),
        published=parse_date(
            jsonld.text(node.get("datePublished")), now=now, zone=outlet.timezone, source="jsonld"
        ),
    )


def _marked(head: Head, outlet: Outlet, now: datetime) -> Iterator[Update]:
    for node in head.tree.css('[itemprop~="liveBlogUpdate"]')[:MOST_UPDATES]:
        time = node.css_first("time")
        printed = (time.attributes.get("datetime") or node_line(time)) if time else ""
        yield Update(
            title=node_line(node.css_first('[itemprop~="headline"], h2, h3, h4')),
            body="\n\n".join(blocks(node, drop=lambda n: n.tag in ("time", "h2", "h3", "h4"))),
            published=parse_date(printed, now=now, zone=outlet.timezone, source="microdata"),
        )
