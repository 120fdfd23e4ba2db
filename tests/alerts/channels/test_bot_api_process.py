"""The Bot API server as its own process would run it: what kill tests restart the service against."""

import asyncio
import json
from contextlib import suppress

import pytest
from telegram import Bot

from tests.fakes.bot_api.__main__ import main


@pytest.fixture
async def served(tmp_path, capsys):
    """The server's address and its log."""
    log = tmp_path / "accepted.jsonl"
    task = asyncio.create_task(main(["--log", str(log), "--scale", "1"]))
    async with asyncio.timeout(10):
        while not (url := capsys.readouterr().out.strip()):
            await asyncio.sleep(0.01)
    yield url, log
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_each_accepted_message_is_a_line_before_it_is_answered(served):
    url, log = served
    async with Bot("1:" + "t" * 35, base_url=f"{url}/bot") as bot:
        for number in range(3):
            sent = await bot.send_message(7, f"خبر {number}")
            lines = log.read_text(encoding="utf-8").splitlines()
            assert json.loads(lines[-1])["message_id"] == sent.message_id
    assert [json.loads(line)["text"] for line in lines] == ["خبر 0", "خبر 1", "خبر 2"]
