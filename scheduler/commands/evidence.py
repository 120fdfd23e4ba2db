"""``marsad evidence``."""

import asyncio
from io import BytesIO
from pathlib import Path

import click
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from alerts.storage import Newsdesk
from crawler.fetching import Fetched, FetchError
from crawler.nouns import Outlet
from crawler.registry import load_outlets
from crawler.storage import Archive
from crawler.urls import is_web
from scheduler.archive import utc_now
from scheduler.commands.files import OVERWRITE, new_file, refuse_existing
from scheduler.commands.screen import open_console, readable_database, shown
from scheduler.gateway import open_crawler
from scheduler.wiring import Config


@click.command()
@click.argument("url")
@click.option(
    "--warc",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Fetch the page as it stands now, into this WARC file (.warc.gz).",
)
@OVERWRITE
@click.pass_obj
def evidence(config: Config, url: str, warc: Path | None, overwrite: bool) -> None:
    """Show the texts of the flagged article at URL as they stood, with their hashes and times."""
    if not is_web(url):
        raise click.ClickException(f"{url!r} is not an address; give the article's, as in the alert")
    if warc:
        refuse_existing(warc, overwrite=overwrite)
    console = open_console()
    with readable_database(config) as database:
        article = database.read(lambda c: Archive(c).article_at(url))
        if article is None:
            raise click.ClickException(f"{url} is not in {config.database}")
        texts = database.read(lambda c: Newsdesk(c).snapshots(article.id))
        if not texts:
            console.print("No text of it is kept: no rule flagged it. `marsad explain` says what is known.")
        for kept in texts:
            console.print(
                f"{kept.taken_at:%Y-%m-%d %H:%M:%S} UTC  sha256 {kept.hash}", style="dim", highlight=False
            )
            console.print(shown(kept.title, "bold"))
            console.print(shown(f"\n{kept.body}\n"))
    if article.removed_at:
        console.print(
            f"Its outlet took it down; seen {article.removed_at:%Y-%m-%d %H:%M:%S} UTC.", highlight=False
        )
    if warc:
        outlet = {each.id: each for each in load_outlets(config.outlets)}.get(article.outlet)
        if outlet is None:
            raise click.ClickException(f"the outlet {article.outlet} is no longer in {config.outlets}")
        fetched = asyncio.run(_fetch(config, outlet, article.url))
        with new_file(warc, overwrite=overwrite) as part:
            _write(part, fetched, packed=warc.suffix == ".gz")
        console.print(f"the page as it stands now is in {warc}", highlight=False)


async def _fetch(config: Config, outlet: Outlet, url: str) -> Fetched:
    try:
        async with open_crawler(config, [outlet], now=utc_now) as fetch:
            return await fetch(url, outlet)
    except FetchError as error:
        raise click.ClickException(f"{url}: {error}") from error


def _write(path: Path, fetched: Fetched, *, packed: bool) -> None:
    """Write one response record; the body as it was after its transfer encodings were undone."""
    headers = StatusAndHeaders(
        f"{fetched.page.status} OK", list(fetched.headers.items()), protocol="HTTP/1.1"
    )
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packed)
        body = BytesIO(fetched.page.body)
        # The length is given: warcio would spool the body into a file of its own to learn it.
        record = writer.create_warc_record(
            fetched.page.url, "response", payload=body, length=len(fetched.page.body), http_headers=headers
        )
        writer.write_record(record)
