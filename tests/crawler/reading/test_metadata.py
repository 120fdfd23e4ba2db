"""What a page says about its article, where its witnesses disagree."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.nouns import Outlet, Page, Precision, Stamp, TimeRule
from crawler.reading import Unreadable, read
from crawler.reading.dating import settle
from crawler.reading.head import read_head
from crawler.reading.metadata import person, read_metadata
from crawler.reading.wire import wire_of

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
URL = "https://www.outlet.example/news/120"
CAIRO = Outlet("outlet", "الميناء", "Al Minaa", "EG", "Africa/Cairo", "https://outlet.example/", ())
TITLE = "افتتاح معرض الكتاب في المدينة القديمة"
BODY = "<p>" + "قال المنظمون إن الدورة الجديدة تستمر عشرة أيام وتستضيف ناشرين من عشرين بلدا. " * 6 + "</p>"


def about(html, url=URL):
    return read_metadata(read_head(LexborHTMLParser(html), url))


STATED = json.dumps({"@type": "NewsArticle", "headline": TITLE})
SITE = "<meta property='og:site_name' content='بوابة الميناء'>"


@pytest.mark.parametrize(
    "html",
    [
        f"<h1>{TITLE}</h1><h1>شريط الأخبار</h1><meta property='og:title' content='{TITLE} - الميناء'>",
        f"<h1>بوابة الميناء</h1><h2>{TITLE}</h2><title>{TITLE} | بوابة الميناء</title>{SITE}",
        f"<title>الميناء :: {TITLE}</title><h1 class='x'><span>{TITLE}</span></h1>",
        f"<script type='application/ld+json'>{STATED}</script>",
        f"<h1>{TITLE}&amp;nbsp;</h1><title>{TITLE}</title>",
        f"<h1>\u200f{TITLE}\u200f</h1><title>{TITLE}</title>",
    ],
)
def test_title(html):
    assert about(html).title == TITLE


def test_json_ld_of_linked_articles_is_not_taken_for_this_one():
    linked = {"@type": "NewsArticle", "headline": "خبر آخر تماما", "datePublished": "2020-01-01"}
    own = {"@type": ["NewsArticle"], "headline": TITLE, "datePublished": "2025-05-03"}
    html = f"<h1>{TITLE}</h1><script type='application/ld+json'>{json.dumps([linked, own])}</script>{BODY}"
    assert f"{read(Page(URL, html.encode()), CAIRO, now=NOW).article.published.at:%Y-%m-%d}" == "2025-05-03"
    alone = (
        f"<h1>{TITLE}</h1><script type='application/ld+json'>{json.dumps([linked, linked])}</script>{BODY}"
    )
    assert read(Page(URL, alone.encode()), CAIRO, now=NOW).article.published is None


@pytest.mark.parametrize(
    ("canonical", "kept"),
    [
        ("https://outlet.example/n/120", "https://outlet.example/n/120"),
        ("/n/120", "https://www.outlet.example/n/120"),
        ("https://www.outlet.example/", URL),
        ("https://other.example.org/n/120", URL),
        ("javascript:alert(1)", URL),
        ("http://[", URL),
    ],
)
def test_canonical_is_believed_within_the_site(canonical, kept):
    assert about(f'<link rel="canonical" href="{canonical}"><h1>{TITLE}</h1>').url == kept


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        ("كتب: أحمد سالم", "أحمد سالم"),
        ("بقلم/ ليلى عمر", "ليلى عمر"),
        ("حسام علي - القاهرة", "حسام علي"),
        ("مرسلة بواسطة نادر", "نادر"),
        ("info@outlet.example", ""),
        ("https://facebook.com/x", ""),
        ("تم نشره يوم 5 مايو 2025", ""),
        ("(أبوظبي - البيان)", ""),
    ],
)
def test_person(claim, name):
    assert person(claim) == name


@pytest.mark.parametrize(
    ("body", "wire"),
    [
        ("بكين 3 مايو (شينخوا) قالت السلطات إن الأعمال انتهت.", "xinhua"),
        ("قالت السلطات إن الأعمال انتهت قبل موعدها بأسبوع كامل.\n\nالمصدر: وكالات", "agencies"),
        ("انتهت الأعمال قبل موعدها بأسبوع.\n\n--(بترا)", "petra"),
        ("انتهت الأعمال (أ ف ب)", "afp"),
        ("تحدث مراسل رويترز إلى الشهود في المكان ثم غادر إلى العاصمة.", ""),
        ("عمل الفريق (معا حتى النهاية وبلا توقف) طوال الليل.", ""),
    ],
)
def test_wire(body, wire):
    assert wire_of(read_head(LexborHTMLParser("<p>x</p>"), URL), body, "") == wire


def stamp(raw):
    return Stamp(datetime.fromisoformat(raw), Precision.SECOND, "meta", raw)


def test_utc_is_shown_in_the_outlets_zone():
    settled, remark = settle(stamp("2025-05-03T22:30:00+00:00"), CAIRO, now=NOW)
    assert (settled.at.isoformat(), remark) == ("2025-05-04T01:30:00+03:00", "")


def test_a_printed_offset_is_kept():
    settled, _ = settle(stamp("2025-05-03T22:30:00+04:00"), CAIRO, now=NOW)
    assert settled.at.isoformat() == "2025-05-03T22:30:00+04:00"


def test_local_time_marked_utc_by_the_outlets_rule():
    rule = Outlet("o", "", "", "", "Africa/Cairo", "", (), time_rule=TimeRule.Z_IS_LOCAL)
    settled, _ = settle(stamp("2025-05-03T22:30:00+00:00"), rule, now=NOW)
    assert settled.at.isoformat() == "2025-05-03T22:30:00+03:00"


def test_utc_in_the_future_that_is_past_as_local_time_is_local():
    ahead = (NOW + timedelta(hours=2)).isoformat()
    settled, remark = settle(stamp(ahead), CAIRO, now=NOW)
    assert (settled.at, remark) == (NOW, "z_is_local")


def test_a_date_that_has_not_come_is_now_and_says_so():
    settled, remark = settle(stamp("2027-05-03T22:30:00+03:00"), CAIRO, now=NOW)
    assert (settled.at, remark, settled.raw) == (NOW, "future", "2027-05-03T22:30:00+03:00")


def test_the_masthead_clock_is_not_the_articles_date():
    masthead = "<div>الأحد 22 نوفمبر 2026 14:00</div>"
    html = f"<title>{TITLE}</title>{masthead}<h1>{TITLE}</h1><div>5 مايو 2025</div>{BODY}"
    assert f"{read(Page(URL, html.encode()), CAIRO, now=NOW).article.published.at:%Y-%m-%d}" == "2025-05-05"


def test_relative_times_of_other_articles_are_not_the_articles_date():
    others = "".join(f"<div>خبر رقم كذا في الصفحة</div><div>منذ {n} ساعات</div>" for n in range(3, 12))
    html = f"<h1>{TITLE}</h1><title>{TITLE}</title>{BODY * 14}{others}"
    assert read(Page(URL, html.encode()), CAIRO, now=NOW).article.published is None


@pytest.mark.parametrize(
    ("page", "cause"),
    [
        (Page(URL, b"  \n "), "empty"),
        (Page(URL, b"<p>" + b"x" * 8 * 1024 * 1024), "too_large"),
        (Page(URL, b"{}", "application/json"), "not_html"),
        (Page(URL, b"%PDF-1.7 <x>", "text/html"), "not_html"),
        (Page(URL, "نص بلا وسوم".encode()), "not_html"),
        (Page(URL, b"<html><body><a href='/'>x</a></body></html>"), "no_article"),
    ],
)
def test_unreadable(page, cause):
    with pytest.raises(Unreadable) as refusal:
        read(page, CAIRO, now=NOW)
    assert refusal.value.cause == cause
