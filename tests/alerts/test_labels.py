"""What people say of articles, kept and summed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerts.matching import RuleSet
from alerts.matching.trials import Labelled, Text, measure, report
from alerts.nouns import Alert, AlertKind, Finding, Flag, Level, RecipientKind, Story, Subscriber, Verdict
from alerts.schema import migrations as alert_tables
from alerts.storage import Alerts, Labels, Members, Newsdesk, Subscribers
from crawler.database import Database
from crawler.nouns import Article
from crawler.schema import migrations
from crawler.storage import Archive
from scheduler.commands.rules import rules as command
from scheduler.wiring import read_config

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TITLE = "تفكيك وكر احتيال في كمبوديا"


@pytest.fixture
def database(tmp_path: Path):
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        yield database


def kept(database: Database, number: int, *topics: str) -> int:
    """An article; flagged where topics are given."""
    article = Article("alif", f"https://alif.example/{number}", TITLE, "", NOW)
    key = database.write(lambda c: Archive(c).keep(article))[0]
    if topics:
        findings = tuple(Finding(f"{topic}.sea", topic, Level.HIGH, 6.5, ()) for topic in topics)
        verdict = Verdict(findings, topics, ("KH",), (), 6.5, Level.HIGH, "abc")
        database.write(lambda c: Newsdesk(c).keep_flag(Flag(key, NOW, verdict)))
    return key


def ask(database: Database, *arguments: str, given: str = "") -> Result:
    config = read_config({"MARSAD_DATABASE": str(database.path)})
    return CliRunner().invoke(command, list(arguments), input=given, obj=config)


def labelled(database: Database) -> list[Labelled]:
    return database.read(lambda c: list(Labels(c).labelled()))


def test_the_newest_word_of_an_operator_counts(database: Database) -> None:
    kept(database, 1, "fraud")
    url = "https://alif.example/1"
    assert "kept: fraud; places: KH" in ask(database, "label", url, "relevant").output
    assert [(item.topics, item.places) for item in labelled(database)] == [({"fraud"}, {"KH"})]
    assert "nothing to tell" in ask(database, "label", url, "irrelevant").output
    assert [item.topics for item in labelled(database)] == [frozenset()]


def test_a_label_names_its_topic_where_no_rule_did(database: Database) -> None:
    kept(database, 1)
    url = "https://alif.example/1"
    assert "name what it tells of" in ask(database, "label", url, "relevant").output
    assert ask(database, "label", url, "relevant", "--topic", "gambling", "--place", "LA").exit_code == 0
    assert [(item.topics, item.places) for item in labelled(database)] == [({"gambling"}, {"LA"})]
    assert "has no --topic" in ask(database, "label", url, "irrelevant", "--topic", "fraud").output
    assert "is not in" in ask(database, "label", "https://alif.example/9", "irrelevant").output


def test_readers_label_by_majority_and_an_operator_overrules_them(database: Database) -> None:
    first, second = kept(database, 1, "fraud"), kept(database, 2, "fraud")

    def told(article: int, *words: str) -> None:
        story = database.write(
            lambda c: Newsdesk(c).open_story(Story(NOW, NOW, TITLE, ("fraud",), ("KH",), Level.HIGH))
        )
        alert = Alert(story, 1, AlertKind.NEW, Level.HIGH, NOW, article, ())
        key = database.write(lambda c: Alerts(c).keep(alert, ()))
        for number, word in enumerate(words):
            reader = Subscriber(RecipientKind.PRIVATE_CHAT, f"{article}{number}", NOW)
            who = database.write(lambda c, reader=reader: Subscribers(c).subscribe(reader, ()))
            database.write(lambda c, who=who, word=word: Members(c).judge(who, key, word, NOW))

    told(first, "useful", "useful", "not_relevant")
    told(second, "not_relevant")
    assert {item.text.id: item.topics for item in labelled(database)} == {
        str(first): {"fraud"},
        str(second): frozenset(),
    }
    ask(database, "label", "https://alif.example/2", "relevant")
    assert all(item.topics for item in labelled(database))


def test_lines_are_taken_in_once_and_measured(database: Database) -> None:
    line = f'{{"id": "x", "title": "{TITLE}", "label": {{"fraud": true, "flag": true}}, "countries": ["KH"]}}'
    for _ in range(2):
        assert "took in 1" in ask(database, "learn", "-", given=line).output
    assert labelled(database) == [Labelled(Text("x", TITLE), frozenset({"fraud"}), frozenset({"KH"}))]
    measured = measure(RuleSet.load(), labelled(database))
    assert (measured.flag.right, measured.placed) == (1, 1)
    output = ask(database, "eval", "--labelled").output
    assert "every country found: 1 of 1" in output
    assert "place KH" in output
    assert "or --labelled" in ask(database, "eval").output


def test_a_report_sums_by_rule_topic_and_place(database: Database) -> None:
    kept(database, 1, "fraud")
    kept(database, 2, "fraud", "gambling")
    ask(database, "label", "https://alif.example/2", "relevant", "--topic", "fraud")
    summed = report(database.read(lambda c: list(Labels(c).fired(NOW))))
    assert {n: (r.hits, r.precision) for n, r in summed["topic"].items()} == {
        "fraud": (2, 1.0),
        "gambling": (1, 0.0),
    }
    assert summed["rule"]["fraud.sea"].hits == 2
    assert summed["place"]["KH"].hits == 3
    assert "gambling.sea" in ask(database, "report", "--since", "9999").output


def test_near_misses_are_kept_once_and_shown(database: Database) -> None:
    article = kept(database, 1)
    miss = Finding("fraud.sea", "fraud", Level.HIGH, 3.1, (), "why")
    for _ in range(2):
        database.write(lambda c: Labels(c).keep_near_misses(article, [miss], ruleset="abc", now=NOW))
    assert "near miss: fraud.sea 3.1" in ask(database, "report", "--since", "9999").output
    database.write(lambda c: Labels(c).keep_near_misses(article, [], ruleset="abc", now=NOW))
    assert "near miss" not in ask(database, "report", "--since", "9999").output


def test_an_article_of_the_archive_is_explained_by_its_address(database: Database) -> None:
    kept(database, 1)
    assert "fraud.sea" in ask(database, "explain", "https://alif.example/1").output
    assert "give an address of the archive, a file or -" in ask(database, "explain", "/no/such/file").output
