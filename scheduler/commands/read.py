"""``marsad read``: one page through the same reader as the service."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from crawler.dates import parse_date
from crawler.nouns import Outlet, Page, Stamp
from crawler.reading import Reading, Unreadable, read
from crawler.reading.article import LARGEST


@click.command("read")
@click.argument("source", metavar="FILE|-")
@click.option(
    "--url", default="", help="The page's address: needed for links, and as a witness of date and site."
)
@click.option("--content-type", default="", help="The server's whole Content-Type header.")
@click.option("--zone", default="UTC", show_default=True, help="The outlet's time zone (IANA).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--now", "clock", default="", help="Fix the clock (ISO 8601).")
def read_command(source: str, url: str, content_type: str, zone: str, as_json: bool, clock: str) -> None:
    """Read one article page and print what was understood.

    FILE is a saved page, or - for standard input.
    """
    now = _instant(clock)
    page = Page(url=url, body=_bytes(source), content_type=content_type)
    try:
        reading = read(page, _outlet(url, zone), now=now)
    except Unreadable as refusal:
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
    article, console = reading.article, Console(highlight=False)
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
    if urlsplit(source).scheme in ("http", "https"):
        raise click.ClickException(f"{source}: save the page, then give the file and --url {source}")
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


def _outlet(url: str, zone: str) -> Outlet:
    """An outlet made for a page that belongs to none we watch."""
    host = urlsplit(url).hostname or ""
    try:
        return Outlet(host, "", "", "", ZoneInfo(zone).key, url, ())
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise click.ClickException(
            f"--zone {zone}: not an IANA time zone; write it as Africa/Cairo"
        ) from problem
