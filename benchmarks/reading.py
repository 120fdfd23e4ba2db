"""Reading pages against what PyPI offers: milliseconds and token F1 of the body, in one run on one machine.

    make setup && .venv/bin/python benchmarks/reading.py

Pages: the real ones of MARSAD_DATA with siblings (their words shuffled within each paragraph) where that
folder is, else the project's templates. A profile is learned on four siblings and measured on the others.
Each peer gets an environment of its own, kept in the user's cache folder; one that cannot be installed is
named and left out. Figures are ratios: the machine is whatever it is.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median

from rich.console import Console
from rich.table import Table
from selectolax.lexbor import LexborHTMLParser

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/crawler/reading"))

from templates import ARTICLES, TEMPLATES, case  # noqa: E402

from crawler.nouns import Outlet, Page  # noqa: E402
from crawler.reading import ReadingPool, learn_from, read_page  # noqa: E402
from crawler.reading.article import open_page  # noqa: E402
from crawler.reading.decoding import decode  # noqa: E402
from crawler.reading.profile import Profile, apply  # noqa: E402
from crawler.reading.teacher import read_body  # noqa: E402
from crawler.reading.text import overlap  # noqa: E402

LEARNED_ON, MEASURED_ON = 4, 4
ROUNDS = 3
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "marsad" / "benchmarks"
PEERS = {
    "trafilatura fast": "trafilatura",
    "trafilatura default": "trafilatura",
    "newspaper4k": "newspaper4k nltk lxml_html_clean",
    "news-please": "news-please nltk lxml_html_clean",
    "goose3": "goose3 nltk",
    "readability-lxml": "readability-lxml lxml_html_clean",
}
# The extractors' own needs, not left to a peer's metadata: newspaper4k asks for nltk only when it meets Arabic.


@dataclass(frozen=True)
class Sample:
    """One page, its gold text, and the pages of the same template that its profile was learned on."""

    template: str
    html: str
    gold: str


def main() -> None:
    console = Console(width=110)
    templates = _real_templates() or _own_templates()
    samples = [sample for _, _, measured in templates.values() for sample in measured]
    console.print(
        f"{len(samples)} pages of {len(templates)} templates, {_size(samples):.0f} KB each on average"
    )
    rows = {"marsad, profile": _profile_path(templates), "marsad, teacher": _teacher_path(templates)}
    versions = {}
    for peer in PEERS:
        console.print(f"reading with {peer}")
        outcome = _peer(peer, samples, console)
        if outcome:
            versions[peer], rows[peer] = outcome
    console.print(_table(rows, versions, [sample.gold for sample in samples]))
    _loop(console)


def _size(samples: list[Sample]) -> float:
    return fmean(len(sample.html.encode()) for sample in samples) / 1000


# --- pages ---

Templates = dict[str, tuple[Outlet, list[Page], list[Sample]]]


def _real_templates() -> Templates:
    folder = Path(os.environ.get("MARSAD_DATA") or "/nonexistent") / "pages"
    if not folder.is_dir():
        return {}
    templates: Templates = {}
    for page in json.loads((folder / "index.json").read_text("utf-8")):
        html = decode((folder / page["file"]).read_bytes()).text
        gold = (folder / page["gold_text_file"]).read_text("utf-8")
        taught = [Page(page["url"], _sibling(html, gold, seed).encode()) for seed in range(LEARNED_ON)]
        others = [_sibling(html, gold, LEARNED_ON + seed) for seed in range(MEASURED_ON - 1)]
        samples = [Sample(page["id"], each, gold) for each in (html, *others)]
        outlet = Outlet(page["id"], "", "", page["country"], "UTC", page["url"], ())
        templates[page["id"]] = (outlet, taught, samples)
    return templates


def _sibling(html: str, gold: str, seed: int) -> str:
    """The same template with another text: the article's words shuffled within each of its text nodes."""
    shuffle = random.Random(seed).shuffle
    tree, known = LexborHTMLParser(html), " ".join(gold.split())
    for node in list(tree.body.traverse(include_text=True)) if tree.body else []:
        words = (node.text_content or "").split() if node.is_text_node else []
        if len(words) > 3 and " ".join(words) in known:
            shuffle(words)
            node.replace_with(" ".join(words))
    return tree.html or ""


def _own_templates() -> Templates:
    templates: Templates = {}
    for name in TEMPLATES:
        cases = [case(name, article) for article in ARTICLES]
        if "unreadable" in cases[0].expected:
            continue
        samples = [Sample(name, decode(each.page.body).text, each.body) for each in cases[LEARNED_ON:]]
        templates[name] = (cases[0].outlet, [each.page for each in cases[:LEARNED_ON]], samples)
    return templates


# --- ours ---

Row = list[tuple[float, str]]  # milliseconds and text, a page


def _profile_path(templates: Templates) -> Row:
    """Parse and profile; a page that the profile refuses counts with the teacher's time and text."""
    rows: Row = []
    for outlet, taught, samples in templates.values():
        profile = learn_from(taught, outlet, now=NOW)
        rows += [_timed(sample, outlet, profile) for sample in samples]
    return rows


def _teacher_path(templates: Templates) -> Row:
    return [_timed(sample, outlet, None) for outlet, _, samples in templates.values() for sample in samples]


def _timed(sample: Sample, outlet: Outlet, profile: Profile | None) -> tuple[float, str]:
    about = open_page(Page(outlet.home, sample.html.encode()), outlet).about
    times, text = [], ""
    for _ in range(ROUNDS):
        started = time.perf_counter()
        tree = LexborHTMLParser(sample.html)
        found = apply(tree, profile, title=about.title, author=about.author) if profile else None
        if isinstance(found, str):
            text = found
        else:
            opened = open_page(Page(outlet.home, sample.html.encode()), outlet)
            text = read_body(sample.html, opened.head, opened.about).text
        times.append((time.perf_counter() - started) * 1000)
    return min(times), text


# --- theirs ---


def _peer(name: str, samples: list[Sample], console: Console) -> tuple[str, Row] | None:
    python = _environment(PEERS[name].split())
    if python is None:
        console.print(f"{name}: could not be installed here; left out")
        return None
    done = subprocess.run(
        [python, ROOT / "benchmarks/peers/reading_peer.py", name],
        input="\n".join(json.dumps(sample.html) for sample in samples),
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests/fence")},  # a peer that would fetch something may not
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if len(lines) != len(samples) + 1:
        console.print(f"{name}: stopped after {len(lines)} lines: {done.stderr.strip()[-200:]}")
        return None
    return lines[0]["version"], [(line["ms"], line["text"]) for line in lines[1:]]


def _environment(packages: list[str]) -> Path | None:
    """A peer's own environment, made once."""
    folder = CACHE / "-".join(packages)
    python, uv = folder / "bin/python", ROOT / ".uv/bin/uv"
    if python.exists():
        return python
    commands = (
        [uv, "venv", "--quiet", folder],
        [uv, "pip", "install", "--quiet", "--python", python, *packages],
    )
    for command in commands:
        if subprocess.run(command, capture_output=True, check=False).returncode:
            subprocess.run(["rm", "-rf", folder], check=False)
            return None
    return python


# --- figures ---


def _table(rows: dict[str, Row], versions: dict[str, str], golds: list[str]) -> Table:
    table = Table(
        "", "version", "ms, median", "ms, mean", "× profile", "F1 mean", "F1 least", "empty", box=None
    )
    base = fmean(ms for ms, _ in rows["marsad, profile"])
    for name, row in rows.items():
        times = [ms for ms, _ in row]
        scores = [overlap(text, gold) for (_, text), gold in zip(row, golds, strict=True)]
        empty = sum(not text.strip() for _, text in row)
        table.add_row(
            name, versions.get(name, ""), f"{median(times):.2f}", f"{fmean(times):.2f}",
            f"{fmean(times) / base:.1f}", f"{fmean(scores):.4f}", f"{min(scores):.3f}", str(empty),
        )  # fmt: skip
    return table


def _loop(console: Console) -> None:
    """The loop's longest block while pages are read in the pool, without and with the 500 KB page.

    Beside the wall's clock the loop thread's own: the wall also counts what other programs took of the machine.
    """
    # Long enough that the large page adds little time: the longest of anything grows with how long one looks.
    small = [case("wordpress", article) for article in ARTICLES] * 20
    large = case("half_a_megabyte", ARTICLES[0])
    without, having = [], []
    for _ in range(9):
        without.append(asyncio.run(_longest_block(small)))
        having.append(asyncio.run(_longest_block([*small[:60], large, *small[60:]])))
    for clock, name in enumerate(("wall", "loop's own CPU")):
        before, after = (median(run[clock] for run in runs) for runs in (without, having))
        console.print(
            f"the loop's longest block, {name}, median of nine runs: {before:.2f} ms without the 500 KB page, "
            f"{after:.2f} ms with it (ratio {after / before:.2f})"
        )


async def _longest_block(cases: list) -> tuple[float, float]:
    """Milliseconds between two ticks of a millisecond, less that millisecond; and the thread's CPU in one."""
    wall, own, stop = 0.0, 0.0, asyncio.Event()

    async def tick() -> None:
        nonlocal wall, own
        while not stop.is_set():
            started, used = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.001)
            wall = max(wall, (time.perf_counter() - started) * 1000 - 1)
            own = max(own, (time.thread_time() - used) * 1000)

    async with ReadingPool(1) as pool:
        await pool.run(
            read_page, cases[0].page, cases[0].outlet, now=NOW
        )  # the worker's start is not the stream's
        ticking = asyncio.create_task(tick())
        for each in cases:
            await pool.run(read_page, each.page, each.outlet, now=NOW)
        stop.set()
        await ticking
    return wall, own


if __name__ == "__main__":
    main()
