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


CAPITALS = {
    "MM": "نايبيداو", "KH": "بنوم بنه", "TH": "بانكوك", "LA": "فيانتيان", "PH": "مانيلا",
    "VN": "هانوي", "MY": "كوالالمبور",
    "ID": "جاكرتا", "SG": "سنغافورة", "BN": "بندر سري بكاوان", "TL": "العاصمة ديلي",
}  # fmt: skip
OF_PLACE = (
    "الشرطة في {} تغلق صالات حظ غير مرخصة",
    "إدمان المراهنات يفتك بالأسر في {}",
    "عجوز في {} تخسر مدخراتها بعد مكالمة من ضابط مزيف",
    "منصة تداول وهمية تستولي على أموال آلاف المستثمرين في {}",
    "قابلة في {} تبيع المواليد لأزواج أجانب",
    "وسطاء يغرون فتيات القرى بعمل في {} ثم يبيعونهن للملاهي",
    "افتتاح مهرجان الفوانيس في {}",
    "زلزال يهز {} ولا ضحايا",
    "ضبط شحنة مخدرات في {}",
    "رهانات سياسية كبرى في {} قبل الانتخابات",
)
OF_NATIONAL = (
    "شاب {} يفقد راتبه في موقع قمار",
    "موظف {} يحول أموال شركته إلى محتالين",
    "عامل {} محتجز بلا أجر وجوازه مصادر",
    "طباخ {} يفوز بجائزة عالمية",
    "لاعب {} ينضم إلى نادي برشلونة",
)


@pytest.mark.parametrize("sentence", OF_PLACE)
def test_the_same_news_has_the_same_verdict_wherever_it_happens(rules: RuleSet, sentence: str) -> None:
    for names in (NAMES, CAPITALS):
        verdicts = {code: rules.judge(sentence.format(name), "") for code, name in names.items()}
        assert len({verdict.topics for verdict in verdicts.values()}) == 1, {
            code: verdict.topics for code, verdict in verdicts.items()
        }
        assert all(verdict.places == (code,) for code, verdict in verdicts.items() if verdict.flagged)


@pytest.mark.parametrize("sentence", OF_NATIONAL)
def test_the_same_news_has_the_same_verdict_of_whatever_national(rules: RuleSet, sentence: str) -> None:
    topics = {code: rules.judge(sentence.format(name), "").topics for code, name in PEOPLE.items()}
    assert len(set(topics.values())) == 1, topics
