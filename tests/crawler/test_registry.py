"""Outlet files are read strictly: an error names file, key and way out."""

from pathlib import Path

import pytest
import yaml

from crawler.nouns import SourceKind, TimeRule
from crawler.registry import load_outlet, load_outlets
from crawler.strict import StrictError

GOOD = """\
id: alif
name_ar: ألف
name_en: Alif
country: NO
timezone: Africa/Cairo
home: https://alif.example
time_rule: z_is_local
delay: 2
sources:
- {url: "https://alif.example/rss", kind: feed}
"""


def write(tmp_path: Path, text: str = GOOD, name: str = "alif") -> Path:
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_an_outlet(tmp_path):
    outlet = load_outlet(write(tmp_path))
    assert outlet.country == "NO", "Norway is no boolean"
    assert (outlet.sources[0].kind, outlet.time_rule, outlet.delay) == (
        SourceKind.FEED,
        TimeRule.Z_IS_LOCAL,
        2.0,
    )


BAD = {
    "unknown key": ("colour: red\n" + GOOD, "unknown key colour"),
    "unknown key in a source": (
        GOOD.replace("kind: feed", "kind: feed, every: 5"),
        r"unknown key every .* at sources\[0\]",
    ),
    "missing key": (GOOD.replace("country: NO\n", ""), "the key country is missing"),
    "wrong kind": (
        GOOD.replace("kind: feed", "kind: fed"),
        r"one of feed, news_sitemap, listing at sources\[0\].kind",
    ),
    "text for a number": (GOOD + "tier: 'one'\n", "must be of type int, not 'one' at tier"),
    "a word for a list": (GOOD.replace("- {", "x: {"), "must be a list"),
    "key twice": (GOOD + "delay: 3\n", "line 11: the key 'delay' is written twice"),
    "alias": (GOOD.replace("ألف", "&a ألف") + "notes: [*a]\n", "aliases"),
    "broken yaml": (GOOD + "notes: [", "not YAML"),
    "zone": (GOOD.replace("Africa/Cairo", "Cairo"), "timezone 'Cairo'"),
    "country": (GOOD.replace("NO", "Norway"), "country 'Norway'"),
    "tier": (GOOD + "tier: 9\n", "tier 9"),
    "delay": (GOOD.replace("delay: 2", "delay: -1"), "delay -1"),
    "id": (GOOD.replace("id: alif", "id: Alif!"), "id 'Alif!'"),
    "long id": (GOOD.replace("id: alif", "id: " + "a" * 25), "must be 2 to 24 of"),
    "other id": (GOOD.replace("id: alif", "id: baa"), "must be the file's name"),
    "address": (GOOD.replace("https://alif.example/rss", "file:///etc/passwd"), "file:///etc/passwd"),
    "pattern": (GOOD.replace("kind: feed", "kind: listing, article_pattern: '('"), "article_pattern"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_by_file_and_key(tmp_path, case):
    text, expected = BAD[case]
    with pytest.raises(StrictError, match=expected) as error:
        load_outlet(write(tmp_path, text))
    assert "alif.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_one_source_of_two_outlets_is_refused(tmp_path):
    write(tmp_path)
    write(tmp_path, GOOD.replace("id: alif", "id: baa"), "baa")
    with pytest.raises(StrictError, match="source of both alif and baa"):
        load_outlets(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StrictError, match="MARSAD_OUTLETS"):
        load_outlets(tmp_path / "none")


def test_a_file_that_is_not_utf8_or_too_large_is_refused(tmp_path):
    path = tmp_path / "alif.yaml"
    path.write_bytes(GOOD.encode("cp1256"))
    with pytest.raises(StrictError, match="cannot be read"):
        load_outlet(path)
    path.write_bytes(b"#" * (5 << 20))
    with pytest.raises(StrictError, match="larger than 4 MB"):
        load_outlet(path)


def test_what_comes_with_marsad_is_watched_by_its_grade():
    sources = [source for outlet in load_outlets() for source in outlet.sources]
    assert [source.url for source in sources if source.grade in {"C", "D"} and source.enabled] == []
    assert {source.kind for source in sources if not source.grade} == {SourceKind.LISTING}, (
        "only pages are unproven"
    )
    left_off = [source.url for source in sources if source.grade in {"A", "B"} and not source.enabled]
    notes = " ".join(note for outlet in load_outlets() for note in outlet.notes)
    assert [url for url in left_off if url not in notes] == [], "each with its reason"


def test_every_outlet_of_the_first_two_tiers_has_its_file(data):
    seeds = yaml.safe_load((data / "outlets.yaml").read_text(encoding="utf-8"))["outlets"]
    known = {outlet.id: outlet for outlet in load_outlets()}
    assert [seed["id"] for seed in seeds if seed["tier"] < 3 and seed["id"] not in known] == []
    given = {
        feed["url"]
        for seed in seeds
        for feed in (*seed.get("feeds", ()), *seed.get("sitemaps", ()), *seed.get("html_listing", ()))
    }
    homes = {seed["home"] for seed in seeds}
    ours = {source.url for outlet in known.values() for source in outlet.sources}
    assert ours <= given | homes, "no address is invented"
