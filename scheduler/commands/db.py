"""``marsad db``."""

import click
from rich.console import Console
from rich.table import Table

from alerts.storage import Mailroom, Newsdesk
from crawler.storage import Archive
from scheduler.commands.screen import existing_database
from scheduler.wiring import Config


@click.group()
def db() -> None:
    """Look after the archive."""


@db.command()
@click.pass_obj
def check(config: Config) -> None:
    """Read the whole archive, verify it, and count what is in it."""
    console = Console()
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
