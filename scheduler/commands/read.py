"""``marsad read``: one page through the same reader as the service."""

import asyncio
import json
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from rich.markup import escape
from rich.table import Table

from crawler.dates import parse_date
from crawler.fetching import FetchError
from crawler.nouns import Outlet, Page, Stamp
from crawler.reading import Reading, Unreadable
from crawler.reading import read as read_page
from crawler.reading.article import LARGEST
from crawler.registry import load_outlets
from crawler.urls import is_web
from scheduler.commands.screen import open_console
from scheduler.gateway import open_crawler
from scheduler.wiring import Config


@click.command()
@click.argument("source", metavar="FILE|URL|-")
@click.option(
    "--url",
    default="",
    show_default=False,
    help="A saved page's address: for its links, and to know its outlet.",
)
@click.option(
    "--content-type",
    default="",
    show_default=False,
    help="The server's whole Content-Type header, for a saved page.",
)
@click.option(
    "--zone",
    default="",
    show_default=False,
    help="The outlet's time zone (IANA), where it is none that is watched.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--now", "clock", default="", show_default=False, help="Fix the clock (ISO 8601).")
@click.pass_obj
def read(
    config: Config, source: str, url: str, content_type: str, zone: str, as_json: bool, clock: str
) -> None:
    """Read one article page as the service would, and print what was understood.

    SOURCE is a saved page, the address of one, or - for standard input.
    """
    now = _instant(clock)
    outlet = _outlet(config, url or source, zone)
    try:
        page = _fetched(config, source, outlet) if is_web(source) else Page(url, _bytes(source), content_type)
        reading = read_page(page, outlet, now=now)
    except (Unreadable, FetchError) as refusal:
        raise click.ClickException(f"{source}: {refusal}") from refusal
    if as_json:
        click.echo(json.dumps(as_data(reading), ensure_ascii=False, indent=2))
    else:
        _show(reading)


def as_data(reading: Reading) -> dict[str, object]:
    """A reading as JSON values; stamps as objects with ISO 8601 times."""
    article = asdict(reading.article) | {
        "first_seen": reading.article.first_seen.isoformat(),
        "published": _stamp_data(reading.article.published),
        "modified": _stamp_data(reading.article.modified),
    }
    article.pop("id")
    updates = [
        {"title": update.title, "body": update.body, "published": _stamp_data(update.published)}
        for update in reading.updates
    ]
    return article | {
        "amp": reading.amp,
        "next_page": reading.next_page,
        "updates": updates,
        "remarks": list(reading.remarks),
    }


def _stamp_data(stamp: Stamp | None) -> dict[str, str] | None:
    return asdict(stamp) | {"at": stamp.at.isoformat()} if stamp else None


def _show(reading: Reading) -> None:
    article, console = reading.article, open_console(highlight=False)
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    published = article.published
    when = (
        f"{published.at.isoformat()}  ({published.source}, to the {published.precision})" if published else ""
    )
    read_by = f"{article.extractor or 'nothing'}, {article.charset}, {len(article.body.split())} words"
    rows = {
        "published": when,
        "author": article.author,
        "section": article.section,
        "tags": "، ".join(article.tags),
        "wire": article.wire,
        "language": article.language,
        "canonical": article.url,
        "next page": reading.next_page,
        "updates": str(len(reading.updates)) if reading.updates else "",
        "remarks": ", ".join(reading.remarks),
        "read by": read_by,
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, escape(value))
    console.print(f"[bold]{escape(article.title)}[/bold]")
    console.print(table)
    console.print()
    console.print(escape(article.body))


def _bytes(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read(LARGEST + 1)
    try:
        with Path(source).open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as problem:
        raise click.ClickException(f"{source}: {problem.strerror}") from problem


def _instant(clock: str) -> datetime:
    now = datetime.now(UTC)
    if not clock:
        return now
    stamp = parse_date(clock, now=now, zone="UTC")
    if stamp is None:
        raise click.ClickException(f"--now {clock}: not a time; write it as 2026-11-23T08:00:00Z")
    return stamp.at


def _fetched(config: Config, url: str, outlet: Outlet) -> Page:
    async def fetch() -> Page:
        async with open_crawler(config, [outlet], now=lambda: datetime.now(UTC)) as ask:
            return (await ask(url, outlet)).page

    return asyncio.run(fetch())


def _outlet(config: Config, url: str, zone: str) -> Outlet:
    """The watched outlet that the address belongs to, or one made for this page."""
    host = _host(url)
    known = [outlet for outlet in load_outlets(config.outlets) if host and _host(outlet.home) == host]
    try:
        made = known[0] if known else Outlet(host, "", "", "", "UTC", url, ())
        return replace(made, timezone=ZoneInfo(zone).key) if zone else made
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise click.ClickException(
            f"--zone {zone}: not an IANA time zone; write it as Africa/Cairo"
        ) from problem


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.").removeprefix("m.") if is_web(url) else ""
