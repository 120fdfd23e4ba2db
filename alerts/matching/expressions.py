"""The rule language: ASCII expressions over concepts.

``@a`` · ``title:@a`` ``lead:@a`` ``body:@a`` ``head:@a`` (title or lead) · ``@a>=3`` · ``AND OR NOT ( )`` ·
``2 OF (@a, @b, @c)`` · ``@a NEAR/6 @b`` (at most six words between two separate mentions) ·
``ONEAR/6`` (in this order) · ``SENT`` ``PARA`` (in one sentence, one paragraph).
NOT binds closest, then NEAR, ONEAR, SENT and PARA, then AND, then OR.

Every node answers two questions: which hits make it true for a text (``find``; None where it is false),
and which concepts it cannot be true without (``needs``).
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol


class Hit(NamedTuple):
    """A mention of a concept. Positions count words: the title first, then a wide gap, then the body."""

    start: int
    end: int  # exclusive
    concept: str


class Text(Protocol):
    """A text whose concepts have been found."""

    def hits(self, concept: str, field: str = "") -> Sequence[Hit]:
        """The mentions of a concept in a field ("" for everywhere), by position."""
        ...

    def unit(self, position: int, kind: str) -> int:
        """The number of the "sentence" or "paragraph" that a word stands in."""
        ...


MAX_DISTANCE: Final = 200
WIDER: Final = {"": "", "body": "", "title": "title:", "lead": "head:", "head": "head:"}
Found = Sequence[Hit] | None
Needs = tuple[frozenset[str], ...]


class Node(Protocol):
    """A part of an expression."""

    def find(self, text: Text) -> Found:
        """The hits that make it true, None where it is false."""
        ...

    def needs(self) -> Needs:
        """Sets of concepts: every match mentions one of each. Empty where nothing must be there.

        ``title:a`` and ``head:a`` are mentions there (a mention in the lead is one in the head).
        """
        ...

    def concepts(self) -> frozenset[str]:
        """Every concept that is named."""
        ...


@dataclass(frozen=True, slots=True)
class Mention:
    """A concept is mentioned, at least so many times, in a field."""

    concept: str
    field: str = ""
    least: int = 1

    def find(self, text: Text) -> Found:
        """Its hits."""
        hits = text.hits(self.concept, self.field)
        return hits if len(hits) >= self.least else None

    def needs(self) -> Needs:
        """The concept, with its field where that is the beginning of an article."""
        return (frozenset({f"{WIDER[self.field]}{self.concept}"}),)

    def concepts(self) -> frozenset[str]:
        """The concept."""
        return frozenset({self.concept})


@dataclass(frozen=True, slots=True)
class Not:
    """Something is absent."""

    part: Node

    def find(self, text: Text) -> Found:
        """No hits where it holds: what is absent has no place."""
        return None if self.part.find(text) is not None else ()

    def needs(self) -> Needs:
        """Absence needs nothing."""
        return ()

    def concepts(self) -> frozenset[str]:
        """Those of its part."""
        return self.part.concepts()


def _anywhere(need: frozenset[str]) -> frozenset[str]:
    """A need without its fields."""
    return frozenset(mention.rpartition(":")[2] for mention in need)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """So many of the parts hold: all of them for AND, one for OR."""

    count: int
    parts: tuple[Node, ...]

    def find(self, text: Text) -> Found:
        """The hits of every part that holds."""
        found: list[Hit] = []
        held = 0
        for left, part in zip(range(len(self.parts), 0, -1), self.parts, strict=True):
            if held + left < self.count:
                return None
            if (hits := part.find(text)) is not None:
                held += 1
                found.extend(hits)
        return tuple(dict.fromkeys(found)) if held >= self.count else None

    def needs(self) -> Needs:
        """All parts' for AND; else what the parts share, and a union wide enough to catch every match."""
        parts = [part.needs() for part in self.parts]
        if self.count == len(parts):
            return tuple(dict.fromkeys(need for part in parts for need in part))
        # A mention in the title is one anywhere, too: what parts need in different fields they share without one.
        loose = [{*part, *map(_anywhere, part)} for part in parts]
        shared = [
            need
            for need in dict.fromkeys([*parts[0], *map(_anywhere, parts[0])])
            if all(need in part for part in loose)
        ]
        known = sorted((min(part, key=len) for part in parts if part), key=len)
        enough = len(parts) - self.count + 1  # so many parts cannot all be false
        wide = [frozenset().union(*known[:enough])] if len(known) >= enough else []
        return tuple(
            dict.fromkeys(shared + [need for need in wide if not any(one <= need for one in shared)])
        )

    def concepts(self) -> frozenset[str]:
        """Those of all parts."""
        return frozenset().union(*(part.concepts() for part in self.parts))


@dataclass(frozen=True, slots=True)
class Near:
    """Two separate mentions with few words between them."""

    left: Node
    right: Node
    distance: int
    ordered: bool = False

    def find(self, text: Text) -> Found:
        """The hits of both sides that have a partner."""
        if not (left := self.left.find(text)) or not (right := self.right.find(text)):
            return None
        before = self._partnered(left, right) | (set() if self.ordered else self._partnered(right, left))
        return sorted(before) or None

    def _partnered(self, firsts: Sequence[Hit], seconds: Sequence[Hit]) -> set[Hit]:
        """Pairs in which ``firsts`` comes first."""
        ordered = sorted(seconds)
        starts = [hit.start for hit in ordered]
        found: set[Hit] = set()
        reached = 0  # every second up to here has its partner already: keeps the whole linear
        for first in sorted(firsts, key=lambda hit: hit.end):
            low = bisect_left(starts, first.end)
            high = bisect_left(starts, first.end + self.distance + 1)
            if low < high:
                found.add(first)
                found.update(ordered[max(low, reached) : high])
                reached = max(reached, high)
        return found

    def needs(self) -> Needs:
        """As AND."""
        return AtLeast(2, (self.left, self.right)).needs()

    def concepts(self) -> frozenset[str]:
        """Those of both sides."""
        return self.left.concepts() | self.right.concepts()


@dataclass(frozen=True, slots=True)
class Within:
    """Two mentions in one sentence or paragraph."""

    left: Node
    right: Node
    kind: str

    def find(self, text: Text) -> Found:
        """The hits of both sides that share a unit."""
        if not (left := self.left.find(text)) or not (right := self.right.find(text)):
            return None
        units = [{text.unit(hit.start, self.kind) for hit in side} for side in (left, right)]
        shared = units[0] & units[1]
        return [hit for hit in sorted({*left, *right}) if text.unit(hit.start, self.kind) in shared] or None

    def needs(self) -> Needs:
        """As AND."""
        return AtLeast(2, (self.left, self.right)).needs()

    def concepts(self) -> frozenset[str]:
        """Those of both sides."""
        return self.left.concepts() | self.right.concepts()


_LEXEME: Final = re.compile(
    r"\s*(?:(?P<mention>(?:(?P<field>title|lead|body|head):)?@(?P<name>[A-Za-z_][\w.]*)(?:\s*>=\s*(?P<least>\d{1,3}))?)"
    r"|(?P<near>O?NEAR)/(?P<distance>\d{1,4})|(?P<of>\d{1,2})\s+OF\b|(?P<word>AND|OR|NOT|SENT|PARA)\b|(?P<sign>[(),]))",
    re.ASCII,
)
_MAX_DEPTH: Final = 40


def parse(source: str) -> Node:
    """Read an expression.

    Raises:
        ValueError: with the place in the expression and what was expected there.
    """
    return _Parser(source).whole()


class _Parser:
    """Recursive descent: one method a level of binding."""

    def __init__(self, source: str) -> None:
        self.source, self.at, self.depth = source, 0, 0
        self.lexemes: list[re.Match[str]] = []
        position = 0
        while source[position:].strip():
            if not (match := _LEXEME.match(source, position)):
                raise ValueError(
                    f"cannot read {source[position : position + 20].strip()!r}: write @concept, AND, …"
                )
            self.lexemes.append(match)
            position = match.end()

    def peek(self, group: str, *texts: str) -> re.Match[str] | None:
        if self.at < len(self.lexemes):
            match = self.lexemes[self.at]
            if match[group] is not None and (not texts or match[group] in texts):
                return match
        return None

    def take(self, group: str, *texts: str) -> re.Match[str] | None:
        if match := self.peek(group, *texts):
            self.at += 1
            return match
        return None

    def whole(self) -> Node:
        node = self.either()
        if self.at < len(self.lexemes):
            raise ValueError(f"{self.lexemes[self.at][0].strip()!r} was not expected here")
        return node

    def either(self) -> Node:
        parts = [self.both()]
        while self.take("word", "OR"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else AtLeast(1, tuple(parts))

    def both(self) -> Node:
        parts = [self.near()]
        while self.take("word", "AND"):
            parts.append(self.near())
        return parts[0] if len(parts) == 1 else AtLeast(len(parts), tuple(parts))

    def near(self) -> Node:
        node = self.one()
        while True:
            if match := self.take("near"):
                distance = int(match["distance"])
                if distance > MAX_DISTANCE:
                    raise ValueError(f"NEAR/{distance} is further than {MAX_DISTANCE} words: write AND")
                node = Near(*self._placed(node, self.one()), distance, match["near"] == "ONEAR")
            elif match := self.take("word", "SENT", "PARA"):
                node = Within(
                    *self._placed(node, self.one()), {"SENT": "sentence", "PARA": "paragraph"}[match["word"]]
                )
            else:
                return node

    @staticmethod
    def _placed(*sides: Node) -> tuple[Node, Node]:
        if any(not side.needs() for side in sides):
            raise ValueError("NEAR, SENT and PARA need a mention on both sides: what is absent has no place")
        return sides[0], sides[1]

    def one(self) -> Node:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise ValueError(f"more than {_MAX_DEPTH} levels deep")
        try:
            return self._one()
        finally:
            self.depth -= 1

    def _one(self) -> Node:
        if self.take("word", "NOT"):
            return Not(self.one())
        if match := self.take("mention"):
            return Mention(match["name"], match["field"] or "", int(match["least"] or 1))
        if match := self.take("of"):
            return self._some(int(match["of"]))
        if self.take("sign", "("):
            node = self.either()
            self._close()
            return node
        raise ValueError(f"expected a mention, such as @name, {self._here()}")

    def _some(self, count: int) -> Node:
        if not self.take("sign", "("):
            raise ValueError("after OF comes a list in parentheses")
        parts = [self.either()]
        while self.take("sign", ","):
            parts.append(self.either())
        self._close()
        if not 1 <= count <= len(parts):
            raise ValueError(f"{count} OF a list of {len(parts)}")
        return AtLeast(count, tuple(parts))

    def _close(self) -> None:
        if not self.take("sign", ")"):
            raise ValueError(f"a parenthesis is not closed {self._here()}")

    def _here(self) -> str:
        if self.at >= len(self.lexemes):
            return "at the end"
        return f"before {self.source[self.lexemes[self.at].start() :].strip()[:20]!r}"
