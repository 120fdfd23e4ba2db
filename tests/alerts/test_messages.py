"""An alert in words: what a reader sees, and that no foreign text can break it."""

import os
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel import Locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts import planning
from alerts.digests.wording import digest_words
from alerts.facts import Lexicon
from alerts.facts.fates import FATES
from alerts.messages import Line, Listed, Message, Notice, Reader, Run, render, utf16_length
from alerts.messages.cleaning import RLM, clean, clean_link, clean_title, settle
from alerts.messages.evidence import EVIDENCE_LIMIT, evidence
from alerts.messages.message import cut
from alerts.messages.words import speech, words
from alerts.nouns import TOPICS, AlertKind, KeyFact, Level, Reason, Span
from crawler.nouns import Precision, Stamp
from tests.fakes.bot_api.html_subset import parse, units

BODY = (
    "تواصلت المداهمات في العاصمة. أعلنت شرطة كمبوديا توقيف 37 شخصًا يديرون مواقع "
    "المقامرة الإلكترونية وكازينو سريًا قرب الحدود. وقالت مصادر إن التحقيق مستمر."
)
SEEN = datetime(2026, 11, 23, 6, 37, tzinfo=UTC)
CAIRO = Reader(timezone="Africa/Cairo")


def span(word: str, *, text: str = BODY, field: str = "body") -> Span:
    start = text.index(word)
    return Span(field, start, start + len(word), word, word)


def stamp(at: datetime, precision: Precision = Precision.MINUTE) -> Stamp:
    return Stamp(at, precision, "meta", "")


NOTICE = Notice(
    kind=AlertKind.NEW,
    level=Level.CRITICAL,
    topics=("gambling", "trafficking"),
    places=("KH", "MM"),
    title="توقيف 37 شخصًا في كازينو سري",
    body=BODY,
    url="https://news.example/a?x=1&y=2",
    outlet="الخليج",
    outlet_en="Al Khaleej",
    first_seen=SEEN,
    code="M1A2F",
    published=stamp(SEEN - timedelta(minutes=7)),
    spans=(span("المقامرة الإلكترونية"), span("كازينو"), span("كمبوديا")),
    outlets=4,
)


def text(reader: Reader = CAIRO, **changes) -> str:
    return render(replace(NOTICE, **changes), reader).text


def test_an_arabic_alert():
    assert render(NOTICE, CAIRO).html == (
        "<b>عاجل · قمار إلكتروني · اتجار بالبشر · كمبوديا · ميانمار</b>\n"
        '<a href="https://news.example/a?x=1&amp;y=2">توقيف 37 شخصًا في كازينو سري</a>\n'
        "<blockquote>أعلنت شرطة <b>كمبوديا</b> توقيف 37 شخصًا يديرون مواقع <b>المقامرة الإلكترونية</b> "
        "و<b>كازينو</b> سريًا قرب الحدود.</blockquote>\n"
        "المصدر: الخليج · نُشر 08:30 (القاهرة) · رُصد بعد 7 دقائق\n"
        "تنقل الخبر 4 وسائل · القصة \u200e#M1A2F"
    )


def test_an_english_alert():
    lines = text(Reader("en", "Asia/Riyadh")).split("\n")
    assert lines[0] == "Urgent · Online gambling · Human trafficking · Cambodia · Myanmar"
    assert lines[3] == "Source: Al Khaleej · published 09:30 (Riyadh) · seen 7 minutes later"
    assert lines[4] == "Told by 4 outlets · Story #M1A2F"


def test_a_language_without_words_is_read_in_english():
    assert text(Reader("fr")).startswith("Urgent")


@pytest.mark.parametrize(
    ("outlets", "line"),
    [
        (2, "تنقل الخبر وسيلتان · القصة"),
        (3, "تنقل الخبر 3 وسائل · القصة"),
        (10, "تنقل الخبر 10 وسائل · القصة"),
        (11, "تنقل الخبر 11 وسيلة · القصة"),
        (99, "تنقل الخبر 99 وسيلة · القصة"),
        (100, "تنقل الخبر 100 وسيلة · القصة"),
        (103, "تنقل الخبر 103 وسائل · القصة"),
    ],
)
def test_outlets_are_counted_in_good_arabic(outlets, line):
    assert line in text(outlets=outlets)


def test_one_outlet_is_no_count():
    assert text(outlets=1).split("\n")[-1] == "القصة \u200e#M1A2F"


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_counted_word_has_every_form_of_its_language(language):
    spoken = words(language)
    forms = {Locale(language).plural_form(n) for n in range(1 if language == "en" else 0, 200)}
    for counted in (spoken.minutes, spoken.hours, spoken.days, spoken.outlets):
        assert set(counted) == forms


@pytest.mark.parametrize(
    ("delay", "words"),
    [
        (timedelta(seconds=20), "رُصد في الدقيقة نفسها"),
        (timedelta(minutes=1), "رُصد بعد دقيقة واحدة"),
        (timedelta(minutes=2), "رُصد بعد دقيقتين"),
        (timedelta(minutes=45), "رُصد بعد 45 دقيقة"),
        (timedelta(minutes=61), "رُصد بعد ساعة واحدة"),
        (timedelta(hours=5), "رُصد بعد 5 ساعات"),
        (timedelta(days=2), "رُصد بعد يومين"),
        (timedelta(days=30), "رُصد بعد 30 يومًا"),
    ],
)
def test_the_delay_is_told_in_words(delay, words):
    assert words in text(published=stamp(SEEN - delay))


@pytest.mark.parametrize(
    ("published", "told"),
    [
        (stamp(SEEN - timedelta(hours=9)), "نُشر 22 نوفمبر 23:37 (القاهرة) · رُصد بعد 9 ساعات"),
        (stamp(SEEN + timedelta(hours=1)), "نُشر 09:37 (القاهرة)\n"),
        (stamp(SEEN, Precision.DAY), "نُشر في 23 نوفمبر · رُصد 08:37 (القاهرة)\n"),
        (None, "الخليج · رُصد 08:37 (القاهرة)\n"),
    ],
)
def test_times_say_no_more_than_the_outlets_date_can_bear(published, told):
    assert told in text(published=published)


def test_universal_time_has_a_name():
    assert "06:30 (التوقيت العالمي)" in text(Reader())


def test_arabic_digits_are_for_our_numbers_not_for_foreign_text():
    told = text(Reader(timezone="Africa/Cairo", digits="arab"))
    assert "نُشر ٠٨:٣٠" in told
    assert "تنقل الخبر ٤ وسائل" in told
    assert "توقيف 37 شخصًا" in told
    assert "#M1A2F" in told


@pytest.mark.parametrize(
    ("kind", "heading", "reason"),
    [
        (AlertKind.NEW, "عاجل · قمار", "السبب: ارتفعت الحصيلة"),
        (AlertKind.UPDATE, "متابعة · عاجل · قمار", "الجديد: ارتفعت الحصيلة"),
        (AlertKind.CORRECTION, "تصحيح · قمار", "التصحيح: ارتفعت الحصيلة"),
        (AlertKind.WITHDRAWAL, "سُحب هذا التنبيه · قمار", "السبب: ارتفعت الحصيلة"),
    ],
)
def test_what_an_alert_adds_stands_first(kind, heading, reason):
    told = text(kind=kind, reasons=(Reason("words", "ارتفعت الحصيلة"),))
    assert told.startswith(heading)
    assert told.split("\n")[2] == reason


REASONS = {
    Reason("new_place", places=("kk_park", "KH")): (
        "مكان جديد: كمبوديا، كي كي بارك",
        "a new place: Cambodia, KK Park",
    ),
    Reason("number", "arrested", now=1590, before=1412): (
        "الموقوفون: 1590 بعد 1412",
        "Arrested: 1590 after 1412",
    ),
    Reason("first_number", "arrested", now=18): ("الموقوفون: 18", "Arrested: 18"),
    Reason("corroborated", now=2): ("تؤكده وسيلتان مستقلتان", "2 independent outlets confirm it"),
    Reason("corroborated", now=11): ("تؤكده 11 وسيلة مستقلة", "11 independent outlets confirm it"),
    Reason("voices", now=4, before=1): (
        "تنقله 4 مصادر مستقلة بعد 1",
        "told by 4 independent outlets after 1",
    ),
    Reason("spike", "fraud", now=12, before=1.5): (
        "12 خبرا في ساعة عن احتيال، والمعتاد 1.5",
        "12 articles in an hour on Fraud, where 1.5 are usual",
    ),
}


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_worded_for_its_reader(reason):
    assert tuple(speech(each, "UTC", "latn").because([reason]) for each in ("ar", "en")) == REASONS[reason]


def test_every_reason_has_words_in_every_language():
    given = set()
    for path in Path(planning.__file__).parent.rglob("*.py"):
        given.update(re.findall(r'Reason\(\s*"(\w+)"', path.read_text("utf-8")))
    given |= {
        planning.NEW,
        "outlet_storm",
        "storm",
        "waited",
        "denial",
        "statement",
        "correction",
        "withdrawal",
    }
    assert len(given) > 12
    for language in ("ar", "en"):
        assert given - words(language).because.keys() == set()
        assert set(FATES) - words(language).facts.keys() == set()


def test_a_summary_of_a_storm_is_not_called_as_a_digest_is():
    names = digest_words("ar").names.values()
    assert not any(word in name for name in names for word in words("ar").kinds["summary"].split())


def test_every_place_has_an_arabic_name():
    atlas, voice = Lexicon.load().atlas, speech("ar", "UTC", "latn")
    names = {
        place: voice.place(place)
        for place in {*atlas.names.values(), *atlas.parents, *atlas.arab}
        if "/" not in place
    }
    assert [place for place, name in names.items() if not "ء" <= name[0] <= "ي"] == []


SUMMARY = Notice(
    kind=AlertKind.SUMMARY, level=Level.HIGH, topics=("fraud",), places=("KH",), title="خبر", body="", outlet="ألف",
    url="https://alif.example/1", first_seen=SEEN, code="M0001",
    reasons=(Reason("outlet_storm", now=488),),
    listed=tuple(
        Listed(f"خبر <b>رقم</b> {n} " + "كلمة " * 80, f"https://alif.example/{n}", "https://alif.example/", Level.NOTICE, f"M{n:04X}")
        for n in range(1, 13)
    ),
    further=476,
)  # fmt: skip


def test_a_summary_lists_its_stories_and_counts_the_rest():
    message = render(SUMMARY, Reader("ar"))
    lines = message.text.split("\n")
    assert lines[0] == "أخبار مجمَّعة · احتيال · كمبوديا"
    assert lines[1].endswith("السبب: 488 خبرا من وسيلة واحدة في دقائق")
    assert sum("#M00" in line for line in lines) == 12
    assert "و476 قصة أخرى" in lines[-1]
    assert {run.link for line in message.lines for run in line.runs if run.link} == {
        f"https://alif.example/{n}" for n in range(1, 13)
    }
    assert utf16_length(message.text) < 4096
    english = render(SUMMARY, Reader("en")).text
    assert "488 articles of one outlet within minutes" in english
    assert english.endswith("and 476 more stories")


def test_levels_are_words_and_the_lowest_is_silent():
    assert text(level=Level.HIGH).startswith("مهم")
    assert text(level=Level.NOTICE).startswith("للعلم")
    sound = {level: render(replace(NOTICE, level=level), CAIRO).silent for level in Level}
    assert sound == {Level.NOTICE: True, Level.HIGH: False, Level.CRITICAL: False}
    assert render(NOTICE, replace(CAIRO, silent=True)).silent


WORDS = Span("body", 0, 10, "سبعة وثلاثين شخصا", "arrested")
DIGITS = Span("body", 0, 10, "3.5 مليون دولار", "money:usd")
FACTS = (
    KeyFact("kind", 1, WORDS, value="raid"),
    KeyFact("arrested", 1, WORDS, low=37, high=37, told=37),
    KeyFact("rescued", 1, DIGITS, low=1000, high=1500, told=1000),
    KeyFact("victims", 1, replace(WORDS, text="عشرات الضحايا"), low=10, high=99),
    KeyFact("money", 1, DIGITS, value="USD", low=3e6, high=4e6, told=3.5e6),
)


def test_facts_are_told_with_the_words_that_say_them():
    told = (
        "الحدث: مداهمة · الموقوفون: 37 (سبعة وثلاثين شخصا) · الناجون: أكثر من 1000 · "
        "الضحايا: «عشرات الضحايا» · المبالغ: نحو 3.5 مليون دولار أمريكي"
    )
    assert told in text(facts=FACTS)
    assert "Event: a raid · Arrested: 37 (" in text(Reader("en"), facts=FACTS)


def test_a_title_is_one_link_with_the_matched_words_marked_inside():
    marked = span("كازينو", text=NOTICE.title, field="title")
    html = render(replace(NOTICE, spans=(marked,)), CAIRO).html
    assert ">توقيف 37 شخصًا في <b>كازينو</b> سري</a>" in html
    assert html.count("<a ") == 1


def test_the_evidence_keeps_the_outlets_spelling():
    body = "قالت الشرطة إنها فكّكت شبكة لِلْمُقامَرَة الإِلكترونيّة وأوقفت مديرها."
    runs = evidence(body, [span("لِلْمُقامَرَة الإِلكترونيّة", text=body)])
    assert [run.text for run in runs if run.bold] == ["لِلْمُقامَرَة الإِلكترونيّة"]
    assert "".join(run.text for run in runs) == body


@pytest.mark.parametrize("order", [1, -1])
def test_the_sentence_that_tells_the_titles_event_is_the_evidence(order):
    title = "الفلبين تغلق 11 موقعا للقمار الإلكتروني وترحل 90 أجنبيا"
    event = "أغلقت السلطات الفلبينية 11 موقعا للقمار الإلكتروني، وبدأت ترحيل 90 أجنبيا."
    background = "وقالت هيئة الجريمة إن المواقع كانت تستقبل رهانات من لاعبين في دول تحظر القمار."
    idle = "وتغلق الفلبين 11 مدرسة وترحل 90 أجنبيا مواعيد الامتحانات."  # the title's words, and no concept
    body = " ".join([event, background, idle][::order])
    spans = [span(word, text=body) for word in ("للقمار الإلكتروني", "رهانات", "تحظر القمار")]
    assert "".join(run.text for run in evidence(body, spans, title)) == event


def test_the_sentence_with_the_most_concepts_is_the_evidence():
    assert "".join(run.text for run in evidence(BODY, NOTICE.spans)).startswith("أعلنت شرطة كمبوديا")
    assert "".join(run.text for run in evidence(BODY, ())).startswith("تواصلت المداهمات")
    assert evidence("", ()) == ()
    assert evidence(" \n . ", ()) != NOTICE.spans


def test_in_a_sentence_without_end_the_matched_words_are_still_shown():
    body = "كلام طويل بلا نقطة " * 200 + "فيه كازينو سري " + "ثم كلام آخر " * 200
    runs = evidence(body, [span("كازينو", text=body)])
    told = "".join(run.text for run in runs)
    assert [run.text for run in runs if run.bold] == ["كازينو"]
    assert told.startswith("…")
    assert told.endswith("…")
    assert utf16_length(told) <= EVIDENCE_LIMIT + 1


@pytest.mark.parametrize("words", [("المقامرة الإلكترونية", "المقامرة"), ("الإلكترونية", "المقامرة")])
def test_matches_that_overlap_or_touch_are_one_mark(words):
    runs = evidence(BODY, [span(word) for word in words])
    assert [run.text for run in runs if run.bold] == ["المقامرة الإلكترونية"]


@pytest.mark.parametrize("tatweel", ["", "ـ"])
def test_case_26_what_is_too_long_is_cut_at_a_word_and_stays_behind_the_link(tatweel):
    title = ("كلمة 🎰 " * 1000).strip() + tatweel
    message = render(replace(NOTICE, title=title, spans=(Span("title", 0, 4, "كلمة", "x"),)), CAIRO)
    line = message.lines[1]
    assert line.text.endswith(("كلمة…", "🎰…"))
    assert 200 < utf16_length(line.text) <= 300
    assert all(run.link for run in line.runs)


def test_case_27_more_matches_than_a_message_may_mark():
    title, body = "،".join(["قمار"] * 60), "،".join(["قمار"] * 80)
    spans = tuple(Span("title", n * 5, n * 5 + 4, "قمار", "x") for n in range(60))
    spans += tuple(Span("body", n * 5, n * 5 + 4, "قمار", "x") for n in range(80))
    _, entities = parse(render(replace(NOTICE, title=title, body=body, spans=spans), CAIRO).html)
    assert 40 < len(entities) <= 100


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://news.example/a?b=1", True),
        ("http://news.example:8080/خبر", True),
        ("javascript:alert(1)", False),
        ("https://al-ain.com@evil.example/", False),
        ("https://user:pw@evil.example/", False),
        ("https://news.example\\@evil.example/", False),
        ("https://news.example/" + "a" * 3000, False),
        ("https://аl-ain.com/", False),  # a Cyrillic а
        ("https://xn--l-ain-6ve.com/", False),
        ("https://news.example/a b", False),
        ("https://news.example/\u202eexe", False),
        ("https://[::1", False),
        ("https://news.example:port/", False),
        ("//news.example/a", False),
        ("", False),
    ],
)
def test_case_52_only_honest_links_are_links(url, kept):
    assert clean_link(url) == (url if kept else "")
    message = render(replace(NOTICE, url=url), CAIRO)
    assert bool(message.buttons) is bool(message.preview) is ("<a " in message.html) is kept


def test_an_outlets_own_name_may_have_letters_of_its_language():
    assert clean_link("https://www.أخبار.example/a", home="https://أخبار.example/")
    assert not clean_link("https://أخبار.example.evil/a", home="https://أخبار.example/")


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("خبر \u202eلوكسم\u202c", "خبر لوكسم"),
        ("خبر\x00 بلا\ud800 عيب\u200b", "خبر بلا عيب"),
        ("عـــاجل\n\tالآن", "عاجل الآن"),
        ("\u2067عنوان\u2069", "عنوان"),
        (" <b>&amp;</b> ", "<b>&amp;</b>"),
    ],
)
def test_case_51_foreign_titles_are_cleaned(raw, safe):
    assert clean_title(raw) == safe


@pytest.mark.parametrize("title", ["", "\u202e", "🎰🎰", "<>&", "\ud800\x00", "Casino 37", "  "])
def test_case_51_every_title_makes_a_message(title):
    _holds(render(replace(NOTICE, title=title, spans=()), CAIRO))


def test_a_latin_name_keeps_the_full_stop_at_its_left():
    assert settle("تديرها شركة Huione.") == f"تديرها شركة Huione{RLM}."
    assert settle("موقع news.example للأخبار") == "موقع news.example للأخبار"


def test_a_line_that_begins_with_latin_is_still_laid_out_right_to_left():
    assert text(title="Huione تنفي", spans=()).split("\n")[1] == f"{RLM}Huione تنفي"


def test_arabic_inside_an_english_message_keeps_its_order():
    told = text(Reader("en"), title="Huione تنفي", spans=(), facts=FACTS[1:2])
    assert f"\n{RLM}Huione تنفي\n" in told
    assert f"\nArrested: 37 ({RLM}سبعة وثلاثين شخصا{RLM})\n" in told
    assert RLM not in text(Reader("en"), title="Huione denies", body="", spans=())


def test_a_cut_is_never_inside_a_word_where_there_is_another():
    assert cut("كلمة أخرى طويلة", 12) == "كلمة أخرى…"
    assert cut("🎰🎰🎰", 4) == "🎰…"
    assert cut(" " * 50, 20) == "…", "spaces are no words"
    assert cut("تمام", 4) == "تمام"


def test_a_message_without_dress_says_the_same():
    message = render(NOTICE, CAIRO)
    assert message.plain(4096).text == message.text
    assert parse(message.plain(4096).html)[1] == ()
    assert message.plain(4096).buttons == message.buttons


# Anything a page may hold: any character, what hides or spoofs, markup, the language itself.
HIDING = "\x00\x1b\u200b\u200f\u200e\u202a\u202e\u2066\u2069\ufeff\ud800\udfff\uffff\u0640\u061c\r\n\u2028"
WORDS = (
    "</b>",
    "<a href='",
    "&lt;",
    "🎰",
    "👩‍👩‍👧",
    "🇰🇭",
    "كازينو ",
    "الاحتيال. ",
    "Huione. ",
    "https://x.example ",
)
NASTY = st.sampled_from([*HIDING, *"<>&\"'", *WORDS])
PIECES = st.lists(
    st.one_of(NASTY, st.text(max_size=8), st.characters(categories=["Cs", "Co", "Cn"])), max_size=30
)
FOREIGN = st.builds(
    lambda pieces, times: ("".join(pieces) * times)[:20_000],
    PIECES,
    st.sampled_from([1, 1, 1, 3, 1000]),
)


@st.composite
def notices(draw) -> Notice:
    title, body = draw(FOREIGN), draw(FOREIGN)
    places = st.tuples(st.integers(0, 21_000), st.integers(0, 60), st.sampled_from(["a", "b", "c"]))
    spans = tuple(
        Span(field, start, min(start + length, len(held)), held[start : start + length], concept)
        for field, held in (("title", title), ("body", body))
        for start, length, concept in draw(st.lists(places, max_size=8))
        if start < len(held)
    )
    return replace(
        NOTICE,
        kind=draw(st.sampled_from(AlertKind)),
        level=draw(st.sampled_from(Level)),
        topics=tuple(draw(st.lists(st.one_of(st.just("gambling"), FOREIGN), max_size=6))),
        places=tuple(draw(st.lists(st.sampled_from(["KH", "MM", "LA", "ZZ", "??"]), max_size=6))),
        title=title,
        body=body,
        url=draw(st.one_of(st.just(NOTICE.url), FOREIGN)),
        outlet=draw(FOREIGN),
        reasons=(Reason("words", draw(FOREIGN)),),
        facts=tuple(
            KeyFact(name, 1, Span("body", 0, 1, draw(FOREIGN), ""), low=low, high=2 * low, told=low)
            for name, low in draw(
                st.lists(st.tuples(st.sampled_from(["killed", "مبلغ"]), st.floats(0, 1e12)), max_size=8)
            )
        ),
        outlets=draw(st.integers(0, 200)),
        spans=spans,
    )


READERS = st.builds(
    Reader,
    language=st.sampled_from(["ar", "en"]),
    timezone=st.sampled_from(["Africa/Cairo", "Asia/Riyadh", "UTC"]),
    digits=st.sampled_from(["latn", "arab"]),
)
EXAMPLES = 10_000 if os.environ.get("MARSAD_PROOF") == "full" else 60


@pytest.mark.proof
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(notices(), READERS)
def test_no_foreign_text_can_break_a_message(notice, reader):
    message = render(notice, reader)
    _holds(message)
    assert message.rtl is (reader.language == "ar")


def _holds(message: Message) -> None:
    """What must be true of every message."""
    shown, entities = parse(message.html)
    assert shown == message.text
    assert units(shown) <= 4096
    assert len(entities) <= 100
    assert not any(unicodedata.category(c) == "Cs" for c in shown)
    assert not set(shown) & set("\x00\x1b\u200b\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert all(line.text for line in message.lines)
    if message.rtl:
        assert all(unicodedata.bidirectional(line[0]) in {"R", "AL"} for line in shown.split("\n"))
    shown.encode()


@settings(max_examples=60, deadline=None)
@given(FOREIGN, st.integers(1, 400))
def test_a_cut_fits(foreign, limit):
    kept = cut(clean(foreign), limit)
    assert utf16_length(kept) <= limit


def test_a_line_says_what_its_runs_say():
    assert Line((Run("a"), Run("b", bold=True))).text == "ab"


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_topic_that_a_rule_may_have_is_named(language):
    assert set(words(language).topics) == set(TOPICS)
