"""``marsad operators``."""

import click

from alerts.nouns import RecipientKind, Subscriber
from alerts.storage import Bulletins, Logbook, Subscribers
from alerts.wanting import CHANNEL_OF
from crawler.database import Connection
from scheduler.archive import open_database, utc_now
from scheduler.commands.asked import NUMBER
from scheduler.commands.screen import (
    existing_database,
    listing,
    open_console,
    operator_name,
    readable_database,
    shown,
)
from scheduler.commands.subscribers.add import check_address
from scheduler.wiring import Config

EXAMPLES = """\b
marsad operators add group -1001234567890
marsad operators add private_chat 123456789
marsad operators add apprise phone
marsad test-alert
"""


@click.group(epilog=EXAMPLES)
def operators() -> None:
    """Who is told when Marsad itself is in trouble. Give at least two, on different channels."""


# Ids of groups and channels begin with a minus: it must not be read as an option.
@operators.command(context_settings={"ignore_unknown_options": True})
@click.argument("kind", type=click.Choice([kind.value for kind in CHANNEL_OF]))
@click.argument("address", default="-")
@click.pass_obj
def add(config: Config, kind: str, address: str) -> None:
    """Tell the chat or mailbox at ADDRESS of events, their ends, and once a day that all is well.

    Of apprise, ADDRESS is the name of a target in the file of MARSAD_APPRISE_FILE.
    """
    check_address(kind, address)
    if kind == RecipientKind.APPRISE and address not in config.apprise:
        there = ", ".join(config.apprise) or "no file is set"
        raise click.BadParameter(f"{address!r} is no target of MARSAD_APPRISE_FILE ({there})")

    def keep(connection: Connection) -> int:
        people, now = Subscribers(connection), utc_now()
        known = next((each for each in people.all() if (each.kind, each.address) == (kind, address)), None)
        person = Subscriber(RecipientKind(kind), address, now, language="en")
        number = known.id if known else people.subscribe(person, [])
        Bulletins(connection).appoint(number, now)
        Logbook(connection).audit(now, operator_name(), "appoint operator", f"subscriber {number}")
        return number

    with open_database(config.database) as database:
        number = database.write(keep)
    click.echo(f"subscriber {number} is told of trouble from now on; `marsad test-alert` tries it")


@operators.command("list")
@click.pass_obj
def list_(config: Config) -> None:
    """List who is told of trouble."""
    with readable_database(config) as database:
        people = database.read(lambda c: Bulletins(c).operators())
    if not people:
        click.echo("Nobody is told of trouble: `marsad operators add`.")
        return
    table = listing("no.", "kind", "state", long=("address",))
    for one in people:
        table.add_row(str(one.id), one.kind, one.state, shown(one.address))
    open_console().print(table)


@operators.command()
@click.argument("number", type=NUMBER)
@click.pass_obj
def remove(config: Config, number: int) -> None:
    """Tell subscriber NUMBER no more of trouble; what it subscribed to stays."""

    def work(connection: Connection) -> None:
        if not Bulletins(connection).dismiss(number):
            raise click.ClickException(f"{number} is no operator; `marsad operators list` shows them")
        Logbook(connection).audit(utc_now(), operator_name(), "dismiss operator", f"subscriber {number}")

    with existing_database(config) as database:
        database.write(work)
    click.echo(f"subscriber {number} is told of trouble no more")
