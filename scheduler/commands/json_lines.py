"""JSON Lines as commands read them: a line at a time, bounded, and refused by file and line."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

import click

MAX_LINE = 8_000_000  # characters of one JSON line: no article is longer


def json_lines(source: TextIO) -> Iterator[dict[str, Any]]:
    """The objects of a file, a line each; another line ends the command."""
    for number, line in enumerate(_bounded(source), 1):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise click.ClickException(f"{source.name}: line {number}: not JSON: {error}") from error
        if not isinstance(value, dict):
            raise click.ClickException(
                f"{source.name}: line {number}: expected an object with id, title, body"
            )
        yield value


def _bounded(source: TextIO) -> Iterable[str]:
    try:
        while line := source.readline(MAX_LINE):
            if line.strip():
                yield line
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{source.name}: not UTF-8: {error}") from error
