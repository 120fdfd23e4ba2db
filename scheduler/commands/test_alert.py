"""``marsad test-alert``."""

import click

from alerts.operators.nouns import Bulletin, BulletinKind
from alerts.storage import Bulletins, Logbook
from crawler.database import Connection
from scheduler.archive import utc_now
from scheduler.commands.screen import existing_database, operator_name
from scheduler.parts.operating import operators_channels
from scheduler.wiring import Config


@click.command()
@click.option("--text", default="If you can read this, trouble would reach you.", help="What it says.")
@click.pass_obj
def test_alert(config: Config, text: str) -> None:
    """Queue a test message for every operator; `marsad run` sends it, by the same way as a real one."""

    def keep(connection: Connection) -> int:
        channels, now = operators_channels(connection), utc_now()
        if channels:
            Bulletins(connection).issue(Bulletin(BulletinKind.TEST, now, text=text), channels)
            Logbook(connection).audit(now, operator_name(), "test alert", f"{len(channels)} operators")
        return len(channels)

    with existing_database(config) as database:
        queued = database.write(keep)
    if not queued:
        raise click.ClickException("nobody would be told of trouble; `marsad operators add` names somebody")
    click.echo(f"queued for {queued} operators; `marsad outbox ls` shows how it goes")
