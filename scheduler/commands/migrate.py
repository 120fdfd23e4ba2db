"""``marsad migrate``."""

import click

from alerts.operators.wording import counted
from crawler.database import pending
from scheduler.archive import MIGRATIONS, open_database
from scheduler.commands.screen import refuse_no_archive
from scheduler.wiring import Config


@click.command()
@click.option("--plan", is_flag=True, help="Only say what would be done.")
@click.pass_obj
def migrate(config: Config, plan: bool) -> None:
    """Bring the archive to this version's tables. `marsad run` and commands that change something do so, too.

    Commands that only ask take no step: a service of the former version may work on the archive.

    Make a backup before: `marsad backup`. A newer archive is refused, never changed.
    """
    refuse_no_archive(config)
    steps = pending(config.database, MIGRATIONS)
    for step in steps:
        click.echo(("would take " if plan else "takes ") + step)
    if not plan:
        with open_database(config.database):
            pass
    click.echo(f"{config.database}: {counted(len(steps), 'step') if steps else 'nothing to do'}")
