"""``marsad logs``."""

import json
from collections.abc import Iterator
from typing import TextIO

import click
from rich.text import Text

from scheduler.commands.screen import open_console, shown

EXAMPLES = """\b
marsad logs marsad.log
marsad logs --level warning --about alif marsad.log
journalctl -u marsad -o cat | marsad logs -
"""
LEVELS = ("debug", "info", "warning", "error", "critical")
STYLES = {"warning": "yellow", "error": "bold red", "critical": "bold white on red", "debug": "dim"}
PLAIN = {"ts", "level", "event", "logger", "run", "exception"}
LONGEST = 1 << 20  # characters of a line


@click.command(epilog=EXAMPLES)
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"), default="-")
@click.option("--level", type=click.Choice(LEVELS), default="info", help="From this level up.")
@click.option(
    "--about",
    default="",
    show_default=False,
    help="Only lines that name this outlet, story, article or delivery.",
)
def logs(file: TextIO, level: str, about: str) -> None:
    """Show the service's JSON log lines from FILE (or standard input) to a person.

    Lines that are no JSON, such as a crash of the interpreter, are shown as they are.
    """
    console = open_console(highlight=False)
    for line in _lines(file):
        try:
            fields = json.loads(line)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            console.print(shown(line), soft_wrap=True)
            continue
        if _rank(fields) >= LEVELS.index(level) and _names(fields, about):
            console.print(_row(fields), soft_wrap=True)


def _lines(file: TextIO) -> Iterator[str]:
    line = file.readline(LONGEST)
    # Only at the start: a power cut may leave zeros in the middle of a log.
    if "\0" in line:
        raise click.ClickException(
            f"{file.name}: this is no log: its first line holds bytes that are no text"
        )
    while line:
        if line.strip():
            yield line.rstrip("\n")
        line = file.readline(LONGEST)


def _rank(fields: dict[str, object]) -> int:
    level = fields.get("level")
    return LEVELS.index(level) if isinstance(level, str) and level in LEVELS else 1


def _names(fields: dict[str, object], about: str) -> bool:
    return not about or any(str(value) == about for name, value in fields.items() if name not in PLAIN)


def _row(fields: dict[str, object]) -> Text:
    level = str(fields.get("level", "info"))
    row = Text(str(fields.get("ts", ""))[:19].replace("T", " ") + "  ")
    row.append_text(shown(f"{level:<8}", STYLES.get(level, "")))
    row.append_text(shown(str(fields.get("event", ""))))
    more = [f"{name}={value}" for name, value in fields.items() if name not in PLAIN]
    row.append_text(shown("  " + " ".join(more) if more else "", "dim"))
    if fields.get("exception"):
        row.append("\n").append_text(shown(str(fields["exception"]), "red"))
    return row
