"""``marsad restore``."""

from pathlib import Path

import click

from alerts.operators.wording import counted
from scheduler.archive import utc_now
from scheduler.commands.backup import backup_folder
from scheduler.commands.screen import open_console, operator_name
from scheduler.upkeep import UpkeepError, backups
from scheduler.upkeep import restore as put_back
from scheduler.wiring import Config

EXAMPLES = """\b
marsad backup --list
marsad restore backups/marsad-20261123T040000Z.sqlite
marsad restore latest --yes
"""


@click.command(epilog=EXAMPLES)
@click.argument("file")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def restore(config: Config, file: str, yes: bool) -> None:
    """Put backup FILE (or "latest") in the archive's place. The former archive stays beside it.

    Stop `marsad run` and `marsad web` first. Who unsubscribed or was forgotten since the backup stays so, where the
    former archive can be read; what else was chosen since is as it was.

    Sending is stopped until `marsad outbox release`: what was sent after the backup is not known to it.
    """
    path = Path(file)
    if file == "latest":
        there = backups(backup_folder(config, None))
        if not there:
            raise click.ClickException(f"{backup_folder(config, None)}: no backup; name a file")
        path = there[-1]
    if not yes:
        click.confirm(f"Put {path} in the place of {config.database}?", abort=True)
    with open_console(stderr=True).status("reading the backup"):
        try:
            done = put_back(path, config.database, operator_name(), utc_now())
        except UpkeepError as error:
            raise click.ClickException(str(error)) from error
    former = f"; the former one is {done.former}" if done.former else ""
    click.echo(f"{config.database} is {path.name} again{former}")
    if done.gone is None:
        click.echo(
            "Who unsubscribed or was forgotten since that backup would be written to again: no former archive could be "
            "read. `marsad subscribers remove NUMBER` lets go of one, with --forget for good: before anything is sent."
        )
    elif done.gone:
        click.echo(f"{counted(done.gone, 'subscriber')} left since that backup, and stay gone.")
    click.echo(
        "Nothing is sent yet. Look at `marsad outbox ls`, drop what was sent already, then `marsad outbox release`."
    )
