"""What an outlet does to an article after it was told: corrections and removals reach whoever was told."""

from typing import Any

from aiohttp import web

from alerts.nouns import AlertKind, RecipientKind, Subscriber, Subscription
from alerts.storage import Alerts, Newsdesk, Subscribers
from crawler.database import Database
from crawler.storage import Archive
from scheduler.archive import open_database, utc_now
from tests.fakes.site import article_page, rss, serve_site
from tests.journeys.conftest import outlet_at, running, until

TITLE = "شرطة كمبوديا تداهم مركز احتيال إلكتروني في سيهانوكفيل"
BODY = (
    "داهمت الشرطة الكمبودية مركزا للاحتيال الإلكتروني في سيهانوكفيل وأوقفت 63 شخصا من جنسيات مختلفة.\n"
    "وقال متحدث باسم الشرطة إن الموقوفين كانوا يديرون حسابات وهمية لاستدراج ضحايا في دول عربية.\n"
)


def look_again_now(database: Database) -> None:
    """Make the next look due, as if its hour had come."""
    database.write(lambda c: c.execute("UPDATE entry SET due = '2026-01-01T00:00:00.000000+00:00'"))


def entry(database: Database) -> dict[str, Any]:
    (found,) = database.read(lambda c: list(c.query("SELECT * FROM entry")))
    return found


def gone_once(database: Database) -> bool:
    """Whether the page was found gone and is to be looked at again; it is not removed by that."""
    found = entry(database)
    return found["cause"] == "http_404" and found["state"] == "pending" and not found["lease"]


async def test_a_correction_a_removal_and_a_return_are_told(tmp_path):
    site: dict = {"/raid.html": article_page(TITLE, BODY)}
    async with serve_site(site) as home:
        site["/feed.rss"] = rss("/raid.html", home=home)
        path = tmp_path / "a.sqlite"
        with open_database(path) as database:
            reader = Subscriber(RecipientKind.CONSOLE, "-", utc_now())
            database.write(lambda c: Subscribers(c).subscribe(reader, [Subscription(0)]))
            async with running(path, [outlet_at(home, "/feed.rss")]) as seen:
                await until(lambda: len(seen.sent) == 1, what="the first alert")

                site["/raid.html"] = article_page(TITLE, BODY + "وأضاف أن التحقيق مستمر.\n")
                look_again_now(database)
                await until(lambda: len(seen.flagged) == 2, what="a look at what was added")
                assert seen.flagged[-1].alert is None, "what was added corrects nothing"

                site["/raid.html"] = article_page(TITLE, BODY.replace("63", "36"))
                look_again_now(database)
                await until(lambda: len(seen.sent) == 2, what="the correction")

                del site["/raid.html"]
                look_again_now(database)
                await until(lambda: gone_once(database), what="a look that finds it gone")
                look_again_now(database)
                await until(lambda: len(seen.sent) == 3, what="the removal, once it is sure")

                site["/raid.html"] = article_page(TITLE, BODY.replace("63", "36"))
                look_again_now(database)
                await until(lambda: len(seen.sent) == 4, what="that it is back")
            kinds = [alert.kind for alert in database.read(lambda c: Alerts(c).of(1))]
            texts = database.read(lambda c: Newsdesk(c).snapshots(1))
            article = database.read(lambda c: Archive(c).article(1))
    assert kinds == [AlertKind.NEW, AlertKind.CORRECTION, AlertKind.WITHDRAWAL, AlertKind.CORRECTION]
    assert [sent.claim.reply_to for sent in seen.sent] == ["", "1", "1", "1"], "they answer the first message"
    assert "تغيرت الأرقام" in seen.sent[1].message.text
    assert "حذفت الوسيلة الخبر" in seen.sent[2].message.text
    assert ["63" in text.body for text in texts] == [True, True, False], "each text that was told is kept"
    assert "أعادت الوسيلة نشر الخبر" in seen.sent[3].message.text
    assert article.removed_at is None
    assert "36" in article.body


async def test_a_look_that_failed_to_its_last_try_ends_no_further_looks(tmp_path):
    site: dict = {"/raid.html": article_page(TITLE, BODY)}
    async with serve_site(site) as home:
        site["/feed.rss"] = rss("/raid.html", home=home)
        path = tmp_path / "a.sqlite"
        with open_database(path) as database:
            async with running(path, [outlet_at(home, "/feed.rss")]) as seen:
                await until(lambda: len(seen.flagged) == 1, what="the article")
                site["/raid.html"] = web.Response(status=403)
                database.write(lambda c: c.execute("UPDATE entry SET attempts = 9"))
                look_again_now(database)
                await until(lambda: entry(database)["cause"] == "http_403", what="the last try of this look")
            assert (entry(database)["state"], entry(database)["attempts"]) == ("pending", 0)
            assert entry(database)["due"] > seen.flagged[0].article.first_seen.isoformat()
