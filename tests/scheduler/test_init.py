"""`marsad init`, as somebody meets it: on a real terminal, before servers that answer; and as a script uses it."""

import asyncio
import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import pytest
from click.testing import CliRunner

from scheduler.cli import marsad
from scheduler.settings_file import read_settings
from scheduler.wiring import read_config
from tests.fakes import mail_server
from tests.fakes.bot_api import BotApi, serve

ROOT = Path(__file__).parent.parent.parent
TOKEN = "123456789:AAtest_token_of_thirty_five_chars_xx"
WRONG = "987654321:AAtest_token_of_thirty_five_chars_yy"
TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"


class Terminal:
    """`marsad init` on a pseudo-terminal, and somebody before it who reads and types."""

    def __init__(self, folder: Path, **settings: str) -> None:
        words = [
            sys.executable,
            "-c",
            TERMINAL,
            sys.executable,
            "-m",
            "scheduler.cli",
            "init",
            "--folder",
            folder,
        ]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MARSAD_")}
        self.process = subprocess.Popen(
            words, cwd=ROOT, env=clean | settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.seen = ""
        self._read = 0

    def answer(self, question: str, words: str = "") -> str:
        """Wait for a question and answer it; returns what stood there since the last one."""
        end = time.monotonic() + 30
        while question not in self.seen[self._read :]:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert chunk, f"{question!r} was not asked: {self.seen[self._read :]}"
            self.seen += chunk.decode(errors="replace").replace("\r\n", "\n")
        before, self._read = self.seen[self._read :], len(self.seen)
        self.process.stdin.write(f"{words}\n".encode())
        self.process.stdin.flush()
        return before

    def end(self) -> str:
        """What stood there until it ended."""
        left, _ = self.process.communicate(timeout=30)
        self.seen += left.decode(errors="replace").replace("\r\n", "\n")
        assert self.process.returncode == 0, self.seen
        return self.seen[self._read :]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def say(folder, *words, stdin="", **settings):
    result = CliRunner().invoke(marsad, ["init", "--folder", str(folder), *words], env=settings, input=stdin)
    assert "Traceback" not in result.output
    return result


def mode(path):
    return oct(path.stat().st_mode & 0o777)


async def test_a_newcomer_is_led_through_all_of_it(tmp_path):
    folder = tmp_path / "marsad"

    def sit_down(api: str, port: int) -> str:
        with Terminal(folder, MARSAD_TELEGRAM_API=api) as terminal:
            terminal.answer("The bot's token", "not a token")
            assert "not a bot token" in terminal.answer("The bot's token", WRONG)
            refused = terminal.answer("The bot's token", TOKEN)
            (line,) = [each for each in refused.splitlines() if "refuses" in each]
            assert "copy it once more from @BotFather" in line
            assert not folder.exists(), "nothing is written before the last answer"
            assert "Telegram knows this bot" in terminal.answer("host name, or none", "127.0.0.1")
            terminal.answer("Its port [587]", str(port))
            terminal.answer("starttls, tls, or none", "none")
            terminal.answer("Our name there")
            terminal.answer("Whom mails are from", "مرصد <news@example.org>")
            terminal.answer("The https address", "http://example.org")
            assert "is not an https address" in terminal.answer("no mail [127.0.0.1]")
            for question in (f"Its port [{port}]", "[none]", "Our name there", "<news@example.org> [مرصد"):
                terminal.answer(question)
            terminal.answer("The https address", "https://news.example.org")
            assert "The relay takes our mails" in terminal.answer("Watch which", "EG, al_jazera")
            assert "'al_jazera' is the id or country of no outlet" in terminal.answer(
                "Watch which", "eg, aawsat"
            )
            terminal.answer("Where outlets reach you", "https://desk.example/bot")
            terminal.answer("Make a backup every night")
            told = terminal.end()
            assert TOKEN not in terminal.seen
            assert WRONG not in terminal.seen
            return told

    async with serve(BotApi(tokens={TOKEN})) as api, mail_server.serve() as relay:
        told = await asyncio.to_thread(sit_down, api.url, relay.port)
        assert not api.violations
    assert f"export MARSAD_SETTINGS={folder}/marsad.env" in told
    assert "marsad doctor --online" in told
    config = read_config({"MARSAD_SETTINGS": str(folder / "marsad.env")})
    assert (config.telegram_token, config.telegram_api) == (TOKEN, api.url)
    assert (config.mail.name, config.mail.port, config.public_url) == (
        "مرصد",
        relay.port,
        "https://news.example.org",
    )
    assert config.watch == {"EG", "aawsat"}
    assert config.user_agent == "Marsad (+https://desk.example/bot)"
    assert config.backups == folder / "backups"
    assert {mode(folder / "marsad.env"), mode(folder / "secrets" / "telegram_token")} == {"0o600"}
    assert mode(folder / "secrets") == "0o700"
    assert TOKEN not in (folder / "marsad.env").read_text(encoding="utf-8")
    env = {"MARSAD_SETTINGS": str(folder / "marsad.env")}
    checked = await asyncio.to_thread(lambda: CliRunner().invoke(marsad, ["config", "check"], env=env))
    assert checked.exit_code == 0, checked.output


async def test_a_script_sets_it_up_without_a_question(tmp_path):
    (tmp_path / "password").write_text("geheim\n", encoding="utf-8")
    words = ["--yes", "--telegram-token-file", "-", "--smtp-host", "127.0.0.1", "--smtp-security", "none",
             "--mail-from", "news@example.org", "--public-url", "https://news.example.org", "--no-backups",
             "--watch", "all"]  # fmt: skip
    async with serve(BotApi(tokens={TOKEN})) as api, mail_server.serve() as relay:
        more = {"MARSAD_TELEGRAM_API": api.url}
        done = await asyncio.to_thread(
            lambda: say(tmp_path / "a", *words, "--smtp-port", str(relay.port), stdin=TOKEN + "\n", **more)
        )
        refused = await asyncio.to_thread(
            lambda: say(tmp_path / "b", *words, "--smtp-port", str(relay.port), stdin=WRONG + "\n", **more)
        )
        deaf = await asyncio.to_thread(
            lambda: say(tmp_path / "b", *words, "--smtp-port", "9", stdin=TOKEN + "\n", **more)
        )
    assert done.exit_code == 0, done.output
    assert "[" not in done.output, "no question"
    assert read_config({"MARSAD_SETTINGS": str(tmp_path / "a" / "marsad.env")}).telegram_token == TOKEN
    assert "--offline" not in refused.output, "the token is wrong, not the line"
    assert "--offline does not try it" in deaf.output
    for wrong, why in ((refused, "Telegram refuses this token"), (deaf, "127.0.0.1:9")):
        assert wrong.exit_code == 1
        assert why in wrong.output
        assert "Nothing was written" in wrong.output
    assert not (tmp_path / "b").exists()


def test_what_is_there_is_not_replaced_unless_that_is_said(tmp_path):
    assert say(tmp_path, "--yes", "--watch", "EG", "--contact", "desk@example.org").exit_code == 0
    before = (tmp_path / "marsad.env").read_text(encoding="utf-8")
    again = say(tmp_path, "--yes", "--watch", "QA")
    assert again.exit_code == 1
    assert re.search(r"marsad.env: is there already; --force changes it", again.output)
    assert (tmp_path / "marsad.env").read_text(encoding="utf-8") == before
    assert say(tmp_path, "--yes", "--watch", "QA", "--force").exit_code == 0
    settings = read_settings(tmp_path / "marsad.env")
    assert settings["MARSAD_WATCH"] == "QA"
    assert settings["MARSAD_USER_AGENT"] == "Marsad (+desk@example.org)", "what was not answered anew stays"


def test_who_leaves_in_the_middle_leaves_nothing_behind(tmp_path):
    assert say(tmp_path / "new", stdin="\n\n").exit_code == 1
    assert not (tmp_path / "new").exists()


def test_a_relay_that_is_away_may_be_kept_all_the_same(tmp_path):
    answers = [
        "",
        "127.0.0.1",
        "9",
        "none",
        "",
        "news@example.org",
        "https://news.example.org",
        "y",
        "",
        "",
        "n",
    ]
    result = say(tmp_path, stdin="\n".join(answers) + "\n")
    assert result.exit_code == 0, result.output
    assert "127.0.0.1:9: " in result.output
    assert read_settings(tmp_path / "marsad.env")["MARSAD_SMTP_PORT"] == "9"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--watch", "atlantis"], "MARSAD_WATCH: 'atlantis' is the id or country of no outlet"),
        (
            ["--telegram-token-file", "/nowhere/token"],
            "/nowhere/token: cannot be read (No such file or directory)",
        ),
        (["--smtp-host", "relay.example", "--offline"], "MARSAD_MAIL_FROM: is not set"),
    ],
)
def test_a_script_is_told_in_one_line_what_does_not_do(tmp_path, words, says):
    result = say(tmp_path, "--yes", *words)
    assert result.exit_code == 1
    (line,) = [each for each in result.output.splitlines() if each.startswith("Error")]
    assert says in line
    assert "--offline" not in line
    assert "Errno" not in line
    assert list(tmp_path.iterdir()) == []


def test_a_bot_api_that_does_not_answer_is_named(tmp_path):
    (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
    env = {"MARSAD_TELEGRAM_API": "http://127.0.0.1:9"}
    result = say(tmp_path / "new", "--yes", "--telegram-token-file", str(tmp_path / "token"), **env)
    assert "Telegram does not answer at http://127.0.0.1:9" in result.output
    assert "--offline does not try it" in result.output


def test_broken_settings_do_not_stop_what_repairs_them(tmp_path):
    env = {"MARSAD_SETTINGS": str(tmp_path / "marsad.env"), "MARSAD_LOG": ""}
    assert CliRunner().invoke(marsad, ["doctor"], env=env).exit_code == 1
    assert say(tmp_path, "--yes", **env).exit_code == 0
    assert CliRunner().invoke(marsad, ["doctor"], env=env).exit_code == 0
