"""A death sentence is no execution."""

import pytest

from alerts.facts import read_facts
from alerts.facts.key import key_facts

SENTENCED = """
    محكمة صينية تحكم بإعدام 11 من عصابة احتيال
    القضاء الصيني يقضي بإعدام 11 من عشيرة نافذة
    الحكم بالإعدام على 11 من زعماء الاحتيال
    حكم الإعدام بحق 11 من أفراد عائلة مينغ
    عقوبة الإعدام لـ11 مدانا في الصين
    الإعدام لـ11 من عشيرة تدير مجمعات الاحتيال
    الإعدام بحق 11 متهما في الصين
    أحكام بالإعدام على 11 متهما
    محكمة تؤيد إعدام 11 مدانا
    تأييد حكم الإعدام بحق 11 مدانا
    الصين تصدر حكما بإعدام 11 من زعماء العصابات
    الإعدام مع وقف التنفيذ لـ11 من أفراد العصابة
"""
EXECUTED = """
    الصين تنفذ حكم الإعدام بحق 11 من أفراد عصابة احتيال
    الصين تنفذ الإعدام في 11 من أفراد عصابة
    تنفيذ أحكام الإعدام في 11 مدانا
    الصين تعدم 11 من عشيرة نافذة
    إعدام 11 مدانا في قضايا احتيال
    الصين أعدمت 11 شخصا
    تنفيذ الإعدام بحق 11 مدانا
    حكم الإعدام نُفذ في 11 مدانا
"""
NEITHER = """
    فيتنام تلغي عقوبة الإعدام
    11 متهما يواجهون الإعدام
    العقوبة تصل إلى الإعدام
    الادعاء يطلب إعدام 11 متهما
    بروناي تمدد وقف تنفيذ الإعدام
    تأجيل إعدام 11 مدانا
    الصين تعتزم إعدام 11 مدانا
    إلغاء حكم الإعدام بحق 11 مدانا
"""


def lines(block: str) -> list[str]:
    return [line.strip() for line in block.strip().splitlines()]


def told(title: str) -> dict[str, float]:
    return {fact.name: fact.told for fact in key_facts([(1, read_facts(title, ""))]) if fact.name != "kind"}


@pytest.mark.parametrize("title", lines(SENTENCED))
def test_a_sentence_is_a_verdict(title: str) -> None:
    kinds = read_facts(title, "").kinds
    assert kinds[0] == "verdict"
    assert "execution" not in kinds
    assert told(title) == {"sentenced": 11}


@pytest.mark.parametrize("title", lines(EXECUTED))
def test_what_was_carried_out_is_an_execution(title: str) -> None:
    assert read_facts(title, "").kinds[0] == "execution"
    assert told(title) == {"executed": 11}


@pytest.mark.parametrize("title", lines(NEITHER))
def test_a_law_a_danger_and_a_wish_are_neither(title: str) -> None:
    assert "execution" not in read_facts(title, "").kinds
    assert not {"executed", "sentenced"} & told(title).keys()
