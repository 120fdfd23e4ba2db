"""``marsad outlets record`` and ``marsad outlets replay``."""

import asyncio
from pathlib import Path

import click

from alerts.operators.wording import counted
from crawler.fetching import FetchError
from crawler.looking import look
from crawler.nouns import Outlet
from crawler.reading import Unreadable, read_page
from crawler.recording import differences, recordings
from crawler.recording import record as keep
from crawler.registry import load_outlets
from crawler.urls import is_web
from scheduler.archive import utc_now
from scheduler.commands.outlets.status import choose
from scheduler.commands.screen import open_console, shown
from scheduler.gateway import open_crawler
from scheduler.wiring import Config

LONGEST = 160  # characters of a field that are shown
EXAMPLES = """\b
marsad outlets record aawsat
"""


@click.command(epilog=EXAMPLES)
@click.argument("outlet")
@click.option(
    "--url",
    default="",
    show_default=False,
    help="The page to keep; by default the first that the outlet lists.",
)
@click.pass_obj
def record(config: Config, outlet: str, url: str) -> None:
    """Keep a page of OUTLET with the article it is read as: a fixture, in the folder MARSAD_RECORDINGS.

    Look at `expected.json` and put right what was read wrongly: `marsad outlets replay` and the test suite hold the
    reader to it from then on.
    """
    if url and not is_web(url):
        raise click.BadParameter(f"{url!r} is not an address; give the page's", param_hint="--url")
    (found,) = choose(load_outlets(config.outlets), [outlet])
    folder = asyncio.run(_record(config, found, url))
    click.echo(f"{folder}: kept; look at expected.json")


async def _record(config: Config, outlet: Outlet, url: str) -> Path:
    async with open_crawler(config, [outlet], now=utc_now) as fetch:
        problem = "it has no source that is enabled"
        addresses = [url] if url else []
        for source in outlet.sources if not url else ():
            if source.enabled:
                seen = await look(outlet, source, fetch=fetch, now=utc_now)
                addresses += [entry.url for entry in seen.entries[:1]]
                problem = f"{source.url}: {seen.poll.cause}"
        for address in addresses:
            try:
                fetched = await fetch(address, outlet)
                article = await asyncio.to_thread(read_page, fetched.page, outlet, now=utc_now())
            except (FetchError, Unreadable) as error:
                problem = f"{address}: {error}"
                continue
            return keep(config.recordings, outlet, fetched, article)
    raise click.ClickException(f"{outlet.id}: no page was kept; {problem}")


@click.command()
@click.pass_obj
def replay(config: Config) -> None:
    """Read every recorded page again, and show what differs from what is expected.

    Exit code 1: at least one differs.
    """
    if not config.recordings.is_dir():
        raise click.ClickException(
            f"{config.recordings}: no such folder; `marsad outlets record` makes it, MARSAD_RECORDINGS names another"
        )
    console = open_console()
    total = wrong = 0
    for each in recordings(config.recordings):
        total += 1
        try:
            found = differences(each)
        except Unreadable as error:
            found = {"page": ("an article", str(error))}
        wrong += bool(found)
        for name, (wanted, read) in found.items():
            console.print(shown(f"{each.folder}: {name}", "bold red"), highlight=False)
            console.print(shown(f"  expected {str(wanted)[:LONGEST]}"), highlight=False)
            console.print(shown(f"  read     {str(read)[:LONGEST]}"), highlight=False)
    console.print(
        f"{counted(total, 'recording')} in {config.recordings}: {counted(wrong, 'differs', 'differ')}.",
        highlight=False,
    )
    if wrong:
        raise SystemExit(1)
