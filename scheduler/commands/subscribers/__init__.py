"""``marsad subscribers``: the people and places that are told."""

import click

from scheduler.commands.subscribers.add import add
from scheduler.commands.subscribers.changing import fallback, invite, remove
from scheduler.commands.subscribers.files import export, import_
from scheduler.commands.subscribers.listing import list_, show


@click.group()
def subscribers() -> None:
    """The people and places that are told."""


for command in (add, import_, export, list_, show, remove, fallback, invite):
    subscribers.add_command(command)
