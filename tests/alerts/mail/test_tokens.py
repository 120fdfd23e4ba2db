"""Tokens open what they were signed for, and nothing else."""

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.mail.tokens import Purpose, opened, sign

KEY = b"k" * 32
NUMBERS = st.integers(0, 2**32 - 1)


@given(NUMBERS, st.sampled_from(Purpose))
@settings(max_examples=50, deadline=None)
def test_a_token_opens_what_it_was_signed_for_in_any_case_of_letters(number, purpose):
    token = sign(KEY, purpose, number)
    assert opened(KEY, purpose, token) == opened(KEY, purpose, token.upper()) == number
    assert len(token) <= 22
    assert token.isalnum()


@given(NUMBERS, st.integers(0, 20), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
@settings(max_examples=50, deadline=None)
def test_a_token_with_a_changed_letter_opens_nothing(number, place, letter):
    token = sign(KEY, Purpose.BOUNCE, number)
    changed = token[:place] + letter + token[place + 1 :]
    assert changed == token or opened(KEY, Purpose.BOUNCE, changed) is None


@given(NUMBERS)
@settings(max_examples=25, deadline=None)
def test_a_token_opens_nothing_for_another_purpose_or_under_another_key(number):
    token = sign(KEY, Purpose.UNSUBSCRIBE, number)
    assert opened(KEY, Purpose.CONFIRM, token) is None
    assert opened(b"another", Purpose.UNSUBSCRIBE, token) is None


@given(st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_other_text_opens_nothing(text):
    assert opened(KEY, Purpose.CONFIRM, text) is None
    assert opened(KEY, Purpose.CONFIRM, text[:21].ljust(21, "=")) is None
