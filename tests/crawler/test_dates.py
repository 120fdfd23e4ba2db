"""Dates as printed. The instant is wall time and offset; a date without a time has the precision of a day."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel import Locale, localedata
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.dates import LONGEST, parse_date
from crawler.nouns import Precision

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
ARABIC = sorted(name for name in localedata.locale_identifiers() if name.split("_")[0] == "ar")


def read(text, zone="Asia/Dubai"):
    stamp = parse_date(text, now=NOW, zone=zone)
    return stamp and (stamp.at.isoformat(timespec="minutes"), stamp.precision.value)


PRINTED = {
    # day, month by name, year: every country's names
    "الاثنين 3 نيسان 2023": ("2023-04-03T00:00+04:00", "day"),
    "5 تشرين ثاني 2024": ("2024-11-05T00:00+04:00", "day"),
    "12 يوليه 2021": ("2021-07-12T00:00+04:00", "day"),
    "7 مايس 2022": ("2022-05-07T00:00+04:00", "day"),
    "1 من يناير 2025": ("2025-01-01T00:00+04:00", "day"),
    "ديسمبر 25, 2020": ("2020-12-25T00:00+04:00", "day"),
    "2020 ديسمبر 25": ("2020-12-25T00:00+04:00", "day"),
    "5 مايو 2025م": ("2025-05-05T00:00+04:00", "day"),
    "٥ أيّار/مايو ٢٠٢٥": ("2025-05-05T00:00+04:00", "day"),
    # order of numbers: a printed weekday decides where both orders are possible
    "الثلاثاء 12/01/2021": ("2021-01-12T00:00+04:00", "day"),
    "الأربعاء 12/01/2021": ("2021-12-01T00:00+04:00", "day"),
    "12/25/2020": ("2020-12-25T00:00+04:00", "day"),
    "25.12.2020": ("2020-12-25T00:00+04:00", "day"),
    # clocks
    "12:30 ص 1/2/2025": ("2025-02-01T00:30+04:00", "minute"),
    "12:30 م 1/2/2025": ("2025-02-01T12:30+04:00", "minute"),
    "1/2/2025 11:45 ليلاً": ("2025-02-01T23:45+04:00", "minute"),
    "1/2/2025 12:10 ليلا": ("2025-02-01T00:10+04:00", "minute"),
    "1/2/2025 01:15 ظهراً": ("2025-02-01T13:15+04:00", "minute"),
    "5 مايو 2025 الساعة 10 مساءً": ("2025-05-05T22:00+04:00", "minute"),
    "الساعة 10 ص 5 مايو 2025": ("2025-05-05T10:00+04:00", "minute"),
    # offsets and zones
    "2020-06-03T03:01+0400": ("2020-06-03T03:01+04:00", "minute"),
    "2020-12-24T23:59:50Z": ("2020-12-24T23:59+00:00", "second"),
    "2020-12-24T23:59:50.123456+02:00": ("2020-12-24T23:59+02:00", "second"),
    "2020-03-15 20:18:45 GST": ("2020-03-15T20:18+04:00", "second"),
    "Mon, 24 Aug 2020 09:23:13 GMT": ("2020-08-24T09:23+00:00", "second"),
    "24 Aug 2020 09:23:13 -0500": ("2020-08-24T09:23-05:00", "second"),
    "5 مايو 2025 - 10:12 مساء بتوقيت مكة المكرمة": ("2025-05-05T22:12+03:00", "minute"),
    "5 مايو 2025 08:00 بتوقيت القاهرة": ("2025-05-05T08:00+03:00", "minute"),
    "1598260993": ("2020-08-24T13:23+04:00", "second"),
    "1598260993000": ("2020-08-24T13:23+04:00", "second"),
    "2025-11-21T20:07:00+03": ("2025-11-21T20:07+03:00", "second"),
    "20251121": ("2025-11-21T00:00+04:00", "day"),
    "Published: 21st November 2025": ("2025-11-21T00:00+04:00", "day"),
    "السبت 21 تشرين2 2020": ("2020-11-21T00:00+04:00", "day"),
    # Hijri: Umm al-Qura; the weekday settles a day's difference; the Gregorian half wins
    "11/10/1441هـ": ("2020-06-03T00:00+04:00", "day"),
    "الثلاثاء 11 شوال 1441": ("2020-06-02T00:00+04:00", "day"),
    "11 شوال 1441هـ الموافق 3 يونيو 2020م": ("2020-06-03T00:00+04:00", "day"),
    # relative
    "منذ ساعة ونصف": ("2026-11-21T20:30+04:00", "minute"),
    "منذ نصف ساعة": ("2026-11-21T21:30+04:00", "minute"),
    "منذ 3 ساعات و20 دقيقة": ("2026-11-21T18:40+04:00", "minute"),
    "قبل ثلاثة أيام": ("2026-11-18T00:00+04:00", "day"),
    "5 دقائق مضت": ("2026-11-21T21:55+04:00", "minute"),
    "آخر تحديث: منذ أقل من دقيقة": ("2026-11-21T21:59+04:00", "minute"),
    "منذ شهرين": ("2026-09-21T00:00+04:00", "month"),
    "أول أمس": ("2026-11-19T00:00+04:00", "day"),
    # what is not printed is not invented
    "يونيو 2020": ("2020-06-01T00:00+04:00", "month"),
    "2020": ("2020-01-01T00:00+04:00", "year"),
    "30 ديسمبر": ("2025-12-30T00:00+04:00", "day"),
    # direction marks and tatweel
    "\u200f21\u200f/11\u200f/2025": ("2025-11-21T00:00+04:00", "day"),
    "نُشــر في ٢١ نوفمبر ٢٠٢٥": ("2025-11-21T00:00+04:00", "day"),
}  # fmt: skip


@pytest.mark.parametrize("text", PRINTED)
def test_printed(text):
    assert read(text) == PRINTED[text]


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "اليوم السابع", "صحيفة اليوم", "الخميس 30-2-2020", "مارس المدير عمله",
        "3/4 السكان", "192.168.10.2020", "رقم الهاتف 0123456789", "بعد عامين من رحيله", "قال الوزير",
        "99 مايو", "منذ", "12:30", "صفحة 12", "9999999999999999", "7912345678", "99999999",
    ],
)  # fmt: skip
def test_no_date_is_invented(text):
    assert read(text) is None


@pytest.mark.parametrize("locale", ARABIC)
def test_every_month_of_every_arabic_locale(locale):
    for number, name in Locale.parse(locale).months["format"]["wide"].items():
        stamp = parse_date(f"نشر في: 9 {name} 2024 - 10:05 م", now=NOW, zone="UTC")
        assert stamp.at == datetime(2024, number, 9, 22, 5, tzinfo=UTC), (locale, name)


def test_the_raw_text_and_the_source_are_kept():
    stamp = parse_date(" 03 يونيو 2020 ", now=NOW, zone=ZoneInfo("UTC"), source="meta")
    assert (stamp.raw, stamp.source, stamp.precision) == ("03 يونيو 2020", "meta", Precision.DAY)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=LONGEST + 20))
def test_any_text_gives_a_stamp_or_none(text):
    stamp = parse_date(text, now=NOW, zone="Africa/Cairo")
    assert stamp is None or stamp.at.tzinfo is not None


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 4_000_000_000))
def test_iso_8601_is_read_back(seconds):
    at = datetime.fromtimestamp(seconds, UTC)
    assert parse_date(at.isoformat(), now=NOW, zone="Asia/Dubai").at == at


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["منذ", "و", "ساعة", "نصف", "12", "2020", "/", ":", "مايو", "أمس", "م", "رمضان", "+", "GMT",
             "9999", "١٤٤٦", "هـ", "-"]
        ),
        max_size=14,
    )
)  # fmt: skip
def test_words_of_dates_in_any_order(tokens):
    stamp = parse_date(" ".join(tokens), now=NOW, zone="UTC")
    assert stamp is None or stamp.raw
