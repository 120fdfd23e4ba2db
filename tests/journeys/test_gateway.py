"""Ways out: through a proxy, and on Twisted's reactor."""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
import yaml

from crawler.engine import open_engine
from crawler.fetching import FetchError
from scheduler.archive import utc_now
from tests.fakes.newsroom import MisbehavingNewsroom
from tests.fakes.site import rss, serve_site
from tests.journeys.conftest import LOCAL, outlet_at
from tests.journeys.test_kill import write_outlets

BODY = "وقال متحدث باسم البلدية إن الطريق سيفتح أمام السيارات صباح الغد بعد انتهاء أعمال الصيانة فيه.\n" * 3


class Proxy:
    """A forward proxy for http: it notes what it was asked, and answers itself for names that are not there."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.credentials: set[str] = set()
        self.answers: dict[str, bytes] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = head.split()[1]
        self.asked.append(target)
        for line in head.splitlines():
            if line.lower().startswith("proxy-authorization: basic "):
                self.credentials.add(base64.b64decode(line.split()[2]).decode())
        body = self.answers.get(urlsplit(target).path, b"")
        status = b"200 OK" if body else b"404 Not Found"
        kind = b"application/xml" if body.startswith((b"<?xml", b"<rss")) else b"text/html"
        writer.write(b"HTTP/1.1 %b\r\nContent-Type: %b\r\nConnection: close\r\n" % (status, kind))
        writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()


@asynccontextmanager
async def proxied() -> AsyncIterator[tuple[Proxy, str]]:
    proxy = Proxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    async with server:
        yield proxy, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_outlets_are_fetched_through_the_proxy_with_its_password():
    outlet = outlet_at("http://no-such-outlet.localhost", "/feed.rss")
    async with proxied() as (proxy, address):
        proxy.answers["/feed.rss"] = rss("/1").encode()
        async with open_engine([outlet], now=utc_now, proxy=f"http://me:secret@{address}") as fetch:
            fetched = await fetch(outlet.sources[0].url, outlet)
        assert b"<rss" in fetched.page.body
        assert proxy.credentials == {"me:secret"}
        assert proxy.asked == [
            f"http://no-such-outlet.localhost/{path}" for path in ("robots.txt", "feed.rss")
        ]


@pytest.mark.parametrize(
    "home", ["http://127.0.0.1:9", "http://169.254.169.254", "http://localhost:9", "http://[::1]"]
)
async def test_no_proxy_is_asked_for_a_private_address(home):
    outlet = outlet_at(home, "/feed.rss")
    async with proxied() as (proxy, address):
        async with open_engine([outlet], now=utc_now, proxy=f"http://{address}") as fetch:
            with pytest.raises(FetchError) as refused:
                await fetch(outlet.sources[0].url, outlet)
        assert refused.value.cause == "private_address"
        assert proxy.asked == []


async def test_no_proxy_is_taken_from_the_environment(monkeypatch):
    async with proxied() as (proxy, address), serve_site({"/feed.rss": rss("/1")}) as home:
        monkeypatch.setenv("http_proxy", f"http://{address}")
        outlet = outlet_at(home, "/feed.rss")
        async with open_engine([outlet], now=utc_now, allowed_networks=LOCAL) as fetch:
            await fetch(outlet.sources[0].url, outlet)
        assert proxy.asked == []


async def marsad(*arguments: str, **settings: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "scheduler.cli", *arguments, env=os.environ | settings | {"COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    return process.returncode, output.decode()


@pytest.fixture
async def settings(tmp_path):
    async with MisbehavingNewsroom() as room:
        write_outlets(tmp_path / "outlets", room.outlets)
        yield room, {
            "MARSAD_OUTLETS": str(tmp_path / "outlets"), "MARSAD_DATABASE": str(tmp_path / "a.sqlite"),
            "MARSAD_ALLOWED_NETWORKS": "127.0.0.0/8", "MARSAD_REACTOR": "1",
        }  # fmt: skip


async def test_the_reactor_is_one_setting_away(settings):
    room, given = settings
    published = [piece.draft.title for piece in room.pieces("diffatain")]  # more comes out while we look
    code, output = await marsad("poll", "diffatain", **given)
    assert (code, "0 revised; 0 not read" in output) == (0, True), output
    assert published
    assert all(f"new      {title}" in output for title in published), output
    agents = {seen.headers.get("User-Agent", "") for seen in room.requests}
    assert all(agent.startswith("Marsad/") for agent in agents)


@pytest.mark.parametrize(
    ("fault", "named"),
    [("redirect_to_metadata", "private_address"), ("redirect_to_nowhere", "dns"), ("reset", "connection")],
)
async def test_failures_have_their_names_on_the_reactor_too(settings, fault, named):
    room, given = settings
    room.faults.set("diffatain", fault)
    code, output = await marsad("poll", "diffatain", **given)
    assert (code, named in output) == (1, True), output


async def test_without_an_allowance_the_reactor_refuses_a_private_name(settings, tmp_path):
    _, given = settings
    path = tmp_path / "outlets" / "diffatain.yaml"
    text = yaml.safe_load(path.read_text(encoding="utf-8"))
    text["home"], text["sources"] = "http://localhost:9", [{"url": "http://localhost:9/feed", "kind": "feed"}]
    path.write_text(yaml.safe_dump(text, allow_unicode=True), encoding="utf-8")
    code, output = await marsad("poll", "diffatain", **(given | {"MARSAD_ALLOWED_NETWORKS": ""}))
    assert (code, "private_address" in output) == (1, True), output
