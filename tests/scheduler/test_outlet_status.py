"""One line an outlet: what a person reads at a glance."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from alerts.operators.nouns import Event
from alerts.storage import Logbook
from crawler.nouns import Outcome, Poll, Source, SourceKind
from crawler.storage import Watchbook
from scheduler.archive import open_database, utc_now
from scheduler.cli import marsad
from scheduler.commands.outlets.listing import watch_state
from scheduler.history import History, after_poll
from scheduler.outlet_status import NEVER, NEW, OUTAGE, UNWATCHED, WELL, statuses
from tests.scheduler.test_health import ALIF, hourly

FILE = """id: {id}
name_ar: ألف
name_en: Alif
country: {country}
timezone: Africa/Cairo
home: https://{id}.example/
tier: {tier}
enabled: {enabled}
sources:
- url: https://{id}.example/rss
  kind: feed
"""


def run(*words: str, **settings: str):
    return CliRunner().invoke(marsad, ["outlets", "status", *words], env=settings)


@pytest.fixture
def shop(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "outlets"
    folder.mkdir()
    for name, country, tier, enabled in [
        ("alif", "EG", 1, "true"),
        ("ba", "SD", 2, "true"),
        ("ta", "EG", 3, "false"),
    ]:
        (folder / f"{name}.yaml").write_text(
            FILE.format(id=name, country=country, tier=tier, enabled=enabled)
        )
    now = utc_now()
    outlet = replace(ALIF, sources=(Source("https://ba.example/rss", SourceKind.FEED),))
    poll = Poll(
        "ba",
        "https://ba.example/rss",
        now - timedelta(minutes=7),
        timedelta(),
        Outcome.TEMPORARY,
        "dns",
        "no such name",
    )
    history = after_poll(
        after_poll(History(), replace(poll, outcome=Outcome.OK, cause="ok", fresh=3, entries=3), outlet),
        poll,
        outlet,
    )
    with open_database(tmp_path / "a.sqlite") as database:
        database.write(lambda c: Watchbook(c).keep({"ba": history.to_text()}, {}))
        database.write(
            lambda c: Logbook(c).open_event(
                "outlet_failing", "ba", cause="its name does not resolve", now=now
            )
        )
    return {"MARSAD_DATABASE": str(tmp_path / "a.sqlite"), "MARSAD_OUTLETS": str(folder), "COLUMNS": "140"}


def test_the_worst_comes_first_with_its_cause(shop):
    shown = run(**shop)
    assert shown.exit_code == 0, shown.output
    rows = [line for line in shown.output.splitlines() if ".example" not in line and "│" in line]
    assert [row.split("│")[1].strip() for row in rows] == ["ba", "alif", "ta"]
    assert "failing" in rows[0]
    assert "7 min" in rows[0]
    assert "its name does not resolve" in rows[0]
    assert "never polled" in rows[1]
    assert "3 of 3 outlets: 1 not watched, 1 never polled, 1 failing." in shown.output


@pytest.mark.parametrize(
    ("words", "shown"),
    [(("--country", "eg"), ["alif", "ta"]), (("--tier", "2"), ["ba"]), (("--unwell",), ["ba", "alif"]), (("ta",), ["ta"])],
)  # fmt: skip
def test_it_can_be_narrowed_and_read_by_a_program(shop, words, shown):
    found = json.loads(run(*words, "--json", **shop).output)
    assert [each["outlet"] for each in found] == shown


def test_a_program_reads_the_same(shop):
    (found,) = json.loads(run("ba", "--json", **shop).output)
    assert found["answered_ago"] in range(415, 440)
    assert found["events"] == [
        {
            "kind": "outlet_failing",
            "cause": "its name does not resolve",
            "evidence": {},
            "runbook": "outlet-failing",
        }
    ]
    assert (found["state"], found["may_rest"], found["articles_24h"]) == ("failing", None, 0)


def test_an_outlet_by_name_shows_its_sources_and_where_to_read_on(shop):
    shown = run("ba", **shop).output
    assert "✓✗ https://ba.example/rss: dns no such name" in shown
    assert "docs/runbooks/outlet-failing.md" in shown


def test_an_outlet_that_is_not_there_is_told_in_one_line(shop):
    refused = run("nowhere", **shop)
    assert refused.exit_code == 1
    assert "no outlet 'nowhere'" in refused.output


@pytest.mark.parametrize(("subject", "state"), [("", OUTAGE), ("EG", OUTAGE), ("SD", WELL)])
def test_an_outage_is_told_with_each_of_its_outlets_whenever_it_joined(subject, state):
    well = hourly(range(24 * 7))
    poll = Poll("alif", ALIF.sources[0].url, well.well_at, timedelta(), Outcome.TEMPORARY, "dns")
    down = after_poll(after_poll(well, poll, ALIF), poll, ALIF)
    many = Event("many_outlets", subject, "5 of 12 outlets", utc_now(), {"outlets": ["ba"]})
    assert [each.state for each in statuses([ALIF], {"alif": down}, [many], {})] == [state]
    assert [each.state for each in statuses([ALIF], {"alif": well}, [many], {})] == [WELL]


def test_how_long_an_outlet_may_rest_follows_its_own_hours():
    def rest(history: History) -> timedelta:
        (found,) = statuses([ALIF], {"alif": history}, [], {})
        assert found.gap is not None
        return found.gap

    busy, sleeper = hourly(range(24 * 14)), hourly(range(24 * 14 + 23), night=range(17, 24))
    assert timedelta(hours=2) <= rest(busy) <= timedelta(hours=6)
    assert rest(sleeper) >= timedelta(hours=8), "its night does not count"


def test_an_outlet_that_is_hardly_known_is_new_and_one_without_sources_is_not_watched():
    assert [each.state for each in statuses([ALIF], {"alif": hourly(range(5))}, [], {})] == [NEW]
    assert [each.state for each in statuses([ALIF], {}, [], {})] == [NEVER]
    assert [each.state for each in statuses([replace(ALIF, sources=())], {}, [], {})] == [UNWATCHED]


@pytest.mark.parametrize(
    ("sources", "state"),
    [
        ([], "unwatched"),
        ([("B", True), ("C", False)], "watched"),
        ([("", True)], "unproven"),
        ([("C", False), ("D", False)], "unproven and off"),
        ([("A", False)], "unproven and off"),
    ],
)
def test_how_far_an_outlet_is_watched_is_counted_honestly(sources, state):
    made = tuple(
        Source(f"https://alif.example/{n}", SourceKind.FEED, on, grade=grade)
        for n, (grade, on) in enumerate(sources)
    )
    assert watch_state(replace(ALIF, sources=made)) == state
    assert watch_state(replace(ALIF, sources=made, enabled=False)) == "disabled"
