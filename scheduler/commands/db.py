"""``marsad db``."""

import click
from rich.console import Console
from rich.table import Table

from alerts.storage import Mailroom, Newsdesk
from crawler.storage import Archive
from scheduler.service import open_database
from scheduler.wiring import Config


@click.group()
def db() -> None:
    """Look after the archive."""


@db.command()
@click.pass_obj
def check(config: Config) -> None:
    """Read the whole archive, verify it, and count what is in it."""
    console = Console()
    if not config.database.exists():
        raise click.ClickException(
            f"{config.database}: no such file; `marsad run` makes it, MARSAD_DATABASE names it"
        )
    with open_database(config.database) as database:
        with console.status("reading every page of the file"):
            problems = database.problems()
        if problems:
            raise click.ClickException(f"{config.database}: damaged ({problems[0]}); restore a backup")
        counts = database.read(lambda c: Archive(c).counts() | Newsdesk(c).counts() | Mailroom(c).counts())
    table = Table(title=f"{config.database}: sound", title_justify="left")
    table.add_column("what")
    table.add_column("rows", justify="right")
    for name, count in counts.items():
        table.add_row(name.replace("_", " "), f"{count:,}")
    console.print(table)
