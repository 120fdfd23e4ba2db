"""``marsad stories group``: articles in, stories out, one line for what is wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from scheduler.commands.stories import stories

RAID = {
    "id": "a",
    "outlet": "o1",
    "published_at": "2026-03-04T05:00:00+00:00",
    "title": "الجيش يداهم مجمعا للاحتيال قرب مياوادي ويحتجز 2198 شخصا",
    "body": "داهم جيش ميانمار مجمعا قرب مياوادي واحتجز 2198 شخصا.",
}
REWRITE = {
    **RAID,
    "id": "b",
    "outlet": "o2",
    "title": "ميانمار: توقيف أكثر من ألفي شخص في مجمع للاحتيال قرب مياوادي",
}
OTHER = {**RAID, "id": 3, "title": "سنغافورة تقر قانونا ضد المراهنات", "body": "أقر البرلمان القانون."}


def lines(*articles: object) -> str:
    return "\n".join(json.dumps(article, ensure_ascii=False) for article in articles)


def test_articles_from_standard_input_in_any_order() -> None:
    result = CliRunner().invoke(stories, ["group", "-"], input=lines(OTHER, REWRITE, RAID))
    assert result.exit_code == 0, result.output
    found = {line["id"]: line["story"] for line in map(json.loads, result.stdout.splitlines())}
    assert list(found) == [3, "b", "a"]
    assert found["a"] == found["b"] != found[3]


def test_a_byte_order_mark_is_read_over_and_another_encoding_is_one_line(tmp_path: Path) -> None:
    marked, foreign = tmp_path / "marked.jsonl", tmp_path / "foreign.jsonl"
    marked.write_text(lines(RAID), encoding="utf-8-sig")
    foreign.write_text(lines(RAID), encoding="windows-1256")
    assert CliRunner().invoke(stories, ["group", str(marked)]).exit_code == 0
    result = CliRunner().invoke(stories, ["group", str(foreign)])
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "is no UTF-8 text" in result.stderr


def test_why_shows_what_decided(tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl"
    file.write_text(lines(RAID, REWRITE), encoding="utf-8")
    result = CliRunner().invoke(stories, ["group", "--why", str(file)])
    why = json.loads(result.stdout.splitlines()[1])["why"][0]
    assert why["with"] == "a"
    assert why["joins"]
    assert why["parts"]["places"] > 0
    assert why["score"] == pytest.approx(sum(why["parts"].values()))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 1: no JSON"),
        ("[]", "line 1: an object is expected"),
        (lines({**RAID, "title": None}), "title is no text"),
        (lines({key: value for key, value in RAID.items() if key != "body"}), "body is missing"),
        (lines({**RAID, "published_at": "yesterday"}), "published_at is no ISO 8601 time"),
        (lines({**RAID, "published_at": "2026-03-04T05:00:00"}), "published_at has no offset"),
        (lines({**RAID, "topics": "fraud"}), "topics is no list"),
    ],
)
def test_bad_input_is_one_line(line: str, complaint: str) -> None:
    result = CliRunner().invoke(stories, ["group", "-"], input=line)
    assert result.exit_code == 1
    assert complaint in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_nothing_in_nothing_out() -> None:
    result = CliRunner().invoke(stories, ["group", "-"], input="\n")
    assert (result.exit_code, result.stdout) == (0, "")
