"""``marsad poll``."""

import asyncio
from contextlib import AbstractAsyncContextManager

import click
from rich.console import Console
from rich.progress import Progress

from crawler.engine import open_engine
from crawler.fetching import EngineFetch, FetchError
from crawler.nouns import Article, Outlet, Poll
from crawler.polling import POLL_LEASE, Look, Poller, look, read, standings
from crawler.reading import Reader, ReadingPool, Unreadable
from crawler.registry import load_outlets
from crawler.storage import Archive, Kept, new_lease
from scheduler.service import open_database, utc_now
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
    console = Console()
    kept: list[Kept] = []

    def on_article(article: Article, how: Kept) -> None:
        kept.append(how)
        console.print(f"  {how:8} {article.title}", highlight=False)

    with open_database(config.database) as database:
        outlets = load_outlets(config.outlets)
        await database.awrite(lambda c: Archive(c).watch(outlets, utc_now()))
        async with _engine(config, outlet) as fetch, ReadingPool() as pool:
            reader = Reader(pool, await database.aread(standings))
            poller = Poller(
                database,
                outlets,
                fetch=fetch,
                reader=reader.read,
                now=utc_now,
                on_poll=lambda seen: _print(console, seen),
                on_article=on_article,
            )
            now = utc_now()
            claims = await database.awrite(
                lambda c: Archive(c).claim_sources(
                    now, until=now + POLL_LEASE, lease=new_lease("poll"), most=100, outlet=outlet.id
                )
            )
            if not claims:
                raise click.ClickException(
                    f"{outlet.id}: disabled, or being polled by another process just now"
                )
            for claim in claims:
                await poller.poll(claim)
    console.print(f"{len(kept)} pages read: {kept.count(Kept.NEW)} new, {kept.count(Kept.REVISED)} revised")


async def _dry(config: Config, outlet: Outlet) -> None:
    console = Console()
    async with _engine(config, outlet) as fetch, ReadingPool() as pool:
        reader = Reader(pool)
        for source in outlet.sources:
            seen: Look = await look(outlet, source, fetch=fetch, now=utc_now)
            _print(console, seen.poll)
            for entry in seen.entries:
                console.print(f"  listed   {entry.title or entry.url}", highlight=False)
            with Progress(console=console, transient=True) as bar:
                task = bar.add_task("reading pages", total=min(SHOWN, len(seen.entries)))
                for entry in seen.entries[:SHOWN]:
                    try:
                        article = await read(entry, outlet, fetch=fetch, reader=reader.read, now=utc_now)
                    except (FetchError, Unreadable) as error:
                        console.print(f"  [red]not read[/red] {entry.url}: {error}", highlight=False)
                    else:
                        date = (
                            article.published.at.isoformat(" ", "minutes") if article.published else "no date"
                        )
                        console.print(
                            f"  [b]{article.title}[/b] ({date}, {len(article.body)} characters)",
                            highlight=False,
                        )
                    bar.advance(task)
    console.print("nothing was kept")


def _engine(config: Config, outlet: Outlet) -> AbstractAsyncContextManager[EngineFetch]:
    return open_engine(
        [outlet], now=utc_now, allowed_networks=config.allowed_networks, user_agent=config.user_agent
    )


def _print(console: Console, seen: Poll) -> None:
    mark = {"ok": "green", "unchanged": "green"}.get(seen.outcome, "red")
    console.print(
        f"[{mark}]{seen.outcome}[/{mark}] {seen.source}: {seen.cause}"
        + (f" ({seen.detail})" if seen.detail and seen.detail != seen.cause else "")
        + f", {seen.entries} listed, {seen.fresh} new, {seen.undated} without a date",
        highlight=False,
    )
