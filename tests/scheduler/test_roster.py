"""Subscribers in files and on the command line."""

import csv
import json
import re
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.matching import RuleSet
from alerts.nouns import CADENCES, Subscriber, SubscriberState, Subscription
from alerts.storage import Logbook, Subscribers
from scheduler.archive import open_database
from scheduler.cli import marsad
from scheduler.commands.screen import operator_name
from scheduler.roster import LEVELS, Entry, read_roster, written_roster

RULES = RuleSet.load()
OUTLETS = {"aawsat"}
ENTRIES = [
    Entry(
        "mail",
        "reader@example.org",
        ("fraud",),
        ("MM", "KH"),
        ("aawsat",),
        "high",
        "daily",
        "en",
        "Africa/Cairo",
    ),
    Entry("group", "-1001234567890/7", topics=("fraud",), cadence="instant"),
    Entry("group", "-1001234567890/7", topics=("gambling",), cadence="daily"),
    Entry("group", "-1001234567890/7", topics=("trafficking",), level="high", cadence="weekly"),
    Entry("channel", "@news_ar", level="critical", cadence="instant"),
]
READERS = [tuple(ENTRIES[:1]), tuple(ENTRIES[1:4]), tuple(ENTRIES[4:])]  # a line a subscription


@pytest.fixture
def run(tmp_path: Path):
    def call(*words: object) -> Result:
        return CliRunner(env={"MARSAD_DATABASE": str(tmp_path / "a.sqlite")}).invoke(
            marsad, ["subscribers", *map(str, words)]
        )

    return call


def state(tmp_path: Path, number: int) -> SubscriberState | None:
    with open_database(tmp_path / "a.sqlite") as database:
        found = database.read(lambda c: Subscribers(c).get(number))
        return found.state if found else None


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_is_written_is_read_back(tmp_path, form):
    file = tmp_path / f"readers.{form}"
    file.write_text(written_roster(ENTRIES, form), encoding="utf-8", newline="")
    assert read_roster(file, RULES, OUTLETS) == READERS


WORDS = st.text("abc=+-@'\t;,\"\n x", max_size=8)


@given(st.lists(WORDS, min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_no_cell_is_a_formula_to_a_spreadsheet(words):
    text = written_roster([Entry("mail", word, outlets=(word,)) for word in words], "csv")
    cells = [cell for row in csv.reader(text.splitlines(keepends=True)) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


@pytest.mark.parametrize(("name", "text", "told"), [
    ("a.csv", "kind,address\nmail,nobody\n", "line 2: 'nobody' is no mail address"),
    ("a.csv", "kind,address,place\nmail,a@example.org,MM\n", "line 2: there is no column 'place'"),
    ("a.csv", "kind,address\nmail,a@example.org\nmail,A@example.org\n", "line 3: a@example.org stands in line 2"),
    ("a.csv", "kind,address,language,topics\nmail,a@example.org,ar,fraud\nmail,a@example.org,en,gambling\n",
     "line 3: the language of a@example.org is 'en', and 'ar' in line 2"),
    ("a.csv", "kind,address\nmail,a@example.org,x\n", "line 2: has more cells"),
    ("a.csv", "kind,address,topics\nmail,a@example.org,fraud;weather\n", "line 2: 'weather' is no topic"),
    ("a.csv", "kind,address,places\nmail,a@example.org,Myanmar\n", "line 2: 'Myanmar' is no country"),
    ("a.csv", "kind,address,timezone\nmail,a@example.org,Cairo\n", "line 2: 'Cairo' is not an IANA"),
    ("a.csv", "kind,address,cadence\nmail,a@example.org,often\n", "line 2: 'often' is no cadence"),
    ("a.csv", 'kind,address\nmail,"a@example.org\n', "unexpected end"),
    ("a.csv", "address\na@example.org\n", "line 2: the column 'kind' is empty"),
    ("a.jsonl", '{"kind": "mail"\n', "line 1"),
    ("a.jsonl", '["mail"]\n', "line 1: must be an object"),
    ("a.jsonl", '{"kind": "mail", "address": 7}\n', "line 1: address must be text"),
    ("a.jsonl", '{"kind": "mail", "topics": "fraud"}\n', "line 1: topics must be a list"),
    ("a.xlsx", "", "must end in .csv or .jsonl"),
])  # fmt: skip
def test_a_wrong_file_is_one_line_that_names_file_line_and_fault(tmp_path, name, text, told):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(told)) as error:
        read_roster(file, RULES, OUTLETS)
    assert str(error.value).startswith(str(file))
    assert "\n" not in str(error.value)


def test_a_file_with_one_wrong_line_changes_nothing(run, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("kind,address\nmail,a@example.org\nmail,nobody\n", encoding="utf-8")
    result = run("import", file)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "line 3" in result.output
    assert state(tmp_path, 1) is None


def test_owners_of_mail_addresses_are_asked_and_others_are_told(run, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("\ufeffkind,address,topics\nmail,a@example.org,fraud\ngroup,'-5,\n", encoding="utf-8")
    assert run("import", file, "--dry-run").output == "2 subscribers can be taken\n"
    assert state(tmp_path, 1) is None
    assert run("import", file).output == "2 subscribers read: 1 asked, 1 told\n"
    assert (state(tmp_path, 1), state(tmp_path, 2)) == (SubscriberState.PENDING, SubscriberState.ACTIVE)
    assert run("import", file, "--confirmed").output == "2 subscribers read: 2 told\n"
    assert state(tmp_path, 1) is SubscriberState.ACTIVE


def test_an_export_is_an_import(run, tmp_path):
    file, out = tmp_path / "a.jsonl", tmp_path / "b.csv"
    file.write_text(written_roster(ENTRIES, "jsonl"), encoding="utf-8")
    run("import", file, "--confirmed")
    assert run("export", "--to", out).output == f"3 subscribers written to {out}\n"
    assert out.read_bytes().startswith(b"\xef\xbb\xbf"), "the mark that spreadsheets need"
    assert read_roster(out, RULES, OUTLETS) == READERS
    lines = [json.loads(line) for line in run("export", "--form", "jsonl").output.splitlines()]
    assert [line["address"] for line in lines] == [entry.address for entry in ENTRIES]


def test_what_is_exported_and_taken_again_is_as_before(run, tmp_path):
    """A round trip keeps every subscription, every setting that no file holds, and asks nobody again."""
    file, out = tmp_path / "a.jsonl", tmp_path / "b.csv"
    file.write_text(written_roster(ENTRIES, "jsonl"), encoding="utf-8")
    run("import", file, "--confirmed")

    def kept() -> list[tuple[Subscriber, list[Subscription]]]:
        with open_database(tmp_path / "a.sqlite") as database:
            people = database.read(lambda c: Subscribers(c).all())
            wanted = [database.read(lambda c, n=one.id: Subscribers(c).wanted(n)) for one in people]
        return [
            (one, [replace(each, id=0) for each in want]) for one, want in zip(people, wanted, strict=True)
        ]

    with open_database(tmp_path / "a.sqlite") as database:
        night = replace(
            database.read(lambda c: Subscribers(c).get(1)),
            quiet_from=time(23),
            quiet_to=time(7),
            digits="arab",
        )
        database.write(lambda c: Subscribers(c).change(night))
    before = kept()
    assert [len(wanted) for _, wanted in before] == [1, 3, 1]
    run("export", "--to", out)
    assert run("import", out).output == "3 subscribers read: 3 told\n"
    assert kept() == before


def test_a_list_counts_subscriptions_and_says_what_all_of_them_ask_for(run, tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text(written_roster(ENTRIES, "jsonl"), encoding="utf-8")
    run("import", file, "--confirmed")
    (line,) = [each.split() for each in run("list").output.splitlines() if "/7" in each]
    assert line == [
        "2",
        "group",
        "active",
        "3",
        "notice",
        "-1001234567890/7",
        "fraud,",
        "gambling,",
        "trafficking",
        "all",
    ]


def test_who_changes_something_stands_in_the_audit(run, tmp_path):
    run("add", "group", "-5")
    run("add", "group", "-6")
    run("fallback", 1, 2)
    run("invite")
    run("remove", 2)
    with open_database(tmp_path / "a.sqlite") as database:
        lines = database.read(lambda c: Logbook(c).audited(9))
    assert [line["action"] for line in lines] == ["remove", "invite", "fallback", "subscribe", "subscribe"]
    assert {line["actor"] for line in lines} == {operator_name()}


def test_a_mail_address_is_asked_first(run, tmp_path):
    shown = run("add", "mail", "Reader@example.org", "--cadence", "weekly")
    assert shown.output.startswith("subscriber 1 is asked by a letter")
    assert "MARSAD_SMTP_HOST" in shown.output
    assert state(tmp_path, 1) is SubscriberState.PENDING
    assert "pending" in run("show", 1).output
    assert run("add", "mail", "reader@example.org", "--confirmed").exit_code == 0
    assert "daily" in run("show", 1).output


def test_an_address_whose_mails_came_back_is_asked_only_on_request(run, tmp_path):
    run("add", "mail", "a@example.org", "--confirmed")
    with open_database(tmp_path / "a.sqlite") as database:
        database.write(lambda c: Subscribers(c).set_state(1, SubscriberState.SUSPENDED))
    for more in ((), ("--confirmed",)):
        refused = run("add", "mail", "a@example.org", *more)
        assert refused.exit_code == 1
        assert "--again" in refused.output
    assert "asked by a letter" in run("add", "mail", "a@example.org", "--again").output


def test_case_54_who_is_forgotten_leaves_a_hash_where_mails_came_back(run, tmp_path):
    run("add", "mail", "a@example.org", "--confirmed")
    with open_database(tmp_path / "a.sqlite") as database:
        database.write(lambda c: Subscribers(c).set_state(1, SubscriberState.SUSPENDED))
    assert run("remove", 1, "--forget").output == "subscriber 1 is forgotten\n"
    assert b"a@example.org" not in b"".join(file.read_bytes() for file in tmp_path.glob("a.sqlite"))
    assert "--again" in run("add", "mail", "a@example.org").output, "the hash is known"


def test_removing_twice_is_an_error_that_says_so(run):
    run("add", "group", "-5")
    assert run("remove", 1).exit_code == 0
    again = run("remove", 1)
    assert (again.exit_code, again.output) == (1, "Error: subscriber 1 is removed already\n")


def test_the_words_of_the_options_are_those_of_the_nouns():
    assert set(LEVELS) == {"notice", "high", "critical"}
    assert set(CADENCES) == {"instant", "hourly", "daily", "weekly"}
