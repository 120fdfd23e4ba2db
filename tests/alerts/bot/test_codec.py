"""Buttons: at most 64 bytes, signed, and useless in any other form."""

from enum import StrEnum
from inspect import signature

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.bot.codec import MOST_BYTES, StaleError, arguments, callback_key, decode, encode
from alerts.bot.hours import ZONES
from alerts.bot.nouns import Press
from alerts.bot.operators import presses as operators
from alerts.bot.presses import PRESSES
from alerts.bot.visit import PLACES
from alerts.matching import RuleSet
from alerts.nouns import QuietMode
from crawler.registry import LONGEST_ID

KEY = callback_key("1:token")
LARGEST = 10**9  # a subscriber's id


def test_a_button_means_what_it_was_made_for():
    press = Press("choose", 71, ("outlets", "alif", "1", "3"))
    assert decode(encode(press, KEY), KEY) == press
    assert decode(encode(Press("step", 0), KEY), KEY) == Press("step", 0)


def test_every_button_fits():
    longest = "a" * LONGEST_ID
    outlets = [Press("choose", LARGEST, ("outlets", longest, "1", "99"))]
    topics = [
        Press(verb, LARGEST, (*first, topic, *last))
        for topic in RuleSet.load().topics
        for verb, first, last in (("choose", ("topics",), ("1", "new")), ("often", (), ("instant",)))
    ]
    places = [Press("choose", LARGEST, ("places", code, "1")) for code in PLACES]
    zones = [Press("settle", LARGEST, (zone,)) for zone in ZONES]
    mutes = [Press("unmute", LARGEST, ("outlet", longest, "20")), Press("see", LARGEST, ("outlet", longest))]
    for press in [*outlets, *topics, *places, *zones, *mutes, Press("found", LARGEST, (str(LARGEST), "20"))]:
        assert len(encode(press, KEY).encode()) <= MOST_BYTES, press


@pytest.mark.parametrize(
    "data",
    [
        "", ".", "-", "1", "1.judge.2.5.y", "1.judge.2.5.y.AAAAAAAA", "v1:mute:1", "1.judge.ü.x.y.AAAAAAAA",
        "\x00" * 64, "🎰" * 16, "1.forget.1.\ud800",
    ],
)  # fmt: skip
def test_case_44_a_forged_button_is_none(data):
    assert decode(data, KEY) is None


def test_case_44_a_changed_or_foreign_button_is_none():
    data = encode(Press("forget", 2), KEY)
    assert decode(data.replace(".2.", ".3."), KEY) is None
    assert decode(data, callback_key("2:another token")) is None
    assert decode("2" + data[1:], KEY) is None


def test_what_does_not_fit_or_may_not_stand_there_is_refused_when_it_is_made():
    with pytest.raises(ValueError, match="64 bytes"):
        encode(Press("choose", 1, ("outlets", "x" * 60)), KEY)
    with pytest.raises(ValueError, match="letters"):
        encode(Press("choose", 1, ("موضوع",)), KEY)


@settings(max_examples=50)
@given(st.text(max_size=64))
def test_no_text_is_taken_for_a_button_of_ours(data):
    assert decode(data, KEY) is None


def pressed(visit: object, number: int, mode: QuietMode, *more: str) -> None: ...


def test_what_a_button_carries_is_read_as_its_function_takes_it():
    given = ("7", QuietMode.HOLD.value, "a", "b")
    assert arguments(pressed, given) == (7, QuietMode.HOLD, "a", "b")
    assert arguments(pressed, given[:2]) == (7, QuietMode.HOLD)


@pytest.mark.parametrize("given", [(), ("7",), ("seven", QuietMode.HOLD.value), ("7", "loudly")])
def test_what_was_meant_for_another_version_is_stale(given):
    with pytest.raises(StaleError):
        arguments(pressed, given)


@pytest.mark.parametrize("presses", [PRESSES, operators.PRESSES])
def test_every_button_says_how_it_is_read(presses):
    for each in presses.values():
        kinds = [parameter.annotation for parameter in list(signature(each).parameters.values())[1:]]
        assert all(kind in (str, int) or issubclass(kind, StrEnum) for kind in kinds), each
