"""Outlet files are amended with all else left as it stands, or not at all."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.nouns import Outlet, Selectors, Source, SourceKind
from crawler.outlet_files import amend, compose, create
from crawler.registry import FOLDER, load_outlet
from crawler.strict import StrictError

ALIF = Outlet(
    "alif", "ألف", "Alif", "NO", "Africa/Cairo", "https://alif.example",
    (Source("https://alif.example/rss", SourceKind.FEED, grade="C", enabled=False),
     Source("https://alif.example/", SourceKind.LISTING, article_pattern=r"/\d+: #x")),
    tier=1, delay=2.5, selectors=Selectors(body="div.a > p"), notes=("a: note", "# another"),
)  # fmt: skip


@pytest.mark.parametrize("name", ["aljazeera", "china_org_ar", "xinhua_ar", "aa_ar"])
def test_a_file_survives_a_change_and_its_undoing(tmp_path, name):
    path = Path(shutil.copy(FOLDER / f"{name}.yaml", tmp_path))
    before = path.read_text()
    url = load_outlet(path).sources[-1].url
    amend(path, url, {"probed": "2026-11-23: http_404"})
    assert load_outlet(path).sources[-1].probed == "2026-11-23: http_404"
    amend(path, url, {"probed": None})
    assert path.read_text() == before


def test_what_would_not_load_is_refused_and_the_file_stays(tmp_path):
    path = tmp_path / "alif.yaml"
    create(path, compose(ALIF, {}))
    before = path.read_text()
    for url, changes, words in [
        ("https://alif.example/rss", {"grade": 7}, "grade"),
        ("https://alif.example/rss", {"unheard_of": "x"}, "unknown key"),
        ("https://alif.example/none", {"grade": "A"}, "it has no source"),
    ]:
        with pytest.raises(StrictError, match=words):
            amend(path, url, changes)
        assert path.read_text() == before
    assert [each.name for each in tmp_path.iterdir()] == ["alif.yaml"], "nothing is left behind"
    with pytest.raises(StrictError, match="is there already"):
        create(path, before)
    with pytest.raises(StrictError, match="cannot be written"):
        create(tmp_path / "none" / "alif.yaml", before)


def test_a_new_file_says_all_that_is_not_usual_and_what_is_to_be_looked_at(tmp_path):
    text = compose(ALIF, {"country": "review: from its address", "charset": "never shown"})
    path = tmp_path / "alif.yaml"
    create(path, text)
    assert load_outlet(path) == ALIF
    assert "country: NO # review: from its address" in text.replace("'", "")
    assert "charset" not in text
    bare = replace(ALIF, sources=(), notes=(), selectors=Selectors())
    (tmp_path / "b").mkdir()
    create(tmp_path / "b" / "alif.yaml", compose(bare, {}))
    assert load_outlet(tmp_path / "b" / "alif.yaml") == bare
