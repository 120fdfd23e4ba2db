"""``marsad test-alert``."""

import click

from alerts.operators import acting
from alerts.operators.wording import counted
from alerts.storage import Bulletins
from crawler.database import Connection
from scheduler.archive import utc_now
from scheduler.commands.asked import WORDS
from scheduler.commands.screen import existing_database, operator_name
from scheduler.wiring import Config


@click.command()
@click.option("--text", type=WORDS, default=acting.TEST, help="What it says.")
@click.pass_obj
def test_alert(config: Config, text: str) -> None:
    """Queue a test message for every operator; `marsad run` sends it, by the same way as a real one."""

    def keep(connection: Connection) -> int:
        if operators := Bulletins(connection).reachable():
            acting.test_way(connection, operators, text, operator_name(), utc_now())
        return len(operators)

    with existing_database(config) as database:
        queued = database.write(keep)
    if not queued:
        raise click.ClickException("nobody would be told of trouble; `marsad operators add` names somebody")
    click.echo(f"queued for {counted(queued, 'operator')}; `marsad outbox ls` shows how it goes")
