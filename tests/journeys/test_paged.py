"""An article in parts is one article; one with a date that has not come yet is kept, put right and counted."""

from datetime import timedelta

from aiohttp import web

from crawler.storage import Archive
from scheduler.archive import open_database, utc_now
from tests.fakes.site import article_page, rss, serve_site
from tests.journeys.conftest import outlet_at, running, until

PARTS = [
    f"هذا هو الجزء رقم {n} من تحقيق طويل عن طرق الهجرة، وفيه شهادات جمعها مراسلونا من ثلاث دول.\n"
    for n in (1, 2, 3)
]
FILL = (
    "وقال شهود إن الرحلة استغرقت أياما طويلة عبر الجبال والأنهار، وإن كثيرين لم يصلوا إلى وجهتهم حتى اليوم.\n"
)


def part(number: int, home: str) -> str:
    follow = f'<link rel="next" href="{home}/long.html?page={number + 1}">' if number < 3 else ""
    return article_page("تحقيق: طرق الهجرة", PARTS[number - 1] + FILL).replace("</head>", follow + "</head>")


async def test_parts_are_joined_and_a_future_date_is_put_right_and_counted(tmp_path):
    site: dict = {}
    tomorrow = (utc_now() + timedelta(days=2)).isoformat(timespec="seconds")

    async def long(request: web.Request) -> web.Response:
        return web.Response(
            text=part(int(request.query.get("page", 1)), str(request.url.origin())), content_type="text/html"
        )

    site |= {
        "/long.html": long,
        "/soon.html": article_page("خبر من الغد", PARTS[0] + FILL * 2, published=tomorrow),
    }
    async with serve_site(site) as home:
        site["/feed.rss"] = rss("/long.html", "/soon.html", home=home)
        async with running(tmp_path / "a.sqlite", [outlet_at(home, "/feed.rss")]) as seen:
            await until(lambda: len(seen.articles) == 2, what="both articles")
            assert {article.id for article, _ in seen.articles} == {1, 2}, "as the archive numbers them"
    with open_database(tmp_path / "a.sqlite") as database:
        kept = {article.title: article for _, article in database.read(lambda c: Archive(c).after(0, 9))}
        counts = database.read(lambda c: Archive(c).counts())
    for text in PARTS:
        assert text.strip() in kept["تحقيق: طرق الهجرة"].body
    soon = kept["خبر من الغد"]
    assert soon.published.at <= soon.first_seen
    assert soon.published.raw == tomorrow
    assert counts["future_dates_put_right"] == 1
