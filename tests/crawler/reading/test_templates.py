"""Every template × every text of ours: the exact article, and never a headline of the related links."""

from datetime import UTC, datetime
from html import unescape

import pytest
from templates import ARTICLES, PLANTED, TEMPLATES, case

from crawler.nouns import Precision
from crawler.reading import Unreadable, read
from crawler.reading.decoding import decode

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
READABLE = [name for name in TEMPLATES if "unreadable" not in case(name, ARTICLES[0]).expected]


def test_there_are_templates_enough():
    assert len(TEMPLATES) >= 25


@pytest.mark.parametrize("template", READABLE)
def test_the_exact_article(template):
    # Half a megabyte takes its time; one text shows as much.
    for article in ARTICLES[:1] if template == "half_a_megabyte" else ARTICLES:
        made = case(template, article)
        reading = read(made.page, made.outlet, now=NOW)
        got, expected = reading.article, made.expected
        assert got.title == article["title"]
        assert got.body == made.body
        assert got.author == (article["author"] if expected.get("author", True) else "")
        assert got.section == (article["section"] if expected.get("section", True) else "")
        assert (got.url, got.language) == (expected.get("canonical", expected["url"]), "ar")
        assert got.wire == expected.get("wire", "")
        assert got.charset == (
            "utf-8" if expected.get("charset") == "entities" else expected.get("charset", "utf-8")
        )
        assert (got.first_seen, len(got.page_hash)) == (NOW, 64)
        assert (reading.next_page, reading.amp) == (expected.get("next_page", ""), expected.get("amp", ""))
        assert len(reading.updates) == expected.get("updates", 0)
        _check_date(made, got.published)


def _check_date(made, stamp):
    assert stamp.source == made.expected["published"]
    if made.expected.get("precision") == "day":
        assert (stamp.at.date(), stamp.precision) == (made.at.date(), Precision.DAY)
    else:
        assert stamp.at == made.at
        assert stamp.at.utcoffset() == made.at.utcoffset()


@pytest.mark.parametrize("template", READABLE)
def test_a_planted_headline_never_reaches_a_body(template):
    made = case(template, ARTICLES[0])
    assert PLANTED in unescape(decode(made.page.body, content_type=made.page.content_type).text)
    assert "ميانمار" not in read(made.page, made.outlet, now=NOW).article.body


def test_a_page_without_an_article_is_unreadable():
    made = case("consent_wall", ARTICLES[0])
    with pytest.raises(Unreadable, match="no_article"):
        read(made.page, made.outlet, now=NOW)
