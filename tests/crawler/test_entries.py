"""Reading what outlets list: literal bytes in, a listing that names its cause out."""

import gzip
import json
import time
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.entries import Cause, read_entries
from crawler.newsroom import Draft, Piece, press
from crawler.newsroom.feeds import WRITERS
from crawler.nouns import Entry, SourceKind
from crawler.payload import MAX_BYTES
from crawler.urls import url_key

FEED = SourceKind.FEED
URL = "https://outlet.example/feed/"


def rss(*items: str, head: str = "", xml: str = '<?xml version="1.0"?>') -> str:
    return f'{xml}<rss version="2.0"><channel><title>جريدة</title>{head}{"".join(items)}</channel></rss>'


def item(number: int = 1, title: str = "عنوان الخبر") -> str:
    return (
        f"<item><title>{title}</title><link>https://outlet.example/{number}</link>"
        f"<guid>{number}</guid><pubDate>Mon, 23 Nov 2026 10:00:00 +0300</pubDate></item>"
    )


def read(text: str | bytes, content_type: str = "application/rss+xml", kind: SourceKind = FEED):
    return read_entries(kind, text.encode() if isinstance(text, str) else text, URL, content_type)


@pytest.mark.parametrize(
    "name",
    [
        "author",
        "dc:creator",
        "managingEditor",
        "webMaster",
        "itunes:author",
        "dc:contributor",
        "dc:publisher",
    ],
)
def test_an_author_that_is_no_name_costs_no_time(name):
    """Forty kilobytes took nine seconds, in which the whole service stood still."""
    spaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    author = f"<{name} {spaces}>{'a.' * 20_000}</{name}>"
    started = time.process_time()
    listing = read(rss(item().replace("<guid>", f"{author}<guid>"), head=author))
    assert (listing.cause, len(listing.entries)) == (Cause.OK, 1)
    assert time.process_time() - started < 2


# --- every dialect ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "masthead", [m for m in press.mastheads() if m.dialect in WRITERS], ids=lambda m: m.id
)
@given(
    titles=st.lists(
        st.text(st.characters(codec="windows-1256", categories=("L", "N", "P", "S", "Zs")), min_size=1).map(
            lambda text: " ".join(text.split())
        ),
        max_size=40,
    )
)
@settings(max_examples=25, deadline=None)
def test_no_entry_is_lost_or_reordered_in_any_dialect(masthead, titles):
    at = datetime(2026, 11, 23, tzinfo=UTC)
    write, content_type = WRITERS[masthead.dialect]
    pieces = [
        Piece(masthead, Draft(f"d{n}", masthead.id, title, "العالم", ("نص",)), n, at)
        for n, title in enumerate(titles)
    ]
    listing = read(write(masthead, "https://outlet.example", pieces), content_type)
    assert [entry.url for entry in listing.entries] == [
        f"https://outlet.example{piece.path}" for piece in pieces
    ]
    assert (listing.undated, listing.unlinked) == (0, 0)
    assert listing.cause == (Cause.OK if titles else Cause.EMPTY)


def test_a_feed_of_thousands_is_read_whole():
    listing = read(rss(*map(item, range(3000))))
    assert len(listing.entries) == 3000
    assert listing.entries[-1].url == "https://outlet.example/2999"


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans(), st.text("abc", max_size=3)), max_size=30)
)
@settings(max_examples=50, deadline=None)
def test_no_entry_is_dropped_for_what_it_lacks_or_repeats(rows):
    items = [
        f"<item><link>/news/{n}</link>"
        + f"<title>خبر {n}</title>" * titled
        + "<pubDate>2026-11-23</pubDate>" * dated
        + f"<guid isPermaLink='false'>{guid}</guid>" * named
        + "</item>"
        for n, (titled, dated, named, guid) in enumerate(rows)
    ]
    listing = read(rss(*items))
    assert [entry.url for entry in listing.entries] == [
        f"https://outlet.example/news/{n}" for n in range(len(rows))
    ]
    assert listing.undated == sum(not dated for _, dated, _, _ in rows)


def test_an_address_listed_twice_is_one_entry_and_its_first_words_count():
    listing = read(rss(item(1, "أول"), item(2), item(1, "مكرر")))
    assert [(entry.url[-1], entry.title) for entry in listing.entries] == [("1", "أول"), ("2", "عنوان الخبر")]


def test_an_entry_without_any_address_is_counted():
    listing = read(rss("<item><title>عاجل</title></item>", item(2)))
    assert (len(listing.entries), listing.unlinked) == (1, 1)


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("خبر &amp;quot;عاجل&amp;quot;", 'خبر "عاجل"'),
        ("<![CDATA[<b>خبر</b> &amp; رأي]]>", "خبر & رأي"),
        ("\n  خبر\n  عاجل  ", "خبر عاجل"),
    ],
)
def test_titles_are_one_line_of_plain_text(title, plain):
    assert read(rss(item(1, title))).entries[0].title == plain


def test_dates_are_kept_as_printed():
    dated = "<item><link>/1</link><pubDate>الإثنين 23 نوفمبر 2026</pubDate></item>"
    assert read(rss(dated)).entries[0].published == "الإثنين 23 نوفمبر 2026"


@pytest.mark.parametrize(
    ("head", "interval"),
    [
        ("<ttl>15</ttl>", timedelta(minutes=15)),
        ("<ttl>soon</ttl>", None),
        (
            "<s:updatePeriod>hourly</s:updatePeriod><s:updateFrequency>4</s:updateFrequency>",
            timedelta(minutes=15),
        ),
        ("<s:updatePeriod>daily</s:updatePeriod><s:updateFrequency>0</s:updateFrequency>", timedelta(days=1)),
    ],
)
def test_update_hints(head, interval):
    text = rss(item(), head=head).replace(
        "<rss ", '<rss xmlns:s="http://purl.org/rss/1.0/modules/syndication/" '
    )
    assert read(text).interval == interval


def test_an_atom_feed_says_where_older_entries_are():
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="?page=2"/>'
        '<entry><title>خبر</title><link href="/a"/><updated>2026-11-23T00:00:00Z</updated></entry></feed>'
    )
    listing = read(feed)
    assert listing.next_page == "https://outlet.example/feed/?page=2"
    assert listing.entries == (Entry("https://outlet.example/a", "خبر", published="2026-11-23T00:00:00Z"),)


def test_a_json_feed_may_lack_all_but_addresses():
    listing = read(json.dumps({"items": [{"url": "/1"}, {"id": 2}, {"external_url": "https://b.example/"}]}))
    assert [entry.url for entry in listing.entries] == ["https://outlet.example/1", "https://b.example/"]
    assert (listing.dialect, listing.undated, listing.unlinked) == ("json", 2, 1)


def test_a_sitemap_is_known_from_its_bytes_and_an_index_names_its_parts():
    news = (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:i="http://www.google.com/schemas/'
        'sitemap-image/1.1" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>/a</loc>'
        "<i:image><i:loc>/a.jpg</i:loc><i:title>صورة</i:title></i:image><n:news>"
        "<n:publication_date>2026-11-23</n:publication_date><n:title>خبر</n:title></n:news></url>"
        "<url><loc>/b</loc><lastmod>2026-11-22</lastmod></url></urlset>"
    )
    assert read(gzip.compress(news.encode())).entries == (
        Entry("https://outlet.example/a", "خبر", published="2026-11-23"),
        Entry("https://outlet.example/b", published="2026-11-22"),
    )
    parts = "".join(f"<sitemap><loc>/{n}.xml</loc><lastmod>2026-11-2{n}</lastmod></sitemap>" for n in (1, 2))
    listing = read(f"<sitemapindex>{parts}</sitemapindex>")
    assert (listing.cause, listing.dialect) == (Cause.OK, "sitemap_index")
    assert listing.sitemaps == tuple(
        Entry(f"https://outlet.example/{n}.xml", published=f"2026-11-2{n}") for n in (1, 2)
    )


def test_an_address_that_is_none_is_counted_and_not_listed():
    listing = read("<urlset><url><loc>mailto:a@b.example</loc></url><url><loc>/a</loc></url></urlset>")
    assert ([entry.url for entry in listing.entries], listing.unlinked) == (["https://outlet.example/a"], 1)


MALFORMED = ["http://a.example:port/2", "http://[::1", "http://user@a.example/", "http://a.example:99999/"]


@pytest.mark.parametrize("link", MALFORMED)
@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (FEED, "<rss><channel><item><link>{}</link></item><item><link>/a</link></item></channel></rss>"),
        (FEED, '{{"items": [{{"url": "{}"}}, {{"url": "/a"}}]}}'),
        (FEED, "<urlset><url><loc>{}</loc></url><url><loc>/a</loc></url></urlset>"),
        (SourceKind.LISTING, '<a href="{}">خبر</a><a href="/a">خبر</a>'),
    ],
)
def test_one_malformed_link_hides_none_of_the_others(kind, document, link):
    body = document.format(link).encode()
    listing = read_entries(kind, body, URL, article_pattern=".")
    assert [url_key(entry.url) for entry in listing.entries] == ["outlet.example/a"]
    assert listing.unlinked == (kind is FEED)


@pytest.mark.parametrize("link", MALFORMED)
def test_a_malformed_base_or_next_page_hides_no_listing(link):
    page = f'<base href="{link}"><a href="/a">خبر</a><a rel="next" href="{link}">التالي</a>'
    listing = read_entries(SourceKind.LISTING, page.encode(), URL, article_pattern="a$")
    assert ([entry.url for entry in listing.entries], listing.next_page) == (["https://outlet.example/a"], "")


def test_an_index_names_only_parts_that_can_be_asked_for():
    parts = "<sitemap><loc>http://a.example:port/1.xml</loc></sitemap><sitemap><loc>/2.xml</loc></sitemap>"
    listing = read(f"<sitemapindex>{parts}</sitemapindex>")
    assert [each.url for each in listing.sitemaps] == ["https://outlet.example/2.xml"]


@pytest.mark.parametrize(
    ("url", "following"),
    [
        ("https://outlet.example/feed/", "https://outlet.example/feed/?paged=2"),
        ("https://outlet.example/feed/?paged=7&cat=3", "https://outlet.example/feed/?paged=8&cat=3"),
    ],
)
def test_a_wordpress_feed_has_pages_and_does_not_say_so(url, following):
    feed = f"<rss><channel><generator>https://wordpress.org/?v=6.8</generator>{item()}</channel></rss>"
    assert read_entries(SourceKind.FEED, feed.encode(), url).next_page == following
    assert read_entries(SourceKind.FEED, feed.replace("wordpress", "x").encode(), url).next_page == ""


# --- what is wrong has a name -----------------------------------------------------------------------------

BOMB = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
REACHING = '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
HUGE = f'<!DOCTYPE rss [<!ENTITY a "{"ha" * 50_000}">]>'


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", Cause.EMPTY),
        (b" \n\0 ", Cause.EMPTY),
        (rss().encode(), Cause.EMPTY),
        (b'{"items": []}', Cause.EMPTY),
        (b"<html><title>Sign in</title></html>", Cause.NOT_A_FEED),
        (b"plain words", Cause.NOT_A_FEED),
        (b'{"error": "rate limit"}', Cause.NOT_A_FEED),
        (b"[1, 2]", Cause.NOT_A_FEED),
        (b"[" * 100_000, Cause.NOT_A_FEED),
        (rss(item(), xml=BOMB).encode(), Cause.ENTITY_BOMB),
        (rss(item(), xml=REACHING).encode(), Cause.ENTITY_BOMB),
        (rss(item(), xml=HUGE).encode(), Cause.ENTITY_BOMB),
        (rss(item(), xml=BOMB).encode("utf-16"), Cause.ENTITY_BOMB),
        (gzip.compress(b"<rss>" + b" " * (MAX_BYTES + 1)), Cause.TOO_LARGE),
        (b" " * (MAX_BYTES + 1), Cause.TOO_LARGE),
    ],
    ids=range(15),
)
def test_a_document_we_cannot_use_is_named(body, cause):
    listing = read(body)
    assert (listing.cause, listing.entries) == (cause, ())


def test_a_page_where_a_feed_was_due_is_named_with_its_title():
    listing = read("<!doctype html><html><title>موقعنا الجديد</title></html>")
    assert (listing.cause, listing.title) == (Cause.NOT_A_FEED, "موقعنا الجديد")


def test_harmless_entities_are_no_bomb():
    text = rss(item(1, "خبر&nbsp;عاجل"), xml='<!DOCTYPE rss [<!ENTITY nbsp "&#160;">]>')
    assert [entry.title for entry in read(text).entries] == ["خبر عاجل"]


@given(st.data(), st.sampled_from([m for m in press.mastheads() if m.dialect in WRITERS]))
@settings(max_examples=60, deadline=None)
def test_a_document_cut_anywhere_keeps_its_whole_entries(data, masthead):
    at = datetime(2026, 11, 23, tzinfo=UTC)
    pieces = [
        Piece(masthead, Draft(f"d{n}", masthead.id, f"خبر {n}", "العالم", ("نص",)), n, at) for n in range(6)
    ]
    write, content_type = WRITERS[masthead.dialect]
    body = write(masthead, "https://outlet.example", pieces)
    cut = data.draw(st.integers(1, len(body) - 12))
    whole = [f"https://outlet.example{piece.path}" for piece in pieces]
    listing = read(body[:cut], content_type)
    got = [entry.url for entry in listing.entries]
    assert got == whole[: len(got)]
    ends = body[:cut].count(b"</item>") + body[:cut].count(b"</entry>") + body[:cut].count(b"</url>")
    assert len(got) >= ends
    assert listing.cause in {Cause.TRUNCATED, Cause.NOT_A_FEED} or len(got) == 6


def test_a_packed_file_that_is_cut_off_keeps_what_came():
    noise = "".join(Random(7).choices("ابتثجحخ", k=200_000))
    packed = gzip.compress(rss(item(1), item(2), f"<!-- {noise} -->", item(3)).encode())
    listing = read(packed[:-2000])
    assert (listing.cause, len(listing.entries)) == (Cause.TRUNCATED, 2)


@pytest.mark.parametrize(
    "text",
    [
        rss(item(1, "شركة A & B تعلن"), item(2)),
        rss(item(1, "بلا إغلاق <br>"), item(2)),
        "<br />\n<b>Warning</b>: mysql_connect() in /var/www/feed.php\n" + rss(item(1), item(2)),
        rss(item(1), item(2)) + "\n<!-- page generated in 0.2 seconds -->" + " " * 9000,
        rss(item(1, "حرف \x0b ممنوع"), item(2)),
    ],
    ids=["ampersand", "tag", "warning", "tail", "control"],
)
def test_a_feed_that_is_not_well_formed_keeps_its_entries(text):
    listing = read(text)
    assert (listing.cause, len(listing.entries)) == (Cause.OK, 2)


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_bytes_get_an_answer(body):
    for kind in SourceKind:
        assert read_entries(kind, body, URL, "text/xml").cause in Cause


# --- charsets ---------------------------------------------------------------------------------------------

DECLARED = '<?xml version="1.0" encoding="windows-1256"?>'


@pytest.mark.parametrize(
    ("xml", "charset", "content_type"),
    [
        (DECLARED, "windows-1256", "text/xml"),
        (DECLARED, "windows-1256", "text/xml; charset=utf-8"),
        ("", "windows-1256", "application/rss+xml"),
        ("", "windows-1256", "text/xml; charset=iso-8859-1"),
        ('<?xml version="1.0" encoding="utf-8"?>', "windows-1256", "text/xml"),
        ("", "windows-1256", "text/xml; charset=no-such-charset"),
        ("", "iso-8859-6", "text/xml; charset=iso-8859-6"),
        (DECLARED, "utf-8", "text/xml; charset=windows-1256"),
        ("", "utf-8-sig", "text/xml"),
        ("", "utf-16", "text/xml; charset=utf-8"),
    ],
)
def test_charsets_are_told_from_the_bytes(xml, charset, content_type):
    listing = read(rss(item(1, "مليارات الاحتيال الإلكتروني"), xml=xml).encode(charset), content_type)
    assert listing.entries[0].title == "مليارات الاحتيال الإلكتروني"


def test_one_damaged_character_does_not_change_the_charset():
    body = rss(*(item(n, "خبر صحيح كامل الحروف") for n in range(9)), item(9, "مقطوع هنا")).encode()
    at = body.index("مقطوع".encode())
    assert read(body[:at] + body[at + 1 :]).entries[0].title == "خبر صحيح كامل الحروف"


# --- listing pages ----------------------------------------------------------------------------------------


def listing_page(*anchors: str, around: str = "{}") -> str:
    return "<!doctype html><html><body>" + around.format("".join(anchors)) + "</body></html>"


def links(text: str, pattern: str = "") -> list[str]:
    listing = read_entries(SourceKind.LISTING, text.encode(), "https://outlet.example/", "", pattern)
    return [entry.url.removeprefix("https://outlet.example") for entry in listing.entries]


HEADLINE = "الشرطة تعلن توقيف شبكة في العاصمة"


@pytest.mark.parametrize(
    "address",
    [
        "/n3/2026/1123/c31659-20279.html",
        "/20261123/0a1b2c3d4e5f/c.html",
        "/txt/2026-11/23/content_117.htm",
        "/news/11873.html",
        "/?q=node/41222",
        "/NewsDetails.aspx?id=90817",
        "/الشرطة-تعلن-توقيف-شبكة",
        "/%d8%a7%d9%84%d8%b4%d8%b1%d8%b7%d8%a9-%d8%aa%d8%b9%d9%84%d9%86-%d8%aa%d9%88%d9%82-%d8%b4%d8%a8/",
    ],
)
def test_addresses_that_look_like_articles(address):
    assert links(listing_page(f'<a href="{address}">{HEADLINE}</a>')) == [address]


@pytest.mark.parametrize(
    "anchor",
    [
        f'<a href="/world">{HEADLINE}</a>',
        '<a href="/news/11873">المزيد</a>',
        f'<nav><a href="/news/11873">{HEADLINE}</a></nav>',
        f'<footer><a href="/news/11873">{HEADLINE}</a></footer>',
        f'<a href="https://social.example/news/11873">{HEADLINE}</a>',
        f'<a href="/tag/11873">{HEADLINE}</a>',
        f'<a href="#11873">{HEADLINE}</a>',
        f'<a href="javascript:open(11873)">{HEADLINE}</a>',
        '<a href="/news/11873">2026/11/23 - 10:00 صباحا</a>',
        f'<a href="http://[::bad/11873">{HEADLINE}</a>',
    ],
)
def test_links_that_are_no_articles(anchor):
    assert links(listing_page(anchor)) == []


def test_a_folder_of_headlines_holds_articles_whatever_their_addresses():
    page = listing_page(*(f'<a href="/news/{name}">{HEADLINE}</a>' for name in ("AXQ", "BZP", "CWR")))
    assert links(page) == ["/news/AXQ", "/news/BZP", "/news/CWR"]


def test_a_section_beside_its_articles_is_none():
    page = listing_page(
        f'<a href="/trending">أخبار الساعة من كل مكان</a><a href="/trending-61815">{HEADLINE}</a>'
        f'<a href="/trending-61816">{HEADLINE}</a><a href="/trending-61817">{HEADLINE}</a>'
    )
    assert links(page) == ["/trending-61815", "/trending-61816", "/trending-61817"]


def test_the_heading_is_the_title_wherever_else_the_address_is_linked():
    page = listing_page(
        '<a href="/news/1234"><img src="a.jpg"></a>',
        '<h3><a href="/news/1234">العنوان هو هذا السطر وحده</a></h3>',
        '<a href="/news/1234">ملخص طويل للخبر لا يصلح أن يكون عنوانا له لأنه أطول منه بكثير</a>',
    )
    listing = read_entries(SourceKind.LISTING, page.encode(), URL)
    assert [entry.title for entry in listing.entries] == ["العنوان هو هذا السطر وحده"]


def test_a_pattern_takes_what_it_matches_and_nothing_else():
    page = listing_page('<nav><a href="/n/1">خبر</a></nav>', f'<a href="/other/11873">{HEADLINE}</a>')
    assert links(page, r"/n/\d+$") == ["/n/1"]


def test_a_page_that_is_one_form_of_tables_still_lists():
    page = listing_page(
        f'<a href="/news/11873">{HEADLINE}</a>', around="<form><table><tr><td>{}</td></tr></table></form>"
    )
    assert links(page) == ["/news/11873"]


def test_a_listing_resolves_against_its_base_and_names_its_next_page():
    page = f'<base href="/ar/"><a href="news/11873">{HEADLINE}</a><a rel="next" href="?p=2">التالي</a>'
    listing = read_entries(SourceKind.LISTING, page.encode(), "https://outlet.example/x/")
    assert listing.entries[0].url == "https://outlet.example/ar/news/11873"
    assert listing.next_page == "https://outlet.example/ar/?p=2"


def test_a_real_front_page(data):
    body = (data / "pages" / "listing_bbcarabic_2022.html").read_bytes()
    listing = read_entries(SourceKind.LISTING, body, "https://www.bbc.com/arabic")
    right = [entry for entry in listing.entries if entry.url[-8:].isdigit()]
    assert listing.cause is Cause.OK
    assert len(right) >= 72
    assert len(right) / len(listing.entries) >= 0.95


@pytest.mark.parametrize("tag", ["div", "b", "x"])
def test_a_page_that_nests_for_ever_is_refused_unparsed(tag):
    page = f"<html><title>فخ</title>{f'<{tag}>' * 400_000}".encode()
    listing = read_entries(SourceKind.LISTING, page, URL)
    assert (listing.cause, listing.title) == (Cause.TOO_LARGE, "فخ")


def test_a_long_page_of_unclosed_paragraphs_is_no_trap():
    page = listing_page("<p><br><img><li>" * 5000, f'<a href="/news/11873">{HEADLINE}</a>')
    assert links(page) == ["/news/11873"]


def test_a_summary_that_nests_for_ever_is_looked_at_in_part():
    deep = "&lt;div&gt;" * 300_000
    listing = read(rss(f"<item><link>/1</link><description>{deep}خبر</description></item>"))
    assert listing.entries[0].summary == ""
