"""An archive with a row in every table, at whatever step its tables are."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alerts.flagging import Flagger
from alerts.indexing import Indexer
from alerts.matching import RuleSet
from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.storage import Subscribers
from crawler.database import Connection
from crawler.nouns import Article
from crawler.storage import Archive
from scheduler.archive import open_database

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
RAID = Article(
    "alif", "https://alif.example/raid", "شرطة كمبوديا تداهم مركز احتيال إلكتروني في سيهانوكفيل وتوقف 63 شخصا",
    "داهمت الشرطة الكمبودية مركزا للاحتيال الإلكتروني في سيهانوكفيل وأوقفت 63 شخصا من جنسيات مختلفة.", NOW,
)  # fmt: skip
WEATHER = Article("baa", "https://baa.example/w", "أمطار على بيروت", "تساقطت الأمطار على بيروت أمس.", NOW)
SEARCH = "search"  # the index; its own tables are no tables of ours


async def make(path: Path) -> None:
    """Make an archive by the code of today: an article flagged, told and queued; then a row in every other table."""
    with open_database(path) as database:
        reader = Subscriber(RecipientKind.PRIVATE_CHAT, "7", NOW)
        database.write(lambda c: Subscribers(c).subscribe(reader, [Subscription(0, topics=("fraud",))]))
        database.write(lambda c: [Archive(c).keep(each) for each in (WEATHER, RAID)])
        await Flagger(database, RuleSet.load, {}, now=lambda: NOW).run_batch()
        await Indexer(database).run()
        database.write(fill)


def tables(connection: Connection) -> dict[str, int]:
    """How many rows each table of ours has."""
    ours = [
        name for name in connection.table_names() if name != SEARCH and name[0] != "_" and not _behind(name)
    ]
    return {name: connection.table(name).count for name in ours}


def fill(connection: Connection) -> None:
    """Put a row into every table that has none: each column by its type, its name and its comment."""
    connection.execute("PRAGMA defer_foreign_keys = ON")  # tables may refer to each other
    for name, count in tables(connection).items():
        if not count:
            connection.table(name).insert(_row(connection, name))


def _row(connection: Connection, name: str) -> dict[str, Any]:
    table = connection.table(name)
    others = {key.column: key.other_table for key in table.foreign_keys}
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.is_pk and column.type == "INTEGER" and column.name not in others:
            continue  # numbered by itself
        if column.name in others or column.type in {"INTEGER", "REAL"}:
            row[column.name] = 1
        else:
            row[column.name] = _text(column.name, _comment(table.schema, column.name))
    return row


def _text(column: str, comment: str) -> str | bytes:
    if choices := re.match(r"\s*(\w+)(, \w+)+", comment):
        return choices[1]
    if "HH:MM" in comment:
        return "08:00"
    if "JSON list" in comment:
        return "[]"
    if "JSON" in comment:
        return '{"v": 1}'
    if re.search(r"(^|_)(at|due|until|since|seen|before|after|modified|ok|fresh)$", column):
        return NOW.isoformat(timespec="microseconds")
    return b"secret" if column == "secret" else f"some {column}"


def _comment(schema: str, column: str) -> str:
    found = re.search(rf"^\s*\"?{column}\"?\s.*?--(.*)$", schema, re.MULTILINE)
    return found[1] if found else ""


def dump(path: Path) -> str:
    """The whole archive as SQL that makes it again, the search index with it."""
    connection = Connection(path)
    made = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY rowid").fetchall()
    lines = ["PRAGMA foreign_keys = OFF;", "BEGIN;"]
    # The tables behind the index are made with it.
    lines += [f"{sql};" for kind, name, sql in made if kind == "table" and not _behind(name)]
    for kind, name, _ in made:
        if kind == "table" and name != SEARCH:
            lines += [f'DELETE FROM "{name}";', *_inserts(connection, name)]  # noqa: S608
    lines += [f"{sql};" for kind, _, sql in made if kind == "index" and sql]
    connection.close()
    return "\n".join([*lines, "COMMIT;", ""])


def _behind(name: str) -> bool:
    return name.startswith((f"{SEARCH}_", "sqlite_"))


def _inserts(connection: Connection, name: str) -> list[str]:
    columns = ", ".join(f'quote("{column.name}")' for column in connection.table(name).columns)
    found = connection.execute(f'SELECT {columns} FROM "{name}"')  # noqa: S608
    return [f'INSERT INTO "{name}" VALUES ({", ".join(row)});' for row in found]  # noqa: S608
