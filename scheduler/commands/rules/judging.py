"""``marsad rules check | match | try | explain``: what rules say of a text."""

import json
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any, TextIO

import click
from rich.console import Console

from alerts.matching.expressions import parse
from alerts.matching.trials import Text
from alerts.nouns import Finding, Span, Verdict
from crawler.urls import is_web
from scheduler.commands.json_lines import MAX_LINE
from scheduler.commands.rules.labels import archived
from scheduler.commands.rules.texts import (
    FOLDER,
    LINES,
    load,
    texts_of,
)
from scheduler.commands.screen import open_console, readable_database
from scheduler.wiring import Config

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode  # `dumps` makes an encoder for each line


@click.command()
@FOLDER
def check(folder: Path | None) -> None:
    """Load the rules and prove them on their own examples."""
    loaded = load(folder)
    examples = sum(len(rule.hits) + len(rule.misses) for rule in loaded.pack.rules)
    click.echo(
        f"{len(loaded.pack.rules)} rules over {len(loaded.pack.concepts)} concepts "
        f"pass {examples} examples; rule set {loaded.hash}"
    )


@click.command()
@click.option("--evidence", is_flag=True, help="Add the spans: field, start, end, text, concept.")
@FOLDER
@LINES
def match(folder: Path | None, source: TextIO, evidence: bool) -> None:
    """Judge {id, title, body} lines; write a JSON line each, as they come."""
    loaded = load(folder)
    for text in texts_of(source):
        verdict = loaded.judge(text.title, text.body)
        sys.stdout.write(_ENCODE(_told(text, verdict, evidence=evidence)) + "\n")
        sys.stdout.flush()


@click.command(name="try")
@click.argument("expression")
@FOLDER
@LINES
def try_expression(expression: str, folder: Path | None, source: TextIO) -> None:
    """Show which lines an EXPRESSION over the concepts holds for, and by what."""
    loaded = load(folder)
    try:
        node = parse(expression)
    except ValueError as error:
        raise click.ClickException(f"expression: {error}") from error
    names = {concept.name for concept in loaded.pack.concepts}
    if unknown := sorted(node.concepts() - names):
        near = ", ".join(f"@{name}" for name in get_close_matches(unknown[0], sorted(names), 3, cutoff=0))
        raise click.ClickException(
            f"expression: unknown concept @{unknown[0]}; nearest of {len(names)}: {near}"
        )
    held = seen = 0
    for text in texts_of(source):
        seen += 1
        scan = loaded.engine.scan(text.title, text.body)
        if (hits := node.find(scan)) is not None:
            held += 1
            click.echo(f"{text.id}\t{text.title}\t{' · '.join(scan.span(hit).text for hit in hits)}")
    click.echo(f"holds for {held} of {seen}", err=True)


@click.command()
@FOLDER
@click.argument("source", metavar="URL|FILE|-")
@click.pass_obj
def explain(config: Config, folder: Path | None, source: str) -> None:
    """Tell what the rules say of a text and why: an article of the archive, or a file (first line title, rest body).

    Example: echo 'تفكيك وكر احتيال في كمبوديا' | marsad rules explain -
    """
    title, body = _asked(config, source)
    verdict = load(folder).judge(title, body)
    console = open_console(soft_wrap=True)
    told = f"{', '.join(verdict.topics)}; places: {', '.join(verdict.places) or 'none'}; {verdict.level.word}"
    console.print(f"flagged: {told}" if verdict.flagged else "not flagged", highlight=False)
    for finding in verdict.findings:
        _explain(console, finding, {"title": title, "body": body})
    for finding in verdict.near_misses:
        console.print(f"near miss: {finding.rule}: {finding.why}", markup=False, highlight=False)


def _asked(config: Config, source: str) -> tuple[str, str]:
    if is_web(source):
        with readable_database(config) as database:
            article = archived(database, source)
        return article.title, article.body
    try:
        with click.open_file(source, encoding="utf-8") as file:
            title, _, body = _read(file).lstrip().partition("\n")
    except OSError as error:
        raise click.ClickException(
            f"{source}: {error.strerror}; give an address of the archive, a file or -"
        ) from error
    if not title:
        raise click.ClickException(f"{source}: holds no text to judge; its first line is the title")
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


def _read(source: IO[str]) -> str:
    try:
        return source.read(MAX_LINE)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{source.name}: is no UTF-8 text; convert it first") from error
