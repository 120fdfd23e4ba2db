"""``marsad outlets list``."""

from collections import Counter

import click

from alerts.operators.wording import counted
from crawler.nouns import Outlet
from scheduler.commands.screen import listing, open_console, shown
from scheduler.wiring import Config, watched_outlets


@click.command("list")
@click.pass_obj
def list_(config: Config) -> None:
    """List every outlet, how it is watched, and how many are not.

    An unproven one has only addresses that nobody has seen working, and is off while none of them is enabled; an
    unwatched one has no address at all.
    """
    known = watched_outlets(config)
    if not known:
        raise click.ClickException(f"{config.outlets}: holds no outlet file; `marsad outlets add` writes one")
    table = listing("id", "country", "tier", "watched", long=("sources", "name"))
    states: Counter[str] = Counter()
    for outlet in known:
        state = watch_state(outlet)
        states[state] += 1
        by_kind = Counter(source.kind for source in outlet.sources)
        kinds = ", ".join(f"{kind} ×{n}" if n > 1 else kind for kind, n in by_kind.items()) or "none"
        table.add_row(outlet.id, outlet.country, str(outlet.tier), state, kinds, shown(outlet.name_en))
    console = open_console()
    console.print(table)
    told = ", ".join(f"{count} {state}" for state, count in states.most_common())
    console.print(f"{counted(len(known), 'outlet')} in {config.outlets}: {told}.")
    if states[OFF]:
        console.print(f"`marsad outlets probe` tries those that are {OFF}, and --apply enables what works.")


OFF = "unproven and off"


def watch_state(outlet: Outlet) -> str:
    """Return how far an outlet is watched; *unproven*: nobody saw a source of it work; *unwatched*: it has none."""
    if not outlet.enabled:
        return "disabled"
    if not outlet.sources:
        return "unwatched"
    live = [source for source in outlet.sources if source.enabled]
    if any(source.grade in {"A", "B"} for source in live):
        return "watched"
    return "unproven" if live else OFF
