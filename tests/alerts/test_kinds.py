"""The kind of event by whom or what a deed befalls, and what befell those who are counted."""

import re
from pathlib import Path

import pytest
import yaml

from alerts import facts
from alerts.arabic import fold
from alerts.facts import Lexicon, read_facts
from alerts.facts.fates import FATES
from alerts.facts.key import key_facts
from alerts.facts.tokens import stem
from alerts.messages.words import words

FOLDER = Path(facts.__file__).parent
KINDS = {
    "repatriation": """
        الأردن يعيد 40 مواطنا من ضحايا الاتجار في ميانمار
        الأردن يعيد 40 مواطنا من ميانمار
        مصر تستعيد 20 شابا من مراكز الاحتيال
        ترحيل ضحايا الاتجار إلى بلدانهم
        تايلاند ترحل 260 أجنبيا حرروا من مجمعات الاحتيال
        الأردن يتسلم 12 من مواطنيه الناجين
        عودة 22 كينيا كانوا محتجزين
        عودة مغاربة من ميانمار
        وصول 30 ناجيا إلى القاهرة
        وصول الدفعة الأولى من المصريين العائدين من كمبوديا
        طائرة مغربية تجلي 34 مواطنا من تايلاند
        تونس: عودة 9 شبان كانوا ضحايا شبكات الاحتيال
        السودان يعيد جثمان شاب من ميانمار
        64 عائدا من كمبوديا يروون ما جرى
        طائرة تعيد 64 كوريا من كمبوديا
    """,
    "deportation": """
        الفلبين ترحل 90 أجنبيا
        تايلاند ترحل 64 صينيا متهمين بالاحتيال
        ماليزيا ترحّل عشرات المهاجرين غير النظاميين
        الفلبين ترحل 401 صيني عملوا في مراكز الاحتيال
        الفلبين تبعد أجنبيا مطلوبا للإنتربول
        ترحيل 97 إندونيسيا من كمبوديا بعد شجار
        ترحيل زعيم شبكة القمار من تايلاند إلى الصين
    """,
    "extradition": """
        كمبوديا تسلم زعيم شبكة احتيال إلى الصين
        تسلمت الصين عشرات من مواطنيها المتهمين بالاحتيال
        الصين تستعيد 381 مشتبها من كمبوديا
        كوريا الجنوبية تتسلم 64 مشتبها من كمبوديا
        لاوس تسلّم الصين 280 موقوفا
        الإمارات تسلم الصين مطلوبين في قضايا احتيال
    """,
    "release": """
        كمبوديا تفرج عن 59 كوريا جنوبيا
        ميانمار تفرج عن 25 بحارا تايلانديا
        الإفراج عن 18 متهما بكفالة
        إطلاق سراح 5 مختطفين
    """,
    "seizure": """
        كمبوديا تصادر أصولا بقيمة 300 مليون
        ضبط 300 هاتف و21 حاسوبا
        سنغافورة تضبط سيارات فاخرة ويخوتا لمجموعة قابضة
        ضبط عملات مشفرة بقيمة 15 مليار دولار
        دوريات ضبطت خلال أسبوع مبالغ نقدية تعادل 700 ألف دولار
        تايلاند تصادر عقارات زعيم شبكة قمار
    """,
    "arrest": """
        ضبط 21 شخصا و300 هاتف في مجمع احتيال
        ضبط شبكة مراهنات
        الشرطة تضبط 12 متهما وبحوزتهم مبالغ مالية
        زعيم العصابة في قبضة الشرطة
        إحباط تهريب 300 شريحة هاتف وضبط المهرب
        الشرطة توقف شبكة للقمار الإلكتروني
        توقيف 346 أجنبيا ومصادرة عشرة آلاف هاتف
    """,
    "closure": """
        تايلاند تغلق معبرا حدوديا يقصده المقامرون
        الفلبين تغلق 11 موقعا للقمار الإلكتروني وترحل 90 أجنبيا
        لاوس تغلق 50 مركزا للاحتيال
    """,
    "blocking": "إندونيسيا تحجب 5200 موقع للقمار",
    "dismantling": """
        تفكيك 3 شبكات للاحتيال
        إندونيسيا تفكك عصابة لبيع الرضع
        تفكيك 3 شبكات قمار وتوقيف 45 شخصا
    """,
    "investigation": """
        فتحت الشرطة تحقيقا في يانصيب وهمي
        الشرطة تحقق في اختفاء شاب
        فيتنام تحقق مع 12 موظفا في بنك
        تحقيقات موسعة في شبكة قمار
    """,
    "report": """
        كشف تحقيق لصحيفة بريطانية عن مجمع
        تحقيق استقصائي يكشف خفايا مزارع الاحتيال
    """,
    "trial": """
        محاكمة 64 متهما في فيتنام
        محكمة تبدأ محاكمة 12 متهما بالاتجار
    """,
    "verdict": """
        محكمة في ماليزيا تدين خمسة بتهمة تهريب مهاجرين
        تبرئة 12 متهما
    """,
    "death": """
        ارتفاع عدد ضحايا غرق مركب إلى 38
        سقوط ضحايا في حريق مجمع احتيال
        مقتل 5 من ضحايا الاتجار أثناء محاولة الفرار
        العثور على جثث ضحايا قرب الحدود
    """,
    "freeze": "بريطانيا تجمد أصولا لمجموعة كمبودية",
    "appeal": "الأمم المتحدة تطالب بعدم سجن الفارين",
    "rescue": "إنقاذ ضحايا من قبضة شبكة اتجار",
    "": """
        سنغافورة: ضحايا الاحتيال خسروا مليار دولار
        عدد ضحايا الاحتيال يرتفع إلى 3000
        شبان في قبضة عصابات الاحتيال
        وقع في قبضة المحتالين
        استعادة أموال ضحايا الاحتيال في سنغافورة
        سنغافورة تعيد 20 مليون دولار إلى ضحايا الاحتيال
        الحكومة تعيد فتح معبر مع ميانمار
        تايلاند توقف بيع الكهرباء إلى ميانمار
        بنوك تايلاند توقف آلاف الحسابات المشبوهة
        عصابة تصادر جوازات سفر العمال
        الأمم المتحدة تدين مراكز الاحتيال
        شبكة تحقق أرباحا بالملايين
        شاب يحلم بتحقيق الثراء
        عودة مراكز الاحتيال إلى الحدود
        تحول العائدات عبر محافظ رقمية
        تحرير الأسعار
        تغلق الباب أمام مشغلي الرهان
    """,
}
HEADLINES = [(kind, line.strip()) for kind, lines in KINDS.items() for line in lines.strip().splitlines()]


@pytest.mark.parametrize(("kind", "title"), HEADLINES)
def test_a_deed_tells_its_kind_by_its_object(kind: str, title: str) -> None:
    assert next(iter(read_facts(title, "").kinds), "") == kind


@pytest.mark.parametrize(
    ("text", "role", "value"),
    [
        ("الفلبين ترحل 90 أجنبيا", "deported", 90),
        ("تايلاند ترحل 64 صينيا متهمين بالاحتيال", "deported", 64),
        ("ترحيل 64 متهما إلى الصين", "deported", 64),
        ("تايلاند ترحل 260 أجنبيا حرروا من مجمعات الاحتيال", "returned", 260),
        ("مصر تستعيد 20 شابا من مراكز الاحتيال", "returned", 20),
        ("الصين تستعيد 381 مشتبها من كمبوديا", "extradited", 381),
        ("كمبوديا تفرج عن 59 كوريا جنوبيا", "released", 59),
        ("الإفراج عن 18 متهما بكفالة", "released", 18),
        ("محاكمة 12 متهما", "tried", 12),
        ("تبرئة 12 متهما", "acquitted", 12),
        ("الشرطة تضبط 12 متهما", "arrested", 12),
        ("إنقاذ 22 ضحية", "rescued", 22),
        ("مقتل 5 من ضحايا الاتجار", "killed", 5),
        ("ارتفاع عدد ضحايا غرق مركب إلى 38", "killed", 38),
        ("أوقفت الشرطة رجلا احتال على 22 ضحية", "victims", 22),
        ("12 شابا في قبضة عصابة", "people", 12),
    ],
)
def test_a_deed_tells_what_befell_the_counted(text: str, role: str, value: float) -> None:
    assert {each.role: each.low for each in read_facts(text, "").quantities} == {role: value}


def test_the_title_tells_the_event_and_the_body_what_went_along() -> None:
    body = "وقال ضابط إن دوريات ضبطت خلال أسبوع مبالغ نقدية، وأوقفت الشرطة 9 أشخاص، واعتقلت مشتبهين، وأوقفت سائقا."
    assert read_facts("تايلاند تغلق معبرا", body).kinds[:2] == ("closure", "arrest")


def test_a_counted_fact_shows_no_particle() -> None:
    (fact,) = (
        each
        for each in key_facts([(1, read_facts("محكمة تدين خمسة بتهمة تهريب", ""))])
        if each.name != "kind"
    )
    assert (fact.name, fact.span.text) == ("sentenced", "خمسة")


def test_no_word_tells_two_kinds() -> None:
    kinds = yaml.safe_load((FOLDER / "kinds.yaml").read_text("utf-8"))
    deeds = yaml.safe_load((FOLDER / "deeds.yaml").read_text("utf-8"))["deeds"]
    groups = [{stem(fold(word)) for word in kind.get("words", [])} for kind in kinds.values()]
    groups += [{stem(fold(word)) for word in deed["words"] if "=" not in word} for deed in deeds]
    twice = [
        word
        for at, group in enumerate(groups)
        for word in group
        if any(word in other for other in groups[:at])
    ]
    assert twice == []


def test_every_kind_and_fate_is_told_in_both_languages() -> None:
    lexicon = Lexicon.load()
    told = {kind for deed in lexicon.acts.stems.values() for kind in deed.kinds.values()} - {""}
    assert told <= lexicon.families.keys()
    assert set(lexicon.roles) <= lexicon.families.keys()
    assert set(lexicon.roles.values()) <= set(FATES)
    for language in ("ar", "en"):
        assert lexicon.families.keys() == words(language).events.keys()
        assert set(FATES) <= words(language).facts.keys()


def test_every_object_of_a_deed_has_its_words() -> None:
    deeds = yaml.safe_load((FOLDER / "deeds.yaml").read_text("utf-8"))
    asked = {name for deed in deeds["deeds"] for name in deed["kinds"]} - {"else", "police", "states"}
    assert asked == set(deeds["objects"])
    assert all(re.fullmatch("[a-z]*", kind) for deed in deeds["deeds"] for kind in deed["kinds"].values())
