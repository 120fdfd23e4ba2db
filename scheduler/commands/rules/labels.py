"""``marsad rules label | learn | report``: what people say of articles, and what that says of the rules."""

from datetime import timedelta
from typing import TextIO

import click
from rich.table import Table

from alerts.matching.trials import Labelled, RuleReport, labelled, report
from alerts.nouns import TOPICS, Flag
from alerts.operators.wording import counted
from alerts.storage import Labels, Newsdesk
from crawler.database import Connection, Readable
from crawler.nouns import Article
from crawler.storage import Archive
from scheduler.archive import utc_now
from scheduler.commands.rules.texts import SINCE, labelled_lines, load
from scheduler.commands.screen import existing_database, open_console, operator_name, readable_database, shown
from scheduler.roster import known_places
from scheduler.wiring import Config

NEAREST = 10  # near misses that a report shows


def archived(database: Readable, url: str) -> Article:
    """The archive's article at an address; an address that it does not have ends the command."""
    article = database.read(lambda c: Archive(c).article_at(url))
    if article is None:
        raise click.ClickException(f"{url} is not in {database.path}; `marsad poll` and `marsad run` fill it")
    return article


@click.command()
@click.argument("url")
@click.argument("word", type=click.Choice(["relevant", "irrelevant"]))
@click.option(
    "--topic", "topics", multiple=True, type=click.Choice(TOPICS), help="What it tells of; else as flagged."
)
@click.option("--place", "places", multiple=True, help="A country of it, by its code (KH); else as flagged.")
@click.pass_obj
def label(config: Config, url: str, word: str, topics: tuple[str, ...], places: tuple[str, ...]) -> None:
    """Say whether the article at URL is ours; the newest word counts. `rules eval --labelled` measures with it.

    Example: marsad rules label https://alif.example/1 relevant --topic fraud --place KH
    """
    try:
        places = known_places(places, load(None))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--place") from error
    with existing_database(config) as database:
        article = archived(database, url)
        flag = database.read(lambda c: Newsdesk(c).flag_of(article.id))
        topics, places = _said(word, flag, topics, places)
        database.write(
            lambda c: Labels(c).judge(article.id, topics, places, by=operator_name(), now=utc_now())
        )
    told = f"{', '.join(topics)}; places: {', '.join(places) or 'not said'}" if topics else "nothing to tell"
    click.echo(f"kept: {told}")


def _said(
    word: str, flag: Flag | None, topics: tuple[str, ...], places: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if word == "irrelevant":
        if topics or places:
            raise click.ClickException("an irrelevant article has no --topic and no --place")
        return (), ()
    if not topics and flag is None:
        raise click.ClickException("no rule flagged it: name what it tells of, as in --topic fraud")
    return topics or (flag.verdict.topics if flag else ()), places or (flag.verdict.places if flag else ())


@click.command()
@click.argument("source", type=click.File("r", encoding="utf-8"), metavar="FILE.jsonl|-")
@click.pass_obj
def learn(config: Config, source: TextIO) -> None:
    """Take labelled lines {id, title, body, label, countries, borderline} into the archive.

    Example: marsad rules learn labelled.jsonl && marsad rules eval --labelled
    """
    items = list(labelled(labelled_lines(source), TOPICS))
    if not items:
        raise click.ClickException(f"{source.name}: has no labelled line")
    if unnamed := [item for item in items if not item.text.id]:
        raise click.ClickException(f"{source.name}: {counted(len(unnamed), 'line has', 'lines have')} no id")
    with existing_database(config) as database:
        taken = database.write(lambda c: Labels(c).take_in(items, utc_now()))
    click.echo(f"took in {counted(taken, 'labelled text')}")


def all_labelled(config: Config) -> list[Labelled]:
    """Every labelled text that the archive holds."""
    with readable_database(config) as database:
        return database.read(lambda c: list(Labels(c).labelled()))


@click.command(name="report")
@SINCE
@click.pass_obj
def report_rules(config: Config, days: int) -> None:
    """Show what each rule, topic and place flagged, and how much of it people found right; then near misses."""
    since = utc_now() - timedelta(days=days)

    def gathered(connection: Connection) -> tuple[dict[str, dict[str, RuleReport]], list[dict[str, str]]]:
        labels = Labels(connection)
        return report(labels.fired(since)), labels.near_misses(since, NEAREST)

    with readable_database(config) as database:
        reports, near = database.read(gathered)
    console = open_console()
    if not any(reports.values()):
        click.echo(f"No rule flagged anything in the last {counted(days, 'day')}.")
    for kind, rows in reports.items():
        if not rows:
            continue
        table = Table(kind, "hits", "right", "wrong", "precision")
        for name, row in rows.items():
            rate = "" if row.precision is None else f"{row.precision:.2f}"
            table.add_row(name, str(row.hits), str(row.useful), str(row.useless), rate)
        console.print(table)
    for miss in near:
        console.print(
            f"near miss: {miss['rule']} {miss['score']:g}:", shown(miss["title"]), miss["url"], soft_wrap=True
        )
