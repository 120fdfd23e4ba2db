"""``marsad backup``."""

from pathlib import Path

import click

from alerts.operators.wording import counted
from scheduler.archive import utc_now
from scheduler.commands.screen import existing_database, open_console
from scheduler.upkeep import KEEP, UpkeepError, back_up, backups
from scheduler.wiring import Config

EXAMPLES = """\b
marsad backup
marsad backup --to backups --keep 30
marsad backup --list
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="The folder; MARSAD_BACKUPS when absent."
)
@click.option("--keep", default=KEEP, type=click.IntRange(1), help="How many stay there.")
@click.option("--list", "listing", is_flag=True, help="Only list the backups that are there.")
@click.pass_obj
def backup(config: Config, folder: Path | None, keep: int, listing: bool) -> None:
    """Write a verified copy of the archive; `marsad run` may go on beside it.

    Copying the file by hand does not do: what was just written stands in files beside it.
    """
    to = backup_folder(config, folder)
    if to.exists() and not to.is_dir():
        raise click.ClickException(f"{to}: is a file; name a folder")
    if listing:
        if not to.is_dir():
            raise click.ClickException(f"{to}: no such folder; `marsad backup --to FOLDER` makes one")
        found = backups(to)
        for path in found:
            click.echo(f"{path}  {path.stat().st_size / 1e6:,.1f} MB")
        if not found:
            click.echo(f"{to}: no backup; `marsad backup` makes one")
        return
    with (
        existing_database(config) as database,
        open_console(stderr=True).status("copying, then reading the copy"),
    ):
        try:
            made = back_up(database, to, utc_now(), keep)
        except UpkeepError as error:
            raise click.ClickException(str(error)) from error
    click.echo(
        f"{made.path}: sound, {counted(made.counts['articles'], 'article')}, sha256 {made.sha256[:16]}…"
    )


def backup_folder(config: Config, given: Path | None) -> Path:
    """Return where backups lie: as given, as set, or beside the archive."""
    return given or config.backups or config.database.absolute().parent / "backups"
