"""``marsad outlets add``."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

import click
from rich.console import Console
from rich.text import Text
from selectolax.lexbor import LexborHTMLParser

from crawler.discovery import (
    advertised,
    country_of,
    id_of,
    listed,
    named_in_robots,
    names,
    owner_of,
    well_known,
    zone_of,
)
from crawler.fetching import Fetch, FetchError
from crawler.nouns import Outlet, Page, Source, SourceKind
from crawler.outlet_files import compose, create
from crawler.probing import Probe, Proposal, Verdict, changes, judge, probe
from crawler.reading import Reader, ReadingPool
from crawler.reading.decoding import decode
from crawler.registry import load_outlets, problems
from scheduler.archive import utc_now
from scheduler.commands.screen import open_console, progress, shown
from scheduler.gateway import open_crawler
from scheduler.wiring import Config

ENOUGH = 3  # sources of one new outlet
EXAMPLES = """\b
marsad outlets add https://alif.example/ --dry-run
"""


@click.command(epilog=EXAMPLES)
@click.argument("home", metavar="URL")
@click.option("--id", "id_", default="", show_default=False, help="Its id; by default from its host's name.")
@click.option("--dry-run", is_flag=True, help="Show the file, and write nothing.")
@click.pass_obj
def add(config: Config, home: str, id_: str, dry_run: bool) -> None:
    """Find out how the site at URL lists its articles, and write an outlet file for review.

    Feeds that its home page names come first, then the sitemaps in its robots.txt, then the usual places; where none
    works, the page itself is read as a list. Each is proved as `marsad outlets probe` does. What was guessed carries
    a remark in the file: names, country, time zone.
    """
    known = load_outlets(config.outlets)
    blank = Outlet(id_ or id_of(home, (each.id for each in known)), "?", "?", "XX", "UTC", home, ())
    for problem in problems(blank):
        raise click.ClickException(problem)
    if owner := owner_of(home, known):
        raise click.ClickException(
            f"{home} is known as {owner.id}; `marsad outlets probe {owner.id}` tries it"
        )
    outlet, remarks = asyncio.run(_find(config, blank, known, open_console()))
    text = compose(outlet, remarks)
    if dry_run:
        click.echo(text)
    else:
        path = config.outlets / f"{outlet.id}.yaml"
        create(path, text)
        click.echo(f"{path}: written; look at what is marked, then `marsad poll {outlet.id} --dry-run`")
    if not outlet.sources:
        raise click.ClickException("no address was found that lists its articles: it is unwatched")


async def _find(
    config: Config, blank: Outlet, known: Sequence[Outlet], console: Console
) -> tuple[Outlet, dict[str, str]]:
    async with (
        ReadingPool() as pool,
        open_crawler(config, [blank], now=utc_now) as fetch,
    ):
        try:
            page = (await fetch(blank.home, blank)).page
        except FetchError as error:
            private = "; MARSAD_ALLOWED_NETWORKS allows networks" if error.cause == "private_address" else ""
            raise click.ClickException(f"{blank.home}: {error}{private}") from error
        tree = LexborHTMLParser(decode(page.body, content_type=page.content_type).text)
        outlet, remarks = _named(replace(blank, home=page.url), tree, known)
        robots = await _robots(fetch, outlet)
        sources = await _prove(outlet, tree, robots, fetch, pool, console)
    return replace(outlet, sources=tuple(sources)), remarks


def _named(outlet: Outlet, tree: LexborHTMLParser, known: Sequence[Outlet]) -> tuple[Outlet, dict[str, str]]:
    called, country = names(tree), country_of(outlet.home)
    zone = zone_of(country, known)
    named = replace(
        outlet,
        name_ar=called.arabic or called.latin or outlet.id,
        name_en=called.latin or outlet.id.replace("_", " ").title(),
        country=country,
        timezone=zone,
        tier=3,
    )
    remarks = {
        "name_ar": "review: as its page says" if called.arabic else "review: its page does not say",
        "name_en": "review: as its page says" if called.latin else "review: from its address",
        "country": "review: not told by its address" if country == "XX" else "review: from its address",
        "timezone": "review: no outlet of that country is known"
        if zone == "UTC"
        else "review: its country's",
    }
    return named, remarks


async def _robots(fetch: Fetch, outlet: Outlet) -> Page | None:
    root = "/".join(outlet.home.split("/", 3)[:3])
    try:
        return (await fetch(f"{root}/robots.txt", outlet)).page
    except FetchError:
        return None


async def _prove(
    outlet: Outlet,
    tree: LexborHTMLParser,
    robots: Page | None,
    fetch: Fetch,
    pool: ReadingPool,
    console: Console,
) -> list[Source]:
    """Try what was found in order, until enough works that lists something the others do not."""
    good: list[Source] = []
    reader = Reader(pool)
    seen: set[str] = set()
    with progress(console) as bar:
        task = bar.add_task("trying what was found", total=None)
        for source in _candidates(outlet, tree, robots, good):
            found = await probe(outlet, source, fetch=fetch, reader=reader.read, now=utc_now, work=pool.run)
            verdict = judge(found, utc_now())
            own = {entry.url for entry in found.entries}
            bar.advance(task)
            bar.console.print(_line(found, verdict, double=bool(own) and own <= seen), highlight=False)
            if verdict.proposal is Proposal.ENABLE and not own <= seen:
                kept = {key: value for key, value in changes(found, verdict, utc_now()).items() if value}
                good.append(replace(source, **kept))  # type: ignore[arg-type] # the keys are Source's own
                seen |= own
            if len(good) >= ENOUGH:
                break
    return good


def _candidates(
    outlet: Outlet, tree: LexborHTMLParser, robots: Page | None, good: Sequence[Source]
) -> Iterator[Source]:
    """What to try, in order; the usual places and the page itself only where nothing better was found so far."""
    told = advertised(tree, outlet.home)
    yield from told
    text = robots.body.decode("utf-8", "replace") if robots else ""
    yield from named_in_robots(text)
    if not good:
        tried = {source.url for source in told}
        for source in well_known(outlet.home):
            if source.url not in tried and not any(each.kind is source.kind for each in good):
                yield source
    if not good and (page := listed(tree, outlet.home)):
        yield page


def _line(found: Probe, verdict: Verdict, *, double: bool) -> Text:
    good = verdict.proposal is Proposal.ENABLE
    why = "lists nothing that the others do not" if good and double else verdict.why
    kind = "the page itself" if found.source.kind is SourceKind.LISTING else found.source.kind.value
    mark = Text("✓", "green") if good and not double else Text("·", "dim")
    return mark.append_text(shown(f" {found.source.url} ({kind}): {why}"))
