"""A newsroom that misbehaves: the bundled one, with faults that are switched on and off while it runs.

    async with MisbehavingNewsroom() as room:
        room.faults.set("diffatain", "redirect_loop")
        ...
        room.faults.clear("diffatain")

A fault strikes one place of an outlet: its source, its robots.txt or its article pages. ``FAULTS`` holds them
all; each says in its docstring what it does, and ``README.md`` lists them.
"""

import asyncio
import gzip
import re
import socket
import struct
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from itertools import count

from aiohttp import web

from crawler.newsroom import Masthead, Newsroom, Piece
from crawler.newsroom.feeds import WRITERS

GIANT = 10_000  # entries
HUGE = 50 << 20  # bytes
BOMB = 64 << 20  # bytes, unpacked
STATUSES = (204, 400, 401, 403, 404, 410, 429, 451, 500, 502, 503, 504, 520)
METADATA = "http://169.254.169.254/latest/meta-data/"
NOWHERE = "http://no-such-outlet.localhost:9/feed"  # a reserved name: it cannot be registered


@dataclass(frozen=True, slots=True)
class Call:
    """A request that a fault answers."""

    masthead: Masthead
    request: web.BaseRequest
    pieces: tuple[Piece, ...]
    home: str
    well: web.Response  # what a good newsroom would answer

    @property
    def body(self) -> bytes:
        return bytes(self.well.body)

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": self.well.headers["Content-Type"]}


Answer = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Fault:
    place: str  # "source", "robots" or "page"
    answer: Answer

    @property
    def about(self) -> str:
        return (self.answer.__doc__ or "").strip()


FAULTS: dict[str, Fault] = {}


def fault(place: str = "source", name: str = "") -> Callable[[Answer], Answer]:
    def register(answer: Answer) -> Answer:
        FAULTS[name or answer.__name__] = Fault(place, answer)
        return answer

    return register


class Faults:
    """Which faults are on, by outlet and place."""

    def __init__(self) -> None:
        self._on: dict[tuple[str, str], Fault] = {}

    def set(self, outlet: str, name: str, place: str = "") -> None:
        """Switch a fault on, at its own place or at another; raises KeyError for an unknown name."""
        self._on[outlet, place or FAULTS[name].place] = FAULTS[name]

    def clear(self, outlet: str = "") -> None:
        """Switch all faults of an outlet off; of all outlets when none is named."""
        self._on = {key: on for key, on in self._on.items() if outlet and key[0] != outlet}

    def at(self, outlet: str, place: str) -> Fault | None:
        return self._on.get((outlet, place))


class MisbehavingNewsroom(Newsroom):
    """A newsroom whose outlets can be made to fail in every way that real ones do."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.faults = Faults()

    async def answer(self, masthead: Masthead, request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path.partition("?hop=")[0]
        place = {masthead.source: "source", "/robots.txt": "robots"}.get(path, "page")
        well = await super().answer(masthead, request)
        on = self.faults.at(masthead.id, place)
        if on is None:
            return well
        if well.status == 304:  # a fault must not hide behind "unchanged"
            document = self.document(masthead, path)
            well = web.Response(body=document.body, headers={"Content-Type": document.content_type})
        return await on.answer(
            Call(masthead, request, self.pieces(masthead.id), self.home(masthead.id), well)
        )


# --- statuses ---------------------------------------------------------------------------------------------


def _status(status: int) -> Answer:
    async def answer(_call: Call) -> web.StreamResponse:
        headers = {"Retry-After": "30"} if status in {429, 503} else {}
        return web.Response(status=status, headers=headers, text="" if status == 204 else f"error {status}")

    answer.__doc__ = f"Answers HTTP {status}{' with Retry-After: 30' * (status in {429, 503})}."
    return answer


for _code in STATUSES:
    fault(name=f"status_{_code}")(_status(_code))


# --- the connection ---------------------------------------------------------------------------------------


def _reset(call: Call) -> web.StreamResponse:
    transport = call.request.transport
    linger = struct.pack("ii", 1, 0)  # closing sends RST and throws away what is buffered
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
    return web.Response()


async def _raw(call: Call, head: str, *parts: bytes) -> web.StreamResponse:
    """Write an answer by hand; the pause lets a client take each part for itself."""
    transport = call.request.transport
    fixed = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close"
    transport.write(f"{fixed}\r\n{head}\r\n\r\n".encode())
    for part in parts:
        transport.write(part)
        await asyncio.sleep(0.05)
    transport.close()
    return web.Response()


@fault()
async def reset(call: Call) -> web.StreamResponse:
    """Resets the connection instead of answering."""
    return _reset(call)


@fault()
async def reset_midway(call: Call) -> web.StreamResponse:
    """Resets the connection after half of the body."""
    response = web.StreamResponse(headers=call.headers)
    response.content_length = len(call.body)
    await response.prepare(call.request)
    await response.write(call.body[: len(call.body) // 2])
    await asyncio.sleep(0.05)
    return _reset(call)


@fault()
async def hang(call: Call) -> web.StreamResponse:
    """Accepts the request and never answers."""
    await asyncio.sleep(3600)
    return call.well


@fault()
async def slow_drip(call: Call) -> web.StreamResponse:
    """Sends one byte every fifth of a second."""
    response = web.StreamResponse(headers=call.headers)
    response.content_length = len(call.body)
    await response.prepare(call.request)
    for at in range(len(call.body)):
        await response.write(call.body[at : at + 1])
        await asyncio.sleep(0.2)
    return response


@fault()
async def length_too_long(call: Call) -> web.StreamResponse:
    """Promises more bytes than it sends, then closes."""
    return await _raw(call, f"Content-Length: {len(call.body) + 1000}", call.body)


@fault()
async def length_too_short(call: Call) -> web.StreamResponse:
    """Promises half of the bytes that it sends."""
    half = len(call.body) // 2
    return await _raw(call, f"Content-Length: {half}", call.body[:half], call.body[half:])


@fault()
async def cut_chunks(call: Call) -> web.StreamResponse:
    """Closes a chunked body before its last chunk."""
    half = call.body[: len(call.body) // 2]
    return await _raw(call, "Transfer-Encoding: chunked", f"{len(half):x}\r\n".encode() + half + b"\r\n")


# --- packing and size -------------------------------------------------------------------------------------


@cache
def _zeros() -> bytes:
    return gzip.compress(bytes(BOMB), 9)


def _packed(call: Call, packed: bytes) -> web.Response:
    return web.Response(body=packed, headers=call.headers | {"Content-Encoding": "gzip"})


@fault()
async def truncated_gzip(call: Call) -> web.StreamResponse:
    """Sends a gzipped body that is cut off, with the length of what it sends."""
    return _packed(call, gzip.compress(call.body)[:-40])


@fault()
async def false_gzip(call: Call) -> web.StreamResponse:
    """Says gzip and sends plain text."""
    return _packed(call, call.body)


@fault()
async def gzip_bomb(call: Call) -> web.StreamResponse:
    """Sends a few dozen KB that unpack to 64 MB."""
    return _packed(call, _zeros())


@fault("page")
async def huge_page(call: Call) -> web.StreamResponse:
    """Sends a page of 50 MB."""
    response = web.StreamResponse(headers=call.headers)
    await response.prepare(call.request)
    line = "<p>نص لا ينتهي</p>\n".encode() * 4000
    for _ in range(HUGE // len(line) + 1):
        await response.write(line)
    return response


_ENTRY = re.compile(rb"<(item|entry|url)[ >].*?</\1>", re.DOTALL)


@fault()
async def giant_feed(call: Call) -> web.StreamResponse:
    """Lists 10,000 entries in XML; the invented ones have no page."""
    entries = list(_ENTRY.finditer(call.body))
    end, number = entries[-1].end(), str(call.pieces[-1].number).encode()
    # Without its text: the list is to be long, not too large to be taken.
    bare = re.sub(rb"<(description|summary)>.*?</\1>", b"", entries[-1][0], flags=re.DOTALL)
    extra = (bare.replace(number, b"%d" % n) for n in range(900_000, 900_000 + GIANT - len(entries)))
    return _with(call, call.body[:end] + b"".join(extra) + call.body[end:])


# --- charsets ---------------------------------------------------------------------------------------------


def _with(call: Call, body: bytes, content_type: str = "") -> web.Response:
    kind = content_type or call.headers["Content-Type"]
    return web.Response(body=body, headers={"Content-Type": kind})


def _bare_type(call: Call) -> str:
    return call.headers["Content-Type"].partition(";")[0]


@fault()
async def wrong_charset(call: Call) -> web.StreamResponse:
    """Names another charset in the header than the one it sends."""
    other = "windows-1256" if call.masthead.charset == "utf-8" else "utf-8"
    return _with(call, call.body, f"{_bare_type(call)}; charset={other}")


@fault()
async def undeclared_charset(call: Call) -> web.StreamResponse:
    """Sends windows-1256 and says so nowhere."""
    text = call.body.decode(call.masthead.charset)
    text = re.sub(r"""\s(?:encoding|charset)=["']?[\w-]+["']?""", "", text)
    return _with(call, text.encode("windows-1256", "replace"), _bare_type(call))


@fault()
async def mojibake(call: Call) -> web.StreamResponse:
    """Sends text that was decoded as Latin and encoded again: the damage is in the database."""
    return _with(call, call.body.decode(call.masthead.charset).encode().decode("latin-1").encode())


# --- documents --------------------------------------------------------------------------------------------


def _html(title: str, text: str, status: int = 200) -> web.Response:
    head = f"<!doctype html><html><head><title>{title}</title></head>"
    page = f"{head}<body><h1>{title}</h1><p>{text}</p></body></html>"
    return web.Response(status=status, text=page, content_type="text/html", charset="utf-8")


@fault()
async def html_for_feed(call: Call) -> web.StreamResponse:
    """Sends its front page where its feed was."""
    return _html(call.masthead.name_ar, "أهلا بكم في موقعنا الجديد")


@fault()
async def empty_200(call: Call) -> web.StreamResponse:
    """Answers 200 with no bytes."""
    return _with(call, b"")


@fault()
async def empty_feed(call: Call) -> web.StreamResponse:
    """Sends a right document that lists nothing."""
    write, content_type = WRITERS[call.masthead.dialect]
    return _with(call, write(call.masthead, call.home, ()), content_type)


@fault()
async def truncated_feed(call: Call) -> web.StreamResponse:
    """Sends the first two thirds of its document with the length of what it sends."""
    return _with(call, call.body[: len(call.body) * 2 // 3])


@fault()
async def not_well_formed(call: Call) -> web.StreamResponse:
    """Sends XML with a bare ampersand in its first title."""
    return _with(call, call.body.replace(b"</title>", b" & co</title>", 1))


@fault()
async def entity_bomb(call: Call) -> web.StreamResponse:
    """Sends XML whose entities would grow to gigabytes."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ها">{laughs}]>'
    return _with(call, f"{bomb}<rss><channel><title>&l9;</title></channel></rss>".encode(), "text/xml")


@fault()
async def lying_etag(call: Call) -> web.StreamResponse:
    """Answers 304 to every conditional request, whatever has been published since."""
    sent = call.request.headers
    if "If-None-Match" in sent or "If-Modified-Since" in sent:
        return web.Response(status=304, headers={"ETag": '"forever"'})
    return web.Response(body=call.body, headers=call.headers | {"ETag": '"forever"'})


@fault()
async def restless_etag(call: Call) -> web.StreamResponse:
    """Sends the same document under a new ETag each time, and never 304."""
    return web.Response(body=call.body, headers=call.headers | {"ETag": f'"{uuid.uuid4().hex}"'})


_DATES = re.compile(rb"<(pubDate|dc:date|published|updated|news:publication_date)>[^<]*</\1>")
_JSON_DATES = re.compile(rb'"date_published": "[^"]*",?')
_GUIDS = re.compile(rb"(<(?:guid|id)[^>]*>|\"id\": \")[^<\"]*")


@fault()
async def missing_dates(call: Call) -> web.StreamResponse:
    """Lists its entries without dates."""
    return _with(call, re.sub(rb",\s*}", b"}", _JSON_DATES.sub(b"", _DATES.sub(b"", call.body))))


@fault()
async def future_dates(call: Call) -> web.StreamResponse:
    """Dates its entries in the year 2099."""
    body = re.sub(rb"\b20\d\d(-\d\d-\d\dT)", rb"2099\1", call.body)
    return _with(call, re.sub(rb"( [A-Z][a-z]{2} )20\d\d( \d\d:)", rb"\g<1>2099\2", body))


@fault()
async def duplicate_guids(call: Call) -> web.StreamResponse:
    """Gives all entries the same guid."""
    return _with(call, _GUIDS.sub(rb"\1same-for-all", call.body))


@fault()
async def changing_guids(call: Call) -> web.StreamResponse:
    """Gives all entries new guids at each request."""
    return _with(call, _GUIDS.sub(lambda found: found[1] + uuid.uuid4().hex.encode(), call.body))


# --- redirects --------------------------------------------------------------------------------------------


def _to(address: str, status: int = 302) -> web.Response:
    return web.Response(status=status, headers={"Location": address})


@fault()
async def redirect_loop(call: Call) -> web.StreamResponse:
    """Redirects to itself."""
    return _to(str(call.request.rel_url))


_hops = count(1)


@fault()
async def redirect_for_ever(call: Call) -> web.StreamResponse:
    """Redirects from hop to hop, never to the same address twice."""
    return _to(f"{call.home}{call.masthead.source}?hop={next(_hops)}", 307)


@fault()
async def redirect_to_metadata(_call: Call) -> web.StreamResponse:
    """Redirects to the address that cloud machines keep their secrets at."""
    return _to(METADATA)


@fault()
async def redirect_to_nowhere(_call: Call) -> web.StreamResponse:
    """Redirects to a name that does not resolve."""
    return _to(NOWHERE)


@fault()
async def redirect_to_file(_call: Call) -> web.StreamResponse:
    """Redirects to a file of the machine that asks."""
    return _to("file:///etc/passwd")


@fault()
async def redirect_to_broken_tls(call: Call) -> web.StreamResponse:
    """Redirects to its own port under https, where no TLS is spoken."""
    return _to(call.home.replace("http://", "https://") + call.masthead.source, 301)


# --- walls and shells -------------------------------------------------------------------------------------


@fault()
async def consent_wall(_call: Call) -> web.StreamResponse:
    """Asks for consent to cookies where its feed was, with 200."""
    return _html("قبل أن تتابع", "نستخدم ملفات تعريف الارتباط. اقبل الكل أو ارفض الكل للمتابعة.")


@fault()
async def bot_wall(_call: Call) -> web.StreamResponse:
    """Asks to prove that one is human, with 403."""
    return _html("Just a moment...", "Checking your browser before accessing the site.", 403)


@fault()
async def parked_domain(_call: Call) -> web.StreamResponse:
    """Offers its name for sale, with 200 at every address."""
    return _html("This domain is for sale", "Buy this domain. Related searches: news, flights, loans.")


@fault("page")
async def soft_404(_call: Call) -> web.StreamResponse:
    """Says that the article was not found, with 200."""
    return _html("الصفحة غير موجودة", "عذرا، الصفحة التي تبحث عنها غير موجودة أو تم نقلها.")


@fault("page")
async def script_shell(_call: Call) -> web.StreamResponse:
    """Sends a page that is empty until its scripts have run."""
    page = '<!doctype html><title></title><div id="app"></div><script src="/app.js"></script>'
    return web.Response(text=page, content_type="text/html")


# --- robots.txt -------------------------------------------------------------------------------------------


@fault("robots")
async def robots_deny(_call: Call) -> web.StreamResponse:
    """Forbids everything to everybody."""
    return web.Response(text="User-agent: *\nDisallow: /\n")


@fault("robots")
async def robots_5xx(_call: Call) -> web.StreamResponse:
    """Fails to serve robots.txt, with 503."""
    return web.Response(status=503)


@fault("robots")
async def robots_crawl_delay(_call: Call) -> web.StreamResponse:
    """Asks for a second between two requests."""
    return web.Response(text="User-agent: *\nCrawl-delay: 1\nDisallow:\n")


@fault("robots")
async def robots_html(call: Call) -> web.StreamResponse:
    """Sends an ordinary page as robots.txt."""
    return _html(call.masthead.name_ar, "الصفحة الرئيسية")
