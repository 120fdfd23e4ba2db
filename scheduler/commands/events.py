"""``marsad events``."""

import json

import click

from alerts.operators import acting
from alerts.operators.nouns import Event
from alerts.operators.wording import spoken
from alerts.storage import Logbook
from scheduler.archive import utc_now
from scheduler.commands.asked import NUMBER
from scheduler.commands.screen import (
    existing_database,
    listing,
    open_console,
    operator_name,
    readable_database,
    shown,
)
from scheduler.wiring import Config

EXAMPLES = """\b
marsad events
marsad events list --all
marsad events show 12
marsad events ack 12
"""


@click.group(invoke_without_command=True, epilog=EXAMPLES)
@click.pass_context
def events(ctx: click.Context) -> None:
    """What an operator must know; each kind has a page in docs/runbooks. Without a command: what is open."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@events.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are over, too: the newest hundred.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list for a program, with the evidence.")
@click.pass_obj
def list_(config: Config, everything: bool = False, as_json: bool = False) -> None:
    """List the events that are open."""
    with readable_database(config) as database:
        found = database.read(
            lambda c: Logbook(c).recent_events(100) if everything else Logbook(c).open_events()
        )
    if as_json:
        click.echo(json.dumps(list(map(_as_json, found)), ensure_ascii=False, indent=1, default=str))
        return
    console = open_console()
    if not found:
        console.print("There was no event." if everything else "No event is open.")
        return
    table = listing("no.", "since (UTC)", "severity", "event", "about", long=("cause",))
    for event in found:
        known = f" (known to {event.acknowledged_by})" if event.acknowledged_by else ""
        table.add_row(
            str(event.id), f"{event.opened_at:%m-%d %H:%M}", event.severity, event.kind, shown(event.subject),
            shown(f"{event.cause}{_over(event)}{known}"),
        )  # fmt: skip
    console.print(table)
    console.print("`marsad events show NUMBER` shows the evidence, and names the runbook.")


def _as_json(event: Event) -> dict[str, object]:
    return {
        "id": event.id,
        "severity": event.severity,
        "kind": event.kind,
        "about": event.subject,
        "cause": event.cause,
        "opened_at": event.opened_at.isoformat(),
        "closed_at": event.closed_at.isoformat() if event.closed_at else None,
        "known_to": event.acknowledged_by,
        "evidence": dict(event.evidence),
        "runbook": event.runbook,
    }


def _over(event: Event) -> str:
    return f", over after {spoken(event.closed_at - event.opened_at)}" if event.closed_at else ""


@events.command()
@click.argument("number", type=NUMBER)
@click.pass_obj
def show(config: Config, number: int) -> None:
    """Show event NUMBER with its evidence."""
    with readable_database(config) as database:
        event = database.read(lambda c: Logbook(c).event(number))
    if event is None:
        raise click.ClickException(f"no event {number}; `marsad events list --all` shows them")
    console = open_console()
    console.print(shown(f"{event.severity} {event.name}: {event.cause}", "bold"))
    console.print(f"opened {event.opened_at:%Y-%m-%d %H:%M:%S} UTC{_over(event)}")
    if event.acknowledged_by:
        console.print(shown(f"known to {event.acknowledged_by}"))
    console.print_json(json.dumps(dict(event.evidence), ensure_ascii=False, default=str))
    console.print(f"runbook: docs/runbooks/{event.runbook}.md")


@events.command()
@click.argument("number", type=NUMBER)
@click.pass_obj
def ack(config: Config, number: int) -> None:
    """Say that you know of event NUMBER: it is not told again before it ends."""
    with existing_database(config) as database:
        event = database.write(lambda c: acting.acknowledge(c, number, operator_name(), utc_now()))
    if event is None:
        raise click.ClickException(f"no open event {number}; `marsad events` shows them")
    click.echo(f"event {number} is known to {event.acknowledged_by}")
