"""The fold, the tokenizer and the clitic grammar."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.arabic import MARKS, TOKEN, fold, inflect, is_arabic, is_closed, readings, tokens

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئىةپچگکیھ"


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("الإحتيــال", "الاحتيال"),
        ("القُمَار", "القمار"),
        ("کمبودیا", "كمبوديا"),
        ("مسئولين", "مسءولين"),
        ("مسؤولين", "مسءولين"),
        ("ﻣﻴﺎﻧﻤﺎﺭ", "ميانمار"),
        ("سيهانوكڤيل", "سيهانوكفيل"),
        ("على", "علي"),
        ("٢٠٢٦", "2026"),
        ("ＰＯＧＯ", "pogo"),
        ("قم\u200bار\u200f", "قمار"),
    ],
)
def test_spellings_of_one_word_fold_alike(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_a_hashtag_and_a_change_of_script_are_several_words() -> None:
    assert [token.folded for token in tokens("#الاتجار_بالبشر والـPOGO ـ")] == [
        "الاتجار",
        "بالبشر",
        "وال",
        "pogo",
    ]


@given(st.text(alphabet=LETTERS + " .،_\n\u064b\u0640\u200baK3٣", max_size=60))
def test_a_token_stands_where_it_says(text: str) -> None:
    for token in tokens(text):
        assert text[token.start : token.end] == token.text
        assert fold(token.text) == token.folded


def test_a_word_is_read_with_its_legal_clitics_only() -> None:
    stems = {reading.stem for reading in readings("وبالقمار")}
    assert "قمار" in stems
    assert "قمار" not in {reading.stem for reading in readings("اقمار")}
    assert "لاوس" not in {reading.stem for reading in readings("الاوسط")}
    assert "مقامره" in {reading.stem for reading in readings("مقامرته")}


def test_nothing_is_attached_after_a_closed_teh() -> None:
    assert is_closed("مقامرة")
    assert is_closed("مقامرةً")
    assert not is_closed("مقامره")
    assert "كازين" not in {reading.stem for reading in readings("كازينه", closed=True)}


def test_a_nisba_has_its_feminine_plural() -> None:
    assert {"فلبيني", "فلبينيه", "فلبينيون", "فلبينيين", "فلبينيات", "فلبينيتان"} <= set(
        inflect("فلبيني", "n")
    )


@pytest.mark.parametrize(
    ("text", "arabic"),
    [
        ("الشرطة تداهم وكرا للقمار في ميانمار", True),
        ("قمار در میانمار و کازینو های کامبوج است", False),
        ("میانمار میں قمار کے اڈے پر چھاپہ", False),
        ("KK Park", True),
    ],
)
def test_persian_and_urdu_are_told_from_arabic(text: str, arabic: bool) -> None:
    assert is_arabic(TOKEN.findall(text)) is arabic


@settings(deadline=None)
@given(st.sampled_from(["\u0640", "\u200b", "\u064e", "ا", "A", "ة", "_"]))
def test_a_long_run_is_read_in_one_go(letter: str) -> None:
    assert len(TOKEN.findall(letter * 200_000)) <= 1


def test_the_marks_are_dropped_and_nothing_else() -> None:
    assert fold("\u0640\u064b\u200b\u2067") == ""
    assert MARKS
