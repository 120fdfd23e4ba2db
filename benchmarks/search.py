"""How long does a search take in a large archive? The folded index beside a LIKE scan of the same archive.

    python benchmarks/search.py [articles]

Both look for the same words in 100,000 articles of newspaper length and want the newest 20. The index finds any
spelling and attached prefix; LIKE finds the letters as they stand, and is given a folded copy to make it fair. It is
timed twice: as an archive without an index must be asked (look at all, sort, take 20), and, as its best case, when it
may stop at the twentieth from the newest end.
"""

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from alerts.arabic import fold
from alerts.indexing import indexed, query
from alerts.schema import migrations as alert_tables
from alerts.storage import SearchIndex
from crawler.database import Connection, Database
from crawler.nouns import Article
from crawler.schema import migrations
from crawler.storage import Archive

ARTICLES = 100_000
BATCH = 2_000
WORDS_A_BODY = 120
VOCABULARY = 40_000
START = datetime(2026, 1, 1, tzinfo=UTC)
NEWEST = 20
ROUNDS = 5
LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
PREFIXES = ("", "", "", "ال", "وال", "بال", "لل", "و", "ب")
# How common a word is: the share of articles that hold it.
ASKED = {
    "in no article": 0.0,
    "in 1 of 100,000": 0.00001,
    "in 1 of 1,000": 0.001,
    "in 1 of 20": 0.05,
    "in every one": 1.0,
}
MARKS = ("مرصودا", "مرصودب", "مرصودت", "مرصودث", "مرصودج")  # the words that are asked for


def vocabulary(dice: random.Random) -> list[str]:
    """Words as newspapers use them: few often, most rarely."""
    return ["".join(dice.choices(LETTERS, k=dice.randint(4, 8))) for _ in range(VOCABULARY)]


def articles(count: int, dice: random.Random) -> list[Article]:
    """Articles of plausible length; the words that are asked for stand in as many as they should."""
    words = vocabulary(dice)
    weights = [1 / rank for rank in range(1, VOCABULARY + 1)]
    made = []
    for number in range(count):
        body = dice.choices(words, weights, k=WORDS_A_BODY)
        for mark, share in zip(MARKS, ASKED.values(), strict=True):
            least = 1 if share and number == count // 2 else 0
            if dice.random() < share or least:
                body[dice.randrange(len(body))] = dice.choice(PREFIXES) + mark
        at = START + timedelta(seconds=number)
        made.append(Article("alif", f"https://alif.example/{number}", " ".join(body[:9]), " ".join(body), at))
    return made


def fill(database: Database, made: list[Article]) -> tuple[float, float]:
    """Keep and index the articles; returns the seconds that each took."""
    kept = index = 0.0
    for at in track(
        range(0, len(made), BATCH), "filling the archive", console=Console(stderr=True), transient=True
    ):
        batch = made[at : at + BATCH]
        begun = time.perf_counter()
        database.write(lambda c, batch=batch: [Archive(c).keep(each) for each in batch])
        kept += time.perf_counter() - begun
        begun = time.perf_counter()
        folded = [(at + n, indexed(each.title), indexed(each.body)) for n, each in enumerate(batch, 1)]
        database.write(lambda c, folded=folded: SearchIndex(c).add(folded))
        index += time.perf_counter() - begun
    return kept, index


def folded_copy(path: Path, made: list[Article]) -> sqlite3.Connection:
    """What the LIKE scan reads: the same texts, folded, in a table of their own."""
    copy = sqlite3.connect(path)
    copy.execute("CREATE TABLE article (id INTEGER PRIMARY KEY, first_seen TEXT, title TEXT, body TEXT)")
    rows = (
        (n, each.first_seen.isoformat(), fold(each.title), fold(each.body)) for n, each in enumerate(made, 1)
    )
    copy.executemany("INSERT INTO article VALUES (?, ?, ?, ?)", rows)
    copy.commit()
    return copy


def timed(work: Callable[[], object]) -> float:
    """The median of some rounds, in milliseconds."""
    spent = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent)


def like(copy: sqlite3.Connection, word: str, order: str) -> list[int]:
    """The newest 20 that hold the letters of ``word``."""
    sql = f"SELECT id FROM article WHERE title LIKE :p OR body LIKE :p ORDER BY {order} DESC LIMIT {NEWEST}"  # noqa: S608
    return [row[0] for row in copy.execute(sql, {"p": f"%{word}%"})]


def main() -> None:
    """Fill, ask, print; fails where a word costs more than a tenth of the scan."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES
    dice = random.Random(20261123)
    made = articles(count, dice)
    table = Table(
        "word",
        "found",
        "index ms",
        "LIKE scan ms",
        "share",
        "LIKE, stops early ms",
        title=f"newest {NEWEST} of {count:,}",
    )
    worst = 0.0
    with (
        tempfile.TemporaryDirectory() as folder,
        Database(Path(folder) / "a.sqlite", (migrations, alert_tables)) as database,
    ):
        kept, index = fill(database, made)
        copy = folded_copy(Path(folder) / "copy.sqlite", made)
        for name, word in zip(ASKED, MARKS, strict=True):

            def ask(connection: Connection, word: str = word) -> list[int]:
                return SearchIndex(connection).find(query(word), NEWEST)

            found = database.read(ask)
            if found != like(copy, fold(word), "first_seen"):
                sys.exit(f"{word}: the index and the scan find different articles")
            ours = timed(lambda ask=ask: database.read(ask))
            scan = timed(lambda word=word: like(copy, fold(word), "first_seen"))
            early = timed(lambda word=word: like(copy, fold(word), "id"))
            worst = max(worst, ours / scan)
            row = (name, str(len(found)), f"{ours:.2f}", f"{scan:.1f}", f"{ours / scan:.4f}", f"{early:.2f}")
            table.add_row(*row)
        copy.close()
    console = Console()
    console.print(table)
    console.print(
        f"kept in {kept:.1f} s, indexed in {index:.1f} s; the slowest word takes {worst:.4f} of a scan"
    )
    if worst > 0.1:
        sys.exit("a search takes more than a tenth of a LIKE scan")


if __name__ == "__main__":
    main()
