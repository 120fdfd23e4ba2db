"""What a newcomer sees first: `marsad demo` in a folder of its own."""

import asyncio
import os
import sys
from itertools import takewhile

from crawler.newsroom import Newsroom
from crawler.newsroom.press import drafts
from crawler.storage import Archive
from scheduler.archive import open_database
from tests.test_house import ROOT


async def test_the_demo_shows_the_whole_chain_and_flags_what_it_should(tmp_path):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "scheduler.cli", "demo", cwd=tmp_path, env=os.environ | {"COLUMNS": "110"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        output, errors = (text.decode() for text in await process.communicate())
    assert (process.returncode, errors) == (0, "")

    async with Newsroom(drafts=[]) as room:
        kinds = {room.dialect(outlet.id) for outlet in room.outlets}
        names = [outlet.name_en for outlet in room.outlets]
    assert len(kinds) >= 5
    assert [name for name in names if name not in output] == []
    with open_database(tmp_path / "marsad-demo.sqlite") as database:
        read = {article.title: article.id for _, article in database.read(lambda c: Archive(c).after(0, 200))}
        flagged = database.read(
            lambda c: {
                row["title"]
                for row in c.query("SELECT title FROM article JOIN flag ON article_id = article.id")
            }
        )
    published = {draft.title: draft for draft in drafts()}
    assert set(read) == set(published)
    assert flagged == {title for title, draft in published.items() if draft.topics}
    assert {topic for draft in published.values() for topic in draft.topics} == {
        "gambling",
        "fraud",
        "trafficking",
    }
    for said in ("polled", "read", "flagged", "عاجل", "القصة", "The archive is", "marsad explain"):
        assert said in output
    assert table(output) == table((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(table(output)) == 1 + len(names)


def table(text):
    """The rows of "what was watched", heads first, in words."""
    lines = [line.split() for line in text.splitlines()]
    first = next(at for at, words in enumerate(lines) if words[:2] == ["listed", "read"])
    rows = list(takewhile(lambda words: words and words[0].isdigit(), lines[first + 1 :]))
    return [lines[first], *(words for words in rows if "articles" not in words)]
