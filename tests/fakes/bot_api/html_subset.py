"""The subset of HTML that the Bot API reads, parsed as strictly as it does; positions in UTF-16 units."""

import html
import re
from dataclasses import dataclass

# https://core.telegram.org/bots/api#html-style
ENTITY = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-time": "date_time",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "blockquote": {"expandable"}, "code": {"class"}, "tg-time": {"unix", "format"}}
_TOKEN = re.compile(
    r"<(?P<close>/)?(?P<tag>[a-z-]+)(?P<attributes>(?:\s[^<>]*)?)>|(?P<bad><)|&[^;\s&<]{1,10};|[^<&]+|&"
)
_ATTRIBUTE = re.compile(r"""\s+([a-z-]+)(?:=(?:"([^"<>]*)"|'([^'<>]*)'))?""")
_NAMED = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"'}


class CannotParseError(ValueError):
    """The text is not the subset; the message reads as Telegram's."""


@dataclass(frozen=True)
class Entity:
    type: str
    offset: int  # UTF-16 units
    length: int
    url: str = ""


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def parse(source: str) -> tuple[str, tuple[Entity, ...]]:
    """The plain text and its entities.

    Raises:
        CannotParseError: an unknown or unclosed tag, an unknown attribute, a stray "<".
    """
    text: list[str] = []
    at = 0
    opened: list[tuple[str, int, str]] = []
    found: list[Entity] = []
    for match in _TOKEN.finditer(source):
        tag = match["tag"]
        if match["bad"] or (tag and tag not in ENTITY):
            raise CannotParseError(
                f'Unsupported start tag "{tag or ""}" at byte offset {_bytes(source, match)}'
            )
        if tag and match["close"]:
            if not opened or opened[-1][0] != tag:
                raise CannotParseError(
                    f'Unmatched end tag at byte offset {_bytes(source, match)}, found "</{tag}>"'
                )
            name, start, url = opened.pop()
            if at > start:
                found.append(Entity(ENTITY[name], start, at - start, url))
        elif tag:
            opened.append((tag, at, _attributes(tag, match["attributes"]).get("href", "")))
        else:
            piece = _unescaped(match.group())
            text.append(piece)
            at += units(piece)
    if opened:
        raise CannotParseError(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return "".join(text), tuple(sorted(found, key=lambda e: (e.offset, -e.length)))


def _attributes(tag: str, written: str) -> dict[str, str]:
    given = {m[1]: html.unescape(m[2] or m[3] or "") for m in _ATTRIBUTE.finditer(written)}
    if _ATTRIBUTE.sub("", written).strip() or not set(given) <= ATTRIBUTES.get(tag, set()):
        raise CannotParseError(f'Unexpected attribute in the tag "{tag}"')
    return given


def _unescaped(piece: str) -> str:
    if not piece.startswith("&"):
        return piece
    # Numeric references are read, of the named ones only four.
    return (
        html.unescape(piece) if re.fullmatch(r"&#(\d+|x[0-9a-fA-F]+);", piece) else _NAMED.get(piece, piece)
    )


def _bytes(source: str, match: re.Match[str]) -> int:
    return len(source[: match.start()].encode("utf-8", "surrogatepass"))
