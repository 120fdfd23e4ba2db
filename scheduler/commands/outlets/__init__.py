"""``marsad outlets``: what is watched, how it is, and how more comes in."""

import click

from scheduler.commands.outlets.add import add
from scheduler.commands.outlets.listing import list_
from scheduler.commands.outlets.probe import probe_
from scheduler.commands.outlets.record import record, replay
from scheduler.commands.outlets.status import status


@click.group()
def outlets() -> None:
    """The outlets we watch."""


for command in (list_, status, probe_, add, record, replay):
    outlets.add_command(command)
