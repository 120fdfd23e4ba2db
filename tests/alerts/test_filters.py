"""A subscriber's own words, read into the rule language."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.filters import FilterError, holding, read_filter

TITLE, BODY = "ضبط شبكة للاحتيال في كمبوديا", "أوقفت الشرطة شبابًا جُنِّدوا في مركزٍ للمقامرة قرب الحدود."


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("احتيال", True),
        ("الإحتيال", True),
        ("كمبوديا احتيال", True),
        ("كمبوديا تجنيد", False),
        ("تجنيد|احتيال كمبوديا", True),
        ("احتيال -كمبوديا", False),
        ("-كرة", True),
        ('"شبكة احتيال"', True),
        ('"احتيال شبكة"', False),
        ("المقامره", True),
        ("أقمار", False),
        ("في", True),
    ],
)
def test_a_filter_holds_for_what_it_says(words, expected):
    assert (words in holding(frozenset({words, "شيء آخر"}), TITLE, BODY)) is expected


def test_a_filter_is_an_expression_of_the_rule_language():
    read = read_filter('شباب|فتيات -كرة "مركز احتيال"')
    assert read.expression == "(@t0 OR @t1) AND NOT (@t2) AND (@t3)"
    assert read.concepts["t3"] == "مركز احتيال"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "empty"),
        ("***", "empty"),
        ("(.*)+$ " * 40, "long"),
        ("كلمة|" * 12 + "كلمة", "terms"),
        ('"', "unreadable"),
        ("|||", "unreadable"),
    ],
)
def test_what_is_no_filter_is_refused_by_name(words, code):
    with pytest.raises(FilterError) as refused:
        read_filter(words)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "bomb", ["(a+)+$", "(" * 200, "ا*" * 100, '"' + "ك " * 99 + '"', "-" * 200, "|" * 200]
)
def test_case_46_a_pattern_is_words_like_any_others_and_takes_no_time(bomb):
    begun = time.perf_counter()
    try:
        read_filter(bomb)
    except FilterError:
        return
    finally:
        assert time.perf_counter() - begun < 0.5
    holding(frozenset({bomb}), "ا" * 20_000, "aaaaaaaa" * 2_000)
    assert time.perf_counter() - begun < 2


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=220))
def test_any_text_is_read_or_refused(text):
    try:
        read = read_filter(text)
    except FilterError:
        return
    assert 1 <= len(read.concepts) <= 12
    holding(frozenset({text}), TITLE, text)
