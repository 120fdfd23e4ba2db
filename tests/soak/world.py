"""The world of a soak: outlets that publish and fail by a seed and the hour, and a Bot API, in a process of their own.

What an outlet says is a function of its number and the simulated time, which both processes share.
"""

import asyncio
import os
import random
import signal
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized

from aiohttp import web

from crawler.nouns import Outlet, Source, SourceKind
from tests.fakes.bot_api import BotApi, Fault, Faults, flood, serve
from tests.fakes.bot_api.faults import HTML
from tests.fakes.site import article_page

START = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
LISTED = 20  # entries of a feed
A_DAY = 6.0  # articles of an outlet
MATCHING = (
    0.04 if os.environ.get("MARSAD_PROOF") == "full" else 0.25
)  # of the articles: few hours need more of them
FAILING = 0.02  # of the outlets' hours
TOWNS = ("سيهانوكفيل", "بافيت", "بويبت", "كوكونغ", "كامبوت", "مياوادي", "لاوكاي", "بانتاي")
BOT_FAULTS = 0.1  # of all sends
MIX = (  # without those that keep a client waiting in real time
    flood(1),
    Fault(500, "Internal Server Error"),
    Fault(502, body=HTML, content_type="text/html"),
    Fault(reset=True),
    Fault(reset=True, after_accept=True),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """An article that is out."""

    at: datetime
    path: str
    title: str
    body: str


@cache
def pieces(seed: int, outlet: int, hours: int) -> tuple[Piece, ...]:
    """What an outlet publishes in all, oldest first; the last hours are silent, so that all of it can be told."""
    dice, at, found = random.Random(f"{seed} {outlet}"), START - 12 * HOUR, []
    while (at := at + timedelta(hours=dice.expovariate(A_DAY / 24))) < START + (hours - 3) * HOUR:
        number = dice.randrange(11, 900)
        if dice.random() < MATCHING:
            title = f"الشرطة تداهم مركز احتيال إلكتروني في {dice.choice(TOWNS)} بكمبوديا وتوقف {number} شخصا"
        else:
            title = f"افتتاح الموسم رقم {number} لمعرض الكتاب في مدينة {outlet} {len(found)}"
        body = "\n".join(f"{title}، وفق ما أعلنه المنظمون في الفقرة {n} من بيان صدر اليوم." for n in range(6))
        found.append(Piece(at.replace(microsecond=0), f"/news/{outlet}-{len(found)}.html", title, body))
    return tuple(found)


def fails(seed: int, outlet: int, at: datetime, hours: int) -> str:
    """How an outlet fails in this hour; empty when it does not."""
    hour = int((at - START) / HOUR)
    dice = random.Random(f"fault {seed} {outlet} {hour}")
    if hour >= hours - 3 or dice.random() >= FAILING:
        return ""
    return dice.choice(["http_404", "http_500", "reset", "empty", "garbage", "pages_404"])


class World:
    """The outlets behind one port: each has an address of its own."""

    def __init__(self, seed: int, outlets: int, hours: int, clock: "Synchronized[float]") -> None:
        self._seed, self._outlets, self._hours, self._clock = seed, outlets, hours, clock

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        number = int(request.host.partition(":")[0].split(".")[2]) * 200 + int(
            request.host.partition(":")[0].split(".")[3]
        )
        now = datetime.fromtimestamp(self._clock.value, UTC)
        fault = fails(self._seed, number, now, self._hours)
        if request.path == "/robots.txt":
            return web.Response(status=404)
        out = [piece for piece in pieces(self._seed, number, self._hours) if piece.at <= now]
        if request.path == "/feed":
            return self._feed(request, out[-LISTED:], fault)
        if fault in {"reset", "pages_404"}:
            return web.Response(status=404)  # listed before it is out
        for piece in out:
            if piece.path == request.path:
                page = article_page(piece.title, piece.body, published=piece.at.isoformat())
                return web.Response(text=page, content_type="text/html")
        return web.Response(status=404)

    def _feed(self, request: web.BaseRequest, listed: list[Piece], fault: str) -> web.StreamResponse:
        if fault == "reset" and request.transport:
            request.transport.abort()
        if fault.startswith("http_"):
            return web.Response(status=int(fault[5:]))
        if fault in {"empty", "garbage"}:
            return web.Response(
                text="" if fault == "empty" else "<rss><channel><item>", content_type="application/rss+xml"
            )
        tag = f'"{len(listed)}-{listed[-1].path if listed else ""}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        items = "".join(
            f"<item><title>{piece.title}</title><link>http://{request.host}{piece.path}</link>"
            f"<pubDate>{piece.at:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
            for piece in reversed(listed)
        )
        body = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>ألف</title>{items}</channel></rss>'
        return web.Response(text=body, content_type="application/rss+xml", headers={"ETag": tag})


def outlets(count: int, port: int) -> tuple[Outlet, ...]:
    """The outlets as the crawler knows them."""
    made = []
    for number in range(1, count + 1):
        home = f"http://127.5.{number // 200}.{number % 200}:{port}"
        source = Source(f"{home}/feed", SourceKind.FEED)
        made.append(
            Outlet(
                f"o{number}",
                "ألف",
                "Alif",
                "EG",
                "Africa/Cairo",
                home + "/",
                (source,),
                tier=1 + number % 3,
                delay=0.0,
            )
        )
    return tuple(made)


def live(seed: int, count: int, hours: int, clock: "Synchronized[float]", pipe: Connection) -> None:
    """Serve until told to end; answers "count" with what the Bot API accepted since it was last asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(_live(World(seed, count, hours, clock), pipe, random.Random(seed)))


async def _live(world: World, pipe: Connection, dice: random.Random) -> None:
    runner = web.ServerRunner(web.Server(world.answer))
    await runner.setup()
    site = web.TCPSite(runner, "0.0.0.0", 0)
    await site.start()
    async with serve(BotApi(faults=Faults(BOT_FAULTS, dice, MIX))) as api:
        pipe.send((runner.addresses[0][1], api.url))
        while await asyncio.to_thread(pipe.recv) == "count":
            messages = [(each["chat_id"], each["text"]) for each in api.accepted if each["kind"] == "message"]
            cuts = sum(each["kind"] == "cut_after_accept" for each in api.accepted)
            pipe.send((messages, cuts, list(api.violations)))
            api.accepted.clear()
            api.calls.clear()
    await runner.cleanup()
