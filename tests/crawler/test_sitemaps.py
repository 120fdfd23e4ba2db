"""Which sitemaps are read, and what of them is news."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.nouns import Entry
from crawler.sitemaps import FOLLOWED, all_dated, in_robots, newest, recent

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def urls(entries) -> list[str]:
    return [each.url.rpartition("/")[2] for each in entries]


@pytest.mark.parametrize(
    ("index", "first"),
    [
        ([("a.xml", "2026-11-20"), ("b.xml", "2026-11-23T11:00:00Z"), ("c.xml", "2026-11-21")], "b.xml"),
        ([("posts-1.xml", ""), ("posts-12.xml", ""), ("posts-9.xml", "")], "posts-12.xml"),
        ([("2026-11-22.xml", ""), ("2026-11-23.xml", ""), ("2025-12-31.xml", "")], "2026-11-23.xml"),
        ([("posts-99.xml", ""), ("news.xml", "")], "news.xml"),
        ([("category-sitemap.xml", "2026-11-23T11:59:00Z"), ("post-sitemap.xml", "2026-11-01")], "post-sitemap.xml"),
        ([("video.xml", ""), ("tags.xml", "")], "video.xml"),
    ],
)  # fmt: skip
def test_the_likeliest_part_of_an_index_comes_first(index, first):
    parts = [Entry(f"https://a.example/{name}", published=changed) for name, changed in index]
    assert urls(newest(parts, NOW))[0] == first


def test_an_index_of_years_is_not_read_whole():
    parts = [Entry(f"https://a.example/{n}.xml") for n in range(500)]
    assert urls(newest(parts, NOW)) == ["499.xml", "498.xml", "497.xml"]
    assert len(newest(parts, NOW)) == FOLLOWED


def test_only_what_is_dated_before_is_left_out():
    dates = {
        "old": "2026-11-01",
        "today": "2026-11-23",
        "new": "2026-11-23T10:00:00+03:00",
        "undated": "",
        "odd": "?",
    }
    entries = [Entry(f"https://a.example/{name}", published=date) for name, date in dates.items()]
    assert urls(recent(entries, NOW - timedelta(hours=6), NOW)) == ["today", "new", "undated", "odd"]


def test_a_day_counts_until_its_end():
    assert recent([Entry("https://a.example/1", published="2026-11-22")], NOW, NOW)


def test_an_index_without_dates_says_nothing_by_staying_the_same():
    assert all_dated([Entry("a", published="2026-11-23")])
    assert not all_dated([Entry("a", published="2026-11-23"), Entry("b")])


def test_robots_txt_names_sitemaps():
    text = "User-agent: *\nDisallow:\nSitemap: https://a.example/all.xml\n sitemap:https://a.example/news.xml\n# Sitemap"
    assert in_robots(text) == ("https://a.example/news.xml", "https://a.example/all.xml")
    assert in_robots("<html>") == ()
