"""Broken and hostile pages: always an outcome, never a crash, never long."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from templates import ARTICLES, TEMPLATES, case

from crawler.nouns import Article, Page
from crawler.reading import Unreadable, learn_from, read

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LIMIT = 10  # seconds; a slow shared machine is no defect, a page that grows without bound is
MADE = {name: case(name, ARTICLES[0]) for name in TEMPLATES if name != "half_a_megabyte"}
OUTLET = MADE["wordpress"].outlet


def script(source):
    return f'<script type="application/ld+json">{source}</script><p>x'.encode()


BROKEN = {
    "cut in a tag": b"<html><body><h1>x</h1><p class=",
    "cut in a character": "<p>نص".encode()[:-1],
    "only a comment": b"<!-- <p>x</p> --><b></b>",
    "unclosed comment": b"<p>x</p><!-- " + b"a" * 50_000,
    "nested tags": b"<div>" * 8_000 + b"x",
    "nested inline tags": b"<font>" * 8_000 + "نص قصير".encode(),
    "nested tables": b"<table><tr><td>" * 1_000 + "نص قصير".encode(),
    "nested lists in JSON-LD": b'<script type="application/ld+json">' + b"[" * 50_000 + b"</script><p>x",
    "nested objects in JSON-LD": b'<script type="application/ld+json">'
    + b'{"@graph":' * 500
    + b"1"
    + b"}" * 500,
    "many scripts": b'<script type="application/ld+json">{"@type":"NewsArticle"}</script>' * 500 + b"<p>x",
    "null bytes": b"<p>\x00\x00x\x00</p>" * 100,
    "lone surrogates": script(r'{"@type":"NewsArticle","headline":"\ud800"}'),
    "huge attribute": b"<meta property='og:title' content='" + b"a" * 500_000 + b"'><p>x",
    "many attributes": b"<div " + b"".join(b"a%d=1 " % number for number in range(4_000)) + b">x</div>",
    "a million spaces": b"<h1>x" + b" " * 1_000_000 + b"y</h1><p>z",
    "long date line": b"<h1>x</h1><title>x</title><div>" + "منذ 1 ".encode() * 5_000 + b"</div>",
    "many headings": b"<h1>x y z</h1>" * 3_000,
    "many links": b"<a href='/a'>x</a>" * 6_000,
    "wrong JSON-LD values": script(
        '{"@type":"NewsArticle","headline":{"a":[1]},"author":[[{"name":{"x":1}}]],"datePublished":["x",{}],'
        '"keywords":{"name":[1,null]},"liveBlogUpdate":[1,"x",{"headline":[]}],"image":[[]]}'
    ),
    "wrong addresses": b"<link rel=canonical href='http://[::1'><link rel=next href='//'><p>x"
    b"<meta property=og:image content='http://[x'>",
}


def outcome(page, outlet=OUTLET, profile=None):
    started = time.monotonic()
    try:
        result = read(page, outlet, now=NOW, profile=profile).article
    except Unreadable as refusal:
        result = refusal
    assert time.monotonic() - started < LIMIT
    assert isinstance(result, Article | Unreadable)
    if isinstance(result, Article):
        assert result.title or result.body
        (result.title + result.body + "".join(result.tags) + result.author).encode()
    return result


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name):
    outcome(Page("https://outlet.example/1", BROKEN[name]))


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=2_000),
    st.sampled_from(["", "text/html", "text/html; charset=utf-16", "text/html; charset=\xff"]),
)
def test_any_bytes(body, content_type):
    outcome(Page("https://outlet.example/1", b"<" + body, content_type))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_page_with_pieces_cut_doubled_and_spoilt(data):
    made = MADE[data.draw(st.sampled_from(sorted(MADE)))]
    body = bytearray(made.page.body)
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, max(0, len(body) - 1)))
        end = start + data.draw(st.integers(0, 400))
        match data.draw(st.sampled_from(["cut", "double", "spoil"])):
            case "cut":
                del body[start:end]
            case "double":
                body[start:start] = body[start:end]
            case "spoil":
                body[start:start] = data.draw(st.binary(max_size=20))
    outcome(Page(made.page.url, bytes(body), made.page.content_type), made.outlet)


def test_broken_with_a_profile():
    profile = learn_from([case("wordpress", article).page for article in ARTICLES[:4]], OUTLET, now=NOW)
    for body in BROKEN.values():
        outcome(Page("https://outlet.example/1", body), profile=profile)
