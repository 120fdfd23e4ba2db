"""``marsad config``."""

import asyncio
from dataclasses import fields

import click
from rich.table import Table

from scheduler.commands.screen import open_console, shown
from scheduler.wiring import Config, open_channels, watched_outlets

HIDDEN = "set (not shown)"


@click.group()
def config() -> None:
    """The settings in force. They are read from the environment; `marsad --help` lists them."""


@config.command()
@click.pass_obj
def check(config: Config) -> None:
    """Check every setting; an unknown or unusable one is refused by name. `marsad doctor` looks further."""

    async def open_all() -> None:
        async with open_channels(config, bytes(32)):  # nothing is sent, nor signed with this key
            pass

    watched_outlets(config)
    asyncio.run(open_all())
    click.echo("the settings are sound")


@config.command()
@click.pass_obj
def show(config: Config) -> None:
    """Show the settings in force; of secrets only that they are there."""
    table = Table(show_header=False)
    for each in fields(config):
        value = getattr(config, each.name)
        table.add_row(each.name, shown(str(value) if each.repr else HIDDEN if value else ""))
    open_console().print(table)
