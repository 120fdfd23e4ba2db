"""``marsad db``."""

from datetime import timedelta

import click
from rich.table import Table

from alerts.storage import Logbook, Mailroom, Newsdesk, Upkeep
from crawler.storage import Archive
from scheduler.archive import utc_now
from scheduler.commands.screen import existing_database, open_console, operator_name
from scheduler.wiring import Config

PRUNED_AT_ONCE = 500  # articles a transaction


@click.group()
def db() -> None:
    """Look after the archive."""


@db.command()
@click.pass_obj
def check(config: Config) -> None:
    """Read the whole archive, verify it, and count what is in it."""
    console = open_console()
    with existing_database(config) as database:
        with console.status("reading every page of the file"):
            problems = database.problems()
        if problems:
            raise click.ClickException(f"{config.database}: damaged ({problems[0]}); restore a backup")
        counts = database.read(lambda c: Archive(c).counts() | Newsdesk(c).counts() | Mailroom(c).counts())
    console.print(f"{config.database}: sound", soft_wrap=True)
    table = Table()
    table.add_column("what")
    table.add_column("rows", justify="right")
    for name, count in counts.items():
        table.add_row(name.replace("_", " "), f"{count:,}")
    console.print(table)


@db.command()
@click.option("--days", type=click.IntRange(7), default=90, show_default=True, help="How long bodies stay.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def prune(config: Config, days: int, yes: bool) -> None:
    """Forget the bodies of unflagged articles after some days; titles, addresses and hashes stay.

    Flagged articles keep their text, and `marsad rules backtest` sees only what is left.
    """
    if not yes:
        click.confirm(f"Forget the bodies of unflagged articles older than {days} days?", abort=True)
    now = utc_now()
    before, forgotten = now - timedelta(days=days), 0
    with existing_database(config) as database, open_console(stderr=True).status("forgetting"):
        while count := database.write(lambda c: Upkeep(c).prune(before, PRUNED_AT_ONCE)):
            forgotten += count
        database.write(lambda c: Upkeep(c).note("prune", now, {"articles": forgotten, "days": days}))
        database.write(lambda c: Logbook(c).audit(now, operator_name(), "prune", f"{forgotten} bodies"))
    click.echo(f"{forgotten:,} bodies forgotten; the space is used again by what comes")
