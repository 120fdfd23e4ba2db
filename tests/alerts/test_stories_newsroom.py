"""The bundled newsroom through rules and stories: drafts of one event tell one story, and no others do."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.matching import RuleSet
from alerts.stories import Desk, Fingerprint, fingerprint

ROOT = Path(__file__).parents[2]
OPENING = datetime(2026, 3, 4, 12, tzinfo=UTC)


def load(name: str) -> list[dict[str, Any]]:
    return yaml.safe_load((ROOT / "crawler" / "newsroom" / name).read_text("utf-8"))


def out(draft: dict[str, Any]) -> datetime:
    if "after" in draft:
        return OPENING + timedelta(seconds=draft["after"])
    return OPENING - timedelta(minutes=draft["minutes_ago"])


@pytest.fixture(scope="module")
def flagged() -> dict[int, tuple[str, Fingerprint]]:
    """The event and the fingerprint of every draft that the rules flag."""
    rules = RuleSet.load(ROOT / "alerts" / "rules")
    names = {masthead["id"]: masthead["name_ar"] for masthead in load("mastheads.yaml")}
    marks = {}
    for number, draft in enumerate(load("articles.yaml"), 1):
        body = "\n".join(draft["paragraphs"])
        verdict = rules.judge(draft["title"], body)
        if verdict.flagged:
            marks[number] = (
                draft["event"],
                fingerprint(
                    article=number,
                    outlet=draft["outlet"],
                    masthead=names[draft["outlet"]],
                    title=draft["title"],
                    body=body,
                    seen=max(out(draft), OPENING),
                    published=out(draft),
                    topics=verdict.topics,
                    places=verdict.places,
                ),
            )
    return marks


@pytest.mark.parametrize("backwards", [False, True])
def test_drafts_of_one_event_tell_one_story(
    flagged: dict[int, tuple[str, Fingerprint]], backwards: bool
) -> None:
    desk, fresh = Desk(), count(1)
    for _, mark in sorted(flagged.values(), key=lambda each: each[1].seen, reverse=backwards):
        decision = desk.place(mark)
        apart = [next(fresh) for _ in decision.apart]
        desk.settle(decision, decision.story or next(fresh), apart)
    events: dict[str, set[int]] = {}
    stories: dict[int, set[int]] = {}
    for number, story in desk.partition().items():
        stories.setdefault(story, set()).add(number)
        events.setdefault(flagged[number][0], set()).add(number)
    assert sorted(map(sorted, stories.values())) == sorted(map(sorted, events.values()))
    assert len(events) == 12
