"""``marsad outlets probe``."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from alerts.operators.wording import counted
from crawler.nouns import Outlet
from crawler.outlet_files import amend
from crawler.probing import Probe, Proposal, Verdict, changes, judge, probe
from crawler.reading import Reader, ReadingPool
from crawler.registry import load_outlets
from scheduler.archive import utc_now
from scheduler.commands.outlets.status import choose
from scheduler.commands.screen import open_console, progress, shown
from scheduler.gateway import open_crawler
from scheduler.wiring import Config

AT_ONCE = 32  # outlets; each host is asked at its own pace
MARKS = {Proposal.ENABLE: ("✓", "green"), Proposal.DISABLE: ("✗", "red"), Proposal.LEAVE: ("?", "yellow")}
EXAMPLES = """\b
marsad outlets probe aawsat
marsad outlets probe --all --apply
"""


@click.command("probe", epilog=EXAMPLES)
@click.argument("ids", nargs=-1, metavar="[OUTLET]...")
@click.option("--all", "everything", is_flag=True, help="Every outlet of the registry.")
@click.option("--apply", "write", is_flag=True, help="Write what is proposed into the outlets' files.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list for a program, an item an address.")
@click.pass_obj
def probe_(config: Config, ids: tuple[str, ...], everything: bool, write: bool, as_json: bool) -> None:
    """Try every address of OUTLETs once, disabled ones too, and propose which to watch.

    Each is asked as the service would ask it: its robots.txt is obeyed, two of its articles are read. What works is
    enabled and graded B; what is gone, refused or left behind is disabled and graded D; what may pass is left as it
    is. Exit code 1: at least one address does not work.
    """
    if bool(ids) == everything:
        raise click.UsageError("name outlets, or say --all")
    chosen = choose(load_outlets(config.outlets), ids)
    console = open_console(stderr=as_json)
    found = asyncio.run(_probe_all(config, chosen, console, quiet=as_json))
    if write:
        for each, verdict in found:
            if amended := changes(each, verdict, utc_now()):
                amend(config.outlets / f"{each.outlet}.yaml", each.source.url, amended)
    if as_json:
        click.echo(json.dumps([_as_json(*each) for each in found], ensure_ascii=False, indent=1))
    proposed = Counter(verdict.proposal for _, verdict in found)
    words = ", ".join(f"{proposed[each]} to {each}" for each in Proposal if proposed[each])
    wrote = "written" if write else "nothing was written; --apply does"
    addresses = f"{counted(len(found), 'address', 'addresses')} of {counted(len(chosen), 'outlet')}"
    console.print(f"{addresses}: {words or 'none'}; {wrote}.")
    if proposed[Proposal.ENABLE] < len(found):
        raise SystemExit(1)


async def _probe_all(
    config: Config, outlets: Sequence[Outlet], console: Console, *, quiet: bool
) -> list[tuple[Probe, Verdict]]:
    found: list[tuple[Probe, Verdict]] = []
    turn = asyncio.Semaphore(AT_ONCE)
    async with (
        ReadingPool() as pool,
        open_crawler(config, outlets, now=utc_now) as fetch,
    ):
        reader = Reader(pool)
        with progress(console) as bar:
            task = bar.add_task("probing", total=sum(len(outlet.sources) for outlet in outlets))

            async def try_all(outlet: Outlet) -> None:
                async with turn:
                    for source in outlet.sources:
                        each = await probe(
                            outlet, source, fetch=fetch, reader=reader.read, now=utc_now, work=pool.run
                        )
                        verdict = judge(each, utc_now())
                        found.append((each, verdict))
                        bar.advance(task)
                        if not quiet:
                            bar.console.print(_line(each, verdict), highlight=False)

            await asyncio.gather(*(try_all(outlet) for outlet in outlets))
    return sorted(found, key=lambda each: (each[0].outlet, each[0].source.url))


def _line(found: Probe, verdict: Verdict) -> Text:
    mark, style = MARKS[verdict.proposal]
    now = verdict.proposal is Proposal.ENABLE
    change = (
        f" → {verdict.proposal}"
        if verdict.proposal is not Proposal.LEAVE and found.source.enabled != now
        else ""
    )
    return Text(mark, style).append_text(shown(f" {found.outlet} {found.source.url}: {verdict.why}{change}"))


def _as_json(found: Probe, verdict: Verdict) -> dict[str, Any]:
    return {
        "outlet": found.outlet,
        "url": found.source.url,
        "kind": found.source.kind,
        "enabled": found.source.enabled,
        "outcome": found.poll.outcome,
        "cause": found.poll.cause,
        "status": found.poll.status,
        "content_type": found.content_type,
        "charset": found.charset,
        "robots": found.robots,
        "entries": found.poll.entries,
        "newest": found.newest.isoformat() if found.newest else None,
        "articles_tried": found.tried,
        "articles_read": found.read,
        "problem": found.problem,
        "proposal": verdict.proposal,
        "why": verdict.why,
    }
