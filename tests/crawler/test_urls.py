"""One address for one article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.urls import absolute, canonical, is_web, url_key

SAME = [
    ("https://a.example/x", "http://www.a.example/x/"),
    ("https://a.example/x?id=5", "https://A.example:443/x?utm_source=rss&id=5#top"),
    ("https://a.example/خبر", "https://a.example/%D8%AE%D8%A8%D8%B1"),
    ("https://a.example/x?b=1&a=2", "https://a.example/x?a=2&b=1"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_address_have_one_key(one, other):
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x?id=5", "https://a.example/x?id=6"),
        ("https://a.example/X", "https://a.example/x"),
    ],
)
def test_two_articles_have_two_keys(one, other):
    assert url_key(one) != url_key(other)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://al-ain.com@evil.example/",
        "https://a.example:port/",
        "https://[::1",
        "ftp://a.example/",
        "https:///x",
        "https://a.example/" + "x" * 3000,
    ],
)
def test_what_is_no_web_address_is_refused(url):
    assert not is_web(url)
    assert absolute("https://a.example/", url) == "" or url.startswith("https:///")


def test_a_link_is_seen_from_its_page():
    assert absolute("https://a.example/b/c.html", " ../d?x=1#y ") == "https://a.example/d?x=1"
    assert absolute("https://a.example/b/c.html", " ") == ""


@given(st.text(max_size=60) | st.from_regex(r"(https?:)?//[^/]{0,20}(:[^/]{0,6})?/?.{0,20}", fullmatch=True))
def test_every_link_that_leads_somewhere_has_a_key(link):
    if url := absolute("https://a.example/b/", link):
        assert url_key(url)


@given(st.from_regex(r"https?://[a-z]{1,8}\.example(:[0-9]{1,4})?/[^\s\\]{0,40}", fullmatch=True))
def test_canonical_is_idempotent_and_keys_never_break(url):
    if is_web(url):
        assert canonical(canonical(url)) == canonical(url)
        assert url_key(canonical(url)) == url_key(url)
