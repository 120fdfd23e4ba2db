"""What a verdict costs, side by side with engines that only find words.

    .venv/bin/python benchmarks/matching.py

Every engine reads the same raw texts in this process; figures are CPU time, the best of interleaved rounds.
Peers that are not installed are named and left out: pip install google-re2 ahocorasick_rs hyperscan tantivy
"""

import importlib
import json
import os
import random
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from alerts.arabic import TOKEN, fold
from alerts.matching import RuleSet
from alerts.matching.engine import Engine
from alerts.matching.expressions import parse
from alerts.matching.nouns import Concept, Pack, Rule, Slot, Status, Term
from alerts.nouns import Level

ROUNDS = 7
HERE = Path(__file__).parent
Texts = list[tuple[str, str]]


def texts() -> Texts:
    """Real articles where the shared data lies, else articles made of the repository's own sentences."""
    if folder := os.environ.get("MARSAD_DATA"):
        lines = map(
            json.loads, (Path(folder) / "eval/gold-dev.jsonl").read_text(encoding="utf-8").splitlines()
        )
        return [(line["title"], line["body"]) for line in lines if line["real"]] * 3
    dice = random.Random(7)
    lines = (HERE.parent / "tests/eval/matching-hard-negatives.txt").read_text(encoding="utf-8").splitlines()
    return [(dice.choice(lines), ". ".join(dice.sample(lines, 40))) for _ in range(200)]


def cost(jobs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of CPU for each job, the best of interleaved rounds."""
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            start = time.process_time()
            job()
            best[name] = min(best.get(name, 9e9), time.process_time() - start)
    return best


def vocabulary(articles: Texts) -> list[str]:
    """Distinct words of the articles, in a fixed shuffled order."""
    words = sorted(
        {word for title, body in articles for word in TOKEN.findall(f"{title} {body}") if len(fold(word)) > 3}
    )
    random.Random(3).shuffle(words)
    return words


def synthetic(count: int, words: list[str]) -> Engine:
    """So many rules of three groups each: (a|b|c) NEAR/10 (d|e) AND (f|g|h)."""
    dice = random.Random(count)
    concepts, rules = [], []
    for number in range(count):
        for letter, size in (("a", 3), ("b", 2), ("c", 3)):
            group = frozenset(map(fold, dice.sample(words, size)))
            concepts.append(Concept(f"{letter}{number}", (Term("", (Slot(group),)),)))
        source = f"@a{number} NEAR/10 @b{number} AND @c{number}"
        rules.append(
            Rule(
                id=f"r{number}", topic="t", when=parse(source), source=source, score=(), threshold=0,
                level=Level.NOTICE, status=Status.STABLE, author="", reason="", since="", hits=(), misses=(),
            )
        )  # fmt: skip
    return Engine(Pack(tuple(concepts), tuple(rules)))


def peers(terms: list[str], articles: Texts) -> Iterator[tuple[str, Callable[[], object] | None]]:
    """Each peer finds the terms in folded text, without clitics or rules; None: it is not installed."""
    raw = [f"{title}\n{body}" for title, body in articles]
    alternation = re.compile("|".join(map(re.escape, terms)))
    yield "re alternation + fold", lambda: [alternation.findall(fold(text)) for text in raw]
    if re2 := _module("re2"):
        options = re2.Options()
        options.max_mem = 1 << 30  # with its default it runs out and falls back
        pattern = re2.compile("|".join(map(re.escape, terms)), options)
        yield "google-re2 + fold", lambda: [pattern.findall(fold(text)) for text in raw]
    else:
        yield "google-re2", None
    if module := _module("ahocorasick_rs"):
        automaton = module.AhoCorasick(terms)
        yield "ahocorasick_rs + fold", lambda: [automaton.find_matches_as_indexes(fold(text)) for text in raw]
    else:
        yield "ahocorasick_rs", None
    yield "hyperscan + fold", _hyperscan(terms, raw)
    yield "SQLite FTS5 reversed + fold", lambda: _fts5(terms, raw)
    yield "tantivy batch + fold", _tantivy(terms, raw)


def _module(name: str):  # noqa: ANN202 - modules without types
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _hyperscan(terms: list[str], raw: list[str]) -> Callable[[], object] | None:
    if not (module := _module("hyperscan")):
        return None
    database = module.Database()
    database.compile(
        expressions=[term.encode() for term in terms],
        ids=range(len(terms)),
        flags=[module.HS_FLAG_SOM_LEFTMOST] * len(terms),
    )
    found: list[object] = []
    return lambda: [
        database.scan(fold(text).encode(), match_event_handler=lambda *hit: found.append(hit[0]))
        for text in raw
    ]


def _fts5(terms: list[str], raw: list[str]) -> None:
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE VIRTUAL TABLE t USING fts5(body)")
        database.executemany("INSERT INTO t VALUES (?)", [(fold(text),) for text in raw])
        for term in terms:
            database.execute("SELECT rowid FROM t WHERE t MATCH ?", (f'"{term}"',)).fetchall()


def _tantivy(terms: list[str], raw: list[str]) -> Callable[[], object] | None:
    if not (module := _module("tantivy")):
        return None

    def run() -> None:
        builder = module.SchemaBuilder()
        builder.add_text_field("body")
        index = module.Index(builder.build())
        writer = index.writer(heap_size=20_000_000, num_threads=1)
        for text in raw:
            writer.add_document(module.Document(body=fold(text)))
        writer.commit()
        index.reload()
        searcher = index.searcher()
        for term in terms:
            searcher.search(index.parse_query(f'"{term}"', ["body"]), len(raw))

    return run


def main() -> None:
    articles, rules = texts(), RuleSet.load()
    start = time.process_time()
    for title, body in articles:
        rules.judge(title, body)
    cold = time.process_time() - start
    single = {
        word for c in rules.pack.concepts for t in c.terms if len(t.slots) == 1 for word in t.slots[0].words
    }
    terms = sorted(single)
    words = vocabulary(articles)
    engines = {count: synthetic(count, words) for count in (100, 1_000, 10_000)}
    jobs: dict[str, Callable[[], object]] = {
        "tokenising findall": lambda: [TOKEN.findall(text) for article in articles for text in article],
        "marsad verdict": lambda: [rules.judge(*article) for article in articles],
    }
    missing = []
    for name, job in peers(terms, articles):
        if job:
            jobs[name] = job
        else:
            missing.append(name)
    for count, engine in engines.items():
        jobs[f"marsad, {count:,} synthetic rules"] = lambda engine=engine: [
            engine.judge(*a) for a in articles
        ]
    best = cost(jobs)
    show(best, len(articles), cold, len(terms), missing)


def show(best: dict[str, float], count: int, cold: float, terms: int, missing: list[str]) -> None:
    base = best["tokenising findall"]
    table = Table("engine", "µs an article", "articles a second", "times findall")
    for name, seconds in best.items():
        table.add_row(
            name, f"{seconds / count * 1e6:,.0f}", f"{count / seconds:,.0f}", f"{seconds / base:.2f}"
        )
    console = Console()
    console.print(f"{count} articles, {terms:,} single words of the shipped packs", highlight=False)
    console.print(table)
    console.print(f"first sight of these texts: {cold / count * 1e6:,.0f} µs an article", highlight=False)
    growth = best["marsad, 10,000 synthetic rules"] / best["marsad, 100 synthetic rules"]
    verdict = best["marsad verdict"] / base
    console.print(
        f"verdict ÷ findall {verdict:.2f} (at most 3); 10,000 ÷ 100 rules {growth:.1f} (at most 12)",
        highlight=False,
    )
    if missing:
        console.print(f"not installed: {', '.join(missing)}", highlight=False)


if __name__ == "__main__":
    main()
