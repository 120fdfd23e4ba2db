"""When an article was published: the best witness, under the outlet's time rule."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborHTMLParser

from crawler.dates import YEARS, parse_date
from crawler.nouns import Outlet, Precision, Stamp, TimeRule
from crawler.reading import jsonld
from crawler.reading.blocks import blocks
from crawler.reading.head import Head
from crawler.reading.text import node_line

LONGEST_LABEL = 90  # characters of a line that may be a date line
LINES_AFTER = 60  # of text below the title in which its date may stand
LINES_BEFORE = 12
LINES_NEAR = 12  # in which it may leave out its year: further off such a line dates another article
SLACK = timedelta(minutes=15)  # a clock that runs ahead is no future date

_PUBLISHED = (
    "article:published_time", "datepublished", "article:published", "og:published_time", "pubdate",
    "publishdate", "publish_date", "publish-date", "date", "dc.date", "dc.date.issued", "dcterms.created",
    "dcterms.date", "sailthru.date", "parsely-pub-date", "article.published", "published_at",
    "og:article:published_time", "datecreated", "cxenseparse:recs:publishtime",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "datemodified", "og:updated_time", "last-modified", "dcterms.modified",
    "lastmod",
)  # fmt: skip
_NUMBER = re.compile(r"\d")
_YEAR = re.compile(r"\d{4}")
_UTC_MARK = re.compile(r"(?:Z|[+-]00:?00|GMT|UTC)\s*$", re.IGNORECASE)
_URL_DAY = re.compile(
    r"(?<!\d)(20\d\d)[/\-_](\d{1,2})[/\-_](\d{1,2})(?!\d)|(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Dates:
    """When it was published and changed, as believed; and what had to be put right."""

    published: Stamp | None
    modified: Stamp | None
    remarks: tuple[str, ...] = ()


def read_dates(head: Head, title: str, outlet: Outlet, *, now: datetime) -> Dates:
    """Ask JSON-LD, meta, microdata, the line beside the title and the address, in this order."""
    zone = ZoneInfo(outlet.timezone)
    published = next(_parsed(_published(head, title), now, zone), None)
    modified = next(_parsed(_modified(head), now, zone), None)
    settled, remark = settle(published, outlet, now=now)
    return Dates(settled, settle(modified, outlet, now=now)[0], (remark,) if remark else ())


def settle(stamp: Stamp | None, outlet: Outlet, *, now: datetime) -> tuple[Stamp | None, str]:
    """Apply the outlet's time rule, and take a date that has not come yet down to ``now``.

    Returns:
        The stamp, in the outlet's zone where the page printed UTC; and "" or what was wrong: "z_is_local" (it
        can only be local time), "future".
    """
    if stamp is None:
        return None, ""
    zone = ZoneInfo(outlet.timezone)
    marked = stamp.source != "visible" and _UTC_MARK.search(stamp.raw) is not None
    local = replace(stamp, at=stamp.at.replace(tzinfo=zone)) if marked else stamp
    if marked and outlet.time_rule is TimeRule.Z_IS_LOCAL:
        return _not_after(local, now)
    if stamp.at > now + SLACK and marked and local.at <= now + SLACK:
        return local, "z_is_local"
    return _not_after(replace(stamp, at=stamp.at.astimezone(zone)) if marked else stamp, now)


def _not_after(stamp: Stamp, now: datetime) -> tuple[Stamp, str]:
    if stamp.at <= now + SLACK:
        return stamp, ""
    return replace(stamp, at=now.astimezone(stamp.at.tzinfo or UTC)), "future"


def _parsed(claims: Iterator[tuple[str, str]], now: datetime, zone: ZoneInfo) -> Iterator[Stamp]:
    rough: list[Stamp] = []
    for text, source in claims:
        stamp = parse_date(text, now=now, zone=zone, source=source) if text else None
        if stamp and stamp.precision in (Precision.YEAR, Precision.MONTH):
            rough.append(stamp)
        elif stamp:
            yield stamp
    yield from rough


def _published(head: Head, title: str) -> Iterator[tuple[str, str]]:
    for key in ("datePublished", "dateCreated", "uploadDate"):
        yield jsonld.text(head.article.get(key)), "jsonld"
    for name in _PUBLISHED:
        yield head.first(name), "meta"
    for node in head.tree.css('[itemprop~="datePublished"], time[pubdate], [property="datePublished"]')[:5]:
        yield (
            node.attributes.get("datetime") or node.attributes.get("content") or node_line(node),
            "microdata",
        )
    yield from _times(head)
    for text in _near_title(head.tree, title):
        yield text, "visible"
    yield _in_address(head.url), "url"


def _modified(head: Head) -> Iterator[tuple[str, str]]:
    yield jsonld.text(head.article.get("dateModified")), "jsonld"
    for name in _MODIFIED:
        yield head.first(name), "meta"
    for node in head.tree.css('[itemprop~="dateModified"]')[:2]:
        yield (
            node.attributes.get("datetime") or node.attributes.get("content") or node_line(node),
            "microdata",
        )


def _times(head: Head) -> Iterator[tuple[str, str]]:
    """``<time>`` inside an article or its header: a lone one; many belong to other articles."""
    for selector in ("article header time[datetime]", "article time[datetime]", "main time[datetime]"):
        nodes = head.tree.css(selector)
        if len(nodes) in (1, 2):
            yield nodes[0].attributes.get("datetime") or "", "microdata"


def _near_title(tree: LexborHTMLParser, title: str) -> Iterator[str]:
    """Short lines with a number around the title: below it, the nearest first; then above it."""
    # By block and not by element: a date is often split over spans.
    lines = blocks(tree.body) if tree.body and title else []
    for place in [place for place, text in enumerate(lines) if title in text][:3]:
        below = lines[place + 1 : place + 1 + LINES_AFTER]
        above = lines[max(0, place - LINES_BEFORE) : place][::-1]
        for around in (below, above):
            for distance, text in enumerate(around):
                if len(text) <= LONGEST_LABEL and (_YEAR if distance >= LINES_NEAR else _NUMBER).search(text):
                    yield text


def _in_address(url: str) -> str:
    match = _URL_DAY.search(unquote(urlsplit(url).path))
    if match is None:
        return ""
    year, month, day = (part for part in match.groups() if part)
    return f"{year}-{int(month):02}-{int(day):02}" if int(year) in YEARS else ""
