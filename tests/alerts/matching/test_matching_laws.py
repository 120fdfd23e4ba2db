"""What must hold for every rule set and every text."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.arabic import TOKEN, fold, tokens
from alerts.matching import RuleSet
from alerts.matching.compiled import compiled
from alerts.matching.engine import Engine
from alerts.matching.expressions import AtLeast, Hit, Mention, Near, Node, Not, Within, parse
from alerts.matching.loader import read_texts
from alerts.nouns import Verdict
from tests.alerts.matching.naive import tell, told_by
from tests.eval.gold import hard_negatives, own_gold

MARKS = "\u064b\u064e\u064f\u0650\u0651\u0652\u0640\u200b\u200c\u200d\u200e\u200f\u202b\u2067\u2069\ufeff"
WORDS = [
    "قمار",
    "بالقمار",
    "كمبوديا",
    "شرطة",
    "في",
    "احتيال",
    "مراكز",
    "،",
    ".",
    "\n\n",
    "تايلاند",
    "قال",
    "رجل",
]


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return RuleSet.load()


def gist(verdict: Verdict) -> tuple[object, ...]:
    return verdict.topics, verdict.places, verdict.score, [finding.rule for finding in verdict.findings]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25), st.randoms(use_true_random=False))
def test_marks_change_no_verdict(rules: RuleSet, words: list[str], dice: random.Random) -> None:
    text = " ".join(words)
    marked = "".join(letter + (dice.choice(MARKS) if dice.random() < 0.3 else "") for letter in text)
    assert gist(rules.judge(marked, text)) == gist(rules.judge(text, marked)) == gist(rules.judge(text, text))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25), st.lists(st.sampled_from(WORDS), max_size=40))
def test_every_span_is_where_it_says(rules: RuleSet, title: list[str], body: list[str]) -> None:
    texts = {"title": " ".join(title), "body": " ".join(body)}
    verdict = rules.judge(texts["title"], texts["body"])
    for span in [*verdict.place_spans, *(span for finding in verdict.findings for span in finding.spans)]:
        assert texts[span.field][span.start : span.end] == span.text
        assert [token.folded for token in tokens(span.text)]


def test_a_span_folds_back_to_its_term() -> None:
    engine = Engine(read_texts({"a.yaml": "concepts: {a: [لعب ~2 قمار]}"}, ""))
    scan = engine.scan("", "كانوا يتابعون لَعِبَ الورق والقمـــار ليلا")
    assert [fold(scan.span(hit).text) for hit in scan.hits("a")] == ["لعب الورق والقمار"]


def test_the_order_of_files_and_rules_never_matters(rules: RuleSet) -> None:
    pack = rules.pack
    swapped = Engine(replace(pack, concepts=pack.concepts[::-1], rules=pack.rules[::-1]))
    for title in (
        "تفكيك أوكار الإحتيال في كمبودیا",
        "الفلبين تحظر شركات القمار والاحتيال والاتجار بالبشر",
        "لا شيء",
    ):
        assert swapped.judge(title, "") == rules.judge(title, "")


class Words:
    """A text for expressions: concepts are letters, sentences end at every tenth word."""

    def __init__(self, placed: Sequence[tuple[int, int, str]]) -> None:
        self.placed = [Hit(start, start + size, concept) for start, size, concept in placed]

    def hits(self, concept: str, _field: str = "") -> Sequence[Hit]:
        return sorted({hit for hit in self.placed if hit.concept == concept})

    def unit(self, position: int, kind: str) -> int:
        return position // (10 if kind == "sentence" else 20)


def naive(node: Node, text: Words) -> bool:
    """What an expression means, by trying every pair."""
    match node:
        case Mention():
            return len(text.hits(node.concept)) >= node.least
        case Not():
            return not naive(node.part, text)
        case AtLeast():
            return sum(naive(part, text) for part in node.parts) >= node.count
        case Near(Mention() as left, Mention() as right):
            pairs = product(text.hits(left.concept), text.hits(right.concept))
            gaps = [(b.start - a.end, a.start - b.end) for a, b in pairs]
            return any(
                0 <= gap <= node.distance
                for ahead, back in gaps
                for gap in ((ahead,) if node.ordered else (ahead, back))
            )
        case Within(Mention() as left, Mention() as right):
            pairs = product(text.hits(left.concept), text.hits(right.concept))
            return any(text.unit(a.start, node.kind) == text.unit(b.start, node.kind) for a, b in pairs)
    raise AssertionError(node)


hits = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 4), st.sampled_from("abc")), max_size=14)
leaf = st.sampled_from(["@a", "@b", "@c", "@a>=2", "@b>=3"])
pair = st.builds(
    lambda left, join, right: f"@{left} {join} @{right}",
    st.sampled_from("abc"),
    st.sampled_from(["NEAR/0", "NEAR/3", "NEAR/9", "ONEAR/4", "SENT", "PARA"]),
    st.sampled_from("abc"),
)
expressions = st.recursive(
    leaf | pair,
    lambda inner: (
        st.builds("({} AND {})".format, inner, inner)
        | st.builds("({} OR {})".format, inner, inner)
        | st.builds("NOT ({})".format, inner)
        | st.builds("2 OF ({}, {}, {})".format, inner, inner, inner)
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(expressions, hits)
def test_an_expression_means_what_a_naive_reader_says(
    source: str, placed: list[tuple[int, int, str]]
) -> None:
    node, text = parse(source), Words(placed)
    assert (node.find(text) is not None) == naive(node, text)


@settings(max_examples=600, deadline=None)
@given(expressions, hits)
def test_a_compiled_expression_means_the_same(source: str, placed: list[tuple[int, int, str]]) -> None:
    node, text = parse(source), Words(placed)
    there = {hit.concept for hit in text.placed}
    when, found, shown = compiled(node), node.find(text), set[Hit]()
    assert when.holds(there, text) == (found is not None)
    if found is not None:
        assert when.may_hold(there, text)
        when.show(there, text, shown)
        assert shown == set(found)


@settings(max_examples=100, deadline=None)
@given(expressions, hits)
def test_no_expression_holds_without_what_it_needs(source: str, placed: list[tuple[int, int, str]]) -> None:
    node, text = parse(source), Words(placed)
    if node.find(text) is not None:
        assert all(any(text.hits(concept) for concept in need) for need in node.needs())


@settings(max_examples=60)
@given(st.integers(0, 12), hits)
def test_near_is_symmetric(distance: int, placed: list[tuple[int, int, str]]) -> None:
    text = Words(placed)
    assert parse(f"@a NEAR/{distance} @b").find(text) == parse(f"@b NEAR/{distance} @a").find(text)


@pytest.mark.parametrize(
    "unit",
    [
        "قمار كمبوديا ",
        "احتيال",
        "ا",
        "\u0640",
        "وبالقمار",
        "(",
        "كي ",
        "مركز ",
        "الاحتيال في ميانمار. ",
        "\n",
        "لعب قمار شرطة ",
    ],
)
def test_time_grows_with_length_only(rules: RuleSet, unit: str) -> None:
    def took(size: int) -> float:
        text = (unit * (size // len(unit) + 1))[:size]
        start = time.process_time()
        rules.judge(text[:200], text)
        return time.process_time() - start

    took(1_000)
    small, large = min(took(20_000) for _ in range(3)), min(took(200_000) for _ in range(3))
    assert large < 40 * max(small, 0.002)


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="اتحلبموة يى ،.#_-\u200f\u00a0\n\u2028KP٢7\u064bﷺ", max_size=60))
def test_what_stands_between_spaces_holds_the_words_of_the_text(rules: RuleSet, text: str) -> None:
    words = rules.engine.scan("", text).words["body"]
    assert "".join(words) == "".join(TOKEN.findall(text))


def test_a_prefilter_dismisses_no_rule_that_holds(rules: RuleSet) -> None:
    engine = rules.engine
    for item in list(own_gold())[::3]:
        scan = engine.scan(item.text.title, item.text.body)
        holding = {rule.id for rule in rules.pack.rules if rule.when.find(scan) is not None}
        promised = engine.scan(item.text.title, item.text.body).promise
        assert holding <= {rule.id for rule in engine.prefilter.candidates(promised)}
        assert holding <= {rule.id for rule in engine.candidates(scan)}


def test_verdicts_are_those_of_trying_every_rule(rules: RuleSet) -> None:
    plain = {rule.id for rule in rules.pack.rules if not rule.learned}
    for item in list(own_gold())[::9]:
        told = {finding.rule for finding in rules.judge(item.text.title, item.text.body).findings}
        scan = rules.engine.scan(item.text.title, item.text.body)
        tried = {
            rule.id: outcome[1]
            for rule in rules.pack.rules
            if not rule.learned and (outcome := rules.engine.try_rule(rule, scan))
        }
        assert {name for name, held in tried.items() if held} == told & plain


def test_verdicts_are_those_of_a_naive_evaluator(rules: RuleSet) -> None:
    lines = hard_negatives()
    texts = [(item.text.title, item.text.body) for item in list(own_gold())[::15]]
    texts += [(lines[n], ". ".join(lines[n : n + 12])) for n in range(0, 200, 25)]
    told = [told_by(rules.engine, rules.judge(*text)) for text in texts]
    assert told == [tell(rules.engine, *text) for text in texts]
    assert sum(map(bool, told)) > 20
