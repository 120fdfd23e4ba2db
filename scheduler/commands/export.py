"""``marsad export``."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

import click

from alerts.operators.wording import counted
from alerts.storage import Newsdesk
from crawler.database import Connection, Readable
from crawler.storage import Archive
from scheduler.commands.files import OVERWRITE, new_file, refuse_existing
from scheduler.commands.screen import readable_database, tracked
from scheduler.wiring import Config

EXAMPLES = """\b
marsad export flagged.csv
marsad export --since 2026-11-01 flagged.jsonl
"""
FORMATS = (".csv", ".jsonl", ".parquet")
COLUMNS = ("story", "topics", "places", "level", "published", "first_seen", "outlet", "title", "url", "body")
# A cell that begins so is a formula to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@click.command(epilog=EXAMPLES)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was flagged from that day (UTC) on."
)
@OVERWRITE
@click.pass_obj
def export(config: Config, file: Path, since: datetime | None, overwrite: bool) -> None:
    """Write the flagged articles with their stories to FILE: .csv for Excel, .jsonl, or .parquet."""
    if file.suffix not in FORMATS:
        raise click.BadParameter(f"{file.name}: its name must end in {', '.join(FORMATS)}")
    refuse_existing(file, overwrite=overwrite)
    with readable_database(config) as database:
        lines = tracked(list(_lines(database, since)), "writing")
        with new_file(file, overwrite=overwrite) as part:
            count = _write(part, file.suffix, lines)
    click.echo(f"{file}: {counted(count, 'article')}")


def _lines(database: Readable, since: datetime | None) -> Iterator[dict[str, str]]:
    after = since.date().isoformat() if since else ""
    for number in database.read(lambda c: Newsdesk(c).flagged_since(after)):
        if line := database.read(partial(_line, number=number)):
            yield line


def _line(connection: Connection, number: int) -> dict[str, str] | None:
    """One flagged article; None when it was withdrawn meanwhile."""
    desk, article = Newsdesk(connection), Archive(connection).article(number)
    flag, story = desk.flag_of(number), desk.story_of(number)
    if article is None or flag is None:
        return None
    return {
        "story": story.code if story else "",
        "topics": " ".join(flag.verdict.topics),
        "places": " ".join(flag.verdict.places),
        "level": flag.verdict.level.word,
        "published": article.published.at.isoformat() if article.published else "",
        "first_seen": article.first_seen.isoformat(),
        "outlet": article.outlet,
        "title": article.title,
        "url": article.url,
        "body": article.body,
    }


def _write(file: Path, form: str, lines: Iterable[dict[str, str]]) -> int:
    if form == ".parquet":
        return _parquet(file, list(lines))
    # The mark at the start tells Excel that this is UTF-8.
    encoding = "utf-8-sig" if form == ".csv" else "utf-8"
    with file.open("w", encoding=encoding, newline="") as out:
        return _csv(out, lines) if form == ".csv" else _jsonl(out, lines)


def _csv(out: IO[str], lines: Iterable[dict[str, str]]) -> int:
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    count = 0
    for line in lines:
        writer.writerow(
            {name: f"'{value}" if value.startswith(FORMULA) else value for name, value in line.items()}
        )
        count += 1
    return count


def _jsonl(out: IO[str], lines: Iterable[dict[str, str]]) -> int:
    count = 0
    for line in lines:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
        count += 1
    return count


def _parquet(part: Path, lines: list[dict[str, str]]) -> int:
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra: 160 MB that few need)
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise click.ClickException("Parquet needs an extra: pip install 'marsad[parquet]'") from error
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])  # the same for no rows at all
    parquet.write_table(pa.Table.from_pylist(lines, schema), part)
    return len(lines)
