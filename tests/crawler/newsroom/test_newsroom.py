"""The bundled newsroom: what it publishes, over real HTTP, is what its data says."""

import aiohttp
import pytest

from crawler.entries import Cause, read_entries
from crawler.newsroom import Newsroom


@pytest.fixture
async def room():
    async with Newsroom() as room:
        yield room


@pytest.fixture
async def web():
    async with aiohttp.ClientSession() as session:
        yield session


async def test_every_outlet_lists_what_it_has_published(room, web):
    for outlet in room.outlets:
        source = outlet.sources[0]
        async with web.get(source.url) as answer:
            listing = read_entries(
                source.kind, await answer.read(), source.url, answer.headers["Content-Type"]
            )
        assert listing.cause is Cause.OK
        assert [entry.title for entry in listing.entries] == [p.draft.title for p in room.pieces(outlet.id)]


async def test_every_listed_page_holds_its_whole_text(room, web):
    for outlet in room.outlets:
        for piece in room.pieces(outlet.id):
            async with web.get(outlet.home.rstrip("/") + piece.path) as answer:
                text = (await answer.read()).decode(piece.masthead.charset)
            assert answer.status == 200
            assert all(line.replace('"', "&quot;") in text for line in piece.draft.paragraphs)
