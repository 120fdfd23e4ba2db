"""Outlets are probed, found and written down: the commands against a real server."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner

import crawler.discovery
from crawler.registry import load_outlet
from scheduler.cli import marsad
from tests.fakes.site import article_page, serve_site
from tests.journeys.test_gateway import proxied

TEXT = (
    "أعلنت وزارة النقل اليوم الأحد افتتاح خط جديد للحافلات يربط وسط المدينة بضواحيها الشرقية ابتداء من الشهر المقبل.\n"
    * 3
)
FILE = """# kept by hand
id: alif
name_ar: ألف
name_en: Alif
country: EG  # Cairo
timezone: Africa/Cairo
home: {home}
delay: 0
sources:
{sources}notes:
- 'timestamps: "quoted"'
"""


def feed(*items: tuple[str, datetime]) -> str:
    listed = "".join(
        f"<item><title>خبر</title><link>{link}</link><pubDate>{format_datetime(at)}</pubDate></item>"
        for link, at in items
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>ألف</title>{listed}</channel></rss>'


async def busy(_request: web.Request) -> web.Response:
    return web.Response(status=503)


async def run(*words: str, folder: Path, **more: str) -> tuple[int, str, str]:
    env = {"MARSAD_OUTLETS": str(folder), "MARSAD_ALLOWED_NETWORKS": "127.0.0.0/8", "COLUMNS": "300"} | more
    done = await asyncio.to_thread(CliRunner().invoke, marsad, ["outlets", *words], env=env)
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(crawler.discovery, "WELL_KNOWN", crawler.discovery.WELL_KNOWN[:1])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "outlets"
    made.mkdir()
    return made


async def test_every_address_is_tried_and_what_came_is_written(folder):
    now = datetime.now(UTC)
    pages: dict = {f"/{n}.html": article_page(f"خبر رقم {n}", TEXT) for n in range(3)}
    pages["/busy.rss"] = busy
    async with serve_site(pages) as home:
        pages["/good.rss"] = feed(*((f"{home}/{n}.html", now - timedelta(hours=n)) for n in range(3)))
        pages["/old.rss"] = feed((f"{home}/1.html", now - timedelta(days=90)))
        pages["/unread.rss"] = feed((f"{home}/nothing.html", now))
        sources = "".join(
            f"- url: {home}{path}\n  kind: feed\n  grade: C\n  enabled: false\n"
            for path in ("/good.rss", "/old.rss", "/gone.rss", "/busy.rss", "/unread.rss")
        )
        path = folder / "alif.yaml"
        path.write_text(FILE.format(home=home, sources=sources))
        code, out, _ = await run("probe", "alif", "--json", folder=folder)
        found = {each["url"].removeprefix(home): each for each in json.loads(out)}
        assert code == 1
        assert {name: each["proposal"] for name, each in found.items()} == {
            "/good.rss": "enable", "/old.rss": "disable", "/gone.rss": "disable", "/busy.rss": "leave", "/unread.rss": "disable",
        }  # fmt: skip
        good = found["/good.rss"]
        assert (good["status"], good["content_type"], good["charset"], good["robots"]) == (
            200,
            "application/xml",
            "utf-8",
            "allowed",
        )
        assert (good["entries"], good["articles_tried"], good["articles_read"]) == (3, 2, 2)
        assert now - datetime.fromisoformat(good["newest"]) < timedelta(seconds=2)
        assert path.read_text() == FILE.format(home=home, sources=sources), "nothing was written"

        code, out, _ = await run("probe", "alif", "--apply", folder=folder)
        assert "✓ alif" in out
        assert "? alif" in out
        assert f"✗ alif {home}/gone.rss: http_404: HTTP 404" in out
        assert "5 addresses of 1 outlet: 1 to enable, 3 to disable, 1 to leave; written." in out
        day = now.date().isoformat()
        written = path.read_text()
        assert written.startswith("# kept by hand\n")
        assert "country: EG  # Cairo" in written
        assert written.endswith("""notes:\n- 'timestamps: "quoted"'\n""")
        by_path = {source.url.removeprefix(home): source for source in load_outlet(path).sources}
        assert (by_path["/good.rss"].enabled, by_path["/good.rss"].grade) == (True, "B")
        assert by_path["/good.rss"].probed.startswith(f"{day}: 3 entries, newest ")
        assert (by_path["/gone.rss"].enabled, by_path["/gone.rss"].grade, by_path["/gone.rss"].probed) == (
            False,
            "D",
            f"{day}: http_404",
        )
        assert by_path["/old.rss"].probed.startswith(f"{day}: left behind")
        assert (by_path["/busy.rss"].grade, by_path["/busy.rss"].probed) == ("C", ""), "nothing was proved"


async def test_an_outlet_whose_addresses_all_work_ends_well_and_a_refusal_by_robots_is_told(folder):
    pages = {"/1.html": article_page("خبر رقم 1", TEXT)}
    async with serve_site(pages) as home:
        pages["/good.rss"] = feed((f"{home}/1.html", datetime.now(UTC)))
        (folder / "alif.yaml").write_text(
            FILE.format(home=home, sources=f"- url: {home}/good.rss\n  kind: feed\n")
        )
        assert (await run("probe", "--all", folder=folder))[0] == 0
        pages["/robots.txt"] = web.Response(text="User-agent: *\nDisallow: /\n")
        code, out, _ = await run("probe", "--all", "--json", folder=folder)
        (found,) = json.loads(out)
        assert (code, found["robots"], found["proposal"]) == (1, "denied", "disable")


async def test_probe_wants_to_know_whom(folder):
    assert (await run("probe", folder=folder))[0] == 2
    assert (await run("probe", "alif", "--all", folder=folder))[0] == 2


def home_page(*extra: str, links: int = 0) -> str:
    headlines = "".join(
        f'<h2><a href="/2026/1123/{n}00.html">خبر رقم {n} عن النقل في المدينة</a></h2>' for n in range(links)
    )
    head = f'<meta charset="utf-8"><title>صحيفة ألف</title><meta property="og:site_name" content="صحيفة ألف">{"".join(extra)}'
    return f"<!doctype html><html><head>{head}</head><body>{headlines}</body></html>"


async def test_a_new_outlet_is_found_by_its_home_page(folder):
    pages = {"/1.html": article_page("خبر رقم 1", TEXT), "/2.html": article_page("خبر رقم 2", TEXT)}
    pages["/"] = home_page('<link rel="alternate" type="application/rss+xml" href="/all.rss">')
    async with serve_site(pages) as home:
        now = datetime.now(UTC)
        pages["/all.rss"] = feed((f"{home}/1.html", now), (f"{home}/2.html", now))
        pages["/same.xml"] = feed((f"{home}/2.html", now))
        pages["/robots.txt"] = f"Sitemap: {home}/same.xml\n"
        code, out, _ = await run("add", home + "/", "--id", "alif", folder=folder)
        assert code == 0, out
        assert f"· {home}/same.xml (news_sitemap): lists nothing that the others do not" in out
        assert "name_ar: صحيفة ألف # review: as its page says" in (folder / "alif.yaml").read_text()
        outlet = load_outlet(folder / "alif.yaml")
        assert [(source.url, source.grade, source.enabled) for source in outlet.sources] == [
            (f"{home}/all.rss", "B", True)
        ]
        code, _, err = await run("add", home + "/", folder=folder)
        assert (code, "is known as alif" in err) == (1, True)


async def test_a_site_without_feeds_is_read_by_its_page(folder):
    pages = {f"/2026/1123/{n}00.html": article_page(f"خبر رقم {n}", TEXT) for n in range(6)}
    pages["/"] = home_page(links=6)
    async with serve_site(pages) as home:
        code, out, _ = await run("add", home + "/", "--id", "ba", folder=folder)
        assert code == 0, out
        (source,) = load_outlet(folder / "ba.yaml").sources
        assert (source.url, source.kind, source.article_pattern) == (
            home + "/",
            "listing",
            r"/\d+/\d+/\d+\.html",
        )


async def test_a_site_that_lists_nothing_is_written_as_unwatched(folder):
    async with serve_site({"/": "<html><title>ألف</title></html>"}) as home:
        code, out, _ = await run("add", home + "/", "--id", "ta", "--dry-run", folder=folder)
        assert (code, "id: ta" in out, list(folder.iterdir())) == (1, True, [])
        code, _, err = await run("add", home + "/", "--id", "ta", folder=folder)
        assert (code, "it is unwatched" in err) == (1, True)
        assert load_outlet(folder / "ta.yaml").sources == ()
        code, _, err = await run("add", home + "/nowhere", "--id", "tha", folder=folder)
        assert (code, "is known as ta" in err) == (1, True)


async def test_a_private_address_names_the_setting_that_allows_it(folder):
    code, _, err = await run(
        "add", "http://127.0.0.1:9/", "--id", "ta", folder=folder, MARSAD_ALLOWED_NETWORKS=""
    )
    assert (code, "MARSAD_ALLOWED_NETWORKS allows networks" in err) == (1, True)


async def test_a_page_is_recorded_and_read_again(folder, tmp_path):
    pages = {"/1.html": article_page("خبر رقم 1", TEXT, published="2026-11-23T08:00:00+02:00")}
    async with serve_site(pages) as home:
        pages["/good.rss"] = feed((f"{home}/1.html", datetime.now(UTC)))
        (folder / "alif.yaml").write_text(
            FILE.format(home=home, sources=f"- url: {home}/good.rss\n  kind: feed\n")
        )
        code, out, _ = await run("record", "alif", folder=folder, MARSAD_RECORDINGS=str(tmp_path / "kept"))
        assert code == 0, out
        code, out, _ = await run("replay", folder=folder, MARSAD_RECORDINGS=str(tmp_path / "kept"))
        assert (code, "1 recording in" in out, "0 differ" in out) == (0, True, True)
        (expected,) = (tmp_path / "kept").rglob("expected.json")
        expected.write_text(expected.read_text().replace("خبر رقم 1", "خبر رقم 2"))
        code, out, _ = await run("replay", folder=folder, MARSAD_RECORDINGS=str(tmp_path / "kept"))
        assert (code, "expected خبر رقم 2" in out, "read     خبر رقم 1" in out) == (1, True, True)
        code, _, err = await run("record", "alif", "--url", f"{home}/none", folder=folder)
        assert (code, "http_404" in err) == (1, True)
        async with proxied() as (proxy, address):
            run_it = run(
                "record",
                "alif",
                "--url",
                "http://alif.localhost/1",
                folder=folder,
                MARSAD_PROXY=f"http://{address}",
            )
            assert (await run_it)[0] == 1
        assert proxy.asked[-1] == "http://alif.localhost/1", "as every page is asked for"
