"""What the docs promise, executed: commands, options, settings, links."""

import ast
import re
import runpy
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from alerts.operators.nouns import EVENTS, runbook_of
from crawler.nouns import Outlet, Selectors, Source
from scheduler.cli import marsad
from scheduler.wiring import VARIABLES
from tests.test_house import CODE, tree

ROOT = Path(__file__).parent.parent
DOCS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = (ROOT / "docs" / "guide" / "commands.md").read_text(encoding="utf-8")
MENTION = re.compile(r"\bmarsad ((?:[a-z]+(?:-[a-z]+)*)(?: [a-z]+)?)")


def walk(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from walk(command.get_command(context, name), (*path, name))
    else:
        yield path, command


ALL = dict(walk(marsad))


@pytest.mark.parametrize("path", ALL)
def test_every_command_teaches(path):
    shown = CliRunner().invoke(marsad, [*path, "--help"])
    assert shown.exit_code == 0
    assert ALL[path].help
    assert "\\" not in shown.output


@pytest.mark.parametrize("path", ALL)
def test_every_command_and_option_is_in_the_guide(path):
    chapter = COMMANDS.partition(f"## `marsad {' '.join(path)}")[2].partition("\n## ")[0]
    assert "\\b" not in chapter
    assert chapter, f"docs/guide/commands.md has no chapter on marsad {' '.join(path)}"
    for option in (parameter for parameter in ALL[path].params if isinstance(parameter, click.Option)):
        (row,) = (
            line for line in chapter.splitlines() if line.startswith("|") and f"`{option.opts[-1]}`" in line
        )
        for choice in option.type.choices if isinstance(option.type, click.Choice) else ():
            assert f"`{choice}`" in row
        assert ("[required]" in row) == option.required, row
        if option.default not in (None, False, "", ()) and isinstance(option.default, str | int):
            assert f"[default: {option.default}" in row, row


def unknown(text: str) -> list[str]:
    """The commands that a text names and that are not there."""
    groups = {path[:1] for path in ALL if len(path) > 1}
    named = [(words, tuple(words.split())) for words in MENTION.findall(text)]
    return [
        words for words, name in named
        if not (name[:1] in ALL or name in ALL or (len(name) == 1 and name in groups))
    ]  # fmt: skip


def test_every_command_that_we_name_to_users_exists():
    texts = {
        f"{path.relative_to(ROOT)}:{node.lineno}": node.value
        for path in CODE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert len(texts) > 1000
    assert {place: named for place, text in texts.items() if (named := unknown(text))} == {}


@pytest.mark.parametrize("doc", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(doc):
    for block in re.findall(r"```sh\n(.*?)```|`(marsad [^`]+)`", doc.read_text(encoding="utf-8"), re.DOTALL):
        assert unknown("".join(block)) == [], f"{doc.name} names what is not there"


@pytest.mark.parametrize("doc", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_file_that_a_page_names_exists(doc):
    text = doc.read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (doc.parent / link).exists(), link
    if doc.name == "ARCHITECTURE.md":
        for name in re.findall(
            r"`((?:crawler|alerts|scheduler|tests|docs|benchmarks)/[\w./]*\w+\.(?:py|yaml|md))`", text
        ):
            assert (ROOT / name).exists(), name


@pytest.mark.parametrize("script", sorted((ROOT / "docs").glob("*.py")), ids=lambda path: path.stem)
def test_what_is_written_by_make_docs_is_fresh(script):
    made = runpy.run_path(str(script))
    assert made["PAGE"].read_text(encoding="utf-8") == made["written"](), "stale: run `make docs`"


def test_every_setting_is_in_the_guide():
    assert [name for name in VARIABLES if f"`{name}`" not in COMMANDS] == []


def test_every_key_of_an_outlet_file_is_in_the_guide():
    guide = (ROOT / "docs" / "guide" / "outlets.md").read_text(encoding="utf-8")
    keys = [field.name for noun in (Outlet, Source, Selectors) for field in fields(noun)]
    assert [key for key in keys if f"`{key}`" not in guide] == []


def test_the_readme_is_short():
    assert (ROOT / "README.md").read_text(encoding="utf-8").count("\n") < 150


def test_every_event_has_its_runbook_and_every_runbook_its_event():
    named = {runbook_of(kind): kind for kind in EVENTS}
    pages = {path.stem: path for path in (ROOT / "docs" / "runbooks").glob("*.md") if path.stem != "README"}
    procedures = {
        page for page, path in pages.items() if "**Procedure.**" in path.read_text(encoding="utf-8")
    }
    assert pages.keys() - procedures == set(named)
    for page, kind in named.items():
        text = (ROOT / "docs" / "runbooks" / f"{page}.md").read_text(encoding="utf-8")
        assert text.startswith(f"# {kind}\n")
        for section in ("Meaning", "Impact", "Diagnosis", "Mitigation", "Verify", "Roll back"):
            assert f"**{section}" in text, f"{page}: {section}"


def test_the_change_log_says_nothing_twice():
    """Everybody adds lines and git keeps both sides: what was moved comes back, or is torn."""
    lines = [line for line in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines() if line]
    assert {line for line in lines if lines.count(line) > 1} == set()
    for before, line in pairwise(lines):
        assert not line[0].islower(), f"torn: {line}"
        assert not (before.endswith(".") and re.match("  [a-z]", line)), f"torn: {line}"
        assert not (re.match("- |#", line) and before[0] in "- " and before[-1] not in ".:"), (
            f"torn: {before}"
        )
