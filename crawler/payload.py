"""From the bytes of an answer to its text: unpacked within bounds, in the right charset, or refused."""

import re
import zlib

MAX_BYTES = 16 << 20  # unpacked; the largest real news sitemaps have some 5 MB
MAX_ENTITY = 64  # characters; longer ones exist only to grow when they are expanded
HEAD = 20_000  # characters before a root: warnings that a server printed, comments, a DOCTYPE
STEP = 1 << 16


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


_DECLARED = re.compile(r"""(?:encoding|charset)\s{0,9}=\s{0,9}["']?([\w.:-]{2,40})""", re.IGNORECASE)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_WESTERN = frozenset({"iso-8859-1", "latin-1", "latin1", "windows-1252", "us-ascii", "ascii"})
BROKEN_SHARE = 0.05  # of the characters beyond ASCII: a feed with a cut title is still UTF-8


def decode(body: bytes, content_type: str) -> str:
    """The text of a document that may lie about its charset.

    Bytes that are right UTF-8 are UTF-8, whatever is declared: no other charset is right UTF-8 by chance.
    Then the document's own word counts more than the server's; a declared Western charset is what servers
    say when nobody has told them, and Arabic that nobody has declared is windows-1256.
    """
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    text = body.decode("utf-8", "replace")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    if text.count("\ufffd") <= foreign * BROKEN_SHARE:
        return text
    for declaration in (body[:1024].decode("latin-1"), content_type):
        found = _DECLARED.search(declaration)
        if found and found[1].lower() not in _WESTERN:
            try:
                return body.decode(found[1])
            except (UnicodeDecodeError, LookupError):
                continue
    return body.decode("windows-1256", "replace")


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
