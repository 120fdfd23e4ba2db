"""Pages that break the process that reads them, in the whole service: they are named, and all others are read."""

from datetime import timedelta
from functools import partial

import pytest

import crawler.cadence
from alerts.storage import Logbook
from crawler.database import Database
from crawler.reading import ReadingPool
from scheduler.archive import open_database
from scheduler.parts import crawling, health
from tests.fakes.site import article_page, rss, serve_site
from tests.journeys.conftest import outlet_at, running, until

GOOD = article_page(
    "خبر عادي", "قالت البلدية إن أعمال الصيانة تبدأ صباح الأحد.\nوأضافت أنها تنتهي بعد أسبوعين."
)
# A parser that finds no end, and a page that grows to gigabytes when it is parsed.
ENDLESS = "<html><body>" + "<div>" * 1_000_000
GROWING = "<html><body>" + "<b c=d>a</b>" * 600_000


def broken(database: Database) -> list[str]:
    events = database.read(lambda c: Logbook(c).open_events())
    return [event.cause for event in events if event.kind == "page_breaks_reader"]


@pytest.mark.parametrize(
    ("page", "pool", "causes"),
    [
        (ENDLESS, {"limit": timedelta(seconds=2)}, {"reading_timeout"}),
        (
            GROWING,
            {"memory": 420 << 20},
            {"reading_memory", "reading_crashed"},
        ),  # some parsers end the process themselves
    ],
)
async def test_a_page_that_breaks_its_reader_is_named_and_the_others_are_read(
    tmp_path, monkeypatch, page, pool, causes
):
    monkeypatch.setattr(crawling, "ReadingPool", partial(ReadingPool, **pool))
    monkeypatch.setattr(crawler.cadence, "PAGE_TRIES", (0.02,) * 9)  # minutes
    monkeypatch.setattr(health, "HEALTH", timedelta(seconds=0.5))
    site = {"/feed.rss": "", "/1.html": GOOD, "/2.html": page, "/3.html": GOOD.replace("عادي", "آخر")}
    async with serve_site(site) as home:
        site["/feed.rss"] = rss("/1.html", "/2.html", "/3.html", home=home)
        with open_database(tmp_path / "a.sqlite") as database:
            async with running(tmp_path / "a.sqlite", [outlet_at(home, "/feed.rss")]) as seen:
                await until(lambda: len(seen.articles) == 2, within=40, what="the pages around it")
                await until(lambda: bool(broken(database)), within=30, what="the event")
                assert any(cause in broken(database)[0] for cause in causes)
                assert f"{home}/2.html" in broken(database)[0]
                site["/2.html"] = GOOD.replace("عادي", "ثالث")
                await until(lambda: len(seen.articles) == 3, within=40, what="the page, mended")
                await until(lambda: not broken(database), within=20, what="its end")
