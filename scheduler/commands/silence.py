"""``marsad silence``."""

import re
from datetime import timedelta

import click
from rich.console import Console
from rich.table import Table

from alerts.operators.nouns import EVENTS, Event, Silence
from alerts.operators.routing import LONGEST_SILENCE, covers
from alerts.operators.wording import spoken
from alerts.storage import Bulletins, Logbook
from crawler.database import Connection
from scheduler.archive import utc_now
from scheduler.commands.screen import existing_database, operator_name, shown
from scheduler.wiring import Config

EXAMPLES = """\b
marsad silence add outlet_silent --about alif --for 8h --reason "its owner moves house"
marsad silence list
marsad silence end 3
"""
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@click.group(epilog=EXAMPLES)
def silence() -> None:
    """Events that operators do not want to hear of for a while. They are still kept and listed."""


@silence.command()
@click.argument("kind")
@click.option("--about", default="*", help="Only this subject: an outlet, a channel, a job. * for any.")
@click.option("--for", "span", default="4h", show_default=True, help="How long: 30m, 8h, 2d; 7d at most.")
@click.option("--reason", required=True, help="Why, for whoever reads the list tonight.")
@click.pass_obj
def add(config: Config, kind: str, about: str, span: str, reason: str) -> None:
    """Silence events of KIND (with * for any part of the name), and show which that are."""
    found = [name for name in EVENTS if covers(Silence(kind, "*", utc_now(), "", ""), _sample(name))]
    if not found:
        raise click.BadParameter(f"{kind!r} is no kind of event; there are {', '.join(sorted(EVENTS))}")
    if len(found) == len(EVENTS) and about == "*":
        raise click.BadParameter("that would silence everything; name kinds, or one subject with --about")
    until, who = utc_now() + _span(span), operator_name()

    def keep(connection: Connection) -> int:
        made = Bulletins(connection).silence(Silence(kind, about, until, who, reason), utc_now())
        Logbook(connection).audit(utc_now(), who, "silence", f"{kind} {about}", reason)
        return made

    with existing_database(config) as database:
        number = database.write(keep)
        mute = Silence(kind, about, until, who, reason)
        now_quiet = [e for e in database.read(lambda c: Logbook(c).open_events()) if covers(mute, e)]
    click.echo(
        f"silence {number} until {until:%Y-%m-%d %H:%M} UTC: {', '.join(found)}; "
        f"it covers {len(now_quiet)} of the events that are open"
    )


def _sample(kind: str) -> Event:
    return Event(kind, "", "", utc_now())


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,4})([mhd])", text)
    if not match:
        raise click.BadParameter(f"{text!r} is no span; write 30m, 8h or 2d")
    span = int(match[1]) * UNITS[match[2]]
    if not timedelta() < span <= LONGEST_SILENCE:
        raise click.BadParameter(f"{text!r}: between a minute and {LONGEST_SILENCE.days} days")
    return span


@silence.command("list")
@click.pass_obj
def list_(config: Config) -> None:
    """List the silences in force."""
    with existing_database(config) as database:
        found = database.read(lambda c: Bulletins(c).silences(utc_now()))
    if not found:
        click.echo("Nothing is silenced.")
        return
    table = Table()
    for name in ("no.", "event", "about", "ends in", "by", "reason"):
        table.add_column(name, overflow="fold")
    for each in found:
        table.add_row(
            str(each.id), shown(each.kind), shown(each.subject), spoken(each.until - utc_now()),
            shown(each.author), shown(each.reason),
        )  # fmt: skip
    Console().print(table)


@silence.command()
@click.argument("number", type=int)
@click.pass_obj
def end(config: Config, number: int) -> None:
    """End silence NUMBER before its time."""
    with existing_database(config) as database:
        if not database.write(lambda c: Bulletins(c).end_silence(number, utc_now())):
            raise click.ClickException(f"no silence {number} in force; `marsad silence list` shows them")
        database.write(
            lambda c: Logbook(c).audit(utc_now(), operator_name(), "end silence", f"silence {number}")
        )
    click.echo(f"silence {number} has ended")
