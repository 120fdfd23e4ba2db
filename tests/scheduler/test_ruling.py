"""The last good rules go on running."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

from alerts.matching import RuleSet
from alerts.matching.loader import LEARNED
from alerts.matching.ruleset import RULES
from alerts.storage import Logbook
from scheduler.archive import open_database
from scheduler.metrics import Metrics
from scheduler.parts import House, Watcher
from scheduler.parts.serving import Desk
from scheduler.ruling import RuleKeeper
from scheduler.watchdog import LoopWatch
from scheduler.wiring import Config

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RULES, tmp_path / "rules"))


async def test_what_was_learned_anew_is_taken_too_and_everybody_is_told_by_the_rules_in_force(
    tmp_path, folder
):
    with open_database(tmp_path / "a.sqlite") as database:
        keeper = RuleKeeper(folder, RuleSet.load(folder), database, now=lambda: NOW)
        quiet = Watcher(lambda _: None, lambda *_: None, lambda _: None, lambda _: None)
        house = House(
            Config(rules=folder), database, {}, keeper, quiet, lambda: NOW, lambda *_: timedelta(hours=1),
            LoopWatch(database, now=lambda: NOW), Metrics(),
        )  # fmt: skip
        before = house.rules.hash
        table = (folder / LEARNED).read_text("utf-8")
        weights = "\t0.1" * table.partition("\n")[0].count("\t")
        (folder / LEARNED).write_text(f"{table}kkkkkk{weights}\n", "utf-8")
        await keeper.look()
        assert (house.rules is keeper.rules(), house.rules.hash == before) == (True, False)
        request = make_mocked_request("GET", "/metrics")
        shown = (await Desk(house).metrics(request)).body
    assert f'rules="{house.rules.hash[:12]}"' in shown.decode()


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
