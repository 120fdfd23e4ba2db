"""How a site lists its articles, found on its home page."""

import re

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.discovery import (
    advertised,
    country_of,
    id_of,
    listed,
    named_in_robots,
    names,
    owner_of,
    pattern_of,
    well_known,
    zone_of,
)
from crawler.nouns import Entry, Outlet, SourceKind

HOME = "https://www.alif.com.eg/"
ALIF = Outlet("alif", "ألف", "Alif", "EG", "Africa/Cairo", "https://alif.com.eg", ())


def page(markup: str) -> LexborHTMLParser:
    return LexborHTMLParser(f"<!doctype html><html><head>{markup}</head><body></body></html>")


def test_feeds_that_a_page_names_are_found_but_for_those_of_comments():
    home = page(
        '<link rel="alternate" type="application/rss+xml" title="ألف" href="/feed/">'
        '<link rel="alternate" type="application/rss+xml" title="ألف » تعليقات" href="/comments/feed/">'
        '<link rel="alternate" type="application/atom+xml; charset=utf-8" href="//alif.com.eg/atom">'
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">'
        '<link rel="alternate" hreflang="en" href="/en/">'
    )
    assert [source.url for source in advertised(home, HOME)] == [
        "https://www.alif.com.eg/feed/",
        "https://alif.com.eg/atom",
    ]


def test_sitemaps_for_news_come_first():
    text = "User-agent: *\nSitemap: https://alif.com.eg/pages.xml\nSitemap: https://alif.com.eg/news.xml\nSitemap: file:///etc/passwd\n"
    assert [(s.url, s.kind) for s in named_in_robots(text)] == [
        ("https://alif.com.eg/news.xml", SourceKind.NEWS_SITEMAP), ("https://alif.com.eg/pages.xml", SourceKind.NEWS_SITEMAP),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("urls", "pattern"),
    [
        (
            [f"http://a.cn/n3/2026/112{n}/c31660-2039{n}.html" for n in range(6)],
            r"/n3/\d+/\d+/c\d+\-\d+\.html",
        ),
        ([f"http://a.cn/txt/2026-11/2{n}/content_8764{n}.htm" for n in range(6)], None),
        ([f"http://a.eg/news/{4100 + n}/فتح-المعبر-{'ب' * n}" for n in range(6)], None),
        ([f"http://a.eg/{word}" for word in "abcdef"], ""),
    ],
)
def test_a_pattern_is_learned_from_the_numbers_of_addresses(urls, pattern):
    learned = pattern_of([Entry(url) for url in [*urls, "http://a.cn/about/us", "http://a.cn/ads/7"]])
    if pattern is not None:
        assert learned == pattern
    if learned:
        assert all(re.search(learned, url) for url in urls)
        assert not re.search(learned, "http://a.cn/about/us")


def test_a_page_with_few_headlines_is_no_list():
    links = "".join(
        f'<h2><a href="/2026/11/23/{n}.html">خبر رقم {n} عن النقل في المدينة</a></h2>' for n in range(6)
    )
    full = LexborHTMLParser(f"<html><body>{links}</body></html>")
    source = listed(full, HOME)
    assert source is not None
    assert (source.url, source.kind) == (HOME, SourceKind.LISTING)
    assert listed(LexborHTMLParser("<html><body><a href='/1'>خبر</a></body></html>"), HOME) is None


@pytest.mark.parametrize(
    ("markup", "arabic", "latin"),
    [
        ('<meta property="og:site_name" content="صحيفة ألف"><title>Home - Alif</title>', "صحيفة ألف", "Alif"),
        ("<title>آخر الأخبار | ألف نيوز</title>", "ألف نيوز", ""),
        ("<title>الرئيسية - ألف</title>", "ألف", ""),
        (
            '<link rel="alternate" type="application/rss+xml" title="ألف » الخلاصة"><title>الرئيسية</title>',
            "ألف",
            "",
        ),
        ("<title>الصفحة الرئيسية</title>", "", ""),
        ("", "", ""),
    ],
)
def test_a_site_says_its_name(markup, arabic, latin):
    found = names(page(markup))
    assert (found.arabic, found.latin) == (arabic, latin)


@pytest.mark.parametrize(
    ("url", "taken", "name"),
    [(HOME, (), "alif"), (HOME, ("alif", "alif_1"), "alif_2"), ("https://arabic.news.cn/", (), "cn"), ("http://127.0.0.1:8000", (), "127"),
     (f"https://{'long-' * 12}name.example/", (), "long_long_long_long")],
)  # fmt: skip
def test_an_id_comes_from_the_address_and_is_free(url, taken, name):
    assert id_of(url, taken) == name or re.fullmatch(r"[a-z0-9_]{2,20}", id_of(url, taken))


def test_country_and_zone_are_guessed_from_what_is_known():
    assert (country_of(HOME), country_of("https://alif.com"), country_of("http://127.0.0.1")) == (
        "EG",
        "XX",
        "XX",
    )
    assert (zone_of("EG", [ALIF]), zone_of("XX", [ALIF])) == ("Africa/Cairo", "UTC")


def test_an_outlet_that_is_known_is_told_by_its_host():
    assert owner_of("https://www.alif.com.eg/ar/", [ALIF]) == ALIF
    assert owner_of("https://ba.example/", [ALIF]) is None


def test_the_usual_places_are_below_the_page_and_at_the_root():
    urls = [source.url for source in well_known("https://alif.com/ar/")]
    assert "https://alif.com/ar/feed/" in urls
    assert "https://alif.com/rss.xml" in urls
