"""Reading against pages, dates and charsets that were collected, with the floors that only rise."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from crawler.dates import parse_date
from crawler.nouns import Outlet, Page, Precision
from crawler.reading import read_page
from crawler.reading.text import overlap

FLOORS = yaml.safe_load(Path(__file__).with_name("reading_floors.yaml").read_text("utf-8"))
ZONES = {"JO": "Asia/Amman", "AE": "Asia/Dubai", "EG": "Africa/Cairo", "SA": "Asia/Riyadh"}
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def readings(data):
    cases = json.loads((data / "pages/index.json").read_text("utf-8"))
    pages = {case["id"]: (data / "pages" / case["file"]).read_bytes() for case in cases}
    return [(case, read_page(Page(case["url"], pages[case["id"]]), _outlet(case), now=NOW)) for case in cases]


def _outlet(case):
    return Outlet(case["id"], case["outlet"], "", case["country"], ZONES[case["country"]], case["url"], ())


def test_titles_of_real_pages(readings):
    exact = sum(article.title == case["title"] for case, article in readings)
    print(f"titles exact: {exact}/{len(readings)}")
    assert exact >= FLOORS["pages"]["titles_exact"]


def test_dates_of_real_pages(readings):
    right = sum(f"{article.published.at:%Y-%m-%d}" == case["date"] for case, article in readings)
    print(f"dates right: {right}/{len(readings)}")
    assert right >= FLOORS["pages"]["dates_right"]


def test_bodies_of_real_pages(readings, data):
    scores = [
        overlap(article.body, (data / "pages" / case["gold_text_file"]).read_text("utf-8"))
        for case, article in readings
    ]
    print(f"body token F1: mean {sum(scores) / len(scores):.4f}, least {min(scores):.4f}")
    assert sum(scores) / len(scores) >= FLOORS["pages"]["body_f1_mean"]
    assert min(scores) >= FLOORS["pages"]["body_f1_least"]


def test_date_strings(data):
    book = json.loads((data / "eval/dates-dev.json").read_text("utf-8"))
    now = datetime.fromisoformat(book["now"])
    wrong = [case for case in book["cases"] if not _says(case, now)]
    print(f"date strings right: {len(book['cases']) - len(wrong)}/{len(book['cases'])}")
    assert len(book["cases"]) - len(wrong) >= FLOORS["dates"], wrong


def _says(case, now):
    stamp = parse_date(case["text"], now=now, zone="UTC")
    day_only = len(case["expected"]) == len("2020-01-01")
    printed = stamp and f"{stamp.at:%Y-%m-%d}" + ("" if day_only else f" {stamp.at:%H:%M}")
    return printed == case["expected"] and (stamp.precision is Precision.DAY) == day_only


def test_encodings(data):
    lines = (data / "eval/encoding_cases-dev.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(each) for each in lines]
    outlet = Outlet("x", "", "", "", "UTC", "", ())
    wrong = []
    for case in cases:
        body = base64.b64decode(case["body_b64"])
        article = read_page(Page("https://x.example/1", body, case["content_type"]), outlet, now=NOW)
        # White space inside a paragraph is the browser's to collapse.
        if article.title != case["expected_title"] or article.body.split() != case["expected_text"].split():
            wrong.append((case["id"], article))
    print(f"encodings right: {len(cases) - len(wrong)}/{len(cases)}")
    assert len(cases) - len(wrong) >= FLOORS["encodings"], wrong
