"""Of a whole and its parts, the whole is told; a list of people is one count."""

import pytest

from alerts.facts import read_facts
from alerts.facts.key import key_facts


def told(title: str, body: str = "") -> dict[str, tuple[float, float]]:
    facts = key_facts([(1, read_facts(title, body))])
    return {fact.name: (fact.low, fact.told) for fact in facts if fact.name not in {"kind", "money"}}


WHOLES = {
    ("arrested", 260): """
        الشرطة توقف أكثر من 260 شخصا من 20 جنسية في مجمع احتيال
        توقيف 260 شخصا من 20 جنسية مختلفة
        اعتقال 260 شخصا ينتمون إلى 20 جنسية
        توقيف أكثر من 260 أجنبيا يحملون 12 جنسية
        توقيف نحو 260 شخصا بينهم 40 امرأة
        الشرطة توقف 260 شخصا من بينهم 4 أجانب
    """,
    ("arrested", 130): """
        القبض على 130 شخصا بينهم 4 أجانب
        القبض على 130 مشتبها منهم 90 فيتناميا و40 صينيا
        القبض على 130 متهما من ضمنهم 4 نساء
        توقيف 130 شخصا، 4 منهم قاصرون
        توقيف 130 شخصا، بينهم 12 امرأة و3 أطفال، في مانيلا
        توقيف 130 شخصا بينهم 12 صينيا، و9 فيتناميين، و3 ماليزيين
        توقيف 130 شخصا، من بينهم اثنا عشر صينيا
        توقيف 130 شخصا معظمهم من الصين وبينهم 20 امرأة
        توقيف 130 شخصا هم 90 رجلا و40 امرأة
    """,
    ("rescued", 20): """
        إنقاذ 20 عاملا منهم 5 نساء
        إنقاذ 20 من أصل 200 محتجز
        إنقاذ 20 شخصا من بين 200 عامل في المجمع
        إنقاذ 20 ضحية، 3 منهن قاصرات
        إنقاذ 12 امرأة و8 أطفال
        إنقاذ 12 تايلانديا و5 كمبوديين و3 لاوسيين
        إنقاذ 12 رجلا أجنبيا وثماني نساء
    """,
    ("killed", 9): """
        تسعة قتلى وستة مفقودين في غرق مركب
        مقتل تسعة أشخاص وفقدان اثنين
        مقتل تسعة عمال واثنان في عداد المفقودين
        9 قتلى و6 جرحى في حريق
    """,
}
CASES = [
    (role, value, line.strip())
    for (role, value), lines in WHOLES.items()
    for line in lines.strip().splitlines()
]


@pytest.mark.parametrize(("role", "value", "text"), CASES)
def test_the_whole_is_told(role: str, value: float, text: str) -> None:
    assert told(text)[role][1] == value


def test_what_is_hedged_and_larger_is_told_before_what_is_exact() -> None:
    body = "أوقفت الشرطة 20 شخصا في المبنى الأول."
    assert told("توقيف أكثر من 260 شخصا", body)["arrested"] == (260, 260)
    assert told("توقيف عشرات الأشخاص", body)["arrested"] == (20, 20)
    assert told("توقيف نحو 20 شخصا", body)["arrested"] == (20, 20)


@pytest.mark.parametrize(
    "text",
    [
        "توقيف بين 20 و30 شخصا",
        "توقيف ما بين 20 و30 شخصا",
        "واحد من كل 20 سنغافوريا ضحية",
        "توقيف 30% من العاملين",
        "ترحيل 30 في المئة من الموقوفين",
        "توقيف موظف في فضيحة الثلاثة مليارات",
        "الشرطة توقف 4 عربات",
        "القبض على 3 عصابات",
        "موقوف منذ الاثنين",
    ],
)
def test_ranges_shares_and_things_count_no_people(text: str) -> None:
    assert told(text) == {}


def test_a_deed_behind_the_parts_has_a_count_of_its_own() -> None:
    assert told("إنقاذ 130 شخصا بينهم 4 أطفال وتوقيف 20 مشتبها") == {
        "rescued": (130, 130),
        "arrested": (20, 20),
    }
    assert told("توقيف 130 شخصا بينهم 4 أجانب، وإنقاذ 20 عاملا") == {
        "arrested": (130, 130),
        "rescued": (20, 20),
    }


def test_a_sum_shows_all_its_words() -> None:
    (fact,) = (
        fact for fact in key_facts([(1, read_facts("إنقاذ 12 امرأة و8 أطفال", ""))]) if fact.name == "rescued"
    )
    assert fact.span.text == "12 امرأة و8 أطفال"


NATIONS = (
    "مصري سعودي إماراتي كويتي قطري بحريني عماني يمني عراقي سوري لبناني أردني فلسطيني تونسي جزائري مغربي ليبي سوداني موريتاني "
    "صومالي جيبوتي عربي خليجي تايلاندي تايلندي فيتنامي كمبودي لاوسي بورمي ميانماري ماليزي إندونيسي فلبيني سنغافوري بروناوي تيموري"
)
FORMS = ("", "ا", "ة", "ين", "ون", "ات")


@pytest.mark.parametrize("nation", NATIONS.split())
def test_a_bare_nationality_counts_people_in_all_its_forms(nation: str) -> None:
    for form in FORMS:
        assert told(f"إنقاذ 31 {nation}{form} من مجمع احتيال") == {"rescued": (31, 31)}
        (fact,) = (
            fact
            for fact in key_facts([(1, read_facts(f"31 {nation}{form} عالقون في مجمع احتيال", ""))])
            if fact.name != "kind"
        )
        assert (fact.name, fact.span.text, fact.told) == ("nationals", f"31 {nation}{form}", 0.0)


def test_arabs_among_others_are_told_beside_the_whole() -> None:
    body = "حررت القوات 214 أجنبيا. وأوضح متحدث أن بين المحررين 31 عربيا استدرجوا بعروض عمل."
    assert told("تحرير 214 أجنبيا", body) == {"rescued": (214, 214), "nationals": (31, 0)}
    assert told("توقيف 20 شخصا على الحدود بين البلدين") == {"arrested": (20, 20)}
    assert told("أوقفت الشرطة على الحدود بين البلدين 20 شخصا") == {"arrested": (20, 20)}
    assert told("تحرير 214 شخصا بينهم 31 عربيا") == {"rescued": (214, 214), "nationals": (31, 0)}
    body = (
        "حررت القوات 214 أجنبيا. "
        + "وقال متحدث إن العمل هناك شاق وطويل جدا. " * 9
        + "وبين هؤلاء 31 عربيا، بحسب المتحدث."
    )
    assert told("تحرير 214 أجنبيا", body) == {"rescued": (214, 214), "nationals": (31, 0)}
