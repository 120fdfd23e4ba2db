"""What the world sends instead of news: each gets a name on its poll, nothing is lost, nothing else stops."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

import crawler.settings
from crawler.database import Database
from crawler.engine import open_engine
from crawler.looking import Look, look
from crawler.newsroom import Draft
from crawler.nouns import Outcome, Outlet, Poll, SourceKind
from crawler.polling import Poller
from crawler.reading import Reader, ReadingPool
from crawler.schema import migrations
from crawler.storage import Archive, Sources, Validators
from scheduler.archive import utc_now
from tests.fakes.newsroom import MisbehavingNewsroom
from tests.fakes.site import article_page, rss, serve_site
from tests.journeys.conftest import LOCAL, outlet_at

OK, SOFT, HARD, TEMPORARY = Outcome.OK, Outcome.SOFT, Outcome.HARD, Outcome.TEMPORARY
PARAGRAPHS = (
    "أعلنت وزارة النقل اليوم الأحد افتتاح خط جديد للحافلات يربط وسط المدينة بضواحيها الشرقية ابتداء من الشهر المقبل.",
    "وقال متحدث باسم الوزارة في مؤتمر صحفي إن الخط سيخدم نحو أربعين ألف راكب يوميا، وإن الأسعار لن تتغير هذا العام.",
    "ورحب سكان الضواحي بالخطوة، وطالبوا بزيادة عدد الرحلات في ساعات الذروة وتحسين محطات الانتظار.",
)
FEED = "diffatain"  # an RSS outlet of the newsroom

# What a poll of an RSS source says of each fault.
NAMED = {
    "status_401": (HARD, "http_401"), "status_403": (HARD, "http_403"), "status_404": (HARD, "http_404"),
    "status_410": (HARD, "http_410"), "status_451": (HARD, "http_451"), "status_400": (SOFT, "http_400"),
    "status_429": (TEMPORARY, "http_429"), "status_500": (TEMPORARY, "http_500"), "status_502": (TEMPORARY, "http_502"),
    "status_503": (TEMPORARY, "http_503"), "status_504": (TEMPORARY, "http_504"), "status_520": (TEMPORARY, "http_520"),
    "bot_wall": (HARD, "http_403"),
    "status_204": (SOFT, "empty"), "empty_200": (SOFT, "empty"), "empty_feed": (SOFT, "empty"),
    "html_for_feed": (SOFT, "not_a_feed"), "consent_wall": (SOFT, "consent_wall"), "parked_domain": (SOFT, "parked_domain"),
    "truncated_feed": (SOFT, "truncated"), "truncated_gzip": (SOFT, "truncated"), "length_too_short": (SOFT, "truncated"),
    "gzip_bomb": (SOFT, "too_large"), "entity_bomb": (SOFT, "entity_bomb"), "false_gzip": (SOFT, "bad_packing"),
    "redirect_to_file": (SOFT, "http_302"),
    "redirect_loop": (SOFT, "redirect_loop"), "redirect_for_ever": (SOFT, "redirect_loop"),
    "redirect_to_metadata": (HARD, "private_address"), "redirect_to_nowhere": (TEMPORARY, "dns"),
    "redirect_to_broken_tls": (TEMPORARY, "tls"),
    "reset": (TEMPORARY, "connection"), "length_too_long": (TEMPORARY, "cut_off"), "cut_chunks": (TEMPORARY, "cut_off"),
    "hang": (TEMPORARY, "timeout"), "slow_drip": (TEMPORARY, "timeout"),
    "robots_deny": (HARD, "robots"),
    "missing_dates": (OK, "ok"), "future_dates": (OK, "ok"), "duplicate_guids": (OK, "ok"), "changing_guids": (OK, "ok"),
    "wrong_charset": (OK, "ok"), "undeclared_charset": (OK, "ok"), "not_well_formed": (OK, "ok"), "giant_feed": (OK, "ok"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(crawler.settings, "DOWNLOAD_TIMEOUT", 2)


def one(outlets: tuple[Outlet, ...], name: str) -> Outlet:
    return next(outlet for outlet in outlets if outlet.id == name)


@pytest.mark.parametrize("fault", NAMED)
async def test_a_poll_names_what_was_wrong(fault):
    async with MisbehavingNewsroom() as room:
        outlet = one(room.outlets, FEED)
        room.faults.set(FEED, fault)
        async with open_engine(room.outlets, now=utc_now, allowed_networks=LOCAL) as fetch:
            seen = await look(outlet, outlet.sources[0], fetch=fetch, now=utc_now)
    assert (seen.poll.outcome, seen.poll.cause) == NAMED[fault], seen.poll.detail
    if seen.poll.outcome in (HARD, TEMPORARY, SOFT):
        assert seen.poll.detail
        assert seen.validators == Validators(), "what could not be used is never called unchanged"


async def test_a_server_that_asks_for_time_is_heard():
    async with MisbehavingNewsroom() as room:
        outlet = one(room.outlets, FEED)
        room.faults.set(FEED, "status_503")
        async with open_engine(room.outlets, now=utc_now, allowed_networks=LOCAL) as fetch:
            seen = await look(outlet, outlet.sources[0], fetch=fetch, now=utc_now)
    assert seen.retry_after == timedelta(seconds=30)


async def test_without_an_allowance_nobody_makes_us_knock_at_home():
    async with MisbehavingNewsroom() as room:
        outlet = one(room.outlets, FEED)
        async with open_engine(room.outlets, now=utc_now) as fetch:
            seen = await look(outlet, outlet.sources[0], fetch=fetch, now=utc_now)
        assert (seen.poll.outcome, seen.poll.cause) == (HARD, "private_address")
        by_name = outlet_at("http://localhost:1", "/feed.rss")
        async with open_engine([by_name], now=utc_now) as fetch:
            seen = await look(by_name, by_name.sources[0], fetch=fetch, now=utc_now)
        assert (seen.poll.outcome, seen.poll.cause) == (HARD, "private_address")
        assert not room.requests


async def poll_all(database: Database, outlets: tuple[Outlet, ...], polls: list[Poll]) -> None:
    """Poll everything that is due, once, and read what was listed."""
    async with open_engine(outlets, now=utc_now, allowed_networks=LOCAL) as fetch, ReadingPool() as pool:
        poller = Poller(
            database, outlets, fetch=fetch, reader=Reader(pool).read, now=utc_now,
            cadence=lambda *_args, **_more: timedelta(), on_poll=polls.append,
        )  # fmt: skip
        await poller.start_due()
        while poller.busy:
            await asyncio.sleep(0.05)


@pytest.fixture
def database(tmp_path: Path):
    with Database(tmp_path / "a.sqlite", (migrations,)) as database:
        yield database


@pytest.mark.parametrize(
    "fault", ["empty_200", "reset", "html_for_feed", "truncated_feed", "status_503", "entity_bomb"]
)
async def test_what_was_published_during_a_fault_comes_after_it_and_others_go_on(database, fault):
    polls: list[Poll] = []
    async with MisbehavingNewsroom(drafts=[]) as room:
        database.write(lambda c: Sources(c).watch(room.outlets, utc_now()))
        for outlet in room.outlets:
            room.publish(
                Draft(
                    f"old-{outlet.id}",
                    outlet.id,
                    f"خبر قديم من {outlet.id}",
                    "world",
                    PARAGRAPHS,
                )
            )
        await poll_all(database, room.outlets, polls)
        room.faults.set(FEED, fault)
        for outlet in room.outlets:
            room.publish(
                Draft(
                    f"new-{outlet.id}",
                    outlet.id,
                    f"خبر جديد من {outlet.id}",
                    "world",
                    PARAGRAPHS,
                )
            )
        polls.clear()
        await poll_all(database, room.outlets, polls)
        assert {poll.outlet for poll in polls if poll.outcome is not OK} == {FEED}, (
            "the others are not disturbed"
        )
        room.faults.clear()
        await poll_all(database, room.outlets, polls)
        kept = {article.title for _, article in database.read(lambda c: Archive(c).after(0, 100))}
        assert len(kept) == 2 * len(room.outlets)


async def test_a_page_of_50_mb_is_refused_and_the_others_are_read(database):
    site: dict = {f"/{n}.html": article_page(f"خبر رقم {n}", "نص طويل عن الخبر.\n" * 5) for n in range(3)}
    big = b"<html><body>" + b"x" * (50 << 20)

    async def stream(request: web.Request) -> web.StreamResponse:  # chunked: its size is not said in advance
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        try:
            for start in range(0, len(big), 1 << 16):
                await response.write(big[start : start + (1 << 16)])
        except ConnectionError:
            pass
        return response

    site |= {"/big.html": web.Response(body=big, content_type="text/html"), "/stream.html": stream}
    polls: list[Poll] = []
    async with serve_site(site) as home:
        site["/feed.rss"] = rss(*site, home=home)
        outlet = outlet_at(home, "/feed.rss")
        database.write(lambda c: Sources(c).watch([outlet], utc_now()))
        await poll_all(database, (outlet,), polls)
    counts = database.read(lambda c: Archive(c).counts())
    causes = database.read(
        lambda c: [row["cause"] for row in c.query("SELECT cause FROM entry WHERE cause != ''")]
    )
    assert counts["articles"] == 3
    assert causes == ["too_large", "too_large"]
    assert counts["pending"] == 2, "it is tried again: an outlet may mend its page"


async def test_a_windows_1256_page_without_a_declaration_is_read_right(database):
    title, body = (
        "الشرطة تفكك شبكة للنصب على المسافرين",
        "أعلنت الشرطة يوم الأحد تفكيك شبكة للنصب.\nوقالت إن التحقيق مستمر.",
    )
    page = article_page(title, body).replace('<meta charset="utf-8">', "").encode("cp1256")
    site: dict = {"/old.html": web.Response(body=page, headers={"Content-Type": "text/html"})}
    polls: list[Poll] = []
    async with serve_site(site) as home:
        site["/feed.rss"] = rss("/old.html", home=home)
        outlet = outlet_at(home, "/feed.rss")
        database.write(lambda c: Sources(c).watch([outlet], utc_now()))
        await poll_all(database, (outlet,), polls)
    ((_, article),) = database.read(lambda c: Archive(c).after(0, 9))
    assert (article.title, article.charset) == (title, "windows-1256")
    assert "تفكيك شبكة للنصب" in article.body


async def test_a_defect_of_ours_is_named_on_the_poll_and_on_the_page_and_stops_nobody(database, monkeypatch):
    def broken(*_args, **_more):
        raise RecursionError("too deep")

    polls: list[Poll] = []
    async with MisbehavingNewsroom() as room:
        outlets = room.outlets[:2]
        database.write(lambda c: Sources(c).watch(outlets, utc_now()))
        with monkeypatch.context() as patched:
            patched.setattr("crawler.looking.read_entries", broken)
            await poll_all(database, outlets, polls)
        assert {(poll.outcome, poll.cause) for poll in polls} == {(SOFT, "defect_RecursionError")}
        with monkeypatch.context() as patched:
            patched.setattr("crawler.pages._joined", broken)
            await poll_all(database, outlets, polls)
        counts = database.read(lambda c: Archive(c).counts())
        assert (counts["articles"], counts["given_up"]) == (0, 0)
        assert counts["pending"] > 0, "they are tried again"


async def test_a_feed_of_ten_megabytes_is_read_whole():
    text = "نص طويل جدا عن الخبر. " * 900
    items = "".join(
        f"<item><title>خبر {n}</title><link>/{n}</link><description>{text}</description></item>"
        for n in range(300)
    )
    feed = f"<rss><channel>{items}</channel></rss>".encode()
    assert len(feed) > 10_000_000
    async with serve_site({"/feed.rss": feed}) as home:
        outlet = outlet_at(home, "/feed.rss")
        async with open_engine([outlet], now=utc_now, allowed_networks=LOCAL) as fetch:
            seen = await look(outlet, outlet.sources[0], fetch=fetch, now=utc_now)
    assert (seen.poll.cause, seen.poll.entries) == ("ok", 300)


async def test_a_feed_whose_reading_does_not_end_is_one_polls_outcome_and_the_next_feed_is_read():
    site = {"/feed.rss": f"<rss><channel>{'<item>' * 400_000}</channel></rss>", "/calm.rss": rss("/1")}
    async with serve_site(site) as home, ReadingPool(1, limit=timedelta(seconds=5)) as pool:
        outlets = [outlet_at(home, path) for path in site]
        async with open_engine(outlets, now=utc_now, allowed_networks=LOCAL) as fetch:
            seen = [
                await look(outlet, outlet.sources[0], fetch=fetch, now=utc_now, work=pool.run)
                for outlet in outlets
            ]
    hostile, calm = (each.poll for each in seen)
    assert (hostile.outcome, hostile.cause, hostile.status) == (SOFT, "reading_timeout", 200)
    assert (calm.outcome, calm.entries) == (OK, 1)


@pytest.mark.parametrize("dated", [True, False])
async def test_a_sitemap_index_is_a_source(dated):
    hour = utc_now() - timedelta(hours=1)
    stamp = f"<lastmod>{hour.isoformat()}</lastmod>" * dated
    parts = "".join(f"<sitemap><loc>/{n}.xml</loc>{stamp}</sitemap>" for n in range(5))
    site: dict = {"/index.xml": f"<sitemapindex>{parts}</sitemapindex>"}
    for n in range(5):
        dates = (hour, hour - timedelta(days=30))
        site[f"/{n}.xml"] = "<urlset>{}</urlset>".format(
            "".join(
                f"<url><loc>/{n}/{at:%Y%m%d}</loc><lastmod>{at.isoformat()}</lastmod></url>" for at in dates
            )
        )
    async with serve_site(site) as home:
        outlet = outlet_at(home, "/index.xml", kind=SourceKind.NEWS_SITEMAP)
        async with open_engine([outlet], now=utc_now, allowed_networks=LOCAL) as fetch:

            async def ask(known: Validators) -> Look:
                return await look(outlet, outlet.sources[0], fetch=fetch, now=utc_now, validators=known)

            seen = await ask(Validators())
            assert {entry.url for entry in seen.entries} == {f"{home}/{n}/{hour:%Y%m%d}" for n in (4, 3, 2)}
            again = await ask(seen.validators)
            assert again.poll.outcome is (Outcome.UNCHANGED if dated else OK), "a day's part may have grown"
            del site["/3.xml"]
            broken = await ask(Validators())
    assert (broken.poll.outcome, broken.poll.cause, len(broken.entries)) == (HARD, "http_404", 2)


@pytest.mark.parametrize(
    ("control", "wish"),
    [
        ("public, max-age=300", timedelta(minutes=5)), ("max-age=60", timedelta(minutes=20)),
        ("no-cache, max-age=9999", timedelta(minutes=20)), ("", timedelta(minutes=20)),
    ],
)  # fmt: skip
async def test_how_often_a_source_wants_to_be_asked_is_heard(control, wish):
    ttl = "<ttl>20</ttl>" if wish > timedelta(minutes=5) else "<ttl>1</ttl>"
    feed = rss("/1").replace("<channel>", f"<channel>{ttl}")
    answer = web.Response(text=feed, content_type="application/rss+xml", headers={"Cache-Control": control})
    async with serve_site({"/feed.rss": answer}) as home:
        outlet = outlet_at(home, "/feed.rss")
        async with open_engine([outlet], now=utc_now, allowed_networks=LOCAL) as fetch:
            seen = await look(outlet, outlet.sources[0], fetch=fetch, now=utc_now)
    assert seen.interval == wish
