"""Find out how a site lists its articles, and what it is called: from its home page and its robots.txt. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from crawler.listing import read_listing
from crawler.nouns import Entry, Outlet, Source, SourceKind
from crawler.registry import LONGEST_ID
from crawler.sitemaps import in_robots
from crawler.urls import absolute, is_web

FEED_TYPES = {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}
# Where feeds and news sitemaps lie where no page names them; tried only then.
WELL_KNOWN = (
    ("/feed/", SourceKind.FEED),
    ("/rss", SourceKind.FEED),
    ("/rss.xml", SourceKind.FEED),
    ("/feed.xml", SourceKind.FEED),
    ("/atom.xml", SourceKind.FEED),
    ("/news-sitemap.xml", SourceKind.NEWS_SITEMAP),
    ("/sitemap-news.xml", SourceKind.NEWS_SITEMAP),
    ("/sitemap_news.xml", SourceKind.NEWS_SITEMAP),
)
MOST = 8  # addresses a page or a robots.txt names that are tried
SHARE = 0.6  # of a page's articles that a pattern must cover
FEWEST = 5  # articles to learn a pattern from
PLAIN_LABELS = {"www", "ar", "arabic", "m", "com", "net", "org", "co", "gov", "edu", "news", "info"}
_COMMENTS = re.compile(r"comment|تعليقات", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*[|»«]\s*|\s[–—:-]\s")
# What pages and feeds are called on any site.
_SECTION_NAME = re.compile(
    r"(?:الصفحة )?الرئيسي[ةه]|(?:[آا]خر |[أا]هم )?ال[أا]خبار(?: العاجلة)?|[أا]خبار|عاجل"
    r"|(?:ال)?خلاص[ةه]\b.*|تعليقات|التعليقات"
    r"|home(?:page)?|(?:latest |breaking )?news|main|index|(?:comments )?feed|rss(?: feed)?|atom",
    re.IGNORECASE,
)
_ARABIC = re.compile(r"[\u0621-\u064a]")


@dataclass(frozen=True, slots=True)
class Names:
    """What a site calls itself; empty where it does not say."""

    arabic: str = ""
    latin: str = ""


def advertised(home: LexborHTMLParser, url: str) -> tuple[Source, ...]:
    """The feeds that a page links to as its own, in its order; those of comments left out."""
    found: dict[str, Source] = {}
    for link in home.css("link[rel~=alternate][href]"):
        kind = (link.attributes.get("type") or "").split(";")[0].strip().lower()
        address = absolute(url, link.attributes.get("href") or "")
        about = f"{link.attributes.get('title') or ''} {unquote(address)}"
        if kind in FEED_TYPES and address and not _COMMENTS.search(about):
            found.setdefault(address, Source(address, SourceKind.FEED))
    return tuple(found.values())[:MOST]


def named_in_robots(text: str) -> tuple[Source, ...]:
    """The sitemaps that a robots.txt names, those for news first."""
    return tuple(Source(url, SourceKind.NEWS_SITEMAP) for url in in_robots(text) if is_web(url))[:MOST]


def well_known(url: str) -> tuple[Source, ...]:
    """Where feeds and news sitemaps usually lie on a site, below the page that was given and at its root."""
    bases = dict.fromkeys((url.rstrip("/"), f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"))
    return tuple(Source(base + path, kind) for base in bases for path, kind in WELL_KNOWN)


def listed(home: LexborHTMLParser, url: str) -> Source | None:
    """The page itself as a source, with the pattern of its articles' addresses where they share one."""
    entries, _ = read_listing(home, url, "")
    if len(entries) < FEWEST:
        return None
    return Source(url, SourceKind.LISTING, article_pattern=pattern_of(entries))


def pattern_of(entries: Sequence[Entry]) -> str:
    """A regular expression that most of the entries' addresses match, by their numbers and folders; or nothing."""
    shapes = Counter(_shape(entry.url) for entry in entries)
    shapes.pop("", None)
    shape, count = shapes.most_common(1)[0] if shapes else ("", 0)
    return shape if count >= max(FEWEST, SHARE * len(entries)) else ""


def _shape(url: str) -> str:
    r"""An address with its numbers made alike: ``/n3/2026/1123/c31-99.html`` → ``/n3/\d+/\d+/c\d+-\d+\.html``."""
    path = urlsplit(url).path
    if not re.search(r"\d{3}", path):
        return ""  # nothing tells it from a section
    folder, _, name = unquote(path).rpartition("/")
    parts = re.split(r"(\d+)", name)
    # Of a slug only its numbers count; of a short name the letters too.
    words = (part if len(part) <= 3 or part.startswith(".") else None for part in parts[::2])
    shaped = r"\d+".join("[^/]*" if word is None else re.escape(word) for word in words)
    folders = "/".join(
        r"\d+" if part.isdigit() else re.escape(part) if part.isascii() else "[^/]+"
        for part in folder.split("/")
    )
    return f"{folders}/{shaped}"


def names(home: LexborHTMLParser) -> Names:
    """What a site calls itself: og:site_name, then its feeds' titles, then its page's; never as a section is called."""
    told = [
        node.attributes.get("content") or ""
        for node in home.css('meta[property="og:site_name"], meta[name="application-name"]')
    ]
    told += [
        node.attributes.get("title") or ""
        for node in home.css("link[rel~=alternate][title]")
        if (node.attributes.get("type") or "").split(";")[0].strip().lower() in FEED_TYPES
    ]
    title = home.css_first("title")
    told += [title.text()] if title else []
    parts = [" ".join(part.split())[:80] for text in told for part in _SEPARATOR.split(text)]
    candidates = [part for part in parts if part and not _SECTION_NAME.fullmatch(part)]
    arabic = next((text for text in candidates if _ARABIC.search(text)), "")
    latin = next((text for text in candidates if not _ARABIC.search(text) and text.isascii()), "")
    return Names(arabic, latin)


def id_of(url: str, taken: Iterable[str]) -> str:
    """An id from a site's name, that is not taken: ``https://www.alif.com.eg/`` → ``alif``."""
    labels = (urlsplit(url).hostname or "").split(".")
    word = max((label for label in labels[:-1] if label not in PLAIN_LABELS), key=len, default=labels[0])
    base = re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")[: LONGEST_ID - 4].ljust(2, "x")
    known = set(taken)
    return next(
        name
        for number in range(len(known) + 2)
        if (name := f"{base}_{number}" if number else base) not in known
    )


def country_of(url: str) -> str:
    """The country that a site's top-level domain names, or XX (nobody's code)."""
    last = (urlsplit(url).hostname or "").rpartition(".")[2].upper()
    return {"UK": "GB"}.get(last, last) if re.fullmatch(r"[A-Z]{2}", last) else "XX"


def zone_of(country: str, known: Iterable[Outlet]) -> str:
    """The time zone of the outlets of a country that are known; UTC where there are none."""
    zones = Counter(outlet.timezone for outlet in known if outlet.country == country)
    return zones.most_common(1)[0][0] if zones else "UTC"


def owner_of(url: str, known: Iterable[Outlet]) -> Outlet | None:
    """The outlet that is known already at a site's host."""
    host = _host(url)
    for outlet in known:
        if host in {_host(address) for address in (outlet.home, *(source.url for source in outlet.sources))}:
            return outlet
    return None


def _host(url: str) -> str:
    return (urlsplit(url).netloc or "").lower().removeprefix("www.")
