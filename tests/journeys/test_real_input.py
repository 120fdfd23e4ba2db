"""Six real Arabic pages and the two texts the project began with, served from 127.0.0.1, through the whole chain."""

import json
from pathlib import Path

import pytest

from alerts.storage import Newsdesk
from scheduler.archive import open_database
from tests.fakes.site import article_page, rss, serve_site
from tests.journeys.conftest import outlet_at, running, until


@pytest.fixture
def pages(data: Path) -> dict[str, dict]:
    """The real pages by path, with their gold values."""
    index = json.loads((data / "pages" / "index.json").read_text(encoding="utf-8"))
    return {f"/{page['id']}.html": page for page in index if "gold_text_file" in page}


@pytest.fixture
def seeds(data: Path) -> dict[str, str]:
    """The seeds, each wrapped in a plain article page, by path."""
    wrapped = {}
    for file in sorted((data / "seeds").glob("seed-*.txt")):
        text = file.read_text(encoding="utf-8")
        title = text.partition("\n")[0].partition(".")[
            0
        ]  # one seed has no headline: its first sentence is one
        body = text.removeprefix(title)
        wrapped[f"/{file.stem}.html"] = article_page(title, body)
    return wrapped


async def test_real_pages_are_read_and_only_the_seeds_are_flagged(tmp_path, data, pages, seeds):
    site = seeds | {path: (data / "pages" / page["file"]).read_bytes() for path, page in pages.items()}
    async with serve_site(site) as home:
        site["/feed.rss"] = rss(*seeds, *pages, home=home)
        async with running(tmp_path / "a.sqlite", [outlet_at(home, "/feed.rss")]) as seen:
            await until(
                lambda: len(seen.articles) == 8 and len(seen.flagged) == 2, what="8 articles, 2 flags"
            )
            with open_database(tmp_path / "a.sqlite") as database:
                await until(
                    lambda: database.read(lambda c: Newsdesk(c).cursor("flagger")) == 8, what="all judged"
                )

    titles = {article.title for article, _ in seen.articles}
    assert {page["title"] for page in pages.values()} <= titles

    topics = [
        (flagged.article.url.rpartition("/")[2], set(flagged.flag.verdict.topics)) for flagged in seen.flagged
    ]
    assert sorted(topics) == [
        ("seed-0-online-gambling.html", {"gambling", "fraud"}),
        ("seed-1-scam-centres-trafficking.html", {"fraud", "trafficking"}),
    ]
    for flagged in seen.flagged:
        for finding in flagged.flag.verdict.findings:
            for span in finding.spans:
                text = flagged.article.title if span.field == "title" else flagged.article.body
                assert text[span.start : span.end] == span.text, "evidence stands in the original text"
