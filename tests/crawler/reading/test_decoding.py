"""Bytes to text where declarations lie."""

import pytest

from crawler.reading.decoding import decode

TEXT = (
    "<html><title>افتتاح معرض الكتاب في المدينة</title><p>قال المنظمون إن الدورة تستمر عشرة أيام.</p></html>"
)


@pytest.mark.parametrize("actual", ["utf-8", "windows-1256", "iso-8859-6"])
@pytest.mark.parametrize(
    "declared",
    ["", "utf-8", "windows-1256", "iso-8859-6", "iso-8859-1", "windows-1252", "us-ascii", "no-such"],
)
@pytest.mark.parametrize("place", ["header", "meta"])
def test_every_declaration_over_every_charset(actual, declared, place):
    header, html = "text/html", TEXT
    if declared and place == "header":
        header += f"; charset={declared}"
    elif declared:
        html = html.replace("<html>", f'<html><meta charset="{declared}">')
    decoded = decode(html.encode(actual), content_type=header)
    assert (decoded.text, decoded.charset) == (html, actual)


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_and_marked(charset):
    assert decode(TEXT.encode(charset), content_type="text/html; charset=windows-1256").text == TEXT


def test_a_few_cut_characters_do_not_cost_the_page():
    body = (TEXT * 20).encode()[:-3] + "ق".encode()[:1] + b"</p>"
    decoded = decode(body, content_type="text/html; charset=windows-1256")
    assert decoded.charset == "utf-8"
    assert "افتتاح معرض الكتاب" in decoded.text


def test_a_short_title_alone_is_enough():
    html = "<title>صالات قمار تعمل تحت أعين الشرطة</title>"
    for charset in ("windows-1256", "iso-8859-6"):
        assert decode(html.encode(charset)).text == html


def test_the_outlets_charset_is_believed_where_the_bytes_leave_it_open():
    html = "<p>Général à Paris, été déjà</p>"
    assert decode(html.encode("cp1252"), hint="windows-1252").text == html


def test_without_arabic_the_declaration_holds():
    html = '<meta charset="iso-8859-1"><p>Déjà vu à Tunis</p>'
    assert decode(html.encode("latin-1")).text == html
