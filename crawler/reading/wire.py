"""The agency that an article credits."""

import re
from functools import lru_cache
from pathlib import Path

import yaml

from crawler.reading import jsonld
from crawler.reading.head import Head
from crawler.reading.text import line, words

EDGE = 160  # characters at both ends of a body in which a credit stands

_CREDITED = re.compile(
    r"\(([^()]{2,60})\)|(?:المصدر|مصدر الخبر|نقلا عن|نقلاً عن|وكالات|source)\s{0,3}[:：\-–]\s{0,3}(.{2,60})",
    re.IGNORECASE,
)
_META = ("article:source", "source", "news:source", "dc.source", "copyright-holder", "syndication-source")
_NODES = (
    '[class*="source" i], [class*="agency" i], [class*="wire" i], '
    '[itemprop~="sourceOrganization"], [itemprop~="creditText"]'
)


def wire_of(head: Head, body: str, author: str) -> str:
    """The id of the agency in ``wires.yaml`` that a page credits, or "".

    A credit is a statement about the source: a JSON-LD or meta field, the byline, a dateline "بكين (شينخوا)"
    at the start or a signature "المصدر: وكالات" at the end. An agency that is only spoken of is none.
    """
    stated = [
        name
        for key in ("sourceOrganization", "creditText", "provider")
        for name in jsonld.names(head.article.get(key))
    ]
    claims = [
        *stated,
        *(head.first(name) for name in _META),
        author,
        *jsonld.names(head.article.get("author")),
    ]
    claims += [
        text
        for node in head.tree.css(_NODES)[:10]
        if len(text := line(node.text(deep=True, separator=" "))) < 60
    ]
    ends = (body[:EDGE], body[-EDGE:] if len(body) > EDGE else "")
    claims += [part for end in ends for match in _CREDITED.finditer(end) for part in match.groups() if part]
    claims += [body.rpartition("\n\n")[2]] if len(body.rpartition("\n\n")[2]) < 40 else []
    return next((wire for claim in claims if claim and (wire := _named(claim))), "")


def _named(claim: str) -> str:
    """The agency that a short credit names; "" for a sentence."""
    said = words(claim)[:12]
    if len(said) > 8:
        return ""
    for wire, names in _wires():
        for name in names:
            if len(name) == 1 and len(said) > 3:
                continue  # most one-word names are also words: "معا", "بنا"
            if any(tuple(said[place : place + len(name)]) == name for place in range(len(said))):
                return wire
    return ""


@lru_cache(maxsize=1)
def _wires() -> tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]:
    book = yaml.safe_load((Path(__file__).parent / "wires.yaml").read_text("utf-8"))
    return tuple((wire, tuple(tuple(words(name)) for name in names)) for wire, names in book.items())
