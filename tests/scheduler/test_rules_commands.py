"""``marsad rules`` as a person and as a script uses it."""

import json
import shutil

import pytest
from click.testing import CliRunner, Result

from alerts.matching.ruleset import RULES
from scheduler.commands.rules import rules

TEXT = {"id": "x", "title": "تفكيك أوكار الإحتيال في كمبودیا", "body": ""}


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(rules, list(arguments), input=given)


def test_check_proves_the_shipped_rules() -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "examples" in result.output


def test_match_writes_a_line_each() -> None:
    lines = json.dumps(TEXT) + "\n" + json.dumps({"title": "الطقس غدا"}) + "\n"
    first, second = (
        json.loads(line) for line in run("match", "--evidence", "-", given=lines).output.splitlines()
    )
    assert (first["id"], first["flagged"], first["topics"], first["places"]) == ("x", True, ["fraud"], ["KH"])
    span = {"field": "title", "start": 12, "end": 20, "text": "الإحتيال", "concept": "fraud"}
    assert span in first["spans"]
    assert second["flagged"] is False


def test_explain_shows_the_readers_spelling() -> None:
    output = run("explain", "-", given=TEXT["title"]).output
    assert "fraud.sea" in output
    assert "⟦" in output


def test_try_tells_what_an_expression_holds_for() -> None:
    result = run("try", "@fraud NEAR/3 @KH", "-", given=json.dumps(TEXT))
    assert "holds for 1 of 1" in result.output


def test_try_names_the_nearest_of_an_unknown_concept() -> None:
    result = run("try", "@frud", "-", given="")
    assert result.exit_code == 1
    assert "unknown concept @frud" in result.output
    assert "@fraud" in result.output
    assert result.output.count("@") == 4


def test_eval_audit_and_backtest_read_lines() -> None:
    line = json.dumps(TEXT | {"label": {"fraud": True, "flag": True}, "countries": ["KH"]})
    assert "every country found: 1 of 1" in run("eval", "-", given=line).output
    assert "silent\t" in run("audit", "-", given=line).output
    assert "would have fired 1 time in 1 article" in run("backtest", "-", given=line).output


def test_backtest_counts_the_same_on_many_cores(tmp_path) -> None:
    lines = [
        json.dumps(TEXT | {"id": n} if n % 100 == 0 else {"id": n, "title": "الطقس غدا"})
        for n in range(6_300)
    ]
    output = run("backtest", "-", given="\n".join(lines)).output
    assert "would have fired 63 times in 6,300 articles" in output
    none = tmp_path / "rules"
    shutil.copytree(RULES, none)
    for pack in ("fraud", "gambling", "trafficking"):
        text = (none / f"{pack}.yaml").read_text(encoding="utf-8")
        (none / f"{pack}.yaml").write_text(text.replace("status: stable", "status: draft"), encoding="utf-8")
    output = run("backtest", "--diff", str(none), "-", given="\n".join(lines)).output
    assert "these (63):\n  0\t" in output, "in the order of the articles"
    assert output.count(TEXT["title"]) == 10, "a sample"


@pytest.mark.parametrize(
    ("arguments", "given", "told"),
    [
        (("match", "-"), "{", "line 1: not JSON"),
        (("match", "-"), "[]", "expected an object"),
        (("match", "-"), '{"title": 3}', "title and body are texts"),
        (("eval", "-"), '{"title": "x"}', "label"),
        (("try", "@nothing", "-"), "", "unknown concept @nothing"),
        (("try", "@fraud AND", "-"), "", "expected a mention"),
    ],
)
def test_bad_input_is_told_in_one_line(arguments: tuple[str, ...], given: str, told: str) -> None:
    result = run(*arguments, given=given)
    assert result.exit_code == 1
    assert told in result.output
    assert "Traceback" not in result.output
