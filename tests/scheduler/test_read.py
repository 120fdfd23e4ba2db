"""``marsad read``: for a person, for a script, and one line where it cannot."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from scheduler.commands.read import read
from scheduler.wiring import Config
from tests.fakes.site import article_page, serve_site

TITLE = "افتتاح معرض الكتاب في المدينة القديمة"
SENTENCE = "قال المنظمون إن الدورة رقم {} تستمر عشرة أيام وتستضيف ناشرين من عشرين بلدا."
BODY = "\n".join(map(SENTENCE.format, range(5)))
HTML = article_page(TITLE, BODY, published="2025-05-03T20:30:00Z")
PROGRAM = Path(sys.executable).with_name("marsad")


def run(*args, stdin=HTML):
    return CliRunner().invoke(read, [*args], obj=Config(), input=stdin.encode())


def test_a_person_reads_title_date_and_text():
    result = run("-", "--url", "https://outlet.example/1")
    assert result.exit_code == 0
    assert result.output.splitlines()[0].startswith(TITLE)
    assert "2025-05-03T20:30:00+00:00  (meta, to the second)" in result.output
    assert "عشرة أيام" in result.output


def test_a_script_reads_json(tmp_path):
    page = tmp_path / "page.html"
    page.write_bytes(HTML.encode("windows-1256"))
    url = "https://outlet.example/1"
    result = run(str(page), "--url", url, "--json", "--zone", "Africa/Cairo", "--now", "2025-05-03T21:00:00Z")
    data = json.loads(result.output)
    assert (data["title"], data["url"], data["charset"]) == (TITLE, url, "windows-1256")
    assert data["body"].split("\n\n") == BODY.splitlines()
    assert data["published"]["at"] == "2025-05-03T23:30:00+03:00"
    assert data["first_seen"] == "2025-05-03T21:00:00+00:00"
    assert (data["extractor"], data["remarks"]) == ("trafilatura-fast", [])


def test_the_watched_outlet_is_known_by_the_address():
    data = json.loads(run("-", "--json", "--url", "https://www.youm7.com/story/1").output)
    assert data["outlet"] == "youm7"
    assert data["published"]["at"].endswith(("+02:00", "+03:00"))


@pytest.mark.parametrize(
    ("args", "stdin", "message"),
    [
        (["/no/such/page.html"], "", "/no/such/page.html: No such file or directory"),
        (["-"], "", "empty: the server answered without a body"),
        (["-"], "نص بلا وسوم", "not_html: there is no markup in it"),
        (["-", "--zone", "Mars/Base"], HTML, "--zone Mars/Base: not an IANA time zone"),
        (["-", "--now", "yesteryear"], HTML, "--now yesteryear: not a time"),
        (["-", "--content-type", "image/png"], HTML, "not_html: the server calls it image/png"),
    ],
)
def test_what_cannot_be_read_is_one_line(args, stdin, message):
    result = run(*args, stdin=stdin)
    assert result.exit_code == 1
    assert message in result.output
    assert len(result.output.strip().splitlines()) == 1


async def marsad(*args, networks=""):
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "read", *args, env=os.environ | {"MARSAD_ALLOWED_NETWORKS": networks},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_an_address_is_fetched_as_the_service_does():
    async with serve_site({"/1": HTML}) as site:
        code, out, _ = await marsad(f"{site}/1", "--json", networks="127.0.0.0/8")
        assert (code, json.loads(out)["title"]) == (0, TITLE)
        code, _, err = await marsad(f"{site}/1")
        assert (code, "private_address" in err) == (1, True)
