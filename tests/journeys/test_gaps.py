"""Entries that fell out of a feed between two looks are found behind it, and what cannot be found is said."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from aiohttp import web

from crawler.database import Database
from crawler.engine import open_engine
from crawler.nouns import Gap, Outlet, Poll
from crawler.polling import Poller
from crawler.reading import Unreadable
from crawler.recovering import MOST_REQUESTS
from crawler.schema import migrations
from crawler.storage import Sources
from scheduler.archive import utc_now
from tests.fakes.site import article_page, serve_site
from tests.journeys.conftest import LOCAL, outlet_at

KEEPS = 4
BODY = "وقال متحدث باسم البلدية إن الطريق سيفتح أمام السيارات صباح الغد بعد انتهاء أعمال الصيانة فيه.\n" * 3
WORDPRESS = "<generator>https://wordpress.org/?v=6.8</generator>"


class Shrinking:
    """An outlet whose feed keeps its newest entries only."""

    def __init__(self, way: str) -> None:
        self.way = way
        self.count = 0
        self.pinned = False
        self.asked: list[str] = []

    def pages(self) -> dict[str, Callable]:
        index = "<sitemapindex><sitemap><loc>/tags.xml</loc></sitemap><sitemap><loc>/news.xml</loc></sitemap></sitemapindex>"
        fixed = {"/robots.txt": "User-agent: *\nSitemap: {home}/index.xml\n"} if self.way == "sitemap" else {}
        fixed |= {"/index.xml": index} if self.way == "sitemap" else {}
        pages = {path: self._text(text) for path, text in fixed.items()}
        if self.way == "sitemap":
            pages["/news.xml"] = self._news
        return (
            pages
            | {"/feed.rss": self._feed, "/sport.rss": self._sport}
            | {f"/{n}.html": self._article(n) for n in range(200)}
        )

    def _text(self, text: str):
        async def answer(request: web.Request) -> web.Response:
            self.asked.append(request.path)
            return web.Response(
                text=text.replace("{home}", str(request.url.origin())), content_type="text/xml"
            )

        return answer

    def _article(self, n: int):
        return article_page(f"خبر رقم {n} عن أعمال الصيانة", BODY)

    async def _feed(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        page = int(request.query.get("paged", 1)) if self.way in {"wordpress", "next"} else 1
        newest = self.count - (page - 1) * KEEPS
        shown = range(newest - 1, max(newest - 1 - KEEPS, -1), -1)
        if not shown:
            return web.Response(status=404)
        follow = (
            f'<atom:link rel="next" href="/feed.rss?paged={page + 1}"/>'
            if self.way in {"next", "stuck"}
            else ""
        )
        shown = [*([0] if self.pinned and page == 1 else []), *shown]
        text = (
            '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>ألف</title>'
            + follow + (WORDPRESS if self.way == "wordpress" else "")
            + "".join(f"<item><title>خبر {n}</title><link>/{n}.html</link></item>" for n in shown)
            + "</channel></rss>"
        )  # fmt: skip
        return web.Response(text=text, content_type="application/rss+xml")

    async def _sport(self, request: web.Request) -> web.Response:
        """Every second article: after a rest, all that it lists is new, and so is all that it tells of the feed."""
        self.asked.append(request.path)
        items = "".join(
            f"<item><title>خبر {n}</title><link>/{n}.html</link></item>" for n in range(self.count - 1, 0, -2)
        )
        return web.Response(text=f"<rss><channel>{items}</channel></rss>", content_type="application/rss+xml")

    async def _news(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        rows = "".join(
            f"<url><loc>/{n}.html</loc><lastmod>{utc_now().isoformat()}</lastmod></url>"
            for n in range(self.count)
        )
        past = f"<url><loc>/150.html</loc><lastmod>{(utc_now() - timedelta(days=40)).isoformat()}</lastmod></url>"
        return web.Response(text=f"<urlset>{rows}{past}</urlset>", content_type="text/xml")


@pytest.fixture
def database(tmp_path):
    with Database(tmp_path / "a.sqlite", (migrations,)) as database:
        yield database


class Watch:
    """An outlet that is polled by hand; articles are counted by what was listed, their pages are not read."""

    def __init__(self, database: Database, outlet: Outlet) -> None:
        self._database = database
        self._outlet = outlet
        database.write(lambda c: Sources(c).watch([outlet], utc_now()))

    async def poll(self) -> Poll:
        async with open_engine([self._outlet], now=utc_now, allowed_networks=LOCAL) as fetch:
            poller = Poller(
                self._database, [self._outlet], fetch=fetch, reader=unread, now=utc_now, cadence=at_once, holder="t"
            )  # fmt: skip
            (claim,) = self._database.write(
                lambda c: Sources(c).claim_due(
                    utc_now(), until=utc_now() + timedelta(minutes=1), lease="t", most=1
                )
            )
            return await poller.poll(claim)

    def listed(self) -> set[int]:
        rows = self._database.read(lambda c: [row["url"] for row in c.query("SELECT url FROM entry")])
        return {int(url.rpartition("/")[2].removesuffix(".html")) for url in rows}


async def unread(*_args, **_more):
    raise Unreadable("empty", "nobody reads here")


def at_once(*_args, **_more) -> timedelta:
    return timedelta()


@pytest.mark.parametrize("way", ["next", "wordpress", "sitemap"])
async def test_what_fell_out_of_a_feed_is_found_behind_it(database, way):
    room = Shrinking(way)
    async with serve_site(room.pages()) as home:
        outlet = outlet_at(home, "/feed.rss")
        watch = Watch(database, outlet)
        room.count = 3
        assert (await watch.poll()).gap is Gap.NONE, "a first look has no gap"
        room.count = 5
        assert (await watch.poll()).gap is Gap.NONE
        room.count = 17
        seen = await watch.poll()
        assert (seen.gap, seen.entries, seen.recovered, seen.fresh) == (Gap.CLOSED, KEEPS, 8, 12)
        assert watch.listed() == set(range(17)), "each once, and not the outlet's past"
        row = database.read(lambda c: next(iter(Sources(c).last_polls().values())))
        assert (row["gap"], row["recovered"]) == ("closed", 8)


@pytest.mark.parametrize("hidden_by", ["a pinned entry", "another source"])
async def test_a_gap_is_seen_behind_what_is_known_for_another_reason(database, hidden_by):
    """A pinned entry is old and still listed; what a sister source listed a minute before is known, too."""
    room = Shrinking("wordpress")
    room.pinned = hidden_by == "a pinned entry"
    async with serve_site(room.pages()) as home:
        paths = ("/feed.rss",) if room.pinned else ("/sport.rss", "/feed.rss")
        watch = Watch(database, outlet_at(home, *paths))
        room.count = 8
        for _ in paths:
            assert (await watch.poll()).gap is Gap.NONE
        room.count = 24
        for _ in paths:
            seen = await watch.poll()
    assert seen.source.endswith("/feed.rss")
    assert seen.gap is Gap.CLOSED
    assert set(range(8, 24)) <= watch.listed()


@pytest.mark.parametrize("way", ["none", "stuck"])
async def test_a_gap_that_cannot_be_closed_is_said(database, way):
    room = Shrinking(way)
    async with serve_site(room.pages()) as home:
        outlet = outlet_at(home, "/feed.rss")
        watch = Watch(database, outlet)
        room.count = 4
        await watch.poll()
        room.count, room.asked = 12, []
        seen = await watch.poll()
    assert (seen.gap, seen.recovered, seen.fresh) == (Gap.OPEN, 0, KEEPS)
    assert len(room.asked) <= 2


async def test_a_recovery_is_bounded(database):
    room = Shrinking("wordpress")
    async with serve_site(room.pages()) as home:
        outlet = outlet_at(home, "/feed.rss")
        watch = Watch(database, outlet)
        room.count = 4
        await watch.poll()
        room.count, room.asked = 190, []
        seen = await watch.poll()
    assert (seen.gap, seen.recovered) == (Gap.OPEN, MOST_REQUESTS * KEEPS)
    assert len(room.asked) == 1 + MOST_REQUESTS
