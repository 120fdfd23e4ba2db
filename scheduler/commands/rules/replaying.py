"""``marsad rules audit | backtest``: what rules do to an archive."""

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TextIO

import click

from alerts.matching import RuleSet
from alerts.matching.trials import Backtest, Text, audit, backtest
from alerts.operators.wording import counted
from scheduler.commands.rules.texts import (
    FOLDER,
    LINES_OR_ARCHIVE,
    SINCE,
    archived_texts,
    folder_of,
    load,
    texts_of,
)
from scheduler.commands.screen import tracked
from scheduler.wiring import Config

MANY = 5_000  # articles, from which on other processes are worth the seconds of their start
SHOWN = 20  # lines of each sort on a terminal
BATCH = 500  # articles that a process is given at once


@click.command(name="audit")
@FOLDER
@SINCE
@LINES_OR_ARCHIVE
@click.option("--all", "everything", is_flag=True, help=f"Every line, not the first {SHOWN} of each sort.")
@click.pass_obj
def audit_terms(
    config: Config, folder: Path | None, days: int, source: TextIO | None, everything: bool
) -> None:
    """List terms that never fire in the archive, and words that may be homographs.

    With FILE, in its {id, title, body} lines instead. Tabs divide the columns; a pipe gets every line.
    """
    result = audit(load(folder).pack, texts_of(source) if source else archived_texts(config, days))
    most = None if everything or not sys.stdout.isatty() else SHOWN
    sorts = (result.readings, result.glued, result.silent)
    more = most is not None and any(len(sort) > most for sort in sorts)
    click.echo("what\tword\tof\ttimes")
    for word, stem, times in result.readings[:most]:
        click.echo(f"read\t{word}\tas {stem}\t{times}")
    for word, times in result.glued[:most]:
        click.echo(f"cut\t{word}\t\t{times}")
    for concept, term in result.silent[:most]:
        click.echo(f"silent\t{term}\t@{concept}\t0")
    click.echo(
        f"{counted(len(result.readings), 'word')} read as a term without its clitic, {len(result.glued)} cut in two, "
        f"{counted(len(result.silent), 'term')} never found" + ("; --all lists them" if more else ""),
        err=True,
    )


@click.command(name="backtest")
@click.option(
    "--diff",
    "old",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of older rules.",
)
@FOLDER
@SINCE
@LINES_OR_ARCHIVE
@click.pass_obj
def backtest_archive(
    config: Config, folder: Path | None, days: int, source: TextIO | None, old: Path | None
) -> None:
    """Replay the archive: how often each rule would have fired, what is gained and lost against older rules.

    With FILE, its {id, title, body} lines instead. Many articles are judged by all cores.
    """
    rules, before = load(folder), load(old) if old else None
    texts = _shown(texts_of(source)) if source else archived_texts(config, days)
    first = list(islice(texts, MANY))
    result = backtest(rules, first, old=before)
    if len(first) == MANY:
        for part in _on_all_cores(texts, folder_of(folder), old):
            result.add(part)
    click.echo(f"would have fired {counted(result.fired, 'time')} in {counted(result.seen, 'article')}")
    for rule, times in result.by_rule.most_common():
        click.echo(f"  {rule}\t{times}")
    for word, times, sample in (
        ("these", result.gains, result.gained),
        ("these no longer", result.losses, result.lost),
    ):
        if times:
            click.echo(f"{word} ({times}):")
            for text in sample:
                click.echo(f"  {text.id}\t{text.title}")


def _shown(texts: Iterator[Text]) -> Iterator[Text]:
    """The texts, counted on the screen: how many a file holds is not known."""
    return iter(tracked(texts, "reading"))


def _on_all_cores(texts: Iterator[Text], folder: Path, old: Path | None) -> Iterator[Backtest]:
    """What each batch of texts came to, in their order; a few batches wait at a time."""
    cores = os.cpu_count() or 1
    waiting: deque[Future[Backtest]] = deque()
    with ProcessPoolExecutor(cores, get_context("spawn"), _begin, (folder, old)) as pool:
        for batch in _batches(texts):
            waiting.append(pool.submit(_replay, batch))
            if len(waiting) > 2 * cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _batches(texts: Iterator[Text]) -> Iterable[list[Text]]:
    return iter(lambda: list(islice(texts, BATCH)), [])


_judges: list[tuple[RuleSet, RuleSet | None]] = []  # of a process that judges: its rules, and the older ones


def _begin(folder: Path, old: Path | None) -> None:
    _judges.append((RuleSet.load(folder), RuleSet.load(old) if old else None))


def _replay(texts: list[Text]) -> Backtest:
    ((rules, old),) = _judges
    return backtest(rules, texts, old=old)
