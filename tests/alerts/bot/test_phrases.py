"""What the bot says: complete in both languages, with the right plural, laid out from the right."""

import re
import string
from pathlib import Path

import pytest
import yaml

import alerts.bot
from alerts.bot.commands import COMMANDS
from alerts.bot.menus import MENUS
from alerts.bot.phrases import Tongue, phrases
from alerts.messages import Line, Run, utf16_length
from alerts.messages.cleaning import starts_rtl
from alerts.nouns import LANGUAGES

CODE = "\n".join(path.read_text(encoding="utf-8") for path in Path(alerts.bot.__path__[0]).rglob("*.py"))
# Keys that the code puts together.
MADE = {
    "menu_": MENUS,
    "level_": ("notice", "high", "critical"),
    "cadence_": ("instant", "hourly", "daily", "weekly"),
    "quiet_": ("hold", "silent"),
    "has_quiet_": ("hold", "silent"),
    "all_": ("topics", "places", "outlets"),
    "ask_": ("topics", "places", "outlets", "filter", "search", "email"),
    "filter_": ("empty", "long", "terms", "unreadable"),
    "thanks_": ("useful", "not_relevant"),
}
ARABIC_FORMS = {"zero", "one", "two", "few", "many", "other"}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things():
    arabic, english = (phrases(language) for language in LANGUAGES)
    assert arabic.keys() == english.keys()
    for key, value in arabic.items():
        assert type(value) is type(english[key]), key
        if isinstance(value, str):
            assert fields(value) == fields(english[key]), key
            assert value.strip(), key
            assert english[key].strip(), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_a_page_says_it_fits_one_message(language):
    tongue = Tongue(language)
    long = tongue.message([*tongue.page("# رأس"), *(Line((Run("🎰" * 150),)) for _ in range(60))])
    assert 3000 < utf16_length(long.text) <= 4096
    assert long.lines[-1].text.startswith("…") or "…" in long.lines[-1].text, "and says that there is more"
    assert utf16_length(tongue.message([Line((Run("ا" * 9000),))]).text) <= 4096


def test_nothing_is_missing_and_nothing_is_idle():
    literal = set(
        re.findall(
            r"""\b(?:say|count|tell|_?sorry|button)\((?:who, )?(?:incoming, )?\s*["']([a-z_]+)["']""", CODE
        )
    )
    literal |= set(re.findall(r'say\("([a-z_]+)" if [^)]* else "([a-z_]+)"\)', CODE)[0])
    literal |= {"about", "about_short", "commands"}
    made = {prefix + name for prefix, names in MADE.items() for name in names}
    there = set(phrases("ar"))
    assert (literal | made) - there == set(), "said, and in no file"
    assert there - literal - made == set(), "in the files, and never said"


def test_every_command_is_described_in_both_languages():
    for language in LANGUAGES:
        told = phrases(language)["commands"]
        assert told.keys() == COMMANDS.keys()
        assert all(3 <= len(text) <= 256 for text in told.values())
        assert len(phrases(language)["about"]) <= 512
        assert len(phrases(language)["about_short"]) <= 120


def test_every_count_has_all_forms_of_its_language():
    for key, value in phrases("ar").items():
        if isinstance(value, dict) and key != "commands":
            assert value.keys() == ARABIC_FORMS, key
            assert {"one", "other"} <= phrases("en")[key].keys(), key


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("articles", ["لا تنقلها أي وسيلة", "خبر واحد", "خبران", "3 أخبار", "11 خبرًا", "100 خبر", "103 أخبار"]),
        ("hours", ["الآن", "ساعة واحدة", "ساعتان", "3 ساعات", "11 ساعة", "100 ساعة", "103 ساعات"]),
        (
            "of_alerts",
            [
                "لم يصدر أي تنبيه في الأسبوع الماضي.",
                "صدر في الأسبوع الماضي تنبيه واحد.",
                "صدر في الأسبوع الماضي تنبيهان.",
                "صدرت في الأسبوع الماضي 3 تنبيهات.",
                "صدر في الأسبوع الماضي 11 تنبيهًا.",
                "صدر في الأسبوع الماضي 100 تنبيه.",
                "صدرت في الأسبوع الماضي 103 تنبيهات.",
            ],
        ),
        (
            "would_pass",
            [
                "لم يكن ليصلك منها شيء.", "كان ليصلك منها واحد.", "كان ليصلك منها اثنان.", "كان ليصلك منها 3.",
                "كان ليصلك منها 11.", "كان ليصلك منها 100.", "كان ليصلك منها 103.",
            ],
        ),
        ("and_more", ["", "وواحدة أخرى", "واثنتان أخريان", "و3 أخرى", "و11 أخرى", "و100 أخرى", "و103 أخرى"]),
    ],
)  # fmt: skip
def test_plurals_for_0_1_2_3_11_100_103(key, told):
    assert [Tongue("ar").count(key, n) for n in (0, 1, 2, 3, 11, 100, 103)] == told


def test_a_reader_of_arabic_digits_gets_them():
    assert Tongue("ar", digits="arab").count("articles", 11) == "١١ خبرًا"
    assert "٣" in Tongue("ar", digits="arab").say("awake", n=3, all=158)


@pytest.mark.parametrize("key", [key for key, value in phrases("ar").items() if isinstance(value, str)])
def test_every_arabic_paragraph_is_laid_out_from_the_right(key):
    tongue = Tongue("ar")
    values = dict.fromkeys(fields(phrases("ar")[key]), "<b>Evil</b>\u202e 99%")
    message = tongue.message(tongue.page(tongue.say(key, **values)))
    for line in message.lines:
        assert starts_rtl(line.text), line.text
        assert "\u202e" not in line.text
    assert "<b>Evil" not in message.html


def test_case_50_a_name_with_bidi_overrides_html_and_newlines_is_harmless():
    tongue = Tongue("ar")
    said = tongue.say("settings_of", name="غرفة\u202e<i>\nأخرى\x00 " + "ط" * 5000)
    assert "\n" not in said
    assert "\u202e" not in said
    assert len(said) < 300
    assert "<i>" not in tongue.message(tongue.page(said)).html


def test_every_language_file_is_read_without_surprises():
    for language in LANGUAGES:
        path = Path(alerts.bot.__path__[0]) / f"{language}.yaml"
        keys = re.findall(r"^([a-z_]+):", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(keys) == len(set(keys)), "a key is written twice"
        assert yaml.safe_load(path.read_text(encoding="utf-8")).keys() == set(keys)
