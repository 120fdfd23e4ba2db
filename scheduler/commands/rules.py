"""``marsad rules``: check, try, explain and measure the rules."""

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any, TextIO

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from alerts.matching import RuleError, RuleSet
from alerts.matching.expressions import parse
from alerts.matching.ruleset import RULES
from alerts.matching.trials import Measured, Score, Text, audit, backtest, labelled, measure
from alerts.nouns import Finding, Span, Verdict
from crawler.database import Connection
from crawler.nouns import Article
from crawler.storage import Archive
from crawler.urls import is_web
from scheduler.archive import utc_now
from scheduler.commands.json_lines import MAX_LINE, json_lines
from scheduler.commands.rule_labels import all_labelled, archived, label, learn, report_rules
from scheduler.commands.screen import existing_database
from scheduler.wiring import Config

ARCHIVE_BATCH = 500  # articles read at once
_FOLDER = click.option(
    "--rules",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of rules; by default those that MARSAD_RULES names.",
)
_SINCE = click.option(
    "--since", "days", default=30, show_default=True, help="Days of the archive to look at."
)
_LINES_OR_ARCHIVE = click.argument(
    "source", type=click.File("r", encoding="utf-8"), metavar="[FILE.jsonl|-]", required=False
)
_LINES = click.argument("source", type=click.File("r", encoding="utf-8"), metavar="FILE.jsonl|-")


@click.group()
def rules() -> None:
    """Check, try, explain and measure the rules."""


def _load(folder: Path | None) -> RuleSet:
    config = click.get_current_context().find_object(Config)
    try:
        return RuleSet.load(folder or (config.rules if config else RULES))
    except RuleError as error:
        raise click.ClickException(str(error)) from error


@rules.command()
@_FOLDER
def check(folder: Path | None) -> None:
    """Load the rules and prove them on their own examples."""
    loaded = _load(folder)
    examples = sum(len(rule.hits) + len(rule.misses) for rule in loaded.pack.rules)
    click.echo(
        f"{len(loaded.pack.rules)} rules over {len(loaded.pack.concepts)} concepts "
        f"pass {examples} examples; rule set {loaded.hash}"
    )


@rules.command()
@click.option("--evidence", is_flag=True, help="Add the spans: field, start, end, text, concept.")
@_FOLDER
@_LINES
def match(folder: Path | None, source: TextIO, evidence: bool) -> None:
    """Judge {id, title, body} lines; write a JSON line each, as they come."""
    loaded = _load(folder)
    for text in _texts(source):
        verdict = loaded.judge(text.title, text.body)
        sys.stdout.write(json.dumps(_told(text, verdict, evidence=evidence), ensure_ascii=False) + "\n")
        sys.stdout.flush()


@rules.command(name="try")
@click.argument("expression")
@_FOLDER
@_LINES
def try_expression(expression: str, folder: Path | None, source: TextIO) -> None:
    """Show which lines an EXPRESSION over the concepts holds for, and by what."""
    loaded = _load(folder)
    try:
        node = parse(expression)
    except ValueError as error:
        raise click.ClickException(f"expression: {error}") from error
    names = {concept.name for concept in loaded.pack.concepts}
    if unknown := sorted(node.concepts() - names):
        raise click.ClickException(
            f"expression: unknown concept @{unknown[0]}: there are {', '.join(sorted(names))}"
        )
    held = seen = 0
    for text in _texts(source):
        seen += 1
        scan = loaded.engine.scan(text.title, text.body)
        if (hits := node.find(scan)) is not None:
            held += 1
            click.echo(f"{text.id}\t{text.title}\t{' · '.join(scan.span(hit).text for hit in hits)}")
    click.echo(f"holds for {held} of {seen}", err=True)


@rules.command()
@_FOLDER
@click.argument("source", metavar="URL|FILE|-")
@click.pass_obj
def explain(config: Config, folder: Path | None, source: str) -> None:
    """Tell what the rules say of a text and why: an article of the archive, or a file (first line title, rest body).

    Example: echo 'تفكيك وكر احتيال في كمبوديا' | marsad rules explain -
    """
    title, body = _asked(config, source)
    verdict = _load(folder).judge(title, body)
    console = Console(soft_wrap=True)
    told = f"{', '.join(verdict.topics)}; places: {', '.join(verdict.places) or 'none'}; {verdict.level.word}"
    console.print(f"flagged: {told}" if verdict.flagged else "not flagged", highlight=False)
    for finding in verdict.findings:
        _explain(console, finding, {"title": title, "body": body})
    for finding in verdict.near_misses:
        console.print(f"near miss: {finding.rule}: {finding.why}", markup=False, highlight=False)


def _asked(config: Config, source: str) -> tuple[str, str]:
    if is_web(source):
        with archived(config, source) as (_, article):
            return article.title, article.body
    try:
        with click.open_file(source, encoding="utf-8") as file:
            title, _, body = _read(file).partition("\n")
    except OSError as error:
        raise click.ClickException(
            f"{source}: {error.strerror}; give an address of the archive, a file or -"
        ) from error
    return title, body


def _explain(console: Console, finding: Finding, texts: dict[str, str]) -> None:
    console.print(f"\n{finding.rule} ({finding.level.word}): {finding.why}", markup=False, highlight=False)
    for span in finding.spans:
        console.print(
            f"  {span.field} {span.start}-{span.end} @{span.concept}: {_snippet(span, texts)}", markup=False
        )


def _snippet(span: Span, texts: dict[str, str], around: int = 30) -> str:
    text = texts[span.field]
    before, after = text[max(0, span.start - around) : span.start], text[span.end : span.end + around]
    return " ".join(f"{before}⟦{span.text}⟧{after}".split())


@rules.command(name="eval")
@click.option("--borderline", is_flag=True, help="Count the borderline items too.")
@click.option("--labelled", "archive", is_flag=True, help="Measure on what people labelled in the archive.")
@_FOLDER
@_LINES_OR_ARCHIVE
@click.pass_obj
def evaluate(
    config: Config, folder: Path | None, source: TextIO | None, borderline: bool, archive: bool
) -> None:
    """Measure the rules on lines of {id, title, body, label, countries, borderline}.

    With --labelled, on readers' and operators' words on the articles of the archive and on what `rules learn` took in.
    """
    if archive == bool(source):
        raise click.ClickException("give labelled lines (FILE or -), or --labelled for those of the archive")
    loaded = _load(folder)
    try:
        items = labelled(json_lines(source), loaded.topics) if source else all_labelled(config)
        measured = measure(loaded, items, borderline=borderline)
    except (KeyError, TypeError, AttributeError) as error:
        raise click.ClickException(f"a line has no {error}: expected id, title, body, label") from error
    _show(measured)


def _show(measured: Measured) -> None:
    table = Table("", "right", "wrong", "missed", "precision", "recall")
    rows = {"flag": measured.flag, **measured.topics}
    rows |= {f"place {code}": score for code, score in sorted(measured.places.items())}
    rows |= {f"rule {name}": score for name, score in sorted(measured.rules.items())}
    for name, score in rows.items():
        table.add_row(name, *map(str, (score.right, score.wrong, score.missed)), *_rates(name, score))
    console = Console()
    console.print(table)
    console.print(f"every country found: {measured.placed} of {measured.flag.right}", highlight=False)
    for title, ids in (("false alarms", measured.false_alarms), ("silent", measured.silent)):
        if ids:
            console.print(f"{title}: {', '.join(ids)}", highlight=False)


def _rates(name: str, score: Score) -> tuple[str, str]:
    return f"{score.precision:.3f}", "" if name.startswith("rule ") else f"{score.recall:.3f}"


@rules.command(name="audit")
@_FOLDER
@_SINCE
@_LINES_OR_ARCHIVE
@click.pass_obj
def audit_terms(config: Config, folder: Path | None, days: int, source: TextIO | None) -> None:
    """List terms that never fire in the archive, and words that may be homographs.

    With FILE, in its {id, title, body} lines instead.
    """
    result = audit(_load(folder).pack, _texts(source) if source else _archived(config, days))
    for word, stem, times in result.readings:
        click.echo(f"read\t{word}\tas {stem}\t{times}")
    for word, times in result.glued:
        click.echo(f"cut\t{word}\t\t{times}")
    for concept, term in result.silent:
        click.echo(f"silent\t{term}\t@{concept}\t0")


@rules.command(name="backtest")
@click.option(
    "--diff",
    "old",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of older rules.",
)
@_FOLDER
@_SINCE
@_LINES_OR_ARCHIVE
@click.pass_obj
def replay(config: Config, folder: Path | None, days: int, source: TextIO | None, old: Path | None) -> None:
    """Replay the archive: how often each rule would have fired, what is gained and lost against older rules.

    With FILE, its {id, title, body} lines instead.
    """
    texts = _texts(source) if source else _archived(config, days)
    result = backtest(_load(folder), texts, old=_load(old) if old else None)
    click.echo(f"would have fired {result.fired} times in {result.seen} articles")
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


def _told(text: Text, verdict: Verdict, *, evidence: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": text.id,
        "flagged": verdict.flagged,
        "topics": verdict.topics,
        "places": verdict.places,
        "score": verdict.score,
        "level": verdict.level.word,
    }
    if evidence:
        spans = dict.fromkeys(span for finding in verdict.findings for span in finding.spans)
        told["spans"] = [
            {"field": s.field, "start": s.start, "end": s.end, "text": s.text, "concept": s.concept}
            for s in spans
        ]
    return told


def _archived(config: Config, days: int) -> Iterator[Text]:
    """The articles of the archive first seen in the last ``days``, oldest first, with a progress bar."""
    since, seq = utc_now() - timedelta(days=days), 0
    with existing_database(config) as database, Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(
            "reading the archive", total=database.read(lambda c: Archive(c).counts())["articles"]
        )
        while batch := database.read(partial(_after, seq)):
            seq = batch[-1][0]
            bar.advance(task, len(batch))
            for _, article in batch:
                if article.first_seen >= since:
                    yield Text(str(article.id), article.title, article.body)


def _after(seq: int, connection: Connection) -> list[tuple[int, Article]]:
    return Archive(connection).after(seq, ARCHIVE_BATCH)


def _texts(source: TextIO) -> Iterator[Text]:
    for number, line in enumerate(json_lines(source), 1):
        title, body = line.get("title", ""), line.get("body", "")
        if not isinstance(title, str) or not isinstance(body, str):
            raise click.ClickException(f"{source.name}: line {number}: title and body are texts")
        yield Text(str(line.get("id", number)), title, body)


def _read(source: IO[str]) -> str:
    try:
        return source.read(MAX_LINE)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{source.name}: not UTF-8: {error}") from error


for command in (label, learn, report_rules):
    rules.add_command(command)
