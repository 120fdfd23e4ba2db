"""``marsad recall``: take an alert back that should not have been sent."""

import re

import click
from rich.console import Console
from rich.table import Table

from alerts.nouns import Alert, story_number
from alerts.operators.wording import counted
from alerts.recalling import Recall, RecallError, plan_recall
from alerts.recalling import recall as take_back
from alerts.storage import Alerts, Logbook, Newsdesk
from crawler.database import Connection
from scheduler.archive import utc_now
from scheduler.commands.asked import WORDS
from scheduler.commands.screen import existing_database, open_console, operator_name, readable_database, shown
from scheduler.wiring import Config

MOST = 20  # readers that are listed
EXAMPLES = """\b
marsad recall M001F --reason "الخبر قديم من عام 2023" --dry-run
marsad recall 12 --reason "الرقم خطأ في الخبر الأصلي"
"""


@click.command(epilog=EXAMPLES)
@click.argument("what", metavar="ALERT|STORY")
@click.option(
    "--reason",
    required=True,
    type=WORDS,
    help="What readers are told, in their language: one or two sentences.",
)
@click.option("--dry-run", is_flag=True, help="Only show whom it concerns.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def recall(config: Config, what: str, reason: str, *, dry_run: bool, yes: bool) -> None:
    """Take back an alert (its number), or all that was told of a story (its code, M001F). SENDS MESSAGES.

    What was sent is edited to say that it was withdrawn, and answered with the reason. What waits is not sent. The
    next digest of everybody who was told names it.
    """
    wanted = _wanted(what)
    with readable_database(config) as asked:
        asked.read(lambda c: _refuse_unknown(c, what, **wanted))
        try:
            planned = asked.read(lambda c: plan_recall(c, **wanted))
        except RecallError as error:
            raise click.ClickException(
                f"{what}: {error}; `marsad explain URL` shows what was told"
            ) from error
    _print(open_console(), planned)
    if dry_run:
        click.echo("dry run: nothing was changed")
        return
    if not yes:
        click.confirm(
            f"{counted(len(planned.told), 'reader')} will be told that it was withdrawn. Go on?", abort=True
        )

    def change(connection: Connection) -> Alert:
        # Planned anew: what was sent while we asked is taken back too.
        withdrawal = take_back(connection, plan_recall(connection, **wanted), reason, utc_now())
        Logbook(connection).audit(utc_now(), operator_name(), "recall", what, reason)
        return withdrawal

    with existing_database(config) as database:
        withdrawal = database.write(change)
    click.echo(
        f"withdrawn by alert {withdrawal.id}; `marsad outbox ls --alert {withdrawal.id}` shows its way"
    )


def _wanted(what: str) -> dict[str, int]:
    if re.fullmatch("[0-9]{1,12}", what):
        return {"alert": int(what)}
    if story := story_number(what):
        return {"story": story}
    raise click.BadParameter(f"{what!r} is neither an alert's number nor a story's code such as M001F")


def _refuse_unknown(connection: Connection, what: str, *, alert: int = 0, story: int = 0) -> None:
    newsdesk = Newsdesk(connection)
    if story and newsdesk.story(story) is None:
        raise click.ClickException(f"there is no story {what}; `marsad explain URL` names an article's")
    if alert and Alerts(connection).get(alert) is None:
        raise click.ClickException(f"there is no alert {what}; `marsad explain URL` shows what was told")


def _print(console: Console, planned: Recall) -> None:
    table = Table()
    for name in ("alert", "kind", "level", "told at (UTC)"):
        table.add_column(name)
    for alert in planned.alerts:
        table.add_row(str(alert.id), alert.kind, alert.level.word, f"{alert.created_at:%Y-%m-%d %H:%M}")
    console.print(table)
    for delivery, subscriber in planned.told[:MOST]:
        console.print(shown(f"told: subscriber {subscriber.id}, {subscriber.kind}, by {delivery.channel}"))
    if len(planned.told) > MOST:
        console.print(f"… and {len(planned.told) - MOST} others")
    console.print(
        f"{counted(len(planned.told), 'reader')} told; "
        f"{counted(planned.waiting, 'delivery', 'deliveries')} that waited will not be sent"
    )
