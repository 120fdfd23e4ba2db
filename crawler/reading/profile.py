"""A learned reading profile: where one outlet keeps its articles' text.

Learned from what the teacher read on a few pages; applied to the next pages in a millisecond; refused, never
guessed, where a page does not look like those it was learned from.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import fmean
from typing import Self

from cattrs.preconf.json import make_converter
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.reading.blocks import blocks
from crawler.reading.text import overlap, words
from crawler.reading.tidying import captions, key, link_lines, tidy

VERSION = 1  # of what a profile means; one of another version is learned anew
FEWEST = 3  # pages to learn from
AGREEMENT = 0.85  # token F1 with the teacher, mean over the pages learned from
LEAST_AGREEMENT = 0.6  # on any one of them
RECALL = 0.6  # of the teacher's words that a container must hold
DEEPEST = 60
MOST_JUNK = 40
MOST_REPEATED = 60
SHORTER = 0.5  # than the shortest body learned from: refused
LONGER = 6.0  # than the longest: refused
LINKED = 0.5  # share of a container's text in links: a list of articles

_JSON = make_converter()
_POSITION = ":nth-child"
_STATES = frozenset(["active", "open", "show", "hidden", "clearfix", "row", "col", "container", "wrapper"])


@dataclass(frozen=True, slots=True)
class Lesson:
    """A page and what the teacher read on it."""

    tree: LexborHTMLParser
    title: str
    author: str
    body: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a profile does not serve a page: "no_container", "too_short", "too_long", "links"."""

    cause: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Where the text is. A plain value: ``to_json`` and ``from_json`` carry it through a store."""

    container: str  # CSS selector; its first match holds the text
    junk: tuple[str, ...]  # signatures of elements inside that are none of it
    repeated: tuple[str, ...]  # folded lines that every page repeats
    shortest: int  # characters of the shortest body learned from
    longest: int
    agreement: float  # mean token F1 with the teacher while learning
    learned_at: datetime
    version: int = VERSION

    def to_json(self) -> dict[str, object]:
        """JSON values only."""
        data: dict[str, object] = _JSON.unstructure(self)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self | None:
        """The profile, or None where it is of another version."""
        if data.get("version") != VERSION:
            return None
        return _JSON.structure(data, cls)


def learn(lessons: Sequence[Lesson], *, now: datetime) -> Profile | None:
    """The container on which all lessons agree best with the teacher; None where they agree on none.

    Args:
        lessons: pages of one outlet with bodies that the teacher read; those without one are left out.
        now: aware; becomes ``learned_at``.
    """
    taught = [lesson for lesson in lessons if lesson.body]
    if len(taught) < FEWEST:
        return None
    # The narrowest first: of equals, the one that holds least beside the text.
    candidates = list(dict.fromkeys(selector for lesson in taught for selector in _candidates(lesson)))[::-1]
    tried = (_profile(selector, taught, now) for selector in candidates)
    fit = [profile for profile in tried if profile and profile.agreement >= AGREEMENT]
    return max(
        fit, key=lambda each: (round(each.agreement, 2), _POSITION not in each.container), default=None
    )


def apply(tree: LexborHTMLParser, profile: Profile, *, title: str, author: str = "") -> str | Refusal:
    """The body at the place the profile knows, paragraphs joined by blank lines; or why it is refused."""
    node = tree.css_first(profile.container)
    if node is None:
        return Refusal("no_container")
    body = "\n\n".join(_lines(node, profile, title, author))
    if len(body) < profile.shortest * SHORTER:
        return Refusal("too_short")
    if len(body) > profile.longest * LONGER:
        return Refusal("too_long")
    linked = sum(len(text) for text in link_lines(node) if text in body)
    return Refusal("links") if linked > LINKED * len(body) else body


def _lines(node: LexborNode, profile: Profile, title: str, author: str) -> list[str]:
    found = blocks(node, drop=_dropper(profile.junk))
    repeated = set(profile.repeated)
    own = [text for text in found if key(text) not in repeated]
    return tidy(own, title=title, author=author, captions=captions(node), links=link_lines(node))


def _dropper(junk: Sequence[str]) -> Callable[[LexborNode], bool]:
    signatures = frozenset(junk)
    return lambda node: any(signature in signatures for signature in _signatures(node))


# --- learning ---


def _candidates(lesson: Lesson) -> Iterator[str]:
    """Selectors of the elements around the teacher's text, from the widest to the narrowest."""
    node, parent = lesson.tree.body, "body"
    for _ in range(DEEPEST):
        if node is None:
            return
        own = [selector for selector in _selectors(node) if lesson.tree.css_first(selector) is not None]
        yield from own
        if node.tag != "body":
            # Old pages name nothing: there the place itself is the name.
            parent = own[0] if own else f"{parent} > {node.tag}{_POSITION}({_place(node)})"
            yield parent
        node = next((child for child in _elements(node) if _recall(child, lesson.body) >= RECALL), None)


def _elements(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        if child.is_element_node:
            yield child
        child = child.next


def _place(node: LexborNode) -> int:
    place = 1
    before = node.prev
    while before is not None:
        place += before.is_element_node
        before = before.prev
    return place


def _recall(node: LexborNode, body: str) -> float:
    """The share of a body's words that an element holds."""
    wanted = Counter(words(body))
    held = Counter(words(node.text(deep=True, separator=" ")))
    return sum((wanted & held).values()) / max(1, sum(wanted.values()))


def _selectors(node: LexborNode) -> Iterator[str]:
    """Ways to name an element that the outlet's other pages share: names with digits belong to one page."""
    attributes = node.attributes
    prop, name = attributes.get("itemprop") or "", attributes.get("id") or ""
    if "articleBody" in prop.split():
        yield '[itemprop~="articleBody"]'
    if _is_name(name):
        yield f"#{name}"
    yield from (f"{node.tag}.{each}" for each in (attributes.get("class") or "").split() if _is_name(each))
    if node.tag in ("article", "main"):
        yield node.tag
    if attributes.get("role") == "main":
        yield '[role="main"]'


def _signatures(node: LexborNode) -> Iterator[str]:
    attributes = node.attributes
    name = attributes.get("id") or ""
    if _is_name(name):
        yield f"#{name}"
    classes = (attributes.get("class") or "").split()
    yield from (f"{node.tag}.{each}" for each in classes if _is_name(each))


def _is_name(name: str) -> bool:
    plain = name.replace("-", "").replace("_", "")
    return (
        len(name) > 2
        and plain.isascii()
        and plain.isalpha()
        and name.lower() not in _STATES
        and not name.startswith("-")
    )


def _profile(container: str, lessons: Sequence[Lesson], now: datetime) -> Profile | None:
    """The profile with this container, and how well it agrees; None where a page has no such element."""
    nodes = [node for lesson in lessons if (node := lesson.tree.css_first(container)) is not None]
    if len(nodes) < len(lessons) or any(
        _recall(node, lesson.body) < RECALL for node, lesson in zip(nodes, lessons, strict=True)
    ):
        return None
    junk = _junk(nodes, lessons)
    lengths = [len(lesson.body) for lesson in lessons]
    profile = Profile(container, junk, _repeated(nodes, junk), min(lengths), max(lengths), 0.0, now)
    scores = [
        overlap("\n".join(_lines(node, profile, lesson.title, lesson.author)), lesson.body)
        for node, lesson in zip(nodes, lessons, strict=True)
    ]
    if min(scores) < LEAST_AGREEMENT:
        return None
    return replace(profile, agreement=fmean(scores))


def _junk(nodes: Sequence[LexborNode], lessons: Sequence[Lesson]) -> tuple[str, ...]:
    """Signatures that never hold the teacher's words, wherever they stand."""
    foreign: Counter[str] = Counter()
    own: set[str] = set()
    for node, lesson in zip(nodes, lessons, strict=True):
        said = set(words(lesson.body))
        for element in node.css("[class], [id]"):
            here = words(element.text(deep=True, separator=" "))
            named = list(_signatures(element))
            if here and sum(word in said for word in here) > 0.7 * len(here):
                own.update(named)
            elif here:
                foreign.update(named)
            own.update(_signatures(node))
    return tuple(name for name, _ in foreign.most_common(MOST_JUNK) if name not in own)


def _repeated(nodes: Sequence[LexborNode], junk: tuple[str, ...]) -> tuple[str, ...]:
    """Lines that most pages share: no article repeats another, but one may be read twice."""
    drop = _dropper(junk)
    seen = Counter(name for node in nodes for name in set(map(key, blocks(node, drop=drop))) if name)
    often = [name for name, count in seen.most_common(MOST_REPEATED) if count >= max(3, len(nodes) * 0.6)]
    return tuple(often)
