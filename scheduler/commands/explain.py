"""``marsad explain``."""

import click
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from alerts.messages.words import speech
from alerts.nouns import Alert, Delivery, Flag, Story, Subscriber
from alerts.storage import Mailroom, Newsdesk
from crawler.nouns import Article
from crawler.storage import Archive
from crawler.urls import is_web
from scheduler.commands.screen import existing_database, shown, snippet
from scheduler.wiring import Config

ENGLISH = speech("en", "UTC", "latn")


@click.command()
@click.argument("url")
@click.pass_obj
def explain(config: Config, url: str) -> None:
    """Say why somebody was, or was not, told of the article at URL: flag, story, alert, deliveries."""
    if not is_web(url):
        raise click.ClickException(f"{url!r} is not an address; give the article's, as in the alert")
    console = Console()
    with existing_database(config) as database:
        article = database.read(lambda c: Archive(c).article_at(url))
        if article is None:
            raise click.ClickException(
                f"{url} is not in {config.database}; `marsad poll` and `marsad run` fill it"
            )
        _article(console, article)
        database.read(lambda c: _told(console, Newsdesk(c), Mailroom(c), article))


def _told(console: Console, desk: Newsdesk, mailroom: Mailroom, article: Article) -> None:
    flag, story = desk.flag_of(article.id), desk.story_of(article.id)
    if flag is None:
        console.print("[b]Not flagged.[/b] No rule holds; nobody is told.")
        return
    _flag(console, article, flag)
    if story is None:
        console.print("[b]In no story[/b] yet: the flagger has not come to it.")
        return
    _story(console, story, desk.why_placed(article.id))
    for alert in desk.alerts_of(story.id):
        _alert(console, alert, article)
        told = mailroom.deliveries_of(alert.id)
        for delivery, subscriber in told:
            _delivery(console, delivery, subscriber)
        if not told:
            console.print("  no subscription asks for it")


def _delivery(console: Console, delivery: Delivery, subscriber: Subscriber) -> None:
    when = f" at {delivery.sent_at:%H:%M:%S}" if delivery.sent_at else f", due {delivery.due:%H:%M:%S}"
    error = f" ({delivery.error})" if delivery.error else ""
    console.print(
        f"  {subscriber.kind} {subscriber.id} by {delivery.channel}: {delivery.state}{when} UTC, "
        f"{delivery.attempts} tries{escape(error)}",
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


def _flag(console: Console, article: Article, flag: Flag) -> None:
    verdict = flag.verdict
    console.print(
        f"[b]Flagged[/b] {', '.join(verdict.topics)} · {', '.join(verdict.places)} · {verdict.level.word} · "
        f"score {verdict.score:g} · rules {verdict.ruleset[:12]}",
        highlight=False,
    )
    for finding in verdict.findings:
        console.print(
            f"  rule [b]{finding.rule}[/b] ({finding.topic}, score {finding.score:g})", highlight=False
        )
        if finding.why:
            console.print(f"    {escape(finding.why)}", style="dim", highlight=False)
        for span in finding.spans[:12]:
            console.print(
                Text("    ").append_text(snippet(article, span)).append(f"   {span.concept}", "dim")
            )
    console.print()


def _story(console: Console, story: Story, why: str) -> None:
    console.print(
        f"[b]Story[/b] {story.code}: {len(story.articles)} articles, {story.level.word}", highlight=False
    )
    console.print(f"  placed here because: {escape(why)}", highlight=False)


def _alert(console: Console, alert: Alert, article: Article) -> None:
    cause = "this article" if alert.article == article.id else f"article {alert.article}"
    console.print(
        f"[b]Alert[/b] {alert.version} ({alert.kind}, {alert.level.word}) at {alert.created_at:%H:%M:%S} UTC "
        f"by {cause}: {escape(ENGLISH.because(alert.reasons))}",
        highlight=False,
    )
