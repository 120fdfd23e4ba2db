"""A tree's text by block, the way a reader sees paragraphs."""

from collections.abc import Callable, Iterator

from selectolax.lexbor import LexborNode

from crawler.reading.text import line

DEEPEST = 400  # nested elements; deeper ones are read as one line
SILENT = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "button",
        "select",
        "option",
        "textarea",
        "iframe",
        "head",
        "object",
        "audio",
        "video",
    ]
)
INLINE = frozenset(
    ["a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "em", "font", "i", "img", "ins",
     "label", "mark", "q", "s", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"]
)  # fmt: skip


def blocks(root: LexborNode, *, drop: Callable[[LexborNode], bool] | None = None) -> list[str]:
    """Lines of text in document order; inline elements stay in their line, ``<br>`` and blocks end it.

    Args:
        root: where to start.
        drop: elements that are left out with all that is in them.
    """
    lines: list[str] = []
    pending: list[str] = []
    for piece in _pieces(root, drop, 0):
        if piece is not None:
            pending.append(piece)
        elif pending:
            lines.append(line("".join(pending)))
            pending.clear()
    lines.append(line("".join(pending)))
    return [text for text in lines if text]


def _pieces(node: LexborNode, drop: Callable[[LexborNode], bool] | None, depth: int) -> Iterator[str | None]:
    """Texts, and None where a line ends."""
    child = node.first_child
    while child is not None:
        tag = child.tag
        if tag == "-text":
            yield child.text_content or ""
        elif tag == "br":
            yield None
        elif tag not in SILENT and child.is_element_node and not (drop and drop(child)):
            yield from _element(child, tag in INLINE, drop, depth + 1)
        child = child.next


def _element(
    node: LexborNode, inline: bool, drop: Callable[[LexborNode], bool] | None, depth: int
) -> Iterator[str | None]:
    if not inline:
        yield None
    if depth > DEEPEST:
        yield node.text(deep=True, separator=" ")
    else:
        yield from _pieces(node, drop, depth)
    if not inline:
        yield None
