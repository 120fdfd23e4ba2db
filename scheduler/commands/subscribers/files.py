"""``marsad subscribers import | export``: readers in files."""

from collections import Counter
from pathlib import Path

import click

from alerts.operators.wording import counted
from alerts.storage import Subscribers
from scheduler.archive import open_database
from scheduler.commands.files import OVERWRITE, new_file
from scheduler.commands.screen import readable_database
from scheduler.commands.subscribers.taking import outlet_ids, take
from scheduler.roster import (
    entry_of,
    read_roster,
    written_roster,
)
from scheduler.wiring import Config, load_rules

FILES = """\b
marsad subscribers import readers.csv
marsad subscribers import readers.jsonl --confirmed
"""


@click.command("import", epilog=FILES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--confirmed", is_flag=True, help="The owners of mail addresses agreed already: do not ask.")
@click.option("--dry-run", is_flag=True, help="Only check the file.")
@click.pass_obj
def import_(config: Config, file: Path, confirmed: bool, dry_run: bool) -> None:
    """Add the subscribers in FILE, CSV or JSON Lines as `marsad subscribers export` writes them, all or none.

    A subscriber has a line for each subscription. Only the column kind is needed; lists are divided by ";". Whoever
    subscribes already gets what the file says; who gets mail already is not asked again.
    """
    rules = load_rules(config)
    try:
        readers = read_roster(file, rules, outlet_ids(config))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if dry_run:
        click.echo(f"{counted(len(readers), 'subscriber')} can be taken")
        return
    with open_database(config.database) as database:
        became = database.write(lambda c: Counter(take(c, each, confirmed=confirmed) for each in readers))
    told = ", ".join(f"{number} {what}" for what, number in sorted(became.items()))
    click.echo(f"{counted(len(readers), 'subscriber')} read" + (f": {told}" if told else ""))


@click.command("export")
@click.option("--form", type=click.Choice(["csv", "jsonl"]), default="csv", help="Of the file.")
@click.option(
    "--to", "target", type=click.Path(path_type=Path), help="Write it to this file, not to the terminal."
)
@OVERWRITE
@click.pass_obj
def export(config: Config, form: str, target: Path | None, overwrite: bool) -> None:
    """Write everybody who is told now as a file that `marsad subscribers import` reads.

    A subscriber has a line for each subscription. The file holds addresses: keep it as you keep the database.
    """
    with readable_database(config) as database:
        told = database.read(lambda c: Subscribers(c).subscriptions())
    told.sort(key=lambda each: each[0].id)
    text = written_roster((entry_of(who, wanted) for who, wanted in told), form)
    count = len({who.id for who, _ in told})
    if target is None:
        click.echo(text, nl=False)
        return
    with new_file(target, overwrite=overwrite) as file:
        # A spreadsheet takes UTF-8 for what it is by this mark only.
        file.write_text(text, encoding="utf-8-sig" if form == "csv" else "utf-8", newline="")
    click.echo(f"{counted(count, 'subscriber')} written to {target}")
