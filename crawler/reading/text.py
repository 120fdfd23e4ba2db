"""Plain text as an article keeps it."""

import html
import re
import unicodedata

from selectolax.lexbor import LexborNode

_SPACES = re.compile(r"\s+")
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+"
)
_PRESENTATION = re.compile(
    "[\ufb50-\ufdff\ufe70-\ufefc]+"
)  # letters by their drawn form, from old typesetting
_SURROGATES = re.compile("[\ud800-\udfff]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,10});")
_MARKS = re.compile("[\u0640\u064b-\u0652\u0670]")
_WORD = re.compile(r"\w+")
_ALIKE = tuple(zip("أإآٱىةؤئی", "اااايهويي", strict=True))


def line(text: str | None) -> str:
    """One line: spaces collapsed, invisible characters and left-over entities gone, drawn forms spelt."""
    return _SPACES.sub(" ", plain(text or "")).strip()


def plain(text: str) -> str:
    """The same characters for a reader, the ordinary ones for a machine."""
    if "&" in text:
        # Twice-escaped text ("&amp;nbsp;") still holds entities after the parser.
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    text = _SURROGATES.sub("\ufffd", _HIDDEN.sub("", text))
    return _PRESENTATION.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)


def node_line(node: LexborNode | None) -> str:
    """A node's text as one line."""
    return line(node.text(deep=True, separator=" ")) if node else ""


def paragraphs(text: str) -> str:
    """Paragraphs joined by blank lines, from text whose lines are paragraphs."""
    return "\n\n".join(filter(None, map(line, text.splitlines())))


def words(text: str) -> list[str]:
    """Folded words: for comparing two texts, never for keeping."""
    text = _MARKS.sub("", text)
    for variant, plain_letter in _ALIKE:  # one by one: a table of translation takes ten times as long
        text = text.replace(variant, plain_letter)
    return _WORD.findall(text.casefold())


def overlap(ours: str, theirs: str) -> float:
    """Token F1 of two texts, 0 to 1."""
    left, right = words(ours), words(theirs)
    if not left or not right:
        return 0.0
    counts: dict[str, int] = {}
    for word in right:
        counts[word] = counts.get(word, 0) + 1
    shared = 0
    for word in left:
        if counts.get(word, 0):
            counts[word] -= 1
            shared += 1
    return 2 * shared / (len(left) + len(right))
