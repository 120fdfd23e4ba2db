"""What is left around a body's edges: the date line, the caption, the calls to share and to read more."""

import re
from collections import deque
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.dates import parse_date
from crawler.reading.blocks import blocks
from crawler.reading.text import line, node_line, words

EDGE = 12  # last lines among which a list of related headlines may begin
LONGEST_FURNITURE = 120  # characters
LONGEST_CAPTION = 200
LONGEST_COMPARED = 400  # folding a paragraph costs more than all else
MOST_PICTURES = 60
MOST_LINKS = 2_000

_NOW = datetime(2000, 1, 1, tzinfo=UTC)  # only whether a date is printed is asked, never which
_PICTURES = 'figcaption, [class*="caption" i], [class*="image" i], [class*="photo" i], [class*="img" i]'
_LABEL = re.compile(
    r"(?:شارك(?:ها|ه)?|مشاركة|طباعة|حجم الخط|نسخ الرابط|تابعونا|تابعنا|التعليقات?|أضف تعليق|"
    r"الكلمات المفتاحية|وسوم|الوسوم|اشترك|facebook|twitter|whatsapp|telegram|انضم|حمل تطبيق)\b",
    re.IGNORECASE,
)
_RELATED = re.compile(
    r"\W{0,3}(?:[اأإ]قر[أا] (?:أيضا|ايضا|المزيد)|شاهد أيضا|طالع أيضا|(?:مواضيع|أخبار|موضوعات|مقالات|روابط) "
    r"(?:ذات صلة|متعلقة|مرتبطة|أخرى|تهمك)|قد يهمك|ذات صلة|المزيد من|آخر الأخبار|الأكثر (?:قراءة|مشاهدة))"
)
_SOURCE = re.compile(
    r"المصدر\s?[:：].{1,40}$"
)  # above a text; below it, it is the outlet's signature and stays
_BYLINE = re.compile(r"(?:كتبت?|بقلم|تحرير|إعداد|تصوير)\s?[:/]?\s\S{1,20}(?:\s\S{1,20}){0,3}$")


def tidy(
    lines: Sequence[str],
    *,
    title: str,
    author: str = "",
    captions: Collection[str] = (),
    links: Collection[str] = (),
) -> list[str]:
    """Drop furniture at both ends, and captions and lines that are one link anywhere.

    Args:
        lines: paragraphs in order.
        title: a first line that repeats it is dropped.
        author: a line that holds only this name is dropped.
        captions: texts of the page's pictures.
        links: texts of the page's links.
    """
    lines = _after_title(_without_leading_title(lines, title), title)
    pictured = {key(text) for text in (*captions, *links)} - {key(title), ""}
    named = {key(title), key(author)} - {""}
    body = deque(text for text in lines if key(text) not in pictured)
    while len(body) > 1 and (key(body[0]) in named or _is_furniture(body[0]) or _SOURCE.match(body[0])):
        body.popleft()
    body = deque(_before_related(list(body)))
    while len(body) > 1 and (key(body[-1]) in named or _is_furniture(body[-1])):
        body.pop()
    return list(body) or list(lines)


def _without_leading_title(lines: Sequence[str], title: str) -> Sequence[str]:
    """Give back its own line to a text that was run together with the title."""
    rest = lines[0].removeprefix(title).strip() if lines and title else ""
    return [rest, *lines[1:]] if rest and rest != lines[0] and len(rest.split()) > 2 else lines


def _after_title(lines: Sequence[str], title: str) -> Sequence[str]:
    """What stands above the title is the site's, where the text is below it."""
    named = key(title) or None
    place = next((place for place, text in enumerate(lines[:EDGE]) if key(text) == named), -1)
    below = lines[place + 1 :]
    return below if sum(map(len, below)) > sum(map(len, lines)) / 2 else lines


def link_lines(tree: LexborHTMLParser | LexborNode) -> list[str]:
    """Texts of links: a line that is nothing else is another article's headline."""
    texts = (node_line(node) for node in tree.css("a[href]")[:MOST_LINKS])
    return [text for text in texts if 1 < len(text) <= LONGEST_FURNITURE * 2]


def captions(tree: LexborHTMLParser | LexborNode) -> list[str]:
    """Texts of the page's pictures, as blocks."""
    nodes = tree.css(_PICTURES)[:MOST_PICTURES]
    return [text for node in nodes for text in blocks(node) if len(text) <= LONGEST_CAPTION] + [
        line(image.attributes.get("alt")) for image in tree.css("img[alt]")[:MOST_PICTURES]
    ]


def _before_related(lines: list[str]) -> list[str]:
    """Cut at "اقرأ أيضا" where only headlines follow."""
    for place in range(max(1, len(lines) - EDGE), len(lines)):
        if _RELATED.match(lines[place]) and all(len(text) <= LONGEST_FURNITURE for text in lines[place:]):
            return lines[:place]
    return lines


def key(text: str) -> str:
    """What a short line is compared by; "" for a long one, which is a paragraph and equals no furniture."""
    return " ".join(words(text)) if len(text) <= LONGEST_COMPARED else ""


def _is_furniture(text: str) -> bool:
    return len(text) <= LONGEST_FURNITURE and bool(
        _LABEL.match(text) or _BYLINE.match(text) or _is_date_line(text)
    )


def _is_date_line(text: str) -> bool:
    """A short line that prints a date and is no sentence."""
    if len(text) > 70 or not any(char.isdigit() for char in text) or text.rstrip()[-1:] in ".!؟،":
        return False
    return len(text.split()) <= 12 and parse_date(text, now=_NOW, zone=UTC) is not None
