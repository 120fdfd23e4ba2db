"""What a rule file may not say, and how it is told."""

from pathlib import Path

import pytest

from alerts.matching import RuleBook, RuleError, RuleSet
from alerts.matching.expressions import parse
from alerts.matching.loader import read_texts
from alerts.matching.nouns import Status

GOOD = """
topic: gambling
concepts:
  play: [قمار, {t: رهان, not: [برهان]}]
  here: {kind: name, terms: [كمبوديا]}
rules:
  - id: g
    level: high
    status: stable
    author: a
    reason: r
    since: 2026-01-01
    when: "@play AND @here"
    hits: [القمار في كمبوديا]
    misses: [البرهان في كمبوديا]
"""


def write(folder: Path, text: str) -> Path:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_good_file_loads(tmp_path: Path) -> None:
    rules = RuleSet.load(write(tmp_path, GOOD))
    assert rules.topics == ("gambling",)
    assert rules.judge("قمار في كمبوديا", "").topics == ("gambling",)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "level: high",
            "level: loud",
            "a.yaml: rule g: level: 'loud' is not understood: one of notice, high, critical",
        ),
        ("status: stable", "status: new", "status: 'new' is not understood"),
        ("author: a", "autor: a", "unknown key 'autor'"),
        ("    author: a\n", "", "'author' is missing"),
        ("@play AND @here", "@plays AND @here", "unknown concept @plays"),
        ("@play AND @here", "NOT @play", "nothing must be present"),
        ("@play AND @here", "@play NEAR/900 @here", "further than 200 words"),
        ("@play AND @here", "@play AND (@here", "a parenthesis is not closed at the end"),
        ("@play AND @here", "@play XOR @here", "cannot read 'XOR"),
        ("@play AND @here", "@play AND", "when: expected a mention, such as @name, at the end"),
        ("@play AND @here", "@play AND )", "expected a mention, such as @name, before ')'"),
        ("@play AND @here", "@play NEAR/3 NOT @here", "need a mention on both sides"),
        (
            "hits: [القمار في كمبوديا]",
            "hits: [الشطرنج في كمبوديا]",
            "a.yaml: rule g: hits: does not fire on 'الشطرنج في كمبوديا'",
        ),
        (
            "misses: [البرهان في كمبوديا]",
            "misses: [قمار في كمبوديا]",
            "a.yaml: rule g: misses: fires on 'قمار في كمبوديا'",
        ),
        ("    misses: [البرهان في كمبوديا]\n", "", "'misses' is missing"),
        ("hits: [القمار في كمبوديا]", "hits: []", "hits: expected a list that is not empty"),
        ("play: [قمار", "play: [قم", "shorter than 3 letters"),
        ("play: [قمار", "play: ['@play'", "cycle: play > play"),
        ("play: [قمار", "play: ['@none'", "unknown concept @none"),
        ("play: [قمار", "play: [قمار/z", "unknown inflection"),
        ("play: [قمار", "play: [~3 قمار", "a gap stands between two words"),
        ("play: [قمار", "play: [2026", "a term is a text, not 2026"),
        ("{t: رهان, not:", "{t: رهان, nt:", "unknown key 'nt'"),
        ("kind: name", "kind: nom", "neither word nor name"),
        ("concepts:", "concept:", "unknown key 'concept'"),
        ("  here:", "  play:", "written twice"),
        ("topic: gambling", "topic: [", "a.yaml: line 4, column 7: not YAML: while parsing a flow sequence"),
        (
            "since: 2026-01-01",
            "since: gestern",
            "a.yaml: rule g: since: 'gestern' is not understood: a day such as",
        ),
        (
            "topic: gambling",
            "topic: drugs",
            "a.yaml: topic: 'drugs' is none that messages can name: one of gambling",
        ),
        ("topic: gambling", "topic: [gambling]", "a.yaml: topic: ['gambling'] is none"),
        ("topic: gambling\n", "", "its file names no topic"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(RuleError) as caught:
        RuleSet.load(write(tmp_path, GOOD.replace(old, new, 1)))
    assert told in str(caught.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"no .* file here"):
        RuleSet.load(tmp_path)


def test_the_last_good_rules_keep_running(tmp_path: Path) -> None:
    book = RuleBook(RuleSet.load(write(tmp_path, GOOD)))
    assert book.reload(tmp_path) is book
    broken = book.reload(write(tmp_path, GOOD.replace("level: high", "level: loud")))
    assert broken.rules is book.rules
    assert "loud" in broken.errors[0]
    mended = broken.reload(write(tmp_path, GOOD.replace("قمار,", "قمار, يانصيب,")))
    assert mended.errors == ()
    assert mended.rules.hash != book.rules.hash
    assert mended.rules.judge("يانصيب في كمبوديا", "").flagged


@pytest.mark.parametrize("status", [Status.DRAFT, Status.RETIRED])
def test_a_rule_that_is_not_stable_flags_nothing(tmp_path: Path, status: Status) -> None:
    rules = RuleSet.load(write(tmp_path, GOOD.replace("status: stable", f"status: {status}")))
    verdict = rules.judge("قمار في كمبوديا", "")
    assert not verdict.flagged
    assert len(verdict.near_misses) == (status is Status.DRAFT)


def test_a_score_under_its_threshold_is_a_near_miss(tmp_path: Path) -> None:
    text = GOOD.replace(
        "    hits: [القمار", "    score: {play: 1}\n    threshold: 4\n    hits: [القمار والقمار"
    ).replace("hits: [القمار والقمار في كمبوديا]", "hits: [{title: قمار كمبوديا, body: قمار}]")
    rules = RuleSet.load(write(tmp_path, text))
    verdict = rules.judge("قمار في كمبوديا", "")
    assert not verdict.flagged
    assert [miss.score for miss in verdict.near_misses] == [3.0]


def test_a_phrase_never_crosses_fields_and_a_unit_is_a_unit() -> None:
    pack = read_texts({"a.yaml": "concepts: {a: [لعب قمار], b: [شرطة]}"}, "")
    engine = RuleSet(pack).engine
    assert not engine.scan("لعب", "قمار").hits("a")
    scan = engine.scan("", "لعب القمار. جاءت الشرطة\n\nثم لعب قمار")
    assert parse("@a SENT @b").find(scan) is None
    assert parse("@a PARA @b").find(scan) is not None
