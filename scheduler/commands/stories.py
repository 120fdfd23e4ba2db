"""``marsad stories``: what the gathering makes of articles in a file, for scripts and evaluation."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, TextIO

import click

from alerts.stories import Decision, Desk, Fingerprint, fingerprint
from scheduler.commands.screen import tracked

_REQUIRED = ("id", "outlet", "published_at", "title", "body")
_SHOWN = 3  # comparisons that --why shows for an article


@click.group()
def stories() -> None:
    """Stories: the articles that tell one event."""


@stories.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--why", is_flag=True, help="Add the gates and distances that decided.")
def group(file: TextIO, *, why: bool) -> None:
    """Gather the articles of FILE into stories ("-" reads standard input).

    FILE has an object a line, in any order: id, outlet, published_at (ISO 8601), title, body, and where
    they are known topics, places and group. Writes {"id", "story"} a line in the same order.
    """
    articles = list(_read(file))
    marks = [_mark(number, article, file.name) for number, article in enumerate(articles, 1)]
    desk, decisions = _place(marks)
    placed = desk.partition()
    for number, (article, decision) in enumerate(zip(articles, decisions, strict=True), 1):
        line = {"id": article["id"], "story": placed[number]}
        if why:
            line["why"] = _reasons(decision, articles)
        click.echo(json.dumps(line, ensure_ascii=False))


def _place(marks: Sequence[Fingerprint]) -> tuple[Desk, list[Decision]]:
    """Place articles one by one, as the service does."""
    desk, fresh, decisions = Desk(), count(1), []
    for mark in tracked(marks, "Gathering"):
        decision = desk.place(mark)
        story = decision.story or next(fresh)
        desk.settle(decision, story, [next(fresh) for _ in decision.apart])
        decisions.append(decision)
    return desk, decisions


def _reasons(decision: Decision, articles: Sequence[dict[str, Any]]) -> list[dict[str, object]]:
    return [
        {
            "with": articles[link.other - 1]["id"],
            "joins": link.joins,
            "gate": link.gate,
            "score": link.score,
            "parts": {name: points for name, points in link.parts if points},
        }
        for link in decision.links[:_SHOWN]
    ]


@dataclass(frozen=True, slots=True)
class _Line:
    """Where something was read, for messages."""

    file: str
    number: int

    def error(self, text: str) -> click.ClickException:
        return click.ClickException(f"{self.file}, line {self.number}: {text}")


def _read(lines: TextIO) -> Iterator[dict[str, Any]]:
    """The articles of a file; raises ClickException naming file, line and key."""
    try:
        for number, text in enumerate(lines, 1):
            if text.strip():
                yield _article(text.removeprefix("\ufeff"), _Line(lines.name, number))
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"{lines.name} is no UTF-8 text ({error.reason}); convert it first"
        ) from error


def _article(text: str, line: _Line) -> dict[str, Any]:
    try:
        article = json.loads(text)
    except ValueError as error:
        raise line.error(f"no JSON ({error})") from error
    if not isinstance(article, dict):
        raise line.error("an object is expected")
    missing = [key for key in _REQUIRED if key not in article]
    if missing:
        raise line.error(f"{missing[0]} is missing; every line needs {', '.join(_REQUIRED)}")
    for key in ("outlet", "published_at", "title", "body"):
        if not isinstance(article[key], str):
            raise line.error(f"{key} is no text")
    return {**article, "published_at": _moment(article["published_at"], line)}


def _moment(text: str, line: _Line) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise line.error(f"published_at is no ISO 8601 time: {text!r}") from error
    if moment.tzinfo is None:
        raise line.error(f"published_at has no offset: {text!r}; write 2026-03-04T08:00:00+00:00")
    return moment


def _mark(number: int, article: dict[str, Any], file: str) -> Fingerprint:
    return fingerprint(
        article=number,
        outlet=article["outlet"],
        group=str(article.get("group") or ""),
        title=article["title"],
        body=article["body"],
        seen=article["published_at"],
        topics=_texts(article, "topics", file),
        places=_texts(article, "places", file),
    )


def _texts(article: dict[str, Any], key: str, file: str) -> tuple[str, ...]:
    found: object = article.get(key) or []
    if not isinstance(found, Iterable) or isinstance(found, str):
        raise click.ClickException(f"{file}, article {article['id']}: {key} is no list")
    return tuple(str(each) for each in found)
