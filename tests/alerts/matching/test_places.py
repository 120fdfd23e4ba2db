"""All eleven countries are known alike: names, cities, nationals in every inflection."""

import pytest

from alerts.matching import RuleSet

NAMES = {
    "MM": "ميانمار", "KH": "كمبوديا", "TH": "تايلاند", "LA": "لاوس", "PH": "الفلبين",
    "VN": "فيتنام", "MY": "ماليزيا",
    "ID": "إندونيسيا", "SG": "سنغافورة", "BN": "بروناي", "TL": "تيمور الشرقية",
}  # fmt: skip
PEOPLE = {
    "MM": "بورمي", "KH": "كمبودي", "TH": "تايلندي", "LA": "لاوسي", "PH": "فلبيني",
    "VN": "فيتنامي", "MY": "ماليزي",
    "ID": "إندونيسي", "SG": "سنغافوري", "BN": "برونايي", "TL": "تيموري",
}  # fmt: skip
CITIES = {
    "MM": "يانغون", "KH": "سيهانوكفيل", "TH": "باتايا", "LA": "فيانتيان", "PH": "بامبان",
    "VN": "هانوي", "MY": "بينانغ",
    "ID": "باتام", "SG": "مارينا باي ساندز", "BN": "بندر سري بيغاوان", "TL": "أوكوسي",
}  # fmt: skip
EVENTS = {
    "gambling": "مداهمة وكر قمار في {}",
    "fraud": "تفكيك شبكة احتيال في {}",
    "trafficking": "ضبط عصابة للاتجار بالبشر في {}",
}


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return RuleSet.load()


@pytest.mark.parametrize("topic", EVENTS)
@pytest.mark.parametrize("code", NAMES)
def test_every_topic_is_flagged_in_every_country(rules: RuleSet, topic: str, code: str) -> None:
    for place in (NAMES[code], CITIES[code]):
        verdict = rules.judge(EVENTS[topic].format(place), "")
        assert (verdict.topics, verdict.places) == ((topic,), (code,)), place


@pytest.mark.parametrize("code", PEOPLE)
@pytest.mark.parametrize("ending", ["", "ة", "ين", "ون", "ات", "ان", "تين", "اً"])
def test_nationals_abroad_count_in_every_inflection(rules: RuleSet, code: str, ending: str) -> None:
    verdict = rules.judge(f"الكويت: إنقاذ {PEOPLE[code]}{ending} من شبكة للاتجار بالبشر", "")
    assert verdict.topics == ("trafficking",)
    assert {code, "KW"} == set(verdict.places)


def test_a_mention_in_passing_places_no_story(rules: RuleSet) -> None:
    title, body = "القبض على عصابة نصب في القاهرة", "كان أحد المتهمين قد درس في ماليزيا قبل عشر سنوات."
    assert not rules.judge(title, body).flagged
