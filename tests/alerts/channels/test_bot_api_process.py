"""The Bot API server as a process: what kill tests restart the service against."""

import asyncio
import json
import sys
from pathlib import Path

from telegram import Bot

ROOT = Path(__file__).parents[3]


async def test_each_accepted_message_is_a_line_before_it_is_answered(tmp_path):
    log = tmp_path / "accepted.jsonl"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.bot_api", "--log", str(log),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        url = (await process.stdout.readline()).decode().strip()
        async with Bot("1:" + "t" * 35, base_url=f"{url}/bot") as bot:
            for number in range(3):
                sent = await bot.send_message(7, f"خبر {number}")
                lines = log.read_text(encoding="utf-8").splitlines()
                assert json.loads(lines[-1])["message_id"] == sent.message_id
        assert [json.loads(line)["text"] for line in lines] == ["خبر 0", "خبر 1", "خبر 2"]
    finally:
        process.kill()
        await process.wait()
