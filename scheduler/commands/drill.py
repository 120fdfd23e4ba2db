"""``marsad drill``."""

from contextlib import suppress
from pathlib import Path

import click

from alerts.operators.wording import counted
from crawler.database import DatabaseError
from crawler.registry import load_outlets
from scheduler.archive import is_archive, utc_now
from scheduler.commands.backup import backup_folder
from scheduler.commands.screen import existing_database, open_console, shown
from scheduler.upkeep import NO_ARCHIVE, UpkeepError, backups, rehearse
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

    Counts are compared with those of the day it was made; its newest alert and a digest of that day are made
    from the copy. Operators are told of a drill that fails.
    """
    there = backups(backup_folder(config, None))
    if file:
        _refuse_no_backup(file)
    path = file or (there[-1] if there else None)
    if path is None:
        raise click.ClickException(f"{backup_folder(config, None)}: no backup; `marsad backup` makes one")
    outlets = {outlet.id: outlet for outlet in load_outlets(config.outlets)}
    console = open_console(stderr=True)
    with existing_database(config) as database, console.status("restoring a copy"):
        try:
            done, compared = rehearse(database, path, outlets, utc_now())
        except UpkeepError as error:
            raise click.ClickException(str(error)) from error
    counts = "its counts are those of the day it was made" if compared else "its counts were not known"
    click.echo(f"{path}: would do; {counts}, and nothing would have been sent")
    size = len(done.digest.html.encode()) / 1000
    stories = counted(done.stories, "story", "stories")
    click.echo(f"a digest of {stories} was made from it ({size:.0f} kB): {done.digest.subject}")
    if done.alert:
        open_console().print(shown(done.alert))


def _refuse_no_backup(file: Path) -> None:
    """Refuse what was mistyped: operators are told of backups that fail, not of that."""
    if not file.is_file():
        raise click.ClickException(f"{file}: no such file; `marsad backup --list` shows what there is")
    with suppress(DatabaseError):  # damaged: the drill says so
        if not is_archive(file):
            raise click.ClickException(f"{file}: {NO_ARCHIVE}")
