"""What stands behind the first sentence is told only where it is the same event's."""

import pytest

from alerts.facts import read_facts
from alerts.facts.key import key_facts

LEAD = (
    "حررت القوات 214 أجنبيا من مجمع للاحتيال قرب مياوادي. " + "وقال متحدث إن العمل هناك شاق وطويل جدا. " * 8
)
OTHERS = """
    وفي حادث منفصل أوقفت الشرطة 18 مشتبها.
    وفي قضية أخرى أوقفت الشرطة 18 شخصا.
    وأوقف 18 آخرون في مداهمة سابقة.
    ولم توقف الشرطة 18 شخصا فروا من الموقع.
    وتعتزم السلطات ترحيل 18 شخصا.
    وسيتم ترحيل 18 شخصا إلى الصين.
    ونفت الشركة توقيف 18 شخصا من موظفيها.
    وطالبت الأسر بالإفراج عن 18 شابا.
    وفي عملية مماثلة أنقذت القوات 18 عاملا.
    وفي كمبوديا أوقفت الشرطة 18 شخصا.
    وفي سياق متصل رحلت مانيلا 18 صينيا.
    وأمرت المحكمة بترحيل 18 شخصا.
    يذكر أن الشرطة أوقفت 18 شخصا في المنطقة.
    ويخشى مقتل 18 عاملا في الموقع.
    وأوقف 18 شخصا العام الماضي.
    وتبدأ غدا إعادة 18 عاملا إلى بلدانهم.
"""
SAME = {
    ("arrested", 18): """
        وأوقفت القوات 18 مشتبها في إدارتهم الموقع.
        وأوقفت القوات 18 مشتبها
        واعتقلت القوات 18 حارسا قرب النهر
        وفي مياوادي أوقفت القوات 18 حارسا.
    """,
    ("injured", 18): """
        وأصيب 18 جنديا
        وأصيب 18 جنديا!
    """,
}


def told(body: str) -> dict[str, float]:
    facts = key_facts([(1, read_facts("تحرير 214 أجنبيا في ميانمار", body))])
    return {fact.name: fact.told for fact in facts if fact.name != "kind"}


def lines(block: str) -> list[str]:
    return [line.strip() for line in block.strip().splitlines()]


@pytest.mark.parametrize("sentence", lines(OTHERS))
def test_another_event_below_the_lead_is_not_told(sentence: str) -> None:
    assert told(LEAD + sentence) == {"rescued": 214}


@pytest.mark.parametrize(
    ("role", "value", "sentence"),
    [(role, value, line) for (role, value), block in SAME.items() for line in lines(block)],
)
def test_more_of_the_event_is_told_with_a_full_stop_or_without(
    role: str, value: float, sentence: str
) -> None:
    assert told(LEAD + sentence) == {"rescued": 214, role: value}


@pytest.mark.parametrize(
    "sentence",
    [
        "وفي حادث منفصل أوقفت الشرطة 18 مشتبها.",
        "وفي قضية مماثلة أوقفت الشرطة 18 شخصا.",
        "وأوقفت الشرطة 18 شخصا العام الماضي.",
        "وفي وقت سابق أوقفت الشرطة 18 شخصا.",
        "وأوقفت الشرطة 18 شخصا في مايو 2023.",
        "وفي سياق متصل أوقفت الشرطة 18 شخصا.",
        "يذكر أن الشرطة أوقفت 18 شخصا.",
        "وكانت الشرطة قد أوقفت 18 شخصا.",
    ],
)
def test_another_event_in_the_lead_is_not_told(sentence: str) -> None:
    assert told("حررت القوات 214 أجنبيا من مجمع للاحتيال قرب مياوادي. " + sentence) == {"rescued": 214}


def test_the_first_sentence_tells_the_event_whenever_it_was() -> None:
    body = "أوقفت الشرطة 18 شخصا الأسبوع الماضي في مياوادي. وأنقذت 5 عمال."
    assert told(body) == {"rescued": 214, "arrested": 18}
