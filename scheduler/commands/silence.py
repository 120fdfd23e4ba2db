"""``marsad silence``."""

import click

from alerts.bot.hours import read_span
from alerts.operators import acting
from alerts.operators.nouns import Silence
from alerts.operators.routing import LONGEST_SILENCE, covers, silenced_kinds
from alerts.storage import Bulletins, Logbook
from scheduler.archive import utc_now
from scheduler.commands.asked import NUMBER, WORDS
from scheduler.commands.screen import (
    existing_database,
    listing,
    open_console,
    operator_name,
    readable_database,
    shown,
)
from scheduler.wiring import Config

EXAMPLES = """\b
marsad silence add outlet_silent --about alif --for 8h --reason "its owner moves house"
marsad silence list
marsad silence end 3
"""


@click.group(epilog=EXAMPLES)
def silence() -> None:
    """Events that operators do not want to hear of for a while. They are still kept and listed."""


@silence.command()
@click.argument("kind")
@click.option("--about", default="*", help="Only this subject: an outlet, a channel, a job. * for any.")
@click.option("--for", "span", default="4h", help="How long: 30m, 8h, 2d; 7d at most.")
@click.option("--reason", required=True, type=WORDS, help="Why, for whoever reads the list tonight.")
@click.pass_obj
def add(config: Config, kind: str, about: str, span: str, reason: str) -> None:
    """Silence events of KIND (with * for any part of the name), and show which that are."""
    length = read_span(span)
    if length is None:
        raise click.BadParameter(
            f"{span!r} is no span: write 30m, 8h or 2d, at most {LONGEST_SILENCE.days} days"
        )
    wanted = Silence(kind, about, utc_now() + length, operator_name(), reason)
    try:
        found = silenced_kinds(wanted)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    with existing_database(config) as database:
        made = database.write(lambda c: acting.silence(c, wanted, utc_now()))
        now_quiet = [e for e in database.read(lambda c: Logbook(c).open_events()) if covers(made, e)]
    click.echo(
        f"silence {made.id} until {made.until:%Y-%m-%d %H:%M} UTC: {', '.join(found)}; "
        f"it covers {len(now_quiet)} of the events that are open"
    )


@silence.command("list")
@click.pass_obj
def list_(config: Config) -> None:
    """List the silences in force."""
    with readable_database(config) as database:
        found = database.read(lambda c: Bulletins(c).silences(utc_now()))
    if not found:
        click.echo("Nothing is silenced.")
        return
    table = listing("no.", "until (UTC)", "event", long=("about", "by", "reason"))
    for each in found:
        table.add_row(
            str(each.id), f"{each.until:%m-%d %H:%M}", shown(each.kind), shown(each.subject),
            shown(each.author), shown(each.reason),
        )  # fmt: skip
    open_console().print(table)


@silence.command()
@click.argument("number", type=NUMBER)
@click.pass_obj
def end(config: Config, number: int) -> None:
    """End silence NUMBER before its time."""
    with existing_database(config) as database:
        if not database.write(lambda c: acting.end_silence(c, number, operator_name(), utc_now())):
            raise click.ClickException(f"no silence {number} in force; `marsad silence list` shows them")
    click.echo(f"silence {number} has ended")
