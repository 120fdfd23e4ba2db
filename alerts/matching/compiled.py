"""An expression made ready to be asked of many texts: the same meaning as ``find`` of its nodes, quickly.

Mentions that stand side by side are tested at once, as sets of facts; a list ends with the first part that
decides it; and evidence is gathered only from parts that can show more than what is shown already.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from alerts.matching.expressions import AtLeast, Hit, Mention, Near, Node, Not, Text, Within

Facts = AbstractSet[str]  # see ``fact``
Test = Callable[[Facts, Text], bool]
Show = Callable[[Facts, Text, set[Hit]], None]


def fact(concept: str, field: str) -> str:
    """How it is noted that a concept is mentioned in a field: by its name where it does not matter in which."""
    return f"{field}:{concept}" if field else concept


@lru_cache(maxsize=100_000)
def facts_of(concept: str, title: bool, lead: bool, rest: bool) -> tuple[str, ...]:
    """All facts on a concept that is mentioned in the title, the lead, the rest of the body."""
    true = {
        "": title or lead or rest,
        "title": title,
        "lead": lead,
        "head": title or lead,
        "body": lead or rest,
    }
    return tuple(fact(concept, field) for field in true if true[field])


@dataclass(frozen=True, slots=True)
class Compiled:
    """What can be asked of an expression."""

    may_hold: Test  # of a text whose facts are the concepts that it may mention
    holds: Test
    show: Show  # adds the hits that make it true to a set; only of texts for which it holds
    asked: frozenset[str]  # its concepts: what must be known before
    needs: tuple[tuple[Facts, frozenset[str]], ...]  # facts of which one must be true; their concepts


def compiled(node: Node) -> Compiled:
    """Make an expression ready."""
    return Compiled(
        may_hold=_test(_hopeful(node)),
        holds=_test(node),
        show=_show(node, frozenset()) or _nothing,
        asked=node.concepts(),
        needs=tuple((need, _concepts(need)) for need in sorted(node.needs(), key=len)),
    )


def _concepts(facts: Facts) -> frozenset[str]:
    return frozenset(name.rpartition(":")[2] for name in facts)


def _hopeful(node: Node) -> Node:
    """What must be there at least, wherever it stands, for a node to hold."""
    match node:
        case Mention(concept):
            return Mention(concept)
        case AtLeast(count, parts):
            return AtLeast(count, tuple(map(_hopeful, parts)))
        case Near(left, right) | Within(left, right):
            return AtLeast(2, (_hopeful(left), _hopeful(right)))
        case _:
            return AtLeast(0, ())


def _test(node: Node) -> Test:
    match node:
        case Mention(concept, field, 1):
            name = fact(concept, field)
            return lambda facts, _: name in facts
        case Not(part):
            test = _test(part)
            return lambda facts, text: not test(facts, text)
        case AtLeast(count, parts) if count == len(parts):
            return _all(parts)
        case AtLeast(1, parts):
            return _any(parts)
        case AtLeast(count, parts):
            tests = [_test(part) for part in parts]
            return lambda facts, text: sum(test(facts, text) for test in tests) >= count
        case Near():
            return _near(node)
        case _:
            return lambda _, text: node.find(text) is not None


def _sorted_out(parts: Sequence[Node]) -> tuple[frozenset[str], frozenset[str], list[Test]]:
    """What is a mention, what is the absence of one, and what has to be asked."""
    there, absent, asked = set(), set(), []
    for part in parts:
        match part:
            case Mention(concept, field, 1):
                there.add(fact(concept, field))
            case Not(Mention(concept, field, 1)):
                absent.add(fact(concept, field))
            case _:
                asked.append(_test(part))
    return frozenset(there), frozenset(absent), asked


def _all(parts: Sequence[Node]) -> Test:
    there, absent, asked = _sorted_out(parts)

    def holds(facts: Facts, text: Text) -> bool:
        if not there <= facts or not absent.isdisjoint(facts):
            return False
        for test in asked:  # noqa: SIM110 - a generator costs more than most tests
            if not test(facts, text):
                return False
        return True

    return holds


def _any(parts: Sequence[Node]) -> Test:
    there, absent, asked = _sorted_out(parts)

    def holds(facts: Facts, text: Text) -> bool:
        if not there.isdisjoint(facts) or not absent <= facts:
            return True
        for test in asked:  # noqa: SIM110
            if test(facts, text):
                return True
        return False

    return holds


def _near(node: Near) -> Test:
    left, right, distance, ordered = node.left.find, node.right.find, node.distance, node.ordered

    def holds(_: Facts, text: Text) -> bool:
        if not (firsts := left(text)) or not (seconds := right(text)):
            return False
        return _meet(firsts, seconds, distance) or (not ordered and _meet(seconds, firsts, distance))

    return holds


def _meet(firsts: Sequence[Hit], seconds: Sequence[Hit], distance: int) -> bool:
    """Whether a second begins at most so many words after the end of a first."""
    starts = sorted([start for start, _, _ in seconds])
    last = starts[-1]
    for _, end, _ in firsts:  # noqa: SIM110
        if end <= last and starts[bisect_left(starts, end)] - end <= distance:
            return True
    return False


def _show(node: Node, shown: frozenset[str]) -> Show | None:
    """How a node that holds shows its hits; None where each is of a concept of which every mention is ``shown``."""
    if _showable(node) <= shown:
        return None
    match node:
        case Mention(concept, field):
            return lambda _, text, hits: hits.update(text.hits(concept, field))
        case AtLeast(count, parts) if count == len(parts):
            return _show_all(parts, shown)
        case AtLeast(_, parts):
            return _show_those_that_hold(parts, shown)
        case _:
            return lambda _, text, hits: hits.update(node.find(text) or ())


def _showable(node: Node) -> frozenset[str]:
    """The concepts whose mentions a node may show: what is absent has no place."""
    match node:
        case Not():
            return frozenset()
        case AtLeast(_, parts):
            return frozenset().union(*map(_showable, parts))
        case _:
            return node.concepts()


def _show_all(parts: Sequence[Node], shown: frozenset[str]) -> Show:
    plain = frozenset(part.concept for part in parts if isinstance(part, Mention) and not part.field)
    shows = [_show(part, shown if isinstance(part, Mention) else shown | plain) for part in parts]
    useful = [show for show in shows if show]

    def show_all(facts: Facts, text: Text, hits: set[Hit]) -> None:
        for show in useful:
            show(facts, text, hits)

    return show_all


def _show_those_that_hold(parts: Sequence[Node], shown: frozenset[str]) -> Show:
    useful = [(_test(part), show) for part in parts if (show := _show(part, shown))]

    def show_those(facts: Facts, text: Text, hits: set[Hit]) -> None:
        for test, show in useful:
            if test(facts, text):
                show(facts, text, hits)

    return show_those


def _nothing(_facts: Facts, _text: Text, _hits: set[Hit]) -> None:
    """An expression of absences shows nothing."""
