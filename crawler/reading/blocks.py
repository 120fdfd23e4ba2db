"""A tree's text by block, the way a reader sees paragraphs."""

from collections.abc import Callable

from selectolax.lexbor import LexborNode

from crawler.reading.text import line

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

    def end_line() -> None:
        if text := line("".join(pending)):
            lines.append(text)
        pending.clear()

    # By hand and not by recursion: pages with thousands of unclosed tags nest as deep.
    above: list[tuple[LexborNode, bool]] = []
    node = root.first_child
    while node is not None or above:
        if node is None:
            node, inline = above.pop()
            if not inline:
                end_line()
        elif node.is_text_node:
            pending.append(node.text_content or "")
        elif node.tag == "br":
            end_line()
        elif node.is_element_node and node.tag not in SILENT and not (drop and drop(node)):
            inline = node.tag in INLINE
            if not inline:
                end_line()
            above.append((node, inline))
            node = node.first_child
            continue
        node = node.next
    end_line()
    return lines
