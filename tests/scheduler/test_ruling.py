"""The last good rules go on running."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.matching import RuleSet
from alerts.matching.ruleset import RULES
from alerts.storage import Logbook
from scheduler.archive import open_database
from scheduler.ruling import RuleKeeper

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RULES, tmp_path / "rules"))


async def test_good_rules_are_taken_and_bad_ones_are_refused_by_name(tmp_path, folder):
    with open_database(tmp_path / "a.sqlite") as database:
        keeper = RuleKeeper(folder, RuleSet.load(folder), database, now=lambda: NOW)
        first = keeper.rules()
        await keeper.look()
        assert keeper.rules() is first

        pack = folder / "fraud.yaml"
        good = pack.read_text(encoding="utf-8")
        pack.write_text(good + "\ncolour: red\n", encoding="utf-8")
        await keeper.look()
        assert keeper.rules() is first, "the last good set keeps running"
        (event,) = database.read(lambda c: Logbook(c).open_events())
        assert event.kind == "rules_refused"
        assert "fraud.yaml" in event.cause
        assert "colour" in event.cause

        pack.write_text(good + "\n# a word\n", encoding="utf-8")
        await keeper.look()
        assert database.read(lambda c: Logbook(c).open_events()) == []
        assert keeper.rules().judge("قمار", "").findings == ()
