"""The spider is an ordinary one: Scrapy's own command runs it."""

import asyncio
import json
import sys
from pathlib import Path

from crawler.newsroom import Newsroom
from tests.journeys.test_kill import write_outlets

ROOT = Path(__file__).parent.parent.parent


async def test_scrapy_crawl_reads_an_outlet(tmp_path):
    async with Newsroom() as room:
        write_outlets(tmp_path / "outlets", room.outlets)
        listed = len(room.pieces("diffatain"))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "scrapy", "crawl", "outlet", "-a", "id=diffatain",
            "-s", f"MARSAD_OUTLETS={tmp_path / 'outlets'}", "-s", "MARSAD_ALLOWED_NETWORKS=127.0.0.0/8",
            "-O", str(tmp_path / "out.jsonl"), cwd=ROOT, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(40):
            _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    articles = [
        json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert len(articles) >= listed >= 4
    assert all(article["title"] and article["body"] for article in articles)
