"""``marsad subscribers``."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from rich.console import Console
from rich.table import Table

from alerts.matching import RuleSet
from alerts.nouns import Level, RecipientKind, Subscriber, SubscriberState, Subscription
from alerts.storage import Dispatch, Logbook, Mailroom
from alerts.wanting import CHANNEL_OF
from scheduler.archive import open_database, utc_now
from scheduler.wiring import Config, load_rules

KINDS = [kind.value for kind in CHANNEL_OF]
EXAMPLES = """\b
marsad subscribers add private_chat 123456789 --topic fraud --place MM
marsad subscribers add channel -1001234567890 --level high
"""
LEVELS = [level.word for level in Level]


@click.group()
def subscribers() -> None:
    """The people and places that are told."""


# Ids of groups and channels begin with a minus: it must not be read as an option.
@subscribers.command(context_settings={"ignore_unknown_options": True}, epilog=EXAMPLES)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("address", default="-")
@click.option(
    "--topic", "topics", multiple=True, help="Only this topic; give it again for more. All when absent."
)
@click.option(
    "--place",
    "places",
    multiple=True,
    metavar="ISO",
    help="Only this country (MM, KH, TH …). All when absent.",
)
@click.option(
    "--level", type=click.Choice(LEVELS), default="notice", show_default=True, help="From this level up."
)
@click.option(
    "--language", type=click.Choice(["ar", "en"]), default="ar", show_default=True, help="Of messages."
)
@click.option(
    "--timezone", default="UTC", show_default=True, help="IANA name; the times in messages are local."
)
@click.pass_obj
def add(
    config: Config,
    kind: str,
    address: str,
    topics: tuple[str, ...],
    places: tuple[str, ...],
    level: str,
    language: str,
    timezone: str,
) -> None:
    """Tell somebody from now on: ADDRESS is a Telegram chat id (or @channel); the console needs none."""
    _check_wanted(load_rules(config), topics, places)
    check_address(kind, address)
    subscriber = Subscriber(
        RecipientKind(kind), address, utc_now(), language=language, timezone=_zone(timezone)
    )
    wanted = Subscription(0, topics, tuple(place.upper() for place in places), level=Level[level.upper()])

    with open_database(config.database) as database:
        made = database.write(lambda c: Mailroom(c).subscribe(subscriber, [wanted]))
        database.write(lambda c: Logbook(c).audit(utc_now(), "command line", "subscribe", f"{kind} {made}"))
    click.echo(f"subscriber {made} is told from now on")
    if CHANNEL_OF[subscriber.kind] == "telegram" and not config.telegram_token:
        click.echo(
            "no Telegram token is set: nothing is sent before MARSAD_TELEGRAM_TOKEN_FILE names one", err=True
        )


def _check_wanted(rules: RuleSet, topics: tuple[str, ...], places: tuple[str, ...]) -> None:
    for topic in topics:
        if topic not in rules.topics:
            raise click.BadParameter(
                f"{topic!r} is no topic of the rules; they have {', '.join(rules.topics)}"
            )
    countries = {concept.name for concept in rules.pack.concepts if re.fullmatch("[A-Z]{2}", concept.name)}
    for place in places:
        if place.upper() not in countries:
            raise click.BadParameter(
                f"{place!r} is no country of the rules; they have {', '.join(sorted(countries))}"
            )


def check_address(kind: str, address: str) -> None:
    """Refuse an address that cannot be one of its kind; raises BadParameter."""
    if kind == RecipientKind.CONSOLE:
        return
    if kind == RecipientKind.PRIVATE_CHAT:
        if not re.fullmatch(r"[0-9]{1,20}", address):
            raise click.BadParameter(f"{address!r} is not a chat id: a number, which the bot shows on /start")
    elif not re.fullmatch(r"(-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31})(/[0-9]{1,20})?", address):
        raise click.BadParameter(
            f"{address!r} is neither a chat id (-1001234567890, a topic of it: …/7) nor an @name"
        )


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise click.BadParameter(f"{name!r} is not an IANA time zone such as Africa/Cairo") from error


@subscribers.command("list")
@click.pass_obj
def list_(config: Config) -> None:
    """List who is told of what."""
    with open_database(config.database) as database:
        people = database.read(lambda c: Mailroom(c).subscribers())
        wanted = {s.id: w for s, w in database.read(lambda c: Mailroom(c).subscriptions())}
    table = Table()
    for name in ("id", "kind", "address", "state", "topics", "places", "level", "language", "zone"):
        table.add_column(name, overflow="fold")
    for one in people:
        want = wanted.get(one.id)
        table.add_row(
            str(one.id), one.kind, one.address, one.state,
            ", ".join(want.topics) or "all" if want else "", ", ".join(want.places) or "all" if want else "",
            want.level.word if want else "", one.language, one.timezone,
        )  # fmt: skip
    Console().print(table)


@subscribers.command()
@click.argument("number", type=int)
@click.pass_obj
def remove(config: Config, number: int) -> None:
    """Tell subscriber NUMBER nothing more."""
    with open_database(config.database) as database:
        found = database.write(lambda c: Mailroom(c).set_subscriber_state(number, SubscriberState.REMOVED))
        if not found:
            raise click.ClickException(f"no subscriber {number}; `marsad subscribers list` shows them")
        database.write(
            lambda c: Logbook(c).audit(utc_now(), "command line", "remove", f"subscriber {number}")
        )
    click.echo(f"subscriber {number} is told nothing more")


@subscribers.command()
@click.argument("number", type=int)
@click.argument("other", type=int, required=False)
@click.pass_obj
def fallback(config: Config, number: int, other: int | None) -> None:
    """Tell OTHER what is critical and does not reach subscriber NUMBER within ten minutes; without OTHER, nobody."""
    with open_database(config.database) as database:
        known = {each.id for each in database.read(lambda c: Mailroom(c).subscribers())}
        for each in {number, other} - {None} - known:
            raise click.ClickException(f"no subscriber {each}; `marsad subscribers list` shows them")
        if number == other:
            raise click.BadParameter("a subscriber is no other way to itself")
        database.write(lambda c: Dispatch(c).set_fallback(number, other))
        database.write(
            lambda c: Logbook(c).audit(
                utc_now(), "command line", "fallback", f"subscriber {number}", f"{other or ''}"
            )
        )
    click.echo(
        f"subscriber {number}: what is critical goes to {other or 'nobody else'} when it cannot be reached"
    )
