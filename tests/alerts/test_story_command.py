"""``marsad story``: an operator's hand, on a real file with a flagger that goes on running."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerts.flagging import Flagger
from alerts.matching import RuleSet
from alerts.nouns import Alert, Story
from alerts.schema import migrations as alert_tables
from alerts.storage import Alerts, Newsdesk
from crawler.database import Database, rows
from crawler.nouns import Article
from crawler.schema import migrations
from crawler.storage import Archive
from scheduler.cli import marsad

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
RULES = RuleSet.load(Path(__file__).parents[2] / "alerts" / "rules")
RAID = "أوقفت الشرطة الكمبودية 112 أجنبيا في مداهمة فندق ببويبت كانت تدار منه شبكة احتيال إلكتروني"
VERDICT = "محكمة ماليزية تقضي بسجن سبعة أداروا شبكة احتيال على متقاعدين في بينانغ"


class Newsroom:
    """An archive and a running flagger."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = Database(path, (migrations, alert_tables))
        self._numbers = count(1)
        self.flagger = Flagger(self.database, lambda: RULES, {}, now=lambda: NOW)

    def publish(self, title: str) -> int:
        """Store an article, flag it, and return its id."""
        number = next(self._numbers)
        at = NOW + timedelta(minutes=number) - timedelta(hours=1)
        url = f"https://outlet{number}.example/1"
        article = Article(f"outlet{number}", url, title, title + ".", at)
        article_id = self.database.write(lambda c: Archive(c).keep(article))[0]
        asyncio.run(self.flagger.run_batch())
        return article_id

    def story_of(self, article: int) -> Story:
        story = self.database.read(lambda c: Newsdesk(c).story_of(article))
        assert story
        return story

    def alerts(self) -> list[Alert]:
        ids = self.database.read(lambda c: [row["id"] for row in rows(c, "SELECT id FROM alert")])
        return [self.database.read(lambda c, n=n: Alerts(c).get(n)) for n in ids]

    def audits(self) -> list[tuple[str, str, str]]:
        found = self.database.read(lambda c: rows(c, "SELECT * FROM audit ORDER BY id"))
        return [(row["action"], row["subject"], row["detail"]) for row in found]


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    newsroom = Newsroom(tmp_path / "a.sqlite")
    with newsroom.database:
        yield newsroom


@pytest.fixture
def story(newsroom: Newsroom) -> Callable[..., Result]:
    environment = {"MARSAD_DATABASE": str(newsroom.path), "COLUMNS": "300"}
    return lambda *words: CliRunner().invoke(marsad, ["story", *map(str, words)], env=environment)


def test_a_merge_holds_and_nobody_is_told_again(newsroom: Newsroom, story: Callable[..., Result]) -> None:
    raid, verdict = newsroom.publish(RAID), newsroom.publish(VERDICT)
    one, other = newsroom.story_of(raid), newsroom.story_of(verdict)
    assert one.id != other.id
    told = newsroom.alerts()

    merged = story("merge", other.code, one.id, "--reason", "one press conference")
    assert merged.exit_code == 0, merged.output
    assert merged.output == f"{one.code} has 2 articles now; nobody is alerted\n"
    assert newsroom.audits() == [("merge", f"story {other.id}", f"into {one.id}: one press conference")]

    copies = newsroom.publish("عاجل: " + RAID), newsroom.publish("عاجل: " + VERDICT)
    assert {newsroom.story_of(each).id for each in (raid, verdict, *copies)} == {one.id}
    assert newsroom.alerts() == told
    again = story("merge", other.id, one.id, "--reason", "x")
    assert again.exit_code == 1
    assert f"goes on under story {one.id}" in again.output


def test_a_split_holds_and_nobody_is_told_again(newsroom: Newsroom, story: Callable[..., Result]) -> None:
    longer = RAID + " وصادرت 300 حاسوب من طوابقه السفلى"
    first, second = newsroom.publish(RAID), newsroom.publish(longer)
    old = newsroom.story_of(first)
    assert newsroom.story_of(second) == old
    told = newsroom.alerts()

    parted = story("split", second, "--reason", "another hotel")
    assert parted.exit_code == 0, parted.output
    new = newsroom.story_of(second)
    assert new.id != old.id
    assert newsroom.audits() == [("split", f"story {old.id}", f"{second} into {new.id}: another hotel")]

    third = newsroom.publish("عاجل: " + longer)
    assert newsroom.story_of(first).id == old.id
    assert newsroom.story_of(second).id == new.id
    assert newsroom.story_of(third).id == new.id
    assert newsroom.alerts() == told


def test_show_tells_articles_and_alerts(newsroom: Newsroom, story: Callable[..., Result]) -> None:
    shown = story("show", newsroom.story_of(newsroom.publish(RAID)).code)
    assert shown.exit_code == 0, shown.output
    assert "outlet1" in shown.output
    assert "a new story" in shown.output


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("show", "M00FF"), "there is no story M00FF (id 255)"),
        (("show", "raid"), "neither a story's code"),
        (("merge", 1, 1, "--reason", "x"), "into itself"),
        (("merge", 1, 9, "--reason", "x"), "there is no story M0009 (id 9)"),
        (("split", 77, "--reason", "x"), "article 77 is in no story"),
        (("split", 1, "--reason", "x"), "one at least must stay"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    newsroom: Newsroom, story: Callable[..., Result], words: tuple[object, ...], error: str
) -> None:
    newsroom.publish(RAID)
    refused = story(*words)
    assert refused.exit_code in {1, 2}
    assert error in refused.output
    assert newsroom.audits() == []
