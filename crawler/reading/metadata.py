"""What a page says about its article, beside the text: one parse, many witnesses."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.reading import jsonld
from crawler.reading.head import Head, agree
from crawler.reading.links import canonical_link, host_words, linked, next_page
from crawler.reading.text import line, node_line, words
from crawler.urls import absolute

LONGEST_TITLE = 400  # characters
MOST_TAGS = 30

_SEPARATOR = re.compile(r"\s+[|\-–—:•»«·/]+\s+|\s*\|\s*")
_BYLINE = re.compile(
    r"^(?:كتبت?|كتابة|(?:نشر |مرسلة )?بواسطة|بقلم|تحرير|إعداد|اعداد|محرر|"
    r"المحرر|الكاتب|By|Written by)\s*[:/\-]?\s+",
    re.IGNORECASE,
)
_ARABIC = re.compile("[\u0621-\u064a]")
_ARABIC_SCRIPT = frozenset(["fa", "ur", "ku", "ckb", "ps", "sd", "ug"])  # languages of their own
_NOT_A_NAME = re.compile(r"[\d@{}<>=]|https?:|\.(?:com|net|org)", re.IGNORECASE)
_AUTHOR_NODES = (
    '[itemprop="author"] [itemprop="name"], [itemprop="author"], a[rel="author"], [class*="byline" i], '
    '[class*="author" i], [class*="writer" i], [class*="editor-name" i], '
    '[class*="writ-by" i], [class*="reporter" i]'
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """A page's article without its body and dates. Empty where the page says nothing."""

    title: str = ""
    url: str = ""
    amp: str = ""
    next_page: str = ""
    author: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    image: str = ""
    language: str = ""
    site: str = ""
    description: str = ""
    declared: bool = False  # the page calls itself an article
    headed: bool = False  # a heading on the page says the title


def read_metadata(head: Head, *, outlet_names: Iterable[str] = ()) -> Metadata:
    """Everything but body and dates.

    Args:
        head: the parsed page.
        outlet_names: what the outlet is called; never an author, cut from titles.
    """
    site = head.first("og:site_name", "application-name") or next(
        iter(jsonld.names(head.article.get("publisher"))), ""
    )
    stated = [site, *outlet_names, *jsonld.names(head.article.get("publisher")), *host_words(head.url)]
    title = _title(head, [name for name in stated if name])[:LONGEST_TITLE]
    own_names = [name for name in (*stated, *_beside(title, node_line(head.tree.css_first("title")))) if name]
    return Metadata(
        title=title,
        url=canonical_link(head),
        amp=linked(head, 'link[rel="amphtml"]'),
        next_page=next_page(head),
        author=_author(head, title, own_names),
        section=_section(head),
        tags=_tags(head),
        image=absolute(head.url, _image(head)),
        language=_language(head, title),
        site=site,
        description=head.first("og:description", "description", "twitter:description"),
        headed=any(node_line(node) == title for node in _headings(head.tree)) and bool(title),
        declared=bool(head.article) or head.first("og:type").lower() in ("article", "news", "video.other"),
    )


# --- title ---


def _title(head: Head, own_names: list[str]) -> str:
    """The heading on which the page's other titles agree; without one, the best of those."""
    headline = line(jsonld.text(head.article.get("headline") or head.article.get("name")))
    declared = [
        headline,
        head.first("og:title"),
        head.first("twitter:title"),
        head.first("headline"),
        head.first("title"),
    ]
    page_title = node_line(head.tree.css_first("title"))
    witnesses = [bare for title in (*declared, page_title) if (bare := _without_site(title, own_names))]
    headings = [text for node in _headings(head.tree) if (text := node_line(node))]
    agreed = [
        heading
        for heading in headings
        if len(words(heading)) > 1 and any(agree(heading, w) for w in witnesses)
    ]
    if agreed:
        return max(
            agreed, key=lambda heading: sum(len(set(words(heading)) & set(words(w))) for w in witnesses)
        )
    if witnesses:
        return witnesses[0]
    return headings[0] if headings else ""


def _headings(tree: LexborHTMLParser) -> list[LexborNode]:
    return (
        tree.css('h1, [itemprop="headline"]:not(meta), [itemprop~="headline"]:not(meta)')[:12]
        or tree.css("article h2")[:1]
    )


def _without_site(title: str, own_names: list[str]) -> str:
    """Cut "… - اليوم السابع" and "المدينة نيوز - …": the parts of a title that only name the site."""
    parts = _SEPARATOR.split(title)
    if len(parts) < 2:
        return title
    own = [set(words(name)) for name in own_names]

    def names_site(part: str) -> bool:
        here = set(words(part))
        return not here or any(
            name and (here <= name or (name <= here and len(here) <= len(name) + 2)) for name in own
        )

    first, last = 0, len(parts)
    while last - first > 1 and names_site(parts[last - 1]):
        last -= 1
    while last - first > 1 and names_site(parts[first]):
        first += 1
    start = title.find(parts[first]) if first else 0
    end = title.rfind(parts[last - 1]) + len(parts[last - 1])
    return title[start:end].strip()


def _beside(title: str, page_title: str) -> list[str]:
    """What a page's ``<title>`` says beside the article's title: the site's name, its slogan, the section."""
    if not title or title not in page_title:
        return []
    before, _, after = page_title.partition(title)
    return [part for side in (before, after) for part in _SEPARATOR.split(side) if part]


# --- the rest ---


def _author(head: Head, title: str, own_names: list[str]) -> str:
    own = [set(words(name)) for name in own_names]
    claims = [*jsonld.names(head.article.get("author")), *jsonld.names(head.article.get("creator"))]
    claims += [
        head.first(name)
        for name in ("article:author", "author", "dc.creator", "parsely-author", "sailthru.author")
    ]
    latin: list[str] = []
    for claim in chain(claims, _bylines(head)):
        name = person(claim)
        here = set(words(name))
        if not name or any(site & here and (site <= here or here <= site) for site in own):
            continue
        if _ARABIC.search(name) or not _ARABIC.search(title):
            return name
        latin.append(name)
    # An account's name, or the credit of those who built the site: better an Arabic name, where there is one.
    return latin[0] if latin and latin[0] in map(person, claims) else ""


def _bylines(head: Head) -> Iterator[str]:
    for node in head.tree.css(_AUTHOR_NODES)[:8]:
        if node.tag != "meta":
            yield node_line(node)
    for node in head.tree.css("span, a, p, strong, div")[:3000]:
        text = node.text(deep=False, strip=True)
        if text and len(text) < 60 and _BYLINE.match(text + " "):
            yield line(text) if len(text) > 8 else node_line(node)


def person(claim: str) -> str:
    """A byline's name: without "كتب", without the city behind it; empty where it is no name."""
    bare = _BYLINE.sub("", line(claim))
    name = re.split(r"\s+[-–—|/]\s*|\s*[|(،,]\s*", bare)[0].strip(" :-–.")
    fits = 1 < len(name) <= 60 and len(name.split()) <= 6 and not _NOT_A_NAME.search(bare[:200])
    return name if fits and any(char.isalpha() for char in name) else ""


def _section(head: Head) -> str:
    claims = [
        *jsonld.names(head.article.get("articleSection")),
        head.first("article:section", "articlesection", "section"),
    ]
    crumbs = head.tree.css('[class*="breadcrumb" i] a, [itemtype*="BreadcrumbList"] a')[:8]
    inner = [
        text
        for node in crumbs
        if (text := node_line(node)) and text not in ("الرئيسية", "الصفحة الرئيسية", "Home")
    ]
    return next((claim for claim in [*claims, *inner[-1:]] if claim and len(claim) < 80), "")


def _tags(head: Head) -> tuple[str, ...]:
    claims = [*head.meta.get("article:tag", []), *jsonld.names(head.article.get("keywords"))]
    claims = claims or [head.first("news_keywords", "keywords")] + [
        node_line(node) for node in head.tree.css('a[rel~="tag"]')[:MOST_TAGS]
    ]
    flat = (line(tag) for claim in claims for tag in re.split("[,،;]", claim))
    return tuple(dict.fromkeys(tag for tag in flat if tag and len(tag) < 80))[:MOST_TAGS]


def _image(head: Head) -> str:
    image = next(iter(jsonld.aslist(head.article.get("image"))), "")
    return head.first("og:image", "og:image:secure_url", "twitter:image") or jsonld.text(
        image.get("url") if isinstance(image, dict) else image
    )


def _language(head: Head, title: str) -> str:
    """As two letters; what the title is written in wins over what is declared."""
    root = head.tree.css_first("html")
    declared = jsonld.text(head.article.get("inLanguage")) or (
        root.attributes.get("lang") or "" if root else ""
    )
    declared = re.split("[-_]", declared.strip().lower())[0]
    letters = [char for char in title if char.isalpha()]
    arabic = sum("\u0600" <= char <= "\u06ff" for char in letters)
    if declared not in _ARABIC_SCRIPT and letters and arabic > len(letters) / 2:
        return "ar"
    return declared[:3] if declared.isalpha() else ""
