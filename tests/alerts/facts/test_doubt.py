"""What is demanded, planned, feared or denied is not told as done."""

import pytest

from alerts.facts import read_facts
from alerts.facts.fates import FATES

UNDONE = """
    الشرطة تنفي توقيف 20 شخصا في المجمع
    كمبوديا تنفي ترحيل 20 صينيا
    الجيش ينفي مقتل 20 عاملا
    نفت السفارة إعادة 20 مواطنا
    الأمم المتحدة تطالب بالإفراج عن 20 عاملا
    مطالبة بإنقاذ 20 شابا عالقين في ميانمار
    سيول تطالب كمبوديا بتسليم 20 مشتبها
    منظمة تدعو السلطات إلى إطلاق سراح 20 ناشطا
    دعوات لترحيل 20 ألف عامل
    الفلبين تتعهد بترحيل 20 ألف أجنبي
    كمبوديا تعتزم ترحيل 20 صينيا
    تايلاند تخطط لإعادة 20 أجنبيا إلى بلدانهم
    الصين تطلب من تايلاند تسليم 20 مشتبها
    الأردن يسعى إلى إعادة 20 شابا من ميانمار
    مفاوضات للإفراج عن 20 بحارا
    ترقب وصول 20 شابا من كمبوديا
    تايلاند ترفض تسليم 20 مشتبها إلى الصين
    الوزارة تأمر بترحيل 20 أجنبيا
    مذكرات توقيف بحق 20 شخصا
    مخاوف من مقتل 20 عاملا في حريق
    إحباط بيع 20 فتاة
    محاولة إنقاذ 20 عاملا
    الشرطة: لم يتم توقيف 20 شخصا كما أشيع
    مانيلا تستعد لإجلاء 20 مواطنا
    النيابة تطلب السجن لـ20 متهما
    العائلات تناشد الحكومة إعادة 20 شابا
    المقرر ترحيل 20 أجنبيا غدا
    السفارة تعلن قرب عودة 20 مغربيا
"""
DONE = {
    "arrested": """
        بعد مطالبة بكين.. كمبوديا توقف 20 شخصا
        الشرطة التي نفت الأمر أوقفت 20 شخصا
        دعت إلى الهدوء وأوقفت 20 شخصا
        كمبوديا تتعهد بالمزيد بعد توقيف 20 شخصا
        توقيف 20 شخصا حاولوا الفرار
        توقيف 20 شخصا يخططون لسرقة
        توقيف 20 شخصا والشركة تنفي
    """,
    "deported": """
        الفلبين ترحل 20 أجنبيا وتتعهد بالمزيد
        طلبت الصين فرحلت تايلاند 20 صينيا
    """,
    "killed": """
        مقتل 20 شخصا في محاولة هروب
        تسعة قتلى وأحد عشر عاملا مقتل 20 شخصا
    """,
    "sentenced": """
        محكمة تأمر بسجن 20 متهما
    """,
}


def lines(block: str) -> list[str]:
    return [line.strip() for line in block.strip().splitlines()]


@pytest.mark.parametrize("title", lines(UNDONE))
def test_what_is_not_done_is_not_told(title: str) -> None:
    facts = read_facts(title, "")
    assert not {each.role for each in facts.quantities} & set(FATES)
    undone = {"arrest", "deportation", "repatriation", "release", "rescue", "extradition", "death", "verdict"}
    assert not undone & set(facts.kinds)


@pytest.mark.parametrize(
    ("role", "title"), [(role, line) for role, block in DONE.items() for line in lines(block)]
)
def test_what_is_done_is_told_beside_what_is_wished(role: str, title: str) -> None:
    assert (role, 20) in {(each.role, each.low) for each in read_facts(title, "").quantities}


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("كمبوديا تنفي ترحيل 20 صينيا", "denial"),
        ("الأمم المتحدة تطالب بالإفراج عن عمال", "appeal"),
        ("العائلات تناشد الحكومة إعادة شبان", "appeal"),
        ("طالب فلبيني يصنع طائرة", ""),
        ("طالبات جامعيات ضحايا تطبيق قروض", ""),
    ],
)
def test_who_asks_or_denies_tells_that(title: str, kind: str) -> None:
    assert next(iter(read_facts(title, "").kinds), "") == kind
