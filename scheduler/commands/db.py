"""``marsad db``."""

import shutil
from datetime import datetime, timedelta

import click
from rich.table import Table

from alerts.operators.wording import counted
from alerts.storage import DeliveryQueue, Logbook, Newsdesk, Upkeep
from crawler.database import Connection, Database
from crawler.storage import Archive
from scheduler.archive import AlreadyRunningError, instance_lock, utc_now
from scheduler.commands.asked import DAYS
from scheduler.commands.screen import existing_database, open_console, operator_name, readable_database
from scheduler.wiring import Config

PRUNED_AT_ONCE = 500  # articles a transaction
COPIES = 2  # of the file, which SQLite writes before the room of the old one is free


@click.group()
def db() -> None:
    """Look after the archive."""


@db.command()
@click.pass_obj
def check(config: Config) -> None:
    """Read the whole archive, verify it, and count what is in it."""
    console = open_console()
    with readable_database(config) as database:
        with console.status("reading every page of the file"):
            problems = database.problems()
        if problems:
            raise click.ClickException(f"{config.database}: damaged ({problems[0]}); restore a backup")
        counts = database.read(
            lambda c: Archive(c).counts() | Newsdesk(c).counts() | DeliveryQueue(c).counts()
        )
    console.print(f"{config.database}: sound", soft_wrap=True)
    table = Table()
    table.add_column("what")
    table.add_column("rows", justify="right")
    for name, count in counts.items():
        table.add_row(name.replace("_", " "), f"{count:,}")
    console.print(table)


@db.command()
@click.option("--days", type=click.IntRange(7, DAYS), default=90, help="How long bodies stay.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def prune(config: Config, days: int, yes: bool) -> None:
    """Forget the bodies of unflagged articles after some days; titles, addresses and hashes stay.

    Flagged articles keep their text, and `marsad rules backtest` sees only what is left. The file gets smaller only
    while `marsad run` stands still, and where the disk has room for two copies of it.
    """
    if not yes:
        click.confirm(f"Forget the bodies of unflagged articles older than {days} days?", abort=True)
    now = utc_now()
    before, forgotten = now - timedelta(days=days), 0
    with existing_database(config) as database, open_console(stderr=True).status("forgetting"):
        while count := database.write(lambda c: Upkeep(c).prune(before, PRUNED_AT_ONCE)):
            forgotten += count
        database.write(lambda c: _note_pruning(c, now, forgotten, days))
        room = _shrink(database)
    click.echo(f"{counted(forgotten, 'body', 'bodies')} forgotten; {room}")


def _note_pruning(connection: Connection, now: datetime, forgotten: int, days: int) -> None:
    Upkeep(connection).note("prune", now, {"articles": forgotten, "days": days})
    Logbook(connection).audit(now, operator_name(), "prune", f"{forgotten} bodies")


def _shrink(database: Database) -> str:
    """Make the file smaller where that is possible, and say what came of it."""
    path, later = database.path, "what comes uses the room first; to free it on the disk,"
    before = path.stat().st_size
    if not database.spare():
        return "the archive is as small as it can be"
    if shutil.disk_usage(path.parent).free < COPIES * before:
        return f"{later} make {_megabytes(COPIES * before)} free beside the archive, and prune again"
    try:
        with instance_lock(path):  # minutes without a writer would be an outage
            database.shrink()
    except AlreadyRunningError:
        return f"{later} stop `marsad run` and prune again"
    return f"the archive takes {_megabytes(path.stat().st_size)}, before {_megabytes(before)}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
