"""``marsad drill``."""

from pathlib import Path

import click
from rich.console import Console

from alerts.storage import Upkeep
from crawler.registry import load_outlets
from scheduler.archive import utc_now
from scheduler.commands.backup import backup_folder
from scheduler.commands.screen import existing_database, shown
from scheduler.upkeep import UpkeepError, backups
from scheduler.upkeep import drill as rehearse
from scheduler.wiring import Config

EXAMPLES = """\b
marsad drill
marsad drill backups/marsad-20261123T040000Z.sqlite
"""


@click.command(epilog=EXAMPLES)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def drill(config: Config, file: Path | None) -> None:
    """Rehearse a restore of FILE (the newest backup when absent), beside the archive: nothing is changed or sent.

    Counts are compared with those of the day it was made, and its newest alert is rendered.
    """
    there = backups(backup_folder(config, None))
    path = file or (there[-1] if there else None)
    if path is None:
        raise click.ClickException(f"{backup_folder(config, None)}: no backup; `marsad backup` makes one")
    outlets = {outlet.id: outlet for outlet in load_outlets(config.outlets)}
    console = Console(stderr=True)
    with existing_database(config) as database:
        made = database.read(lambda c: Upkeep(c).last("backup"))
        expected = made.detail["counts"] if made and Path(made.detail["file"]).name == path.name else None
        with console.status("restoring a copy"):
            try:
                done = rehearse(path, outlets, utc_now(), expected)
            except UpkeepError as error:
                raise click.ClickException(str(error)) from error
        database.write(
            lambda c: Upkeep(c).note("drill", utc_now(), {"file": str(path), "counts": done.counts})
        )
    compared = "its counts are those of the day it was made" if expected else "its counts were not known"
    click.echo(f"{path}: would do; {compared}, and nothing would have been sent")
    if done.rendered:
        Console().print(shown(done.rendered))
