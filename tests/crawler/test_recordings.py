"""Recorded pages are read as they are expected to be. Each folder is a test, found by itself."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.fetching import Fetched
from crawler.nouns import Outlet, Page, Selectors, Source, SourceKind
from crawler.reading import read_page
from crawler.recording import Recording, differences, record, recordings
from crawler.registry import problems
from crawler.storage import Validators
from crawler.strict import StrictError

OWN = Path(__file__).parent.parent / "recordings"  # of the bundled newsroom
FOLDERS = [OWN, *(Path(folder) for folder in [os.environ.get("MARSAD_RECORDINGS", "")] if folder)]
FOUND = [each for folder in FOLDERS for each in recordings(folder)]
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ALIF = Outlet(
    "alif",
    "ألف",
    "Alif",
    "EG",
    "Africa/Cairo",
    "https://alif.example",
    (Source("https://alif.example/rss", SourceKind.FEED),),
)
MARKUP = """<!doctype html><html><head><title>خبر عن النقل في المدينة</title></head><body>
<div class="top">صحيفة ألف اليومية</div><h1>خبر عن النقل في المدينة</h1>
<div class="a"><p>أعلنت وزارة النقل اليوم الأحد افتتاح خط جديد للحافلات يربط وسط المدينة بضواحيها الشرقية.</p>
<p class="poll">هل تستخدم الحافلات في تنقلك اليومي داخل المدينة كل صباح؟ شارك برأيك في استطلاع صحيفة ألف.</p></div>
<div class="b"><p>وقال متحدث باسم الوزارة إن الخط سيخدم نحو أربعين ألف راكب يوميا، وإن الأسعار لن تتغير.</p></div>
<span class="who">مراسل ألف في المدينة</span></body></html>"""


@pytest.mark.parametrize(
    "recording", FOUND, ids=[str(each.folder.relative_to(each.folder.parents[1])) for each in FOUND]
)
def test_a_recorded_page_is_read_as_expected(recording: Recording):
    assert differences(recording) == {}


def test_the_bundled_newsroom_is_recorded():
    assert {each.outlet.id for each in FOUND} >= {"diffatain", "sijill"}


def fetched(markup: str = MARKUP) -> Fetched:
    page = Page("https://alif.example/2026/1", markup.encode(), "text/html; charset=utf-8")
    return Fetched(page, Validators(), {"Content-Type": "text/html", "Set-Cookie": "id=7", "Date": "today"})


def test_a_page_is_kept_whole_and_a_change_in_reading_is_seen(tmp_path):
    kept = fetched()
    folder = record(tmp_path, ALIF, kept, read_page(kept.page, ALIF, now=NOW))
    (recording,) = recordings(tmp_path)
    assert (recording.folder, recording.page, recording.outlet, recording.seen_at) == (
        folder,
        kept.page,
        ALIF,
        NOW,
    )
    assert differences(recording) == {}
    assert "id=7" not in (folder / "answer.json").read_text()
    expected = (folder / "expected.json").read_text().replace("خبر عن النقل", "خبر عن القطار")
    (folder / "expected.json").write_text(expected)
    (recording,) = recordings(tmp_path)
    assert differences(recording)["title"] == ("خبر عن القطار في المدينة", "خبر عن النقل في المدينة")


def test_a_recording_that_is_not_whole_is_named(tmp_path):
    kept = fetched()
    folder = record(tmp_path, ALIF, kept, read_page(kept.page, ALIF, now=NOW))
    (folder / "page.html").unlink()
    with pytest.raises(StrictError, match="is no whole recording"):
        list(recordings(tmp_path))


def test_an_outlets_file_says_where_its_text_stands(tmp_path):
    before = read_page(fetched().page, ALIF, now=NOW)
    outlet = replace(ALIF, selectors=Selectors(body="div.a, div.b", drop=".poll", author=".who"))
    article = read_page(fetched().page, outlet, now=NOW)
    assert article.body == (
        "أعلنت وزارة النقل اليوم الأحد افتتاح خط جديد للحافلات يربط وسط المدينة بضواحيها الشرقية.\n\n"
        "وقال متحدث باسم الوزارة إن الخط سيخدم نحو أربعين ألف راكب يوميا، وإن الأسعار لن تتغير."
    )
    assert (article.extractor, article.author) == ("selectors", "مراسل ألف في المدينة")
    assert article.body != before.body
    record(tmp_path, outlet, fetched(), article)
    (recording,) = recordings(tmp_path)
    assert (recording.outlet, differences(recording)) == (outlet, {})


def test_a_page_without_that_place_is_read_as_before():
    outlet = replace(ALIF, selectors=Selectors(body="div.gone", title=".gone"))
    assert read_page(fetched().page, outlet, now=NOW) == read_page(fetched().page, ALIF, now=NOW)


def test_a_selector_that_is_none_is_refused():
    wrong = replace(ALIF, selectors=Selectors(body="div..x["))
    assert [problem for problem in problems(wrong) if "selectors.body" in problem]
