"""Each fault of the misbehaving newsroom really misbehaves over HTTP, and is gone when it is switched off."""

import asyncio
import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from crawler.entries import Cause, Listing, read_entries
from crawler.newsroom import Draft, Newsroom, press
from crawler.nouns import SourceKind
from crawler.payload import MAX_BYTES
from tests.fakes.newsroom import FAULTS, GIANT, HUGE, METADATA, NOWHERE, STATUSES, MisbehavingNewsroom

RSS = "diffatain"
WINDOWS_1256 = "sijill"


@dataclass
class Got:
    """An answer as a client saw it, up to its failure."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: Exception | None = None

    @property
    def listing(self) -> Listing:
        return read_entries(
            SourceKind.FEED, self.body, "http://127.0.0.3/", self.headers.get("Content-Type", "")
        )


@pytest.fixture
async def room():
    async with MisbehavingNewsroom(drafts=[d for d in press.drafts() if not d.after]) as room:
        yield room


@pytest.fixture
def ask(room):
    async def ask(name: str = "", *, outlet: str = RSS, follow: bool = False, **headers: str) -> Got:
        place = FAULTS[name].place if name else "source"
        if name:
            room.faults.set(outlet, name)
        source = next(o.sources[0].url for o in room.outlets if o.id == outlet)
        page = room.home(outlet) + room.pieces(outlet)[0].path
        url = {"source": source, "page": page, "robots": room.home(outlet) + "/robots.txt"}[place]
        got, chunks = Got(), []
        timeout = aiohttp.ClientTimeout(total=20, sock_read=0.5)
        async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as web:
            try:
                async with web.get(url, headers=headers, allow_redirects=follow) as answer:
                    got.status, got.headers = answer.status, answer.headers
                    while chunk := await answer.content.readany():
                        chunks.append(chunk)
            except (aiohttp.ClientError, TimeoutError) as error:
                got.error = error
        got.body = b"".join(chunks)
        return got

    return ask


def test_there_are_faults_enough_and_the_readme_lists_them_all():
    readme = (Path(__file__).parents[2] / "fakes" / "README.md").read_text("utf-8")
    assert len(FAULTS) >= 30
    for name, fault in FAULTS.items():
        assert f"| `{name}` | {fault.place} | {fault.about} |" in readme


@pytest.mark.parametrize("status", STATUSES)
async def test_statuses(ask, status):
    got = await ask(f"status_{status}")
    assert got.status == status
    assert ("Retry-After" in got.headers) == (status in {429, 503})


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("reset", aiohttp.ClientConnectionError),
        ("reset_midway", aiohttp.ClientPayloadError),
        ("length_too_long", aiohttp.ClientPayloadError),
        ("cut_chunks", aiohttp.ClientPayloadError),
        ("hang", TimeoutError),
    ],
)
async def test_connections_that_fail(ask, name, error):
    got = await ask(name)
    assert isinstance(got.error, error)
    assert bool(got.body) == (name not in {"reset", "hang"})


async def test_a_slow_drip_would_take_hours_and_never_times_out_between_bytes(room, ask):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await ask("slow_drip")
    assert len((await room_body(room, ask)).body) * 0.2 > 600


async def room_body(room: MisbehavingNewsroom, ask) -> Got:
    room.faults.clear()
    return await ask()


async def test_a_length_that_is_too_short_cuts_the_document(ask):
    got = await ask("length_too_short")
    assert got.listing.cause is Cause.TRUNCATED


async def test_packing(ask):
    cut = await ask("truncated_gzip")
    with pytest.raises(EOFError):
        gzip.decompress(cut.body)
    false = await ask("false_gzip")
    assert false.headers["Content-Encoding"] == "gzip"
    assert false.body.startswith(b"<?xml")
    bomb = await ask("gzip_bomb")
    assert len(bomb.body) < 1 << 20
    assert len(gzip.decompress(bomb.body)) > 3 * MAX_BYTES


async def test_sizes(ask):
    assert len((await ask("huge_page")).body) > HUGE
    assert (await ask("giant_feed")).body.count(b"<item>") == GIANT


@pytest.mark.parametrize("outlet", [RSS, WINDOWS_1256])
async def test_charsets_lie_and_are_read_all_the_same(room, ask, outlet):
    titles = [piece.draft.title for piece in room.pieces(outlet)]
    wrong = await ask("wrong_charset", outlet=outlet)
    declared = wrong.headers["Content-Type"].partition("charset=")[2]
    assert titles[0] not in wrong.body.decode(declared, "replace")
    undeclared = await ask("undeclared_charset", outlet=outlet)
    assert "charset" not in undeclared.headers["Content-Type"]
    assert b"encoding" not in undeclared.body
    for got in (wrong, undeclared):
        assert [entry.title for entry in got.listing.entries] == titles
    assert not re.search(r"[\u0621-\u064a]", (await ask("mojibake", outlet=outlet)).body.decode())


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("html_for_feed", Cause.NOT_A_FEED),
        ("consent_wall", Cause.CONSENT_WALL),
        ("parked_domain", Cause.PARKED_DOMAIN),
        ("empty_200", Cause.EMPTY),
        ("empty_feed", Cause.EMPTY),
        ("truncated_feed", Cause.TRUNCATED),
        ("entity_bomb", Cause.ENTITY_BOMB),
    ],
)
async def test_documents_that_cannot_be_used_come_with_200_and_are_named(ask, name, cause):
    got = await ask(name)
    assert (got.status, got.listing.cause) == (200, cause)


@pytest.mark.parametrize("name", ["not_well_formed", "duplicate_guids", "changing_guids", "future_dates"])
@pytest.mark.parametrize("outlet", ["diffatain", "almirqab"])
async def test_damage_that_loses_no_entry(ask, name, outlet):
    well = await ask(outlet=outlet)
    first, second = await ask(name, outlet=outlet), await ask(name, outlet=outlet)
    assert first.body != well.body
    assert [e.url for e in first.listing.entries] == [e.url for e in well.listing.entries]
    guids = [entry.guid for entry in first.listing.entries]
    assert (len(set(guids)) == 1) == (name == "duplicate_guids")
    assert (guids != [entry.guid for entry in second.listing.entries]) == (name == "changing_guids")
    assert all("2099" in entry.published for entry in first.listing.entries) == (name == "future_dates")


@pytest.mark.parametrize("outlet", [m.id for m in press.mastheads() if m.dialect != "listing"])
async def test_dates_can_be_missing_in_every_dialect(room, ask, outlet):
    got = (await ask("missing_dates", outlet=outlet)).listing
    assert got.undated == len(got.entries) == len(room.pieces(outlet)) > 0


async def test_tags_that_lie(room, ask):
    first = await ask("lying_etag")
    room.publish(Draft("new", RSS, "خبر جديد", "مصر", ("نص",)))
    again = await ask("lying_etag", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    tags = {(await ask("restless_etag")).headers["ETag"] for _ in range(3)}
    assert len(tags) == 3


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("redirect_to_metadata", METADATA),
        ("redirect_to_nowhere", NOWHERE),
        ("redirect_to_file", "file:///"),
        ("redirect_to_broken_tls", "https://127.0.0."),
    ],
)
async def test_redirects_to_where_nobody_should_go(ask, name, where):
    got = await ask(name)
    assert 300 <= got.status < 400
    assert got.headers["Location"].startswith(where)


@pytest.mark.parametrize("name", ["redirect_loop", "redirect_for_ever"])
async def test_redirects_without_end(ask, name):
    assert isinstance((await ask(name, follow=True)).error, aiohttp.TooManyRedirects)


async def test_tls_fails(ask):
    assert isinstance((await ask("redirect_to_broken_tls", follow=True)).error, aiohttp.ClientSSLError)


async def test_walls_and_shells(room, ask):
    assert (await ask("bot_wall")).status == 403
    text = room.pieces(RSS)[0].draft.paragraphs[0].encode()
    for name in ("soft_404", "script_shell"):
        got = await ask(name)
        assert got.status == 200
        assert text not in got.body


async def test_robots(ask):
    assert b"Disallow: /\n" in (await ask("robots_deny")).body
    assert (await ask("robots_5xx")).status == 503
    assert b"Crawl-delay: 1" in (await ask("robots_crawl_delay")).body
    assert b"<html" in (await ask("robots_html")).body


async def test_a_fault_strikes_its_place_only_and_ends(room, ask):
    well = (await ask()).body
    assert (await ask("status_500", outlet="sijill")).status == 500
    assert (await ask()).body == well
    room.faults.set("sijill", "status_500", place="page")
    room.faults.clear("sijill")
    assert (await ask(outlet="sijill")).status == 200
    with pytest.raises(KeyError):
        room.faults.set("sijill", "no_such_fault")


async def test_a_fault_is_not_hidden_by_a_304(ask):
    well = await ask()
    assert (await ask("empty_200", **{"If-None-Match": well.headers["ETag"]})).status == 200


async def test_without_faults_it_is_the_newsroom(room):
    assert isinstance(room, Newsroom)
