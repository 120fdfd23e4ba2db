"""The shipped rules: verdicts, places, evidence."""

from pathlib import Path

import pytest

from alerts.arabic import fold
from alerts.matching import RuleSet


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return RuleSet.load()


@pytest.mark.parametrize(
    ("title", "topics", "places"),
    [
        ("حظرت كمبوديا القمارعبر الإنترنت", ("gambling",), ("KH",)),
        ("تفكيك أوكار الإحتيال في كمبودیا", ("fraud",), ("KH",)),
        ("#الاتجار_بالبشر في كمبوديا", ("trafficking",), ("KH",)),
        ("ضبط شبكة لبيع الرضع في فيتنام", ("trafficking",), ("VN",)),
        ("الفيليبين تغلق مكاتب الـPOGO", ("gambling",), ("PH",)),
    ],
)
def test_a_headline_is_flagged(
    rules: RuleSet, title: str, topics: tuple[str, ...], places: tuple[str, ...]
) -> None:
    verdict = rules.judge(title, "")
    assert set(verdict.topics) == set(topics)
    assert verdict.places == places
    assert verdict.ruleset == rules.hash


@pytest.mark.parametrize(
    "title",
    [
        "أطلقت الصين ثلاثة أقمار صناعية للإنترنت فوق تايلاند",
        "مقامرة سياسية في تايلاند",
        "ألقى كلاوس كلمة عن الاتجار بالبشر",
        "كازينو في الشرق الأوسط",
        "قمار در میانمار و کازینو های کامبوج است",
    ],
)
def test_a_look_alike_is_not_flagged(rules: RuleSet, title: str) -> None:
    assert not rules.judge(title, "").flagged


def test_evidence_is_in_the_readers_spelling(rules: RuleSet) -> None:
    title, body = "شرطة كمبوديا", "فكّكت الشرطة أوكار الإحتيــال، وللقُمار نصيب"
    verdict = rules.judge(title, body)
    assert verdict.flagged
    for finding in verdict.findings:
        for span in finding.spans:
            assert {"title": title, "body": body}[span.field][span.start : span.end] == span.text
    assert "احتيال" in fold(" ".join(span.text for finding in verdict.findings for span in finding.spans))


def test_both_founding_articles_are_flagged(rules: RuleSet, data: Path) -> None:
    wanted = {
        "0-online-gambling": {"gambling", "fraud"},
        "1-scam-centres-trafficking": {"fraud", "trafficking"},
    }
    for name, topics in wanted.items():
        title, _, body = (data / f"seeds/seed-{name}.txt").read_text(encoding="utf-8").partition("\n")
        verdict = rules.judge(title, body)
        assert set(verdict.topics) == topics
        assert {"TH", "MM", "CN"} <= set(verdict.places)


def test_the_six_real_pages_are_not_ours(rules: RuleSet, data: Path) -> None:
    for page in sorted((data / "pages").glob("*.gold.txt")):
        title, _, body = page.read_text(encoding="utf-8").partition("\n")
        assert not rules.judge(title, body).flagged, page.name
