"""What is wrong with an outlet, and with many: decisions on histories that are written out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.damage import is_damaged
from crawler.nouns import Gap, Outcome, Outlet, Poll, Source, SourceKind
from crawler.storage import Listed, Sample
from scheduler.health import (
    Condition,
    Kind,
    conditions,
    in_words,
    pages_failing,
    polls_late,
)
from scheduler.history import History, after_article, after_entry, after_poll
from scheduler.outages import Glance, together

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
URL = "https://alif.example/rss"
ALIF = Outlet(
    "alif", "ألف", "Alif", "EG", "Africa/Cairo", "https://alif.example", (Source(URL, SourceKind.FEED),)
)
OK, SAME, SOFT, HARD, TEMPORARY = Outcome.OK, Outcome.UNCHANGED, Outcome.SOFT, Outcome.HARD, Outcome.TEMPORARY
TEXT = "أعلنت وزارة النقل اليوم الأحد افتتاح خط جديد للحافلات يربط وسط المدينة بضواحيها الشرقية."


def poll(outcome: Outcome, cause: str = "", *, at: datetime = NOW, url: str = URL, **more) -> Poll:
    return Poll("alif", url, at, timedelta(seconds=1), outcome, cause or outcome, **more)


def told(history: History, outlet: Outlet = ALIF, was=()) -> dict[str, str]:
    return {found.kind.value: found.cause for found in conditions(outlet, history, was)}


def after(*polls: Poll, history: History | None = None, outlet: Outlet = ALIF) -> History:
    history = history or History()
    for each in polls:
        history = after_poll(history, each, outlet)
    return history


def article(number: int, *, at: datetime = NOW, **more) -> Sample:
    usual = Sample("alif", at, f"خبر رقم {number} عن النقل في المدينة", TEXT, 2000, True, True, "profile", ())
    return replace(usual, **more)


def well_read(days: int = 5) -> History:
    history = History()
    for number in range(days * 20):
        history = after_article(history, article(number, at=NOW + timedelta(hours=number * 1.2)), ALIF)
    return history


@pytest.mark.parametrize(
    ("outcome", "cause", "kind", "words"),
    [
        (TEMPORARY, "dns", "outlet_failing", "its name does not resolve"),
        (TEMPORARY, "http_503", "outlet_failing", "it cannot be polled (HTTP 503)"),
        (SOFT, "defect_RecursionError", "outlet_failing", "we fail at its list by a defect of our own (RecursionError)"),
        (SOFT, "empty", "outlet_empty", "it answers, and lists nothing"),
        (HARD, "http_403", "outlet_walled", "it refuses us, as bot checks do (HTTP 403)"),
        (HARD, "robots", "outlet_walled", "its robots.txt asks us to stay away"),
        (SOFT, "parked_domain", "outlet_walled", "its name is for sale"),
    ],
)  # fmt: skip
def test_two_failures_in_a_row_are_told_by_their_cause(outcome, cause, kind, words):
    once = after(poll(OK, entries=5), poll(outcome, cause))
    assert told(once) == {}
    assert told(after(poll(outcome, cause), history=once)) == {kind: words}


def test_it_is_over_after_two_good_looks_and_not_after_one():
    failed = after(poll(OK, entries=5), poll(TEMPORARY, "dns"), poll(TEMPORARY, "dns"))
    once = after(poll(SAME), history=failed)
    assert told(once, was={Kind.OUTLET_FAILING}) == {"outlet_failing": "it comes and goes"}
    assert told(after(poll(SAME), history=once), was={Kind.OUTLET_FAILING}) == {}


def test_an_outlet_that_comes_and_goes_is_one_event():
    flapping = after(
        *(poll(OK, entries=5) if number % 2 == 0 else poll(TEMPORARY, "timeout") for number in range(10))
    )
    assert "outlet_failing" in told(flapping)
    settling = after(*[poll(SAME)] * 3, history=flapping)
    assert "outlet_failing" in told(settling, was={Kind.OUTLET_FAILING})
    assert told(after(*[poll(SAME)] * 2, history=settling), was={Kind.OUTLET_FAILING}) == {}


def test_one_of_two_sources_is_told_and_a_disabled_one_is_not():
    other = "https://alif.example/sport.rss"
    both = replace(ALIF, sources=(*ALIF.sources, Source(other, SourceKind.FEED)))
    failing = [poll(HARD, "http_404", url=other)] * 2
    history = after(poll(OK, entries=5), *failing, poll(SAME), outlet=both)
    assert told(history, both) == {
        "outlet_failing": "its list is not there any more (HTTP 404) (1 of 2 sources)"
    }
    assert told(history) == {}


def hourly(
    hours: range, *, night: range = range(0), news: bool = True, history: History | None = None
) -> History:
    history = history or History()
    for hour in hours:
        at = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(hours=hour)
        awake = news and at.hour not in night
        outcome, fresh = (OK, 4) if awake else (SAME, 0)
        history = after_poll(history, poll(outcome, at=at, entries=20 if awake else 0, fresh=fresh), ALIF)
    return history


def test_an_outlet_that_stops_is_silent_and_the_next_article_ends_it():
    usual = hourly(range(24 * 7))
    assert told(usual) == {}
    stopped = hourly(range(24 * 7, 24 * 7 + 10), news=False, history=usual)
    assert "nothing new for 10 h" in told(stopped)["outlet_silent"]
    assert 'says "unchanged" (10 times in a row)' in told(stopped)["outlet_silent"]
    again = hourly(range(24 * 7 + 10, 24 * 7 + 11), history=stopped)
    assert told(again, was={Kind.OUTLET_SILENT}) == {}


def test_a_night_without_news_is_no_silence_where_nights_are_quiet_and_it_is_where_they_are_not():
    night = range(7)
    week = 24 * 14
    quiet = hourly(range(week + 7), night=night)
    assert told(quiet) == {}
    assert "outlet_silent" in told(hourly(range(week, week + 7), news=False, history=hourly(range(week))))
    assert "outlet_silent" in told(hourly(range(week + 7, week + 13), news=False, history=quiet)), (
        "by day it is"
    )


def test_an_outlet_that_was_as_long_without_news_before_is_not_silent_until_twice_that():
    history = History()
    for hour in range(
        6 * 168
    ):  # four articles an hour, and ten hours without any every other day, at any time of it
        round_, into = divmod(hour, 53)
        history = hourly(range(hour, hour + 1), news=into >= 10 or round_ == 0, history=history)
    end = 6 * 168
    assert told(hourly(range(end, end + 12), news=False, history=history)) == {}
    assert "outlet_silent" in told(hourly(range(end, end + 40), news=False, history=history))


def test_hours_in_which_nobody_looked_are_not_held_against_an_outlet():
    usual = hourly(range(24 * 7))
    assert told(hourly(range(24 * 9, 24 * 9 + 1), news=False, history=usual)) == {}


def test_an_outlet_that_never_brings_anything_is_told_after_three_days():
    assert told(hourly(range(60), news=False)) == {}
    assert "outlet_silent" in told(hourly(range(80), news=False))


def test_what_a_source_lists_at_its_first_look_is_no_news():
    first = after(poll(OK, entries=50, fresh=50))
    assert (first.news, first.rhythm.rate(NOW, 2)) == (0, History().rhythm.rate(NOW, 2))
    assert first.new_at == NOW


def test_a_tag_that_lies_is_told_when_two_full_looks_found_news_behind_it():
    history = after(poll(OK, entries=5))
    for lie in range(2):
        assert "tag_lies" not in told(history), lie
        history = after(poll(SAME), poll(OK, "tag_lies", entries=9, fresh=4), history=history)
    assert "tag_lies" in told(history)
    honest = after(*[poll(SAME)] * 2, poll(OK, entries=9, fresh=1), history=history)
    assert "tag_lies" not in told(honest, was={Kind.TAG_LIES})


def test_a_gap_that_could_not_be_closed_is_told_for_a_day():
    closed = after(poll(OK, entries=9), poll(OK, entries=9, fresh=9, gap=Gap.CLOSED))
    assert told(closed) == {}
    missed = after(poll(OK, entries=9, fresh=9, gap=Gap.OPEN), history=closed)
    assert "not all of that could be found" in told(missed)["articles_missed"]
    assert told(after(poll(SAME, at=NOW + timedelta(hours=23)), history=missed)).keys() == {"articles_missed"}
    assert told(after(poll(SAME, at=NOW + timedelta(hours=24)), history=missed)) == {}


def test_a_feed_that_loses_its_dates_is_told_and_one_that_never_had_any_is_not():
    without = poll(OK, entries=20, undated=20)
    assert told(after(without, without)) == {}
    lost = after(poll(OK, entries=20), without)
    assert "has lost the dates" in told(lost)["dates_wrong"]
    assert told(after(poll(SAME), history=lost)) == {
        "dates_wrong": "its list has lost the dates of its entries"
    }
    assert told(after(poll(OK, entries=20, undated=1), history=lost), was={Kind.DATES_WRONG}) == {}


@pytest.mark.parametrize(
    ("published", "words"),
    [("Mon, 23 Nov 2026 18:00:00 +0200", "dated in the future"), ("2099-01-01T00:00:00Z", "dated in the future"),
     ("في الوقت المناسب", "cannot be read")],
)  # fmt: skip
def test_entries_with_wrong_dates_are_told_and_a_skewed_minute_is_not(published, words):
    history = History()
    for _ in range(3):
        assert told(history) == {}
        history = after_entry(history, Listed("alif", NOW, "خبر عن النقل في المدينة", published), ALIF)
    assert words in told(history)["dates_wrong"]
    for good in range(5):
        assert "dates_wrong" in told(history, was={Kind.DATES_WRONG}), good
        history = after_entry(history, Listed("alif", NOW, "خبر", "Mon, 23 Nov 2026 11:09:00 +0200"), ALIF)
    assert told(history, was={Kind.DATES_WRONG}) == told(history) == {}


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.encode().decode("latin-1"),
        lambda text: text.encode().decode("cp1252", "replace"),
        lambda text: text.encode().decode("cp1256", "replace"),
        lambda text: text.encode("cp1256", "replace").decode("latin-1"),
        lambda text: text.encode("cp1256", "replace").decode("utf-8", "replace"),
        lambda text: text[:20] + "\ufffd" * 6 + text[20:],
    ],
)
def test_damaged_text_is_told(damage):
    harmed = damage(TEXT)
    assert is_damaged(harmed), harmed
    history = History()
    for number in range(3):
        assert "text_damaged" not in told(history)
        history = after_article(history, article(number, opening=harmed), ALIF)
    assert "text_damaged" in told(history)


@pytest.mark.parametrize(
    "text",
    [TEXT, "", "Reuters – naïve café", "طبطبة", "الشرطة تضبط 3,500 بطاقة SIM في «مجمع» قرب الحدود",
     "ظل الطلب على النفط ضعيفا وظهر الضغط على الأسواق وفق ما نقلته وسائل إعلام"],
)  # fmt: skip
def test_ordinary_text_is_not_damaged(text):
    assert not is_damaged(text)


@given(st.text(alphabet="ابتثجحخدذرزسشصضعغفقكلمنهوي \n.،0123456789abcXYZ", min_size=0, max_size=300))
@settings(max_examples=50)
def test_arabic_and_ascii_alone_are_never_damage(text):
    assert not is_damaged(text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dated": False}, "date: 100% → 0%"),
        ({"signed": False}, "author: 100% → 0%"),
        ({"extractor": "trafilatura"}, "learned reading: 100% → 0%"),
        ({"length": 300}, "the text has 300 characters where 2000 are usual"),
        ({"length": 9000}, "the text has 9000 characters where 2000 are usual"),
        ({"length": 0, "opening": ""}, "text: 100% → 0%"),
        ({"title": ""}, "title: 100% → 0%"),
    ],
)
def test_articles_that_read_otherwise_than_before_are_told_and_it_ends(change, words):
    history = well_read()
    assert told(history) == {}
    at = NOW + timedelta(days=6)
    for number in range(4):
        history = after_article(history, article(number, at=at, **change), ALIF)
    assert told(history) == {}, "four of twenty are no change"
    for number in range(16):
        history = after_article(history, article(number, at=at, **change), ALIF)
    assert words in told(history)["reading_drift"]
    for number in range(15):
        history = after_article(history, article(number, at=at), ALIF)
    assert told(history, was={Kind.READING_DRIFT}) == {}


def test_articles_without_text_are_told_of_a_new_outlet_too():
    history = History()
    for number in range(10):
        history = after_article(history, article(number, length=0, opening=""), ALIF)
    assert "text is missing in most articles" in told(history)["reading_drift"]


def test_an_outlet_that_never_signs_its_articles_is_not_reproached_with_it():
    history = History()
    for number in range(100):
        history = after_article(
            history, article(number, at=NOW + timedelta(hours=number), signed=False), ALIF
        )
    assert told(history) == {}


def test_pages_that_cannot_be_read_are_told_by_their_share():
    assert pages_failing("alif", {"soft_404": 2}, 0, was=False) is None
    assert pages_failing("alif", {"soft_404": 3}, 4, was=False) is None
    found = pages_failing("alif", {"soft_404": 3, "timeout": 1}, 4, was=False)
    assert found is not None
    assert found.cause == "4 of 8 articles of the last day cannot be read, most of them: soft_404"
    assert pages_failing("alif", {"soft_404": 3}, 4, was=True) is not None
    assert pages_failing("alif", {"soft_404": 3}, 12, was=True) is None


def test_polls_that_nobody_makes_are_told():
    assert polls_late(0, None, NOW) is None
    late = polls_late(7, NOW - timedelta(minutes=40), NOW)
    assert late is not None
    assert late.cause == "7 sources wait to be polled, the first for 40 min"


# --- many -------------------------------------------------------------------------------------------------


def nation(count: int, country: str = "EG") -> dict[str, Outlet]:
    return {
        f"{country.lower()}{n}": replace(ALIF, id=f"{country.lower()}{n}", country=country)
        for n in range(count)
    }


def failing(*names: str) -> list[Condition]:
    return [
        Condition(Kind.OUTLET_FAILING, name, "its name does not resolve", {"cause": "dns"}) for name in names
    ]


def kinds(found: list[Condition]) -> list[tuple[str, str]]:
    return sorted((each.kind.value, each.subject) for each in found)


def test_an_outage_is_one_event_and_not_ninety():
    outlets = {f"o{n}": replace(ALIF, id=f"o{n}", country=chr(65 + n % 26) + "A") for n in range(300)}
    names = list(outlets)
    other = Condition(Kind.TEXT_DAMAGED, "o1", "damaged")
    (many, rest) = together([*failing(*names[:90]), other], outlets, {}, (), NOW)
    assert (many.kind, many.subject) == (Kind.MANY_OUTLETS, "")
    assert many.cause.startswith("90 of 300 outlets cannot be seen (dns ×90)")
    assert rest is other
    assert len(together(failing(*names[:89]), outlets, {}, (), NOW)) == 89


def test_a_countrys_outage_is_one_event():
    outlets = nation(5, "SD") | nation(40, "EG")
    assert kinds(together(failing("sd0", "sd1", "sd2", "eg7"), outlets, {}, (), NOW)) == [
        ("many_outlets", "SD"), ("outlet_failing", "eg7"),
    ]  # fmt: skip
    assert kinds(together(failing("sd0", "sd1"), outlets, {}, (), NOW)) == [
        ("outlet_failing", "sd0"), ("outlet_failing", "sd1"),
    ]  # fmt: skip


def test_an_outage_ends_when_half_of_it_is_over_and_what_is_left_is_told_singly():
    outlets = nation(3, "SD") | nation(17, "EG")
    was = {(Kind.MANY_OUTLETS, "")}
    assert kinds(together(failing("eg0", "eg1", "eg2"), outlets, {}, was, NOW)) == [("many_outlets", "")]
    assert kinds(together(failing("eg0", "eg1"), outlets, {}, was, NOW)) == [
        ("outlet_failing", "eg0"),
        ("outlet_failing", "eg1"),
    ]


def test_the_first_of_an_outage_are_not_told_singly():
    outlets = nation(100)
    just_now = {f"eg{n}": Glance(NOW - timedelta(minutes=1), well=n >= 6) for n in range(8)}
    earlier = {f"eg{n}": Glance(NOW - timedelta(minutes=12), well=True) for n in range(8, 100)}
    assert together(failing("eg0", "eg1"), outlets, just_now | earlier, (), NOW) == []
    known = {(Kind.OUTLET_FAILING, "eg0")}
    assert kinds(together(failing("eg0", "eg1"), outlets, just_now | earlier, known, NOW)) == [
        ("outlet_failing", "eg0")
    ]
    alone = {f"eg{n}": Glance(NOW - timedelta(minutes=1), well=n >= 2) for n in range(8)}
    assert len(together(failing("eg0", "eg1"), outlets, alone | earlier, (), NOW)) == 2


# --- what is remembered -----------------------------------------------------------------------------------


def test_a_history_survives_its_row_and_stays_small():
    history = hourly(range(24 * 30))
    for number in range(800):
        history = after_article(history, article(number, at=NOW + timedelta(hours=number)), ALIF)
        history = after_entry(history, Listed("alif", NOW, "خبر", ""), ALIF)
    text = history.to_text()
    assert History.from_text(text) == history
    assert len(text) < 6_000
    assert (len(history.days), len(history.pages), len(history.lines)) == (28, 20, 20)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pulses": 7}', '{"unknown": 1}', "not json"])
def test_a_history_that_cannot_be_read_is_begun_anew(text):
    assert History.from_text(text) == History()


def test_a_cause_that_nobody_wrote_down_is_told_by_its_name():
    assert in_words("frobnicated") == (Kind.OUTLET_FAILING, "it cannot be polled (frobnicated)")
