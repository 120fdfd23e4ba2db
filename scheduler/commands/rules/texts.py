"""What the commands on rules share: the rules they load, and the texts they read."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click

from alerts.matching import RuleError, RuleSet
from alerts.matching.ruleset import RULES
from alerts.matching.trials import Text
from crawler.database import Connection
from crawler.nouns import Article
from crawler.storage import Archive
from scheduler.archive import utc_now
from scheduler.commands.asked import DAYS
from scheduler.commands.json_lines import json_lines
from scheduler.commands.screen import progress, readable_database
from scheduler.wiring import Config

ARCHIVE_BATCH = 500  # articles read at once
FOLDER = click.option(
    "--rules",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of rules; by default those that MARSAD_RULES names.",
)
SINCE = click.option(
    "--since",
    "days",
    type=click.IntRange(1, DAYS),
    default=30,
    show_default=True,
    help="Days of the archive to look at.",
)
LINES_OR_ARCHIVE = click.argument(
    "source", type=click.File("r", encoding="utf-8"), metavar="[FILE.jsonl|-]", required=False
)
LINES = click.argument("source", type=click.File("r", encoding="utf-8"), metavar="FILE.jsonl|-")


def folder_of(folder: Path | None) -> Path:
    """The folder that was asked for, or the one in force."""
    config = click.get_current_context().find_object(Config)
    return folder or (config.rules if config else RULES)


def load(folder: Path | None) -> RuleSet:
    """The rules; bad ones end the command."""
    try:
        return RuleSet.load(folder_of(folder))
    except RuleError as error:
        raise click.ClickException(str(error)) from error


def archived_texts(config: Config, days: int) -> Iterator[Text]:
    """The articles of the archive first seen in the last ``days``, oldest first, with a progress bar."""
    since = utc_now() - timedelta(days=days)
    with (
        readable_database(config) as database,
        progress() as bar,
    ):
        seq, count = database.read(lambda c: Archive(c).seen_since(since))
        task = bar.add_task("reading the archive", total=count)
        while batch := database.read(partial(_after, seq)):
            seq = batch[-1][0]
            ours = [article for _, article in batch if article.first_seen >= since]
            yield from (Text(str(article.id), article.title, article.body) for article in ours)
            bar.advance(task, len(ours))


def _after(seq: int, connection: Connection) -> list[tuple[int, Article]]:
    return Archive(connection).after(seq, ARCHIVE_BATCH)


def texts_of(source: TextIO) -> Iterator[Text]:
    """The {id, title, body} lines of a file; only the title must be there."""
    for number, line in json_lines(source):
        _check_text(line, f"{source.name}: line {number}")
        yield Text(str(line.get("id", number)), line["title"], line.get("body", ""))


def labelled_lines(source: TextIO) -> Iterator[dict[str, Any]]:
    """The {id, title, body, label, countries, borderline} lines of a file; title and label must be there."""
    for number, line in json_lines(source):
        where = f"{source.name}: line {number}"
        _check_text(line, where)
        if not isinstance(line.get("label"), dict):
            raise click.ClickException(f'{where}: needs a label, an object such as {{"fraud": true}}')
        countries = line.get("countries", [])
        if not isinstance(countries, list) or not all(isinstance(each, str) for each in countries):
            raise click.ClickException(f'{where}: countries must be a list of codes such as ["KH"]')
        yield line


def _check_text(line: Mapping[str, Any], where: str) -> None:
    for key in ("title", "body"):
        if key in line:
            if not isinstance(line[key], str):
                raise click.ClickException(f"{where}: title and body are texts")
            continue
        near = get_close_matches(key, line, 1)
        if near or key == "title":
            meant = f"; is it {near[0]!r}?" if near else "; expected an object with id, title, body"
            raise click.ClickException(f"{where}: has no {key!r}{meant}")
