"""``marsad explain``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from alerts.account import Account, Saying, StoryArticle
from alerts.accounting import account_of
from alerts.messages.words import speech
from alerts.nouns import Delivery, DeliveryState, Subscriber
from alerts.operators.wording import counted
from alerts.storage import DeliveryQueue, Newsdesk
from crawler.database import Connection
from crawler.nouns import Article, Outlet
from crawler.registry import load_outlets
from crawler.storage import Archive
from crawler.urls import is_web
from scheduler.commands.outbox import HAVE_A_TURN, MEANING
from scheduler.commands.screen import open_console, readable_database, shown, snippet
from scheduler.wiring import Config

ENGLISH = speech("en", "UTC", "latn")


@click.command()
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: article, account, deliveries.")
@click.pass_obj
def explain(config: Config, url: str, *, as_json: bool) -> None:
    """Say why somebody was, or was not, told of the article at URL: rules, story, facts, alerts, deliveries.

    For scripts: marsad explain --json URL | jq .account.facts
    """
    if not is_web(url):
        raise click.ClickException(f"{url!r} is not an address; give the article's, as in the alert")
    outlets = {outlet.id: outlet for outlet in load_outlets(config.outlets)}
    with readable_database(config) as database:
        article = database.read(lambda c: Archive(c).article_at(url))
        if article is None:
            raise click.ClickException(
                f"{url} is not in {config.database}; `marsad poll` and `marsad run` fill it"
            )
        told = database.read(lambda c: _gather(c, article, outlets))
    if as_json:
        click.echo(json.dumps(told.as_json(), ensure_ascii=False, indent=1))
    else:
        told.show(open_console())


@dataclass(frozen=True, slots=True)
class Explanation:
    """An article and all that came of it."""

    article: Article
    account: Account | None
    deliveries: tuple[tuple[Delivery, Subscriber], ...]

    def as_json(self) -> dict[str, Any]:
        """What a script wants; whom it went to by number, never by address."""
        return {
            "article": {"id": self.article.id, "url": self.article.url, "title": self.article.title},
            "account": self.account.as_json() if self.account else None,
            "deliveries": [
                {"alert": one.number, "subscriber": who.id, "channel": one.channel, "state": one.state}
                for one, who in self.deliveries
            ],
        }

    def show(self, console: Console) -> None:
        """Print it for a person."""
        _article(console, self.article)
        if self.account is None:
            console.print(
                "[b]Not flagged.[/b] No rule holds, or the flagger has not come to it; nobody is told."
            )
            return
        for source in self.account.sources:
            if source.article == self.article.id:
                _grounds(console, self.article, source)
        _account(console, self.account)
        for saying in self.account.sayings:
            _saying(console, saying, self.article)
            mine = [(one, who) for one, who in self.deliveries if one.number == saying.id]
            for delivery, subscriber in mine:
                _delivery(console, delivery, subscriber)
            if not mine and not saying.hold:
                console.print("  no subscription asks for it")


def _gather(connection: Connection, article: Article, outlets: Mapping[str, Outlet]) -> Explanation:
    story = Newsdesk(connection).story_of(article.id)
    account = account_of(connection, story.id, outlets) if story else None
    sayings = account.sayings if account else ()
    deliveries = [each for one in sayings for each in DeliveryQueue(connection).deliveries_of(one.id)]
    return Explanation(article, account, tuple(deliveries))


def _delivery(console: Console, delivery: Delivery, subscriber: Subscriber) -> None:
    when = ""
    if delivery.sent_at:
        when = f" at {delivery.sent_at:%H:%M:%S} UTC"
    elif delivery.state in HAVE_A_TURN:
        when = f", due {delivery.due:%H:%M:%S} UTC"
    meaning = "" if delivery.state is DeliveryState.SENT else f" ({MEANING[delivery.state]})"
    error = f" ({delivery.error})" if delivery.error else ""
    console.print(
        f"  {subscriber.kind} {subscriber.id} by {delivery.channel}: {delivery.state}{when}{meaning}, "
        f"{counted(delivery.attempts, 'try', 'tries')}{escape(error)}",
        highlight=False,
    )


def _article(console: Console, article: Article) -> None:
    console.print(shown(article.title, "bold"))
    published = (
        f"published {article.published.at.isoformat(' ', 'minutes')} ({article.published.source}, "
        f"to the {article.published.precision}: {escape(article.published.raw)})"
        if article.published
        else "no date on the page"
    )
    console.print(f"{article.outlet} · {escape(article.url)}", style="dim", highlight=False)
    console.print(
        f"{published} · seen {article.first_seen:%Y-%m-%d %H:%M:%S} UTC · read by {article.extractor}",
        highlight=False,
    )
    console.print()


def _grounds(console: Console, article: Article, source: StoryArticle) -> None:
    for ground in source.grounds:
        console.print(
            f"rule [b]{ground.rule}[/b] ({ground.topic}, {ground.level.word}, score {ground.score:g})",
            highlight=False,
        )
        if ground.why:
            console.print(f"    {escape(ground.why)}", style="dim", highlight=False)
        for span in ground.spans[:12]:
            console.print(
                Text("    ").append_text(snippet(article, span)).append(f"   {span.concept}", "dim")
            )
    console.print(f"placed because: {escape(source.placed)}", highlight=False)
    console.print()


def _account(console: Console, account: Account) -> None:
    raised = f", raised from {account.ruled.word}" if account.level != account.ruled else ""
    because = f" because {escape(ENGLISH.because(account.decided))}" if account.decided else " by its rules"
    console.print(
        f"[b]Story[/b] {account.code}: {counted(len(account.sources), 'article')}, {account.voices} independent; "
        f"{', '.join(account.topics)} · {', '.join(account.places)}; {account.level.word}{raised}{because}",
        highlight=False,
    )
    for fact in account.facts:
        console.print(
            Text("  ").append(ENGLISH.fact(fact)).append_text(Text("   «").append_text(shown(fact.span.text)))
            .append(f"»  article {fact.article}", "dim")
        )  # fmt: skip
    table = Table()
    for name in ("article", "outlet", "voice", "behind the first", "seen after", "title"):
        table.add_column(name)
    for source in account.sources:
        table.add_row(
            str(source.article),
            source.outlet,
            f"{source.voice}{f' ({source.wire})' if source.wire else ''}",
            _span(source.behind),
            _span(source.delay) if source.delay is not None else "no date",
            shown(source.title),
        )
    console.print(table)


def _span(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def _saying(console: Console, saying: Saying, article: Article) -> None:
    cause = "this article" if saying.article == article.id else f"article {saying.article}"
    held = f", held: {saying.hold}" if saying.hold else ""
    console.print(
        f"[b]Alert[/b] {saying.version} ({saying.kind}, {saying.level.word}{held}) at {saying.at:%Y-%m-%d %H:%M:%S} "
        f"UTC by {cause}: {escape(ENGLISH.because(saying.reasons))}",
        highlight=False,
    )
