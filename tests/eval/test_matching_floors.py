"""The quality floors of the rules. Figures are printed (`make eval`); floors only rise."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.matching import RuleSet
from alerts.matching.trials import Measured, labelled, measure
from tests.eval.gold import hard_negatives, harder_gold, own_gold

HERE = Path(__file__).parent
FLOORS = json.loads((HERE / "matching-floors.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return RuleSet.load()


def json_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def hold(name: str, measured: Measured) -> None:
    figures = {"precision": measured.flag.precision, "recall": measured.flag.recall}
    figures |= {f"{topic} precision": score.precision for topic, score in measured.topics.items()}
    figures |= {f"{topic} recall": score.recall for topic, score in measured.topics.items()}
    figures["places"] = measured.placed / max(1, measured.flag.right)
    print(f"\n{name}:", {key: round(value, 3) for key, value in figures.items()})
    print("  false alarms:", measured.false_alarms, "silent:", measured.silent)
    low = {key: round(value, 3) for key, value in figures.items() if value < FLOORS[name].get(key, 0)}
    assert not low, f"below the floor: {low}"


def test_our_own_gold(rules: RuleSet) -> None:
    items = list(own_gold())
    assert len(items) >= 250
    hold("own", measure(rules, items))


def test_texts_that_are_hard_to_tell(rules: RuleSet) -> None:
    hold("harder", measure(rules, list(harder_gold())))


def test_the_shared_gold(rules: RuleSet, data: Path) -> None:
    items = labelled(json_lines(data / "eval/gold-dev.jsonl"), rules.topics)
    hold("gold-dev", measure(rules, items))


def test_spelling_changes_no_verdict(rules: RuleSet, data: Path) -> None:
    variants = json_lines(data / "eval/variants-dev.jsonl")
    base = {line["id"]: line for line in json_lines(data / "eval/gold-dev.jsonl")}
    pairs = [(line, base[line["base_id"]]) for line in variants if "entities" not in line["transform"]]
    ours, theirs = (measure(rules, labelled(side, rules.topics)) for side in zip(*pairs, strict=True))
    print(f"\nvariants: recall {ours.flag.recall:.3f}, their base items {theirs.flag.recall:.3f}")
    assert ours.flag.recall >= theirs.flag.recall - 0.01
    assert ours.flag.wrong <= theirs.flag.wrong


def test_no_hard_negative_is_flagged(rules: RuleSet) -> None:
    lines = hard_negatives()
    assert len(set(lines)) >= 300
    assert [line for line in lines if rules.judge(line, "").flagged] == []


def test_no_real_headline_is_a_false_alarm(rules: RuleSet, data: Path) -> None:
    headlines = json_lines(data / "eval/headlines_real.jsonl")
    assert [line["title"] for line in headlines if rules.judge(line["title"], "").flagged] == []


def test_a_floor_can_fail(rules: RuleSet) -> None:
    swapped = [replace(item, topics=frozenset({"fraud"}) - item.topics) for item in own_gold()]
    with pytest.raises(AssertionError, match="below the floor"):
        hold("own", measure(rules, swapped))
