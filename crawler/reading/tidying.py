"""What is left around a body's edges: the date line, the caption, the calls to share and to read more."""

import re
from collections import deque
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from selectolax.lexbor import LexborHTMLParser

from crawler.dates import parse_date
from crawler.reading.blocks import blocks
from crawler.reading.text import line, words

EDGE = 12  # last lines among which a list of related headlines may begin
LONGEST_FURNITURE = 120  # characters
LONGEST_CAPTION = 200
MOST_PICTURES = 60

_NOW = datetime(2000, 1, 1, tzinfo=UTC)  # only whether a date is printed is asked, never which
_PICTURES = 'figcaption, [class*="caption" i], [class*="image" i], [class*="photo" i], [class*="img" i]'
_LABEL = re.compile(
    r"(?:شارك(?:ها|ه)?|مشاركة|طباعة|حجم الخط|نسخ الرابط|تابعونا|تابعنا|التعليقات?|أضف تعليق|"
    r"الكلمات المفتاحية|وسوم|الوسوم|اشترك|facebook|twitter|whatsapp|telegram|انضم|حمل تطبيق)\b",
    re.IGNORECASE,
)
_RELATED = re.compile(
    r"\W{0,3}(?:[اأإ]قر[أا] (?:أيضا|ايضا|المزيد)|شاهد أيضا|طالع أيضا|(?:مواضيع|أخبار|موضوعات|مقالات|روابط) "
    r"(?:ذات صلة|متعلقة|مرتبطة)|قد يهمك|ذات صلة|المزيد من)"
)
_BYLINE = re.compile(r"(?:كتبت?|بقلم|تحرير|إعداد|تصوير)\s?[:/]?\s\S{1,20}(?:\s\S{1,20}){0,3}$")


def tidy(lines: Sequence[str], *, title: str, author: str = "", captions: Collection[str] = ()) -> list[str]:
    """Drop furniture at both ends and captions anywhere; the outlet's own words stay.

    Args:
        lines: paragraphs in order.
        title: a first line that repeats it is dropped.
        author: a line that holds only this name is dropped.
        captions: texts of the page's pictures.
    """
    pictured = {_key(text) for text in captions} - {_key(title), ""}
    named = {_key(title), _key(author)} - {""}
    body = deque(text for text in lines if _key(text) not in pictured)
    while len(body) > 1 and (_key(body[0]) in named or _is_furniture(body[0])):
        body.popleft()
    body = deque(_before_related(list(body)))
    while len(body) > 1 and (_key(body[-1]) in named or _is_furniture(body[-1])):
        body.pop()
    return list(body) or list(lines)


def captions(tree: LexborHTMLParser) -> list[str]:
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


def _key(text: str) -> str:
    return " ".join(words(text))


def _is_furniture(text: str) -> bool:
    return len(text) <= LONGEST_FURNITURE and bool(
        _LABEL.match(text) or _BYLINE.match(text) or _is_date_line(text)
    )


def _is_date_line(text: str) -> bool:
    """A short line that prints a date and is no sentence."""
    if len(text) > 70 or not any(char.isdigit() for char in text) or text.rstrip()[-1:] in ".!؟،":
        return False
    return len(text.split()) <= 12 and parse_date(text, now=_NOW, zone=UTC) is not None
