"""``marsad outbox``: what waits to be sent, what failed, and the switch that stops all sending."""

import click
from rich.console import Console
from rich.table import Table

from alerts.nouns import Delivery, DeliveryState, Subscriber
from alerts.operators import acting
from alerts.operators.acting import ALL
from alerts.operators.wording import counted, spoken
from alerts.pacing import estimate
from alerts.storage import Backlog, Dispatch
from scheduler.archive import utc_now
from scheduler.commands.asked import CHANNEL, NUMBER, WORDS
from scheduler.commands.screen import (
    existing_database,
    listing,
    open_console,
    operator_name,
    readable_database,
    shown,
)
from scheduler.wiring import Config

STATES = [state.value for state in DeliveryState]
EXAMPLES = """\b
marsad outbox ls --state dead
marsad outbox show 17
marsad outbox retry 17 18
marsad outbox hold --reason "the alert on M001F is being checked"
marsad outbox release
"""


@click.group(epilog=EXAMPLES)
def outbox() -> None:
    """What waits to be sent, what failed, and the switch that stops all sending."""


@outbox.command("ls", epilog=EXAMPLES)
@click.option(
    "--state", "states", type=click.Choice(STATES), multiple=True, help="Only this state; again for more."
)
@click.option("--channel", type=CHANNEL, default=None, help="Only this channel.")
@click.option("--subscriber", type=NUMBER, default=None, help="Only this subscriber's number.")
@click.option("--alert", type=NUMBER, default=None, help="Only this alert's number.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, help="The newest so many.")
@click.pass_obj
def ls(
    config: Config,
    states: tuple[str, ...],
    channel: str | None,
    subscriber: int | None,
    alert: int | None,
    limit: int,
) -> None:
    """List deliveries, the newest first, below what waits in all and how long that takes.

    Without a filter: those that wait or are dead.
    """
    narrowed = states or channel or subscriber or alert
    wanted = [DeliveryState(each) for each in states] if narrowed else list(OPEN_OR_DEAD)
    with readable_database(config) as database:
        console = open_console()
        database.read(lambda c: _print_standing(console, Dispatch(c)))
        found = database.read(
            lambda c: Dispatch(c).deliveries(
                states=wanted, channel=channel or "", subscriber=subscriber or 0, alert=alert or 0, most=limit
            )
        )
    console.print(_table(found) if found else "No delivery fits.")


@outbox.command()
@click.argument("number", type=NUMBER)
@click.pass_obj
def show(config: Config, number: int) -> None:
    """Show all that is known of delivery NUMBER. `marsad explain` says why it was made."""
    with readable_database(config) as database:
        found = database.read(lambda c: Dispatch(c).delivery(number))
    if found is None:
        raise click.ClickException(f"there is no delivery {number}; `marsad outbox ls` lists them")
    delivery, subscriber = found
    table = Table(show_header=False)
    for name, value in (
        ("state", f"{delivery.state}: {MEANING[delivery.state]}"),
        ("carries", f"{delivery.cargo} {delivery.number}"),
        ("to", f"subscriber {subscriber.id}, {subscriber.kind} ({subscriber.state})"),
        ("channel", delivery.channel),
        ("level", delivery.level.word),
        ("queued", _time(delivery.created_at)),
        ("due", _time(delivery.due)),
        ("sent", _time(delivery.sent_at)),
        ("tries", f"{delivery.attempts} (answers lost in a row {delivery.lost}, defects {delivery.defects})"),
        ("receipt", delivery.receipt),
        ("last error", delivery.error),
    ):
        table.add_row(name, shown(value))
    open_console().print(table)


@outbox.command(epilog=EXAMPLES)
@click.argument("numbers", type=NUMBER, nargs=-1, required=True, metavar="NUMBER...")
@click.pass_obj
def retry(config: Config, numbers: tuple[int, ...]) -> None:
    """Queue deliveries anew that are dead, dropped, folded into the digest, held or waiting. SENDS MESSAGES."""
    with existing_database(config) as database:
        who, now = operator_name(), utc_now()
        done = database.write(lambda c: [each for each in numbers if acting.retry(c, each, who, now)])
    _say(numbers, done, "queued again", "was sent already, is being sent, or does not exist")


@outbox.command(epilog=EXAMPLES)
@click.argument("numbers", type=NUMBER, nargs=-1, required=True, metavar="NUMBER...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def drop(config: Config, numbers: tuple[int, ...], *, yes: bool) -> None:
    """Never send deliveries that wait or are dead. Asks first."""
    if not yes:
        click.confirm(
            f"{counted(len(numbers), 'delivery', 'deliveries')} will never be sent. Go on?", abort=True
        )
    with existing_database(config) as database:
        who, now = operator_name(), utc_now()
        done = database.write(lambda c: [each for each in numbers if acting.drop(c, each, who, now)])
    _say(numbers, done, "dropped", "was sent already, is being sent, or does not exist")


@outbox.command()
@click.option("--channel", type=CHANNEL, default=None, help="Only this channel; all when absent.")
@click.option("--reason", required=True, type=WORDS, help="Why, for the audit and for your colleagues.")
@click.pass_obj
def hold(config: Config, channel: str | None, reason: str) -> None:
    """Stop all sending to readers, at once and for every process; the queue is kept. `release` goes on.

    Operators are still told of events.
    """
    with existing_database(config) as database:
        new = database.write(lambda c: acting.hold(c, channel or "", operator_name(), reason, utc_now()))
    click.echo(
        f"{channel or ALL}: {'nothing is sent from now on' if new else 'was held already'}; "
        "what is under way just now still goes. `marsad outbox release` goes on"
    )


@outbox.command()
@click.option(
    "--channel",
    type=CHANNEL,
    default=None,
    help="Only this channel, held by its name; what `hold` held when absent.",
)
@click.pass_obj
def release(config: Config, channel: str | None) -> None:
    """Send again what was held. SENDS MESSAGES: what grew old meanwhile is told in the digest or in one summary."""
    with existing_database(config) as database:
        if not database.write(lambda c: acting.release(c, channel or "", operator_name(), utc_now())):
            raise click.ClickException(
                f"{channel or ALL}: not held by that name; `marsad outbox ls` shows what is"
            )
    click.echo(f"{channel or ALL}: sending goes on")


# What it leaves out is named, so that a new state is listed before anybody thinks of it.
OPEN_OR_DEAD = tuple(
    state
    for state in DeliveryState
    if state not in {DeliveryState.SENT, DeliveryState.FOLDED, DeliveryState.CANCELLED}
)
# Those whose time to be sent is their own; the others wait for something else, or for nothing.
HAVE_A_TURN = {DeliveryState.QUEUED, DeliveryState.LEASED, DeliveryState.UNKNOWN, DeliveryState.HELD}
MEANING = {
    DeliveryState.QUEUED: "waits for its turn",
    DeliveryState.LEASED: "is being sent",
    DeliveryState.SENT: "was accepted",
    DeliveryState.UNKNOWN: "the answer was lost; it may have arrived and is tried again",
    DeliveryState.HELD: "waits for the end of its subscriber's quiet hours",
    DeliveryState.BRAKED: "waits to be told with others in one summary: a storm came, or it grew old in the queue",
    DeliveryState.FOLDED: "is told in the digest or in a summary: it waited too long to be news",
    DeliveryState.DEAD: "will never be accepted as it is; `marsad outbox retry` tries it once more",
    DeliveryState.CANCELLED: "is not sent: its subscriber does not take it, or it was dropped or recalled",
}


def _print_standing(console: Console, dispatch: Dispatch) -> None:
    for halt in dispatch.halts():
        since = _time(halt.since)
        console.print(
            shown(f"HELD: {halt.channel or ALL}, since {since} by {halt.actor}: {halt.reason}", "bold red")
        )
    for each in dispatch.backlog():
        console.print(_waiting(each), highlight=False)
    if edits := dispatch.edits_waiting():
        console.print(
            f"{counted(edits, 'sent message waits', 'sent messages wait')} to be brought up to date",
            highlight=False,
        )
    for sender in dispatch.senders():
        console.print(shown(f"{sender.channel}: sent by {sender.holder} until {_time(sender.until)}"))


def _waiting(backlog: Backlog) -> str:
    takes = ""
    if backlog.channel == "telegram":
        span = estimate(backlog.waiting)
        takes = f", {f'about {spoken(span)}' if span else 'less than a second'} at Telegram's pace"
    waits = counted(backlog.waiting, "waits", "wait")
    return f"{backlog.channel}: {waits}, the oldest since {_time(backlog.oldest)}{takes}"


def _table(found: list[tuple[Delivery, Subscriber]]) -> Table:
    table = listing("id", "state", "carries", "to", "level", "due (UTC)", long=("last error",))
    for delivery, subscriber in found:
        due = f"{delivery.due:%m-%d %H:%M}" if delivery.state in HAVE_A_TURN else ""
        table.add_row(
            str(delivery.id), delivery.state, f"{delivery.cargo} {delivery.number}",
            f"{subscriber.kind} {subscriber.id}", delivery.level.word, due, shown(delivery.error),
        )  # fmt: skip
    return table


def _time(at: object) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""


def _say(asked: tuple[int, ...], done: list[int], what: str, why_not: str) -> None:
    if done:
        click.echo(f"{what}: {', '.join(map(str, done))}")
    for each in asked:
        if each not in done:
            click.echo(f"Error: delivery {each} {why_not}", err=True)
    if not done:
        raise click.exceptions.Exit(1)
