"""``marsad poll``."""

import asyncio

import click
from rich.console import Console
from rich.text import Text

from alerts.operators.wording import counted
from crawler.fetching import FetchError
from crawler.looking import Look, look
from crawler.nouns import Article, Entry, Outcome, Outlet, Poll
from crawler.pages import read
from crawler.polling import POLL_LEASE, Poller, standings
from crawler.reading import Reader, ReadingPool, Unreadable
from crawler.registry import load_outlets
from crawler.storage import Kept, Sources, new_lease
from scheduler.archive import open_database, utc_now
from scheduler.commands.screen import open_console, progress, shown
from scheduler.gateway import open_crawler
from scheduler.wiring import Config

SHOWN = 5  # pages that a dry run reads of each source


@click.command()
@click.argument("outlet")
@click.option(
    "--dry-run", is_flag=True, help="Keep nothing: show what is listed and what the first pages read as."
)
@click.pass_obj
def poll(config: Config, outlet: str, dry_run: bool) -> None:
    """Look at one OUTLET now, whether it is due or not, and read what is new.

    `marsad run` may go on beside it: a source that is being polled is left alone.
    """
    found = {each.id: each for each in load_outlets(config.outlets)}.get(outlet)
    if found is None:
        raise click.ClickException(
            f"no outlet {outlet!r} in {config.outlets}; `marsad outlets list` shows them"
        )
    asyncio.run(_dry(config, found) if dry_run else _poll(config, found))


async def _poll(config: Config, outlet: Outlet) -> None:
    console = open_console()
    kept: list[Kept] = []
    failed: list[Entry] = []

    def on_article(article: Article, how: Kept) -> None:
        kept.append(how)
        console.print(Text(f"  {how:8} ").append_text(shown(article.title)), highlight=False)

    def on_failure(entry: Entry, cause: str) -> None:
        failed.append(entry)
        console.print(_not_read(entry, cause), highlight=False)

    with open_database(config.database) as database:
        await database.awrite(lambda c: Sources(c).make_known(outlet, utc_now()))
        async with open_crawler(config, [outlet], now=utc_now) as fetch, ReadingPool() as pool:
            reader = Reader(pool, await database.aread(standings))
            poller = Poller(
                database,
                [outlet],
                fetch=fetch,
                reader=reader.read,
                now=utc_now,
                work=pool.run,
                on_poll=lambda seen: _print(console, seen),
                on_article=on_article,
                on_failure=on_failure,
            )
            now = utc_now()
            claims = await database.awrite(
                lambda c: Sources(c).claim_all(outlet, now, until=now + POLL_LEASE, lease=new_lease("poll"))
            )
            if not claims:
                raise click.ClickException(
                    f"{outlet.id}: disabled, or being polled by another process just now"
                )
            polls = [await poller.poll(claim) for claim in claims]
    new, revised = kept.count(Kept.NEW), kept.count(Kept.REVISED)
    console.print(f"{counted(len(kept), 'page')} read: {new} new, {revised} revised; {len(failed)} not read")
    if not any(seen.outcome in (Outcome.OK, Outcome.UNCHANGED) for seen in polls):
        raise click.ClickException(f"{outlet.id}: no source could be read")


async def _dry(config: Config, outlet: Outlet) -> None:
    console = open_console()
    answered = False
    async with open_crawler(config, [outlet], now=utc_now) as fetch, ReadingPool() as pool:
        reader = Reader(pool)
        for source in outlet.sources:
            seen: Look = await look(outlet, source, fetch=fetch, now=utc_now, work=pool.run)
            _print(console, seen.poll)
            answered |= seen.poll.outcome in (Outcome.OK, Outcome.UNCHANGED)
            for entry in seen.entries:
                console.print(
                    Text("  listed   ").append_text(shown(entry.title or entry.url)), highlight=False
                )
            with progress(console) as bar:
                task = bar.add_task("reading pages", total=min(SHOWN, len(seen.entries)))
                for entry in seen.entries[:SHOWN]:
                    try:
                        article = await read(entry, outlet, fetch=fetch, reader=reader.read, now=utc_now)
                    except (FetchError, Unreadable) as error:
                        console.print(_not_read(entry, str(error)), highlight=False)
                    else:
                        date = (
                            article.published.at.isoformat(" ", "minutes") if article.published else "no date"
                        )
                        about = f" ({date}, {len(article.body)} characters)"
                        console.print(
                            Text("  ").append_text(shown(article.title, "bold")).append(about),
                            highlight=False,
                        )
                    bar.advance(task)
    console.print("nothing was kept")
    if not answered:
        raise click.ClickException(f"{outlet.id}: no source could be read")


def _not_read(entry: Entry, cause: str) -> Text:
    return Text("  not read ", "red").append_text(shown(f"{entry.title or entry.url}: {cause}"))


def _print(console: Console, seen: Poll) -> None:
    mark = "green" if seen.outcome in (Outcome.OK, Outcome.UNCHANGED) else "red"
    detail = f" ({seen.detail})" if seen.detail and seen.detail != seen.cause else ""
    counts = f", {seen.entries} listed, {seen.fresh} new, {seen.undated} without a date"
    line = Text(str(seen.outcome), mark).append_text(shown(f" {seen.source}: {seen.cause}{detail}{counts}"))
    console.print(line, highlight=False)
