"""JSON Lines as commands read them: a line at a time, bounded, and refused by file and line."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

import click

MAX_LINE = 8_000_000  # characters of one JSON line: no article is longer


def json_lines(source: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file, a line each, with the line's number; another line ends the command."""
    for number, line in _bounded(source):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise click.ClickException(f"{source.name}: line {number}: not JSON: {error}") from error
        if not isinstance(value, dict):
            raise click.ClickException(
                f"{source.name}: line {number}: expected an object with id, title, body"
            )
        yield number, value


def _bounded(source: TextIO) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        while line := source.readline(MAX_LINE):
            number += 1
            if line.strip():
                yield number, line
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{source.name}: is no UTF-8 text; convert it first") from error
