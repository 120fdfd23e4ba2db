"""``marsad doctor``."""

import asyncio

import click
from rich.table import Table

from scheduler.archive import utc_now
from scheduler.checking import Grade, check, check_channels, check_online
from scheduler.commands.screen import open_console, shown
from scheduler.wiring import Config, watched_outlets

STYLES = {Grade.GOOD: "green", Grade.LOOK: "yellow", Grade.BAD: "bold red"}


@click.command()
@click.option("--online", is_flag=True, help="Also ask Telegram, the mail relay and the name server.")
@click.pass_obj
def doctor(config: Config, online: bool) -> None:
    """Look whether this installation can do its work; every finding names its way out.

    Nothing is sent and no secret is shown. Exit code 1 when something does not work.
    """
    found = list(check(config, utc_now()))
    if online:
        found += check_online(watched_outlets(config))
        found += asyncio.run(check_channels(config))
    table = Table(show_header=False)
    for each in found:
        table.add_row(shown(each.grade, STYLES[each.grade]), shown(each.about), shown(each.says))
    open_console().print(table)
    bad = [each.about for each in found if each.grade is Grade.BAD]
    if bad:
        raise click.ClickException(f"does not work: {', '.join(bad)}")
