"""What strangers wrote, made safe and readable on a terminal; and what every command that reads the archive needs."""

import getpass
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from alerts.nouns import Span
from crawler.database import Database, Readable
from crawler.nouns import Article
from scheduler.archive import is_archive, no_archive, open_database, open_readable
from scheduler.wiring import Config

T = TypeVar("T")
AROUND = 60  # characters of the body shown on either side of evidence


UNBROKEN = 10_000  # columns of what is no terminal: a program behind a pipe wants whole lines


def open_console(
    *, stderr: bool = False, highlight: bool = True, markup: bool = True, soft_wrap: bool = False
) -> Console:
    """Return what a command prints on; only a terminal's edge breaks lines. The switches are rich's own."""
    console = Console(stderr=stderr, highlight=highlight, markup=markup, soft_wrap=soft_wrap)
    if not console.is_terminal:
        console.width = UNBROKEN
    return console


def progress(console: Console | None = None) -> Progress:
    """Return a bar on ``console`` (standard error) that leaves nothing behind; where that is no terminal, no bar."""
    console = console or open_console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def tracked(items: Iterable[T], doing: str, total: int | None = None) -> Iterable[T]:
    """Yield the items, counted on such a bar; ``total`` where they do not know how many they are."""
    with progress() as bar:
        yield from bar.track(items, total=total, description=doing)


def listing(*short: str, long: Iterable[str]) -> Table:
    """Return a table to be filled: where a terminal is narrow the ``long`` columns, its last, take more lines.

    It has no frame, so that eighty columns hold what matters.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in short:
        table.add_column(name, no_wrap=True)
    for name in long:
        table.add_column(name, overflow="fold")
    return table


def shown(text: str, style: str = "") -> Text:
    """Return foreign text as it may be printed: no markup is read in it, no control character reaches the terminal."""
    return Text("".join(c if c.isprintable() or c == "\n" else " " for c in text), style=style)


def marked(article: Article, spans: Iterable[Span]) -> list[Text]:
    """Return the title, and the words around the first evidence in the body, with everything in them marked."""
    found = list(spans)
    title, body = shown(article.title), shown(article.body)
    for span in found:
        (title if span.field == "title" else body).stylize("bold reverse", span.start, span.end)
    first = next((span for span in found if span.field == "body"), None)
    if first is None:
        return [title]
    start = article.body.rfind("\n", 0, first.start) + 1
    end = article.body.find("\n", first.end)
    return [title, _words(body, max(start, first.start - AROUND), first.end + AROUND, start, end)]


def _words(body: Text, since: int, until: int, start: int, end: int) -> Text:
    """Whole words of the line from ``start`` to ``end`` (-1: the last one), with … where some are left out."""
    line, text = end if end >= 0 else len(body), body.plain
    if since > start:
        since = text.find(" ", since - 1) + 1 or since
    if until < line:
        until = max(text.rfind(" ", since, until), since)
    cut = body[since : min(until, line)]
    return Text("… " if since > start else "").append_text(cut).append(" …" if until < line else "")


def snippet(article: Article, span: Span) -> Text:
    """Return the words around one span, with the span marked."""
    text = article.title if span.field == "title" else article.body
    start, end = max(0, span.start - AROUND), span.end + AROUND
    before, after = text[start : span.start].split("\n")[-1], text[span.end : end].split("\n")[0]
    return (
        shown(before)
        .append_text(shown(text[span.start : span.end], "bold reverse"))
        .append_text(shown(after))
    )


def operator_name() -> str:
    """Return who types, for the audit trail."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):  # a container without a name for its user
        return "command line"


@contextmanager
def existing_database(config: Config) -> Iterator[Database]:
    """Open the archive that is there, to change it."""
    refuse_no_archive(config)
    with open_database(config.database) as database:
        yield database


@contextmanager
def readable_database(config: Config) -> Iterator[Readable]:
    """Open the archive that is there, to ask it something: a question makes none, and takes no step of its tables."""
    refuse_no_archive(config)
    with open_readable(config.database) as database:
        yield database


def refuse_no_archive(config: Config) -> None:
    """Refuse a file that is not there or no archive of ours."""
    if not config.database.exists():
        raise click.ClickException(
            f"{config.database}: no such file; `marsad run` makes it, MARSAD_DATABASE names it"
        )
    if not is_archive(config.database):
        raise click.ClickException(no_archive(config.database))
