"""``marsad events``."""

import click
from rich.console import Console
from rich.table import Table

from alerts.storage import Logbook
from scheduler.archive import open_database
from scheduler.wiring import Config


@click.command()
@click.pass_obj
def events(config: Config) -> None:
    """List what an operator must know just now; each has a page in docs/runbooks."""
    with open_database(config.database) as database:
        found = database.read(lambda c: Logbook(c).open_events())
    console = Console()
    if not found:
        console.print("No event is open.")
        return
    table = Table()
    for name in ("since (UTC)", "severity", "event", "about", "cause", "runbook"):
        table.add_column(name, overflow="fold")
    for event in found:
        since = event["opened_at"][:16].replace("T", " ")
        table.add_row(
            since,
            event["severity"],
            event["kind"],
            event["subject"],
            event["cause"],
            f"docs/runbooks/{event['runbook']}.md",
        )
    console.print(table)
