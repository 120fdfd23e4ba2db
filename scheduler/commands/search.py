"""``marsad search``."""

import click

from alerts.indexing import query
from alerts.storage import SearchIndex
from crawler.storage import Archive
from scheduler.commands.screen import open_console, readable_database, shown
from scheduler.wiring import Config


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--most", type=click.IntRange(1, 500), default=20, help="How many results.")
@click.pass_obj
def search(config: Config, words: tuple[str, ...], most: int) -> None:
    """Find articles that hold all WORDS, newest first.

    Hamza, ta marbuta, harakat, tatweel and attached prefixes do not matter.
    """
    asked = query(" ".join(words))
    if not asked:
        raise click.BadParameter("no word to look for")
    with readable_database(config) as database:
        found = database.read(
            lambda c: [Archive(c).article(each) for each in SearchIndex(c).find(asked, most)]
        )
    console = open_console()
    for article in found:
        if article:
            line = shown(f"{article.first_seen:%Y-%m-%d %H:%M}  ").append_text(shown(article.title, "bold"))
            console.print(line.append(f"  {article.outlet}"), highlight=False)
            console.print(shown(f"  {article.url}", "dim"), highlight=False)
    if not found:
        raise click.ClickException("nothing found")
