"""What a verdict costs, side by side with engines that only find words.

    .venv/bin/python benchmarks/matching.py

Every engine reads the same raw texts in this process; figures are CPU time, the best of interleaved rounds.
Ordinary news is the yardstick, as nearly all articles are: they name no country of Southeast Asia. One that does costs
more, because the learned opinion is asked; one on our topics still more, because its evidence is gathered; forty
hard negatives in one article are the worst that we can write.
Peers that are not installed are named and left out: pip install google-re2 ahocorasick_rs hyperscan tantivy
"""

import gc
import importlib
import json
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from alerts.arabic import TOKEN, fold
from alerts.matching import RuleSet
from alerts.matching.engine import Engine
from alerts.matching.expressions import parse
from alerts.matching.nouns import Concept, Pack, Rule, Slot, Status, Term
from alerts.nouns import Level
from crawler.newsroom.press import drafts
from scheduler.cli import COLLECTING

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.alerts.matching.naive import tell, told_by  # noqa: E402
from tests.eval.gold import hard_negatives, own_gold  # noqa: E402

ROUNDS = 7
RULES = (100, 1_000, 10_000)
COMPARED = 12  # texts of each kind that the naive evaluator reads too: it takes a second for the worst
Texts = list[tuple[str, str]]
Jobs = dict[str, Callable[[], object]]
console = Console(width=140, highlight=False)


def texts(rules: RuleSet) -> dict[str, Texts]:
    """Kinds of articles, by what is in them; real ones too where the shared data lies."""
    dice, lines = random.Random(7), hard_negatives()
    invented = [(bool(draft.topics), draft.title, "\n".join(draft.paragraphs)) for draft in drafts()]
    pages = yaml.safe_load((ROOT / "tests/crawler/fixtures/articles.yaml").read_text(encoding="utf-8"))
    others = [(title, body) for ours, title, body in invented if not ours]
    others += [(page["title"], "\n".join(page["paragraphs"])) for page in pages]
    near = [article for article in others if rules.engine.scan(*article).hits("se_asia")]
    kinds = {
        "ordinary news": [article for article in others if article not in near],
        "the region's, not ours": near,
        "our topics": [(title, body) for ours, title, body in invented if ours],
        "40 hard negatives": [(dice.choice(lines), ". ".join(dice.sample(lines, 40))) for _ in range(30)],
    }
    if folder := os.environ.get("MARSAD_DATA"):
        gold = (Path(folder) / "eval/gold-dev.jsonl").read_text(encoding="utf-8").splitlines()
        real = [line for line in map(json.loads, gold) if line["real"]]
        kinds["real, like ours"] = [(line["title"], line["body"]) for line in real]
    return kinds


def cost(jobs: Jobs) -> dict[str, float]:
    """Seconds of CPU for each job, the best of interleaved rounds."""
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            start = time.process_time()
            job()
            best[name] = min(best.get(name, 9e9), time.process_time() - start)
    return best


def vocabulary(kinds: dict[str, Texts]) -> list[str]:
    """The distinct words of all texts and of our own gold, in a fixed shuffled order."""
    labelled = [(item.text.title, item.text.body) for item in own_gold()]
    raw = {text for articles in [labelled, *kinds.values()] for article in articles for text in article}
    words = sorted({word for text in raw for word in TOKEN.findall(text) if len(fold(word)) > 3})
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


def streamed(articles: Texts, own: float) -> float:
    """Seconds of CPU an article that ``marsad rules match`` takes, its start and the first sight of words left out.

    Args:
        articles: read again and again, for two seconds or so.
        own: what the matcher takes for one.
    """
    lines = [json.dumps({"title": title, "body": body}, ensure_ascii=False) for title, body in articles]
    turns = max(1, int(1.5 / own / len(articles)))
    took = []
    with tempfile.TemporaryDirectory() as folder:
        for times in (1, 1 + turns):
            path = Path(folder) / "articles.jsonl"
            path.write_text("\n".join(lines * times), encoding="utf-8")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            command = [Path(sys.executable).with_name("marsad"), "rules", "match", path]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=600)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return (took[1] - took[0]) / turns / len(articles)


def differing(engine: Engine, articles: Texts) -> int:
    """In how many of some articles the engine and the naive evaluator tell something else."""
    compared = [article for article in articles[:COMPARED] if engine.scan(*article).arabic]
    return sum(tell(engine, *article) != told_by(engine, engine.judge(*article)) for article in compared)


def main() -> None:
    gc.set_threshold(*COLLECTING)  # as the service does
    rules = RuleSet.load()
    kinds = texts(rules)
    slots = [term.slots[0] for c in rules.pack.concepts for term in c.terms if len(term.slots) == 1]
    terms = sorted({word for slot in slots for word in slot.words})
    words = vocabulary(kinds)
    engines = {count: synthetic(count, words) for count in RULES}
    table, missing = Table("CPU time, µs an article (times findall)"), set()
    rows: dict[str, list[str]] = {}
    for kind, articles in kinds.items():
        start = time.process_time()
        seen = [rules.judge(*article) for article in articles]
        cold = (time.process_time() - start) / len(articles)
        length = sum(len(text.split()) for article in articles for text in article) / len(articles)
        console.print(
            f"{kind}: {len(articles)} texts of {length:.0f} words, "
            f"{sum(verdict.flagged for verdict in seen)} flagged; first sight {cold * 1e6:,.0f} µs each"
        )
        table.add_column(kind, justify="right")
        best = timed(articles, rules, engines, terms, missing)
        base = best["tokenising findall"]
        for name, seconds in best.items():
            cell = f"{seconds / len(articles) * 1e6:,.0f} ({seconds / base:.2f})"
            rows.setdefault(name, []).append(cell)
        report(best, articles)
    for name, cells in rows.items():
        table.add_row(name, *cells)
    console.print(table)
    show_sameness(kinds, rules, engines)
    if missing:
        console.print(f"not installed: {', '.join(sorted(missing))}")


def timed(
    articles: Texts, rules: RuleSet, engines: dict[int, Engine], terms: list[str], missing: set[str]
) -> dict[str, float]:
    """Seconds of CPU that each engine takes for all articles."""
    turns = articles * max(1, 200 // len(articles))  # short jobs measure the clock
    jobs: Jobs = {
        "tokenising findall": lambda: [TOKEN.findall(text) for article in turns for text in article],
        "marsad verdict": lambda: [rules.judge(*article) for article in turns],
    }
    for name, job in peers(terms, turns):
        if job:
            jobs[name] = job
        else:
            missing.add(name)
    for count, engine in engines.items():
        jobs[f"marsad, {count:,} synthetic rules"] = partial(_judge_all, engine, turns)
    return {name: seconds * len(articles) / len(turns) for name, seconds in cost(jobs).items()}


def _judge_all(engine: Engine, articles: Texts) -> None:
    for article in articles:
        engine.judge(*article)


def report(best: dict[str, float], articles: Texts) -> None:
    """The figures that must hold for ordinary news."""
    verdict = best["marsad verdict"]
    growth = best["marsad, 10,000 synthetic rules"] / best["marsad, 100 synthetic rules"]
    own = verdict / len(articles)
    command = streamed(articles, own)
    console.print(
        f"  verdict ÷ findall {verdict / best['tokenising findall']:.2f} (at most 3 for ordinary news); "
        f"{1 / own:,.0f} verdicts a second; 10,000 ÷ 100 rules {growth:.1f} (at most 12); "
        f"rules match {1 / command:,.0f} a second, {own / command:.2f} of that (at least 0.5)"
    )


def show_sameness(kinds: dict[str, Texts], rules: RuleSet, engines: dict[int, Engine]) -> None:
    """Compare with the naive evaluator."""
    for name, engine in [("the shipped rules", rules.engine), ("1,000 synthetic rules", engines[1_000])]:
        other = sum(differing(engine, articles) for articles in kinds.values())
        compared = sum(len(articles[:COMPARED]) for articles in kinds.values())
        console.print(f"{name}: {other} of {compared} texts told otherwise by the naive evaluator")


if __name__ == "__main__":
    main()
