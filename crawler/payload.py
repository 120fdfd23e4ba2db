"""What an answer could do to us before it is read: unpack without end, grow from its own entities, nest for ever."""

import re
import zlib

MAX_BYTES = (
    20 << 20
)  # unpacked; the largest real news sitemaps have some 5 MB, 10,000 entries with their texts 18
MAX_ENTITY = 64  # characters; longer ones exist only to grow when they are expanded
HEAD = 20_000  # characters before a root: warnings that a server printed, comments, a DOCTYPE
STEP = 1 << 16
MAX_DEPTH = (
    2_000  # open elements; HTML parsers need time with the square of it, and real pages have under 100
)


class TooLarge(Exception):  # noqa: N818  it is an answer's fault, not an error of ours
    """An answer that has more than MAX_BYTES when it is unpacked."""


def unpack(body: bytes) -> tuple[bytes, bool]:
    """Undo the gzip of a packed file; what came of a damaged one is kept.

    Returns:
        the bytes, and whether the file was whole. Bytes that are not packed come back as they are.

    Raises:
        TooLarge: without having unpacked more than MAX_BYTES.
    """
    if len(body) > MAX_BYTES:
        raise TooLarge
    if not body.startswith(b"\x1f\x8b"):
        return body, True
    unpacker, unpacked = zlib.decompressobj(wbits=31), bytearray()
    try:
        for start in range(0, len(body), STEP):
            unpacked += unpacker.decompress(body[start : start + STEP], MAX_BYTES - len(unpacked) + 1)
            if len(unpacked) > MAX_BYTES:
                raise TooLarge
    except zlib.error:
        return bytes(unpacked), False
    return bytes(unpacked), unpacker.eof


_ENTITY = re.compile(r"<!ENTITY\s+(%\s+)?[\w.:-]{1,99}\s+(?:(SYSTEM|PUBLIC)|\"([^\"]*)\"|'([^']*)')")


def grows(text: str) -> bool:
    """Whether a document declares entities that grow when expanded, or that reach out of it."""
    if "<!ENTITY" not in text[:HEAD]:  # further on it is somebody's text
        return False
    for parameter, outside, double, single in _ENTITY.findall(text):
        value = double or single
        if parameter or outside or len(value) > MAX_ENTITY or re.search(r"[&%](?!#)", value):
            return True
    return False


_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# These close themselves, or are closed by the next of their kind.
_SHALLOW = frozenset(
    {"area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
     "param", "source", "td", "th", "tr", "track", "wbr"}
)  # fmt: skip


def nests_too_deeply(markup: str) -> bool:
    """Whether a page opens so many elements without closing them that its parsing would not end."""
    depth = 0
    for closing, name in _TAG.findall(markup):
        if name.lower() not in _SHALLOW:
            depth = max(depth - 1, 0) if closing else depth + 1
            if depth > MAX_DEPTH:
                return True
    return False
