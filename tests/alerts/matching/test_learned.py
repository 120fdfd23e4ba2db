"""The learned opinion: what it is made of, how it is taught, where it may speak."""

import os
import random

import pytest

from alerts.matching import RuleError, RuleSet
from alerts.matching.learned import BIAS, SENSE, Learned, Scales, read_learned, vector, write_learned
from alerts.matching.loader import read_texts
from alerts.matching.ruleset import RULES
from alerts.matching.trials import measure
from tests.eval.gold import TAUGHT, lessons
from tests.eval.training import fingerprint, fit, train

FULL = os.environ.get("MARSAD_PROOF") == "full"
RULE = """
topic: fraud
concepts:
  se_asia: {kind: name, terms: [كمبوديا]}
rules:
  - {id: f, level: notice, status: stable, author: a, reason: r, since: 2026-01-01, when: "head:@se_asia",
     learned: 10, threshold: 1, hits: [نصابون في كمبوديا], misses: [مزارعون في كمبوديا]}
"""
TABLE = "feature\tfraud\nbias\t-0.5\nنصابون\t1.0\n"


def words(text: str) -> list[tuple[str, frozenset[str]]]:
    return [(token, frozenset()) for token in text.split()]


def test_a_text_has_length_one_and_function_words_and_figures_have_no_weight() -> None:
    assert sum(v * v for v in vector(words("النصابون في 2026 فروا")).values()) == pytest.approx(1)
    assert vector(words("في 2026 من")) == {}
    assert vector(words("النصابون")) == vector(words("نصابون"))


def test_two_kinds_of_text_are_separated_and_the_same_lessons_give_the_same_weights() -> None:
    dice = random.Random(3)
    ours, others = ["نصب", "احتيال", "ضحايا"], ["زلزال", "مباراة", "أرز"]
    texts = [" ".join(dice.choices(pool, k=4)) for pool in (ours, others) for _ in range(30)]
    vectors, labels = [vector(words(text)) for text in texts], [True] * 30 + [False] * 30
    weights = fit(vectors, labels)
    judged = [sum(v * weights.get(n, 0) for n, v in x.items()) + weights[BIAS] > 0 for x in vectors]
    assert judged == labels
    assert fit(vectors, labels) == weights


def test_a_text_is_weighed_as_its_vector_and_the_strongest_word_is_named_first() -> None:
    learned = read_learned("feature\tfraud\nbias\t-0.1\nنصابون\t1.0\n~يهرب\t0.2\n")
    text = "نصابون في مانيلا يهربون"
    opinion = Scales(learned, lambda _: ()).judge(enumerate(text.split()))["fraud"]
    whole = sum(value * learned.weights.get(name, (0.0,))[0] for name, value in vector(words(text)).items())
    assert opinion.margin == pytest.approx(whole - 0.1)
    assert opinion.reasons == (0, 3)


def test_a_rule_takes_the_opinion_and_shows_it() -> None:
    rules = RuleSet(read_texts({"a.yaml": RULE}, "", TABLE.replace("-0.5", "-0.1")))
    assert rules.failures() == []
    finding = rules.judge("نصابون في كمبوديا", "").findings[0]
    assert "learned" in finding.why
    assert ("نصابون", "learned") in [(span.text, span.concept) for span in finding.spans]


@pytest.mark.parametrize("key", ["learned", "doubt"])
def test_a_rule_without_its_table_is_refused(key: str) -> None:
    for table in ("", TABLE.replace("fraud", "gambling")):
        with pytest.raises(RuleError, match=rf"rule f: {key}: learned.tsv has nothing on fraud"):
            read_texts({"a.yaml": RULE.replace("learned:", f"{key}:")}, "", table)


def test_a_doubt_below_nought_is_refused() -> None:
    with pytest.raises(RuleError, match=r"rule f: doubt: expected .* 0 or more"):
        read_texts({"a.yaml": RULE.replace("learned: 10", "doubt: -0.8")}, "", TABLE)


def test_a_rule_is_silent_where_the_opinion_doubts_it_and_says_so() -> None:
    rule = RULE.replace("learned: 10, threshold: 1", "score: {se_asia: 1}, threshold: 1, doubt: 0.5")
    rule = rule.replace("misses: [مزارعون", "misses: [فيلم نصابون")
    rules = RuleSet(read_texts({"a.yaml": rule}, "", TABLE + "فيلم\t-2.0\n"))
    assert rules.failures() == []
    assert rules.judge("نصابون في كمبوديا", "").topics == ("fraud",)
    verdict = rules.judge("فيلم نصابون في كمبوديا", "")
    assert verdict.topics == ()
    assert verdict.near_misses[0].why.endswith("| unlike articles on fraud: -0.74")
    assert rules.with_learned(None).judge("فيلم نصابون في كمبوديا", "").topics == ("fraud",)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (TABLE.replace("1.0", "eins"), "line 3"),
        (TABLE.replace("1.0", "1.0\t2.0"), "2 weights for 1 topics"),
        (TABLE.replace("bias\t-0.5\n", ""), "one line is the bias"),
    ],
)
def test_a_bad_table_is_refused_by_line(table: str, told: str) -> None:
    with pytest.raises(RuleError, match=told):
        read_texts({"a.yaml": RULE}, "", table)


def test_a_table_survives_writing() -> None:
    learned = Learned(("a", "b"), {BIAS: (0.25, -1.0), "x": (1.5, 0.0), "faint": (0.001, 0.0)})
    assert read_learned(write_learned(learned)).weights == {BIAS: (0.25, -1.0), "x": (1.5, 0.0)}


def test_where_a_rule_speaks_the_opinion_does_not_add_a_topic_lightly() -> None:
    rules = RuleSet.load()
    assert rules.judge("مراكز الاحتيال في لاوس تستهدف المتقاعدين", "").topics == ("fraud",)


def test_beside_a_stronger_opinion_the_weaker_must_be_twice_as_sure() -> None:
    other = "topic: gambling\nrules:" + RULE.split("rules:")[1].replace("id: f,", "id: g,")
    table = "feature\tfraud\tgambling\nbias\t-0.1\t-0.1\nنصابون\t3.0\t{}\n"
    told = {}
    for weight in (1.0, 1.5):
        pack = read_texts({"a.yaml": RULE, "b.yaml": other}, "", table.format(weight))
        told[weight] = RuleSet(pack).judge("نصابون في كمبوديا", "").topics
    assert told == {1.0: ("fraud",), 1.5: ("fraud", "gambling")}


def test_a_family_speaks_for_a_word_that_no_lesson_had() -> None:
    rule = RULE.replace("terms: [كمبوديا]}", "terms: [كمبوديا]}\n  sense_hold: [أوصد/v]")
    rules = RuleSet(read_texts({"a.yaml": rule}, "", "feature\tfraud\nbias\t-0.1\n@sense_hold\t1.0\n"))
    assert rules.judge("أوصدوا الباب في كمبوديا", "").topics == ("fraud",)
    assert rules.judge("فتحوا الباب في كمبوديا", "").topics == ()


def test_no_rule_asks_for_a_family() -> None:
    pack = RuleSet.load().pack
    assert any(concept.name.startswith(SENSE) for concept in pack.concepts)
    assert [r.id for r in pack.rules if any(name.startswith(SENSE) for name in r.when.concepts())] == []


@pytest.mark.proof
def test_the_shipped_table_is_what_our_lessons_give() -> None:
    """To teach it anew takes minutes; its fingerprint says whether anything it was taught from has changed."""
    rules = RuleSet.load()
    assert fingerprint(rules, lessons()) == TAUGHT.read_text(encoding="utf-8").strip(), "tests.eval.gold"
    if FULL:
        assert write_learned(train(rules, lessons())) == (RULES / "learned.tsv").read_text(encoding="utf-8")


@pytest.mark.proof
def test_on_lessons_it_has_not_seen_the_opinion_finds_more_and_errs_seldom() -> None:
    """Cross-validated: taught from all lessons but every n-th, judged on those."""
    rules, items, folds = RuleSet.load(), lessons(), 5
    random.Random(5).shuffle(items)
    items = items if FULL else items[:300]
    alone = right = wrong = true = others = 0
    for fold in range(folds if FULL else 1):
        unseen = items[fold::folds]
        seen = [item for at, item in enumerate(items) if at % folds != fold]
        taught = measure(rules.with_learned(train(rules, seen)), unseen)
        alone += measure(rules.with_learned(None), unseen).flag.right
        right, wrong = right + taught.flag.right, wrong + taught.flag.wrong
        true += taught.flag.right + taught.flag.missed
        others += sum(not item.topics for item in unseen)
    print(
        f"\nunseen: rules alone find {alone} of {true}, with the opinion {right}; wrong {wrong} of {others}"
    )
    assert right > alone if FULL else right >= alone
    assert wrong <= (0.05 if FULL else 0.1) * others  # nearly all of them are written to be mistaken
