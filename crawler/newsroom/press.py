"""Read the newsroom's data and set its pages: templates and drafts in, bytes out."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from html import escape
from importlib.resources import files
from random import Random
from string import Template
from typing import Any

import cattrs
import yaml
from babel.dates import format_datetime

from crawler.newsroom.feeds import WRITERS
from crawler.newsroom.nouns import Dialect, Draft, Masthead, Piece

_HERE = files("crawler.newsroom")
_STRICT = cattrs.Converter(forbid_extra_keys=True)

FEED_KEEPS = 20  # entries; what most real feeds keep
TEASERS = 6


@dataclass(frozen=True, slots=True)
class Document:
    """What the newsroom serves at one address."""

    body: bytes
    content_type: str
    modified: datetime | None = None


def mastheads() -> tuple[Masthead, ...]:
    """The invented outlets."""
    return _STRICT.structure(_load("mastheads.yaml"), tuple[Masthead, ...])


def drafts() -> tuple[Draft, ...]:
    """The newsroom's articles, in the order of the file."""
    return _STRICT.structure(_load("articles.yaml"), tuple[Draft, ...])


def vary(draft: Draft, turn: int) -> Draft:
    """The same report with new figures: what the newsroom prints when its own articles have run out."""
    random = Random(f"{draft.id} {turn}")  # noqa: S311  the same turn gives the same article

    def new(number: re.Match[str]) -> str:
        return str(random.randint(2, 9) * 10 ** (len(number[0]) - 1) + random.randint(1, 9))

    return replace(
        draft,
        id=f"{draft.id}-{turn}",
        title=f"{re.sub(r'[0-9]+', new, draft.title)} (تحديث {turn})",
        paragraphs=tuple(re.sub(r"[0-9]+", new, text) for text in draft.paragraphs),
    )


def feed(masthead: Masthead, home: str, pieces: Sequence[Piece]) -> Document:
    """The outlet's feed or sitemap of the given pieces, newest first."""
    write, content_type = WRITERS[masthead.dialect]
    newest = pieces[:FEED_KEEPS]
    return Document(write(masthead, home, newest), content_type, newest[0].published if newest else None)


def front(masthead: Masthead, home: str, pieces: Sequence[Piece]) -> Document:
    """The outlet's home page: its newest pieces as teasers."""
    teasers = _teasers(masthead, home, pieces[:FEED_KEEPS])
    content = f'<div class="front">{teasers}</div>'
    fields = _common(masthead, home, pieces) | {
        "title": "الرئيسية",
        "head": "",
        "content": content,
        "path": "/",
    }
    return _page(masthead, fields, pieces[0].published if pieces else None)


def article(piece: Piece, home: str, others: Sequence[Piece]) -> Document:
    """One article's page, with the outlet's newest other pieces beside it."""
    masthead, draft = piece.masthead, piece.draft
    paragraph = Template(masthead.paragraph)
    fields = _common(masthead, home, others) | {
        "title": escape(draft.title),
        "description": escape(draft.paragraphs[0]),
        "author": escape(draft.author),
        "section": escape(draft.section),
        "number": str(piece.number),
        "path": escape(piece.path),
        "url": escape(home + piece.path),
        "iso": piece.published.isoformat(),
        "date": _printed(piece),
        "jsonld": _jsonld(piece, home),
        "paragraphs": "\n".join(paragraph.substitute(text=escape(text)) for text in draft.paragraphs),
    }
    fields["head"] = _template(masthead.id, "head").substitute(fields)
    fields["content"] = _template(masthead.id, "article").substitute(fields)
    return _page(masthead, fields, max(p.published for p in (piece, *others[:TEASERS])))


def robots(masthead: Masthead, home: str) -> Document:
    """The outlet's robots.txt."""
    lines = ["User-agent: *", "Disallow: /subscribe", "Disallow: /Login.aspx"]
    if masthead.dialect is Dialect.SITEMAP:
        lines.append(f"Sitemap: {home}{masthead.source}")
    return Document("\n".join([*lines, ""]).encode(), "text/plain")


def _load(name: str) -> Any:  # noqa: ANN401  YAML is what it is until cattrs has structured it
    return yaml.safe_load(_HERE.joinpath(name).read_text("utf-8"))


@cache
def _template(outlet: str, part: str) -> Template:
    return Template(_HERE.joinpath("templates", outlet, f"{part}.html").read_text("utf-8"))


def _common(masthead: Masthead, home: str, others: Sequence[Piece]) -> dict[str, str]:
    return {
        "name": masthead.name_ar,
        "slogan": masthead.slogan,
        "feed": home + masthead.source,
        "year": str(others[0].published.year) if others else "",
        "teasers": _teasers(masthead, home, others[:TEASERS]),
    }


def _teasers(masthead: Masthead, home: str, pieces: Sequence[Piece]) -> str:
    template = _template(masthead.id, "teaser")
    return "".join(
        template.substitute(
            url=escape(home + piece.path),
            title=escape(piece.draft.title),
            date=_printed(piece),
            iso=piece.published.isoformat(),
        )
        for piece in pieces
    )


def _printed(piece: Piece) -> str:
    masthead = piece.masthead
    printed: str = format_datetime(piece.published, masthead.date_pattern, locale=masthead.date_locale)
    return printed.translate(str.maketrans("0123456789", masthead.digits))


def _jsonld(piece: Piece, home: str) -> str:
    about = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": piece.draft.title,
        "datePublished": piece.published.isoformat(),
        "dateModified": piece.published.isoformat(),
        "author": {"@type": "Person", "name": piece.draft.author},
        "publisher": {"@type": "NewsMediaOrganization", "name": piece.masthead.name_ar},
        "mainEntityOfPage": home + piece.path,
        "articleSection": piece.draft.section,
    }
    return json.dumps(about, ensure_ascii=False).replace("<", "\\u003c")  # a title must not end the script


def _page(masthead: Masthead, fields: dict[str, str], modified: datetime | None) -> Document:
    text = _template(masthead.id, "page").substitute(fields)
    # The old table layout declares its charset in the page only, as such sites do.
    content_type = "text/html; charset=utf-8" if masthead.charset == "utf-8" else "text/html"
    return Document(text.encode(masthead.charset, "xmlcharrefreplace"), content_type, modified)
