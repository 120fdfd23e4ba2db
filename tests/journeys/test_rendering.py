"""Pages that are empty until their scripts have run, opened in a real Chromium."""

import asyncio
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from aiohttp import web

from crawler.browser_proxy import read_head
from crawler.engine import open_engine
from crawler.rendering import RenderingError
from scheduler.archive import utc_now
from tests.fakes.site import rss, serve_site
from tests.journeys.conftest import outlet_at, until
from tests.journeys.test_gateway import BODY, marsad, proxied

TITLE = "إغلاق طريق في البلدة حتى الغد"
SHELL = '<!doctype html><title>ألف</title><div id="app"></div><script src="/app.js"></script>'
# As a page does that is made in the browser: empty when it has loaded, filled by an answer that comes later.
APP = """setTimeout(async () => {
  const found = await (await fetch("/api" + location.pathname)).json();
  document.title = found.title;
  document.getElementById("app").innerHTML = `<article><h1>${found.title}</h1>` +
    found.body.split("\\n").map(line => `<p>${line}</p>`).join("") + "</article>";
}, 300)"""
ROBOTS = "User-agent: *\nAllow: /\n"


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        assert not os.environ.get("CI"), "chromium is not installed; .ci/run installs it"
        pytest.skip("no chromium on this machine: no page is rendered")
    return found


async def rendered(chromium: str, home: str, *paths: str, proxy: str = "") -> dict[str, dict[str, str]]:
    """What a process of its own reads at ``paths``."""
    mark = f"MARSAD_TEST_MARK={uuid4()}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.journeys.rendering_process", chromium, proxy, home, *paths,
        stdout=asyncio.subprocess.PIPE, env=os.environ | dict([mark.split("=")]),
    )  # fmt: skip
    async with asyncio.timeout(120):
        output, _ = await process.communicate()
    assert process.returncode == 0
    await until(lambda: not left_behind(mark), what="the browser's end")
    return {found["path"]: found for found in map(json.loads, output.splitlines())}


def answers(path: str) -> web.StreamResponse:
    return web.json_response({"title": TITLE, "body": BODY}, headers={"X-Path": path})


async def test_an_article_that_scripts_bring_is_read(chromium, tmp_path):
    pages = {
        "/feed.rss": "", "/1": SHELL, "/app.js": APP, "/robots.txt": ROBOTS,
        "/api/1": lambda request: _soon(answers(request.path)),
    }  # fmt: skip
    async with serve_site(pages) as home:
        pages["/feed.rss"] = rss("/1", home=home)
        outlet = {
            "id": "alif", "name_ar": "ألف", "name_en": "Alif", "country": "EG", "timezone": "Africa/Cairo", "home": home, "tier": 1,
            "rendering": True, "delay": 0, "sources": [{"url": f"{home}/feed.rss", "kind": "feed"}],
        }  # fmt: skip
        (tmp_path / "outlets").mkdir()
        (tmp_path / "outlets/alif.yaml").write_text(
            yaml.safe_dump(outlet, allow_unicode=True), encoding="utf-8"
        )
        code, output = await marsad(
            "poll", "alif", MARSAD_OUTLETS=str(tmp_path / "outlets"), MARSAD_DATABASE=str(tmp_path / "a.sqlite"),
            MARSAD_ALLOWED_NETWORKS="127.0.0.0/8", MARSAD_BROWSER=chromium,
        )  # fmt: skip
        assert (code, "1 page read: 1 new" in output) == (0, True), output
        assert f"new      {TITLE}" in output


async def _soon(answer: web.StreamResponse) -> web.StreamResponse:
    return answer


async def test_the_browser_comes_to_no_private_address_and_to_an_end(chromium):
    asked: list[str] = []

    async def secret(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response(text="<p>secret</p>", content_type="text/html")

    async with serve_site({"*": secret}, host="127.0.0.2") as inner:

        async def elsewhere(_request: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(f"{inner}/redirected")

        async def by_name(_request: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(f"{inner.replace('127.0.0.2', 'no-such-outlet.localhost')}/named")

        async def for_ever(request: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(f"/for-ever?{request.query_string}a")

        async def file(_request: web.Request) -> web.StreamResponse:
            return web.Response(
                body=b"x" * 1000, headers={"Content-Disposition": "attachment; filename=a.bin"}
            )

        pages = {
            "/robots.txt": ROBOTS, "/redirect": elsewhere, "/named": by_name, "/for-ever": for_ever, "/file": file,
            "/loads": f'<p>متن</p><script src="{inner}/script"></script><iframe src="{inner}/frame"></iframe>'
            f"<script>fetch('{inner}/fetch', {{mode: 'no-cors'}}).catch(() => 0);"
            f"new WebSocket('{inner.replace('http', 'ws')}/socket')</script><link rel=stylesheet href='{inner}/css'>",
            "/moves": f"<script>location = '{inner}/moved'</script>",
            "/restless": "<p>متن</p><script>setInterval(() => fetch('/robots.txt?' + Math.random()), 50)</script>",
            "/giant": "<script>document.write('<p>' + 'متن '.repeat(1.3e6))</script>",
            "/cp1256": '<meta charset="windows-1256"><p id="a">مقال عن الطريق</p>'.encode("cp1256"),
        }  # fmt: skip
        async with serve_site(pages) as home:
            found = await rendered(chromium, home, *(path for path in pages if path != "/robots.txt"))
    assert asked == []
    assert {path: each["cause"] for path, each in found.items()} == {
        "/redirect": "private_address", "/named": "dns", "/for-ever": "redirect_loop",
        "/file": "bad_answer", "/loads": "", "/moves": "", "/restless": "", "/giant": "too_large", "/cp1256": "",
    }  # fmt: skip
    assert "secret" not in found["/moves"]["text"]
    assert "مقال عن الطريق" in found["/cp1256"]["text"]
    assert found["/cp1256"]["kind"] == "text/html; charset=utf-8"


def left_behind(mark: str) -> list[str]:
    """What still runs of what a marked process started."""
    return [path.parent.name for path in Path("/proc").glob("[0-9]*/environ") if mark in _text(path)]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # it ended meanwhile
        return ""


async def test_the_browser_takes_the_operators_proxy(chromium):
    async with proxied() as (proxy, address):
        proxy.answers |= {"/1": SHELL.encode(), "/app.js": b"document.title = 'read'"}
        found = await rendered(
            chromium, "http://no-such-outlet.localhost", "/1", proxy=f"http://me:secret@{address}"
        )
    assert "<title>read</title>" in found["/1"]["text"], found
    assert proxy.credentials == {"me:secret"}
    assert "http://no-such-outlet.localhost/app.js" in proxy.asked


async def test_without_its_parts_rendering_is_refused_in_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "scrapy_playwright", None)
    outlet = replace(outlet_at("http://127.0.0.1:9", "/feed.rss"), rendering=True)
    with pytest.raises(RenderingError, match=r"pip install 'marsad\[rendering\]'") as refused:
        async with open_engine([outlet], now=utc_now):
            pass
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GET /path HTTP/1.1",
        b"GET https://a.example/ HTTP/1.1",
        b"CONNECT :443 HTTP/1.1",
        b"\xff \xff \xff",
    ],
)
def test_what_is_no_request_to_a_proxy_is_refused(raw):
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever part could not be read
        read_head(raw + b"\r\n\r\n")
