"""``marsad subscribers list | show``."""

import json
from collections.abc import Sequence
from itertools import chain

import click
from rich.table import Table

from alerts.nouns import Subscription
from alerts.storage import DeliveryQueue, Personal, Subscribers
from scheduler.commands.asked import NUMBER
from scheduler.commands.screen import (
    listing,
    open_console,
    readable_database,
    shown,
)
from scheduler.commands.subscribers.taking import known_subscriber
from scheduler.wiring import Config


@click.command("list")
@click.pass_obj
def list_(config: Config) -> None:
    """List who is told of what, by how many subscriptions; `show` says more of one."""
    with readable_database(config) as database:
        people = database.read(lambda c: Subscribers(c).all())
        told = database.read(lambda c: Subscribers(c).subscriptions())
    wanted: dict[int, list[Subscription]] = {}
    for who, want in told:
        wanted.setdefault(who.id, []).append(want)
    if not people:
        click.echo("Nobody subscribes yet: `marsad subscribers add`, or /start to the bot.")
        return
    table = listing("id", "kind", "state", "asks", "level", long=("address", "topics", "places"))
    for one in people:
        asks = wanted.get(one.id, [])
        table.add_row(
            str(one.id), one.kind, one.state, str(len(asks)), min(w.level for w in asks).word if asks else "",
            shown(one.address), _asked([w.topics for w in asks]), _asked([w.places for w in asks]),
        )  # fmt: skip
    open_console().print(table)


def _asked(lists: Sequence[Sequence[str]]) -> str:
    """What all subscriptions ask for together; an empty list asks for all."""
    if not lists:
        return ""
    return ", ".join(dict.fromkeys(chain(*lists))) if all(lists) else "all"


@click.command()
@click.argument("number", type=NUMBER)
@click.option(
    "--json", "whole", is_flag=True, help="All that is kept of it, for its reader who asks for a copy."
)
@click.pass_obj
def show(config: Config, number: int, whole: bool) -> None:
    """Show what is known of subscriber NUMBER: choices, and how its deliveries went."""
    with readable_database(config) as database:
        one = database.read(lambda c: known_subscriber(c, number))
        if whole:
            copy = database.read(lambda c: Personal(c).copy(number))
            click.echo(json.dumps(copy, ensure_ascii=False, indent=1))
            return
        wanted = database.read(lambda c: Subscribers(c).wanted(number))
        went = database.read(lambda c: DeliveryQueue(c).counts(number))
    table = Table(show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("address", f"{one.kind} {one.address}")
    table.add_row("state", one.state)
    table.add_row("since (UTC)", f"{one.created_at:%Y-%m-%d %H:%M}")
    table.add_row("language, zone", f"{one.language}, {one.timezone}")
    if one.quiet_from and one.quiet_to:
        table.add_row("quiet", f"{one.quiet_from:%H:%M} to {one.quiet_to:%H:%M} local time")
    for want in wanted:
        asked = [", ".join(each) or "all" for each in (want.topics, want.places, want.outlets)]
        table.add_row(
            want.cadence,
            f"topics {asked[0]}; places {asked[1]}; outlets {asked[2]}; from {want.level.word} up",
        )
    table.add_row("deliveries", ", ".join(f"{n} {state}" for state, n in went.items() if n) or "none")
    open_console().print(table)
