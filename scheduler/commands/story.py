"""``marsad story``: see one story, and correct what the gathering made of it."""

import re

import click
from rich.console import Console
from rich.markup import escape

from alerts.messages.words import speech
from alerts.nouns import Story, story_code, story_number
from alerts.operators.wording import counted
from alerts.regrouping import RegroupingError
from alerts.regrouping import merge as merge_stories
from alerts.regrouping import split as split_story
from alerts.storage import Alerts, Logbook, Newsdesk
from crawler.database import Connection
from crawler.storage import Archive
from scheduler.archive import utc_now
from scheduler.commands.asked import NUMBER, WORDS
from scheduler.commands.screen import (
    existing_database,
    listing,
    open_console,
    operator_name,
    readable_database,
)
from scheduler.wiring import Config

ENGLISH = speech("en", "UTC", "latn")


class StoryNumber(click.ParamType[int]):
    """A story as readers see it (M001F) or by its number."""

    name = "code|id"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the story's id."""
        text = str(value).strip()
        if re.fullmatch("[0-9]{1,12}", text):
            return int(text)
        number = story_number(text)
        if number is None:
            self.fail(f"{text!r} is neither a story's code such as M001F nor its number", param, ctx)
        return number


STORY = StoryNumber()


@click.group()
def story() -> None:
    """One story: see it, merge it, split it."""


@story.command()
@click.argument("number", type=STORY, metavar="CODE|ID")
@click.pass_obj
def show(config: Config, number: int) -> None:
    """Show a story: its articles, why each was placed there, and what was told."""
    with readable_database(config) as database:
        database.read(lambda c: _show(open_console(), c, number))


@story.command()
@click.argument("number", type=STORY, metavar="ID")
@click.argument("into", type=STORY, metavar="INTO")
@click.option("--reason", required=True, type=WORDS, help="Why, for the audit.")
@click.pass_obj
def merge(config: Config, number: int, into: int, reason: str) -> None:
    """Merge story ID into story INTO. What was told of both stays told; nobody is alerted."""

    def change(connection: Connection) -> Story:
        kept = merge_stories(connection, number, into)
        Logbook(connection).audit(
            utc_now(), operator_name(), "merge", f"story {number}", f"into {into}: {reason}"
        )
        return kept

    with existing_database(config) as database:
        try:
            kept = database.write(change)
        except RegroupingError as error:
            raise click.ClickException(f"{error}; `marsad story show` lists a story's articles") from error
    click.echo(f"{kept.code} has {counted(len(kept.articles), 'article')} now; nobody is alerted")


@story.command()
@click.argument("articles", type=NUMBER, nargs=-1, required=True, metavar="ARTICLE_ID...")
@click.option("--reason", required=True, type=WORDS, help="Why, for the audit.")
@click.pass_obj
def split(config: Config, articles: tuple[int, ...], reason: str) -> None:
    """Let articles leave their story for a new one. What was told stays told; nobody is alerted."""

    def change(connection: Connection) -> tuple[Story, Story]:
        old, new = split_story(connection, articles)
        moved = ", ".join(map(str, new.articles))
        Logbook(connection).audit(
            utc_now(), operator_name(), "split", f"story {old.id}", f"{moved} into {new.id}: {reason}"
        )
        return old, new

    with existing_database(config) as database:
        try:
            old, new = database.write(change)
        except RegroupingError as error:
            raise click.ClickException(f"{error}; `marsad story show` lists a story's articles") from error
    click.echo(
        f"{new.code} has {counted(len(new.articles), 'article')}, "
        f"{old.code} keeps {len(old.articles)}; nobody is alerted"
    )


def _show(console: Console, connection: Connection, number: int) -> None:
    newsdesk, archive = Newsdesk(connection), Archive(connection)
    shown = newsdesk.story(number)
    if shown is None:
        raise click.ClickException(
            f"there is no story {story_code(number)} (id {number}); `marsad explain URL` names an article's"
        )
    console.print(f"[b]Story {shown.code}[/b] (id {shown.id}), {shown.level.word}", highlight=False)
    console.print(escape(shown.title), highlight=False)
    onward = newsdesk.merged_into(number)
    if onward:
        console.print(f"It goes on under story {onward}.", highlight=False)
    table = listing("article", "outlet", "seen (UTC)", long=("title, and why it was placed here",))
    for article in filter(None, map(archive.article, shown.articles)):
        table.add_row(
            str(article.id), article.outlet, f"{article.first_seen:%m-%d %H:%M}",
            f"{escape(article.title)}\n[dim]{escape(newsdesk.why_placed(article.id))}[/dim]",
        )  # fmt: skip
    console.print(table)
    for told in Alerts(connection).told(number):
        alert, why = told.alert, escape(ENGLISH.because(told.alert.reasons))
        how = f"held ({alert.hold})" if alert.hold else "told"
        console.print(
            f"{how} at {alert.created_at:%Y-%m-%d %H:%M} UTC: {alert.kind}, {alert.level.word}: {why}",
            highlight=False,
        )
