"""Foreign text made safe for a message: titles, sentences, names and links of outlets.

Everything here is linear in its input.
"""

import re
import unicodedata
from urllib.parse import unquote, urlsplit

RLM, LRM = "\u200f", "\u200e"
LINK_LIMIT = 2048

# Controls, lone surrogates, zero-width space, bidi embeddings, overrides and isolates, byte-order mark, and
# code points that are no characters: they hide, spoof, or cannot be encoded.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff0-\uffff\ud800-\udfff]+"
)
_SPACE = re.compile(r"\s+")
_TATWEEL = re.compile("\u0640+")
# A Latin word before a closing mark: the mark would jump to its left side.
_LATIN_END = re.compile(r"(?<=[A-Za-z0-9)])(?=[.!:…](?:\s|$))")
_ENCODED = re.compile("(?:%[89A-Fa-f][0-9A-Fa-f])+")  # bytes beyond ASCII
_RTL_CLASSES = frozenset({"R", "AL"})


def clean(text: str) -> str:
    """One line of foreign text: spaces collapsed (not trimmed), harmful characters gone."""
    return _HARMFUL.sub("", _SPACE.sub(" ", text))


def clean_title(text: str) -> str:
    """A foreign title: as ``clean``, without tatweel, trimmed."""
    return _TATWEEL.sub("", clean(text)).strip()


def settle(text: str) -> str:
    """Right-to-left text whose closing marks stay behind Latin words."""
    return _LATIN_END.sub(RLM, text)


def starts_rtl(text: str) -> bool:
    """Whether a paragraph that begins so is laid out right to left by every client."""
    return bool(text) and unicodedata.bidirectional(text[0]) in _RTL_CLASSES


def holds_rtl(text: str) -> bool:
    """Whether any of ``text`` is written right to left."""
    return any(unicodedata.bidirectional(character) in _RTL_CLASSES for character in text)


def within(text: str, *, rtl: bool) -> str:
    """Foreign text to stand inside a line of ours: right-to-left words keep their figures in a Latin line."""
    return text if rtl or not holds_rtl(text) else f"{RLM}{text}{RLM}"


def beside(text: str, *, rtl: bool) -> str:
    """As ``within``, where dates and names stand beside it: a Latin name takes none of an Arabic line's figures."""
    if rtl and any(unicodedata.bidirectional(letter) == "L" for letter in text):
        return f"{RLM}{text}{RLM}"
    return within(text, rtl=rtl)


def clean_link(url: str, home: str = "") -> str:
    """``url`` where a reader may be sent there, else an empty string.

    Only http and https without user name; a host with letters beyond ASCII only below ``home``'s own, for
    such names can be made to look like another's.
    """
    if len(url) > LINK_LIMIT or _HARMFUL.search(url) or _SPACE.search(url):
        return ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or "." not in host or "@" in parts.netloc or "\\" in url:
        return ""
    foreign_letters = not host.isascii() or any(label.startswith("xn--") for label in host.split("."))
    return "" if foreign_letters and not _below(host, home) else url


def readable(url: str) -> str:
    """A link with its letters as they are read, for text that shows it: كمبوديا, where it has %D9%83%D9%85….

    Only letters and figures are decoded, so that it leads where it did.
    """
    return _ENCODED.sub(_letters, url)


def _letters(encoded: re.Match[str]) -> str:
    try:
        text = unquote(encoded[0], errors="strict")
    except UnicodeDecodeError:
        return encoded[0]
    return text if text.isalnum() else encoded[0]


def _below(host: str, home: str) -> bool:
    own = (urlsplit(home).hostname or "").removeprefix("www.")
    return bool(own) and (host == own or host.endswith(f".{own}"))
