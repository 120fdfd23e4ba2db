"""Bytes to text, knowing that declarations lie."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from charset_normalizer import from_bytes
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

ARABIC_CHARSETS = ("cp1256", "iso8859-6")  # what Arabic pages were written in before UTF-8
BROKEN_SHARE = 0.02  # of the non-ASCII characters: a UTF-8 page with a few cut comments is still UTF-8
SAMPLE = 200_000  # bytes that are judged; the whole page is decoded
PLAUSIBLE = 0.5

_WORD = re.compile(r"[^\W\d_]+")
_COMMON = frozenset(
    ["في", "من", "على", "إلى", "عن", "أن", "ما", "هذا", "مع", "بعد", "قبل", "كان", "قال", "بين", "هذه"]
)
_ORDINARY = "«»·°×÷\u00a0"  # beyond ASCII, in Arabic text too
_NAMES = {"cp1256": "windows-1256", "iso8859-6": "iso-8859-6", "cp1252": "windows-1252"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text and the charset that it was read with."""

    text: str
    charset: str


def decode(body: bytes, *, content_type: str = "", hint: str = "") -> Decoded:
    """Read a page's bytes.

    A byte order mark wins; bytes that are valid multibyte UTF-8 are UTF-8 whatever was declared; then the
    header, the page's own declaration and ``hint`` stand beside the Arabic charsets, and the one that gives
    the most plausible Arabic is taken. A page without Arabic is read as declared, or as charset-normalizer
    sees it.
    """
    marked, mark = read_bom(body)
    if marked and mark:
        return _decoded(body[len(mark) :], marked)
    if "\x00" in body[:200].decode("latin-1") and (wide := _wide(body)):
        return _decoded(body, wide)
    with suppress(UnicodeDecodeError):
        return Decoded(body.decode("utf-8"), "utf-8")
    if _is_nearly_utf8(body):
        return _decoded(body, "utf-8")
    declared = list(dict.fromkeys(_declared(body, content_type, hint)))
    sample = body[:SAMPLE]
    scores = {name: _arabic(sample.decode(name, "replace")) for name in [*declared, *ARABIC_CHARSETS]}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] >= PLAUSIBLE:
        return _decoded(body, best)
    return _decoded(body, declared[0] if declared else _guessed(sample))


def _decoded(body: bytes, charset: str) -> Decoded:
    return Decoded(body.decode(charset, "replace"), _NAMES.get(charset, charset))


def _declared(body: bytes, content_type: str, hint: str) -> Iterator[str]:
    names = (http_content_type_encoding(content_type), html_body_declared_encoding(body), hint)
    for name in names:
        known = resolve_encoding(name) if name else None
        if known:
            yield known


def _wide(body: bytes) -> str | None:
    """UTF-16 without its mark: every second byte of the markup is zero."""
    even, odd = body[:200:2].count(0), body[1:200:2].count(0)
    if max(even, odd) < 40:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _is_nearly_utf8(body: bytes) -> bool:
    text = body.decode("utf-8", "replace")
    foreign = sum(not char.isascii() for char in text[:SAMPLE])
    return text[:SAMPLE].count("\ufffd") <= foreign * BROKEN_SHARE


def _arabic(text: str) -> float:
    """How much a text looks like written Arabic: 0 not at all, above 0.5 plausible, 1.5 at most.

    A wrong charset still gives Arabic letters, but mixes Latin ones into words, doubles vowel marks and loses
    the article ال and the commonest words.
    """
    foreign = [char for char in text if not char.isascii()]
    if not foreign:
        return 0.0
    letters = sum("\u0621" <= char <= "\u064a" for char in foreign)
    marks = sum("\u064b" <= char <= "\u0652" for char in foreign)
    strange = sum(
        ("\u0080" <= char <= "\u024f" and char not in _ORDINARY) or char == "\ufffd" for char in foreign
    )
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    usual = sum(word.startswith("ال") or word in _COMMON for word in words)
    mixed = sum(any(char.isascii() for char in word) for word in words)
    share = (letters - 2 * strange - 2 * max(0, marks - letters // 10)) / len(foreign)
    return share + (0.5 * usual - 2 * mixed) / max(1, len(words)) if letters else 0.0


def _guessed(sample: bytes) -> str:
    best = from_bytes(sample[:50_000]).best()
    return best.encoding if best else "cp1252"
