"""``marsad outlets status``."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.operators.nouns import Event
from alerts.operators.wording import counted
from crawler.nouns import Outlet
from scheduler.archive import utc_now
from scheduler.commands.screen import open_console, readable_database, shown
from scheduler.health import hours
from scheduler.history import History
from scheduler.outlet_status import NEW, ORDER, UNWATCHED, WELL, Status, statuses
from scheduler.vitals import read_outlets
from scheduler.wiring import Config, watched_outlets

STYLES = {WELL: "green", NEW: "cyan", UNWATCHED: "dim"}
EXAMPLES = """\b
marsad outlets status --unwell
marsad outlets status aawsat
"""


@click.command(epilog=EXAMPLES)
@click.argument("ids", nargs=-1, metavar="[OUTLET]...")
@click.option("--unwell", is_flag=True, help="Only those that somebody should look at.")
@click.option("--country", default="", show_default=False, help="Only those of a country, by its code: EG.")
@click.option("--tier", type=click.IntRange(1, 3), help="Only those of a tier.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list for a program; ages in seconds.")
@click.pass_obj
def status(
    config: Config, ids: tuple[str, ...], unwell: bool, country: str, tier: int | None, as_json: bool
) -> None:
    """Show how each outlet is, the worst first; with an OUTLET, each of its sources too.

    `may rest` is how long it may be without news from its last new article on, by its own hours and weekdays; after
    that it is called silent.
    """
    chosen = [
        each
        for each in choose(watched_outlets(config), ids)
        if (not country or each.country == country.upper()) and (tier is None or each.tier == tier)
    ]
    if not chosen and (country or tier):
        raise click.ClickException("no outlet fits; `marsad outlets list` shows their countries and tiers")
    with readable_database(config) as database:
        histories, events, articles = database.read(lambda c: read_outlets(c, chosen, utc_now()))
    found = [each for each in statuses(chosen, histories, events, articles) if not (unwell and each.is_well)]
    now = utc_now()
    if as_json:
        click.echo(json.dumps([_as_json(each, now) for each in found], ensure_ascii=False, indent=1))
        return
    console = open_console()
    if found:
        console.print(_table(found, now))
    if ids:
        for each in found:
            _detail(console, each, histories.get(each.outlet.id, History()))
    _count(
        console,
        found,
        len(chosen),
        [event for event in events if event.kind in {"many_outlets", "polls_late"}],
    )


def choose(outlets: Iterable[Outlet], ids: Sequence[str]) -> list[Outlet]:
    """Return the outlets that a command line names, or all; raises ClickException for one that is not there."""
    known = {outlet.id: outlet for outlet in outlets}
    for name in ids:
        if name not in known:
            raise click.ClickException(f"no outlet {name!r}; `marsad outlets list` shows them")
    return [known[name] for name in dict.fromkeys(ids)] if ids else list(known.values())


def _table(found: Sequence[Status], now: datetime) -> Table:
    table = Table()
    for name in ("outlet", "tier", "state", "answered", "last new", "may rest", "24 h", "what is wrong"):
        right = name in {"tier", "answered", "last new", "may rest", "24 h"}
        table.add_column(
            name,
            justify="right" if right else "left",
            no_wrap=name != "what is wrong",
            overflow="fold",
        )
    for each in found:
        wrong = Text("\n").join(shown(event.cause) for event in each.events)
        table.add_row(
            each.outlet.id,
            str(each.outlet.tier),
            Text(each.state, STYLES.get(each.state, "red")),
            _ago(each.well_at, now),
            _ago(each.new_at, now),
            hours(each.gap) if each.gap else "",
            str(each.articles or ""),
            wrong,
        )
    return table


def _ago(at: datetime | None, now: datetime) -> str:
    return hours(max(now - at, timedelta())) if at else ""


def _detail(console: Console, each: Status, history: History) -> None:
    console.print(f"\n{each.outlet.id}", style="bold")
    for url, pulse in history.pulses.items():
        looks = "".join("✓" if well else "✗" for well in pulse.looks)
        console.print(
            shown(f"  {looks} {url}: {pulse.cause or pulse.outcome} {pulse.detail}"), highlight=False
        )
    for event in each.events:
        since = f"since {event.opened_at:%Y-%m-%d %H:%M} UTC"
        console.print(shown(f"  {event.kind} {since}: {event.cause}"), highlight=False)
        console.print(f"    docs/runbooks/{event.runbook}.md", highlight=False)


def _count(console: Console, found: Sequence[Status], of: int, outages: Sequence[Event]) -> None:
    states = Counter(each.state for each in found)
    words = ", ".join(f"{states[state]} {state}" for state in reversed(ORDER) if states[state])
    console.print(f"{len(found)} of {counted(of, 'outlet')}" + (f": {words}." if words else "."))
    for event in outages:
        console.print(shown(event.cause, "bold red"), highlight=False)


def _as_json(each: Status, now: datetime) -> dict[str, Any]:
    def age(at: datetime | None) -> int | None:
        return round((now - at).total_seconds()) if at else None

    return {
        "outlet": each.outlet.id,
        "tier": each.outlet.tier,
        "country": each.outlet.country,
        "state": each.state,
        "answered_ago": age(each.well_at),
        "new_ago": age(each.new_at),
        "may_rest": round(each.gap.total_seconds()) if each.gap else None,
        "articles_24h": each.articles,
        "events": [
            {
                "kind": event.kind,
                "cause": event.cause,
                "evidence": dict(event.evidence),
                "runbook": event.runbook,
            }
            for event in each.events
        ],
    }
