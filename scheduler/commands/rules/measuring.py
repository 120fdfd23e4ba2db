"""``marsad rules eval``: how right they are."""

from pathlib import Path
from typing import TextIO

import click
from rich.table import Table

from alerts.matching.trials import Measured, Score, labelled, measure
from scheduler.commands.rules.labels import all_labelled
from scheduler.commands.rules.texts import FOLDER, LINES_OR_ARCHIVE, labelled_lines, load
from scheduler.commands.screen import open_console
from scheduler.wiring import Config


@click.command(name="eval")
@click.option("--borderline", is_flag=True, help="Count the borderline items too.")
@click.option("--labelled", "archive", is_flag=True, help="Measure on what people labelled in the archive.")
@FOLDER
@LINES_OR_ARCHIVE
@click.pass_obj
def evaluate(
    config: Config, folder: Path | None, source: TextIO | None, borderline: bool, archive: bool
) -> None:
    """Measure the rules on lines of {id, title, body, label, countries, borderline}.

    With --labelled, on readers' and operators' words on the articles of the archive and on what `rules learn` took in.
    """
    if archive == bool(source):
        raise click.ClickException("give labelled lines (FILE or -), or --labelled for those of the archive")
    loaded = load(folder)
    items = list(labelled(labelled_lines(source), loaded.topics)) if source else all_labelled(config)
    if not items:
        way_out = "" if source else "; `marsad rules label` and `marsad rules learn` add some"
        raise click.ClickException(f"there is no labelled line to measure on{way_out}")
    if not borderline and all(item.borderline for item in items):
        raise click.ClickException("every labelled line is borderline; --borderline counts them")
    _show(measure(loaded, items, borderline=borderline))


def _show(measured: Measured) -> None:
    table = Table("", "right", "wrong", "missed", "precision", "recall")
    rows = {"flag": measured.flag, **measured.topics}
    rows |= {f"place {code}": score for code, score in sorted(measured.places.items())}
    rows |= {f"rule {name}": score for name, score in sorted(measured.rules.items())}
    for name, score in rows.items():
        table.add_row(name, *map(str, (score.right, score.wrong, score.missed)), *_rates(name, score))
    console = open_console()
    console.print(table)
    console.print(f"every country found: {measured.placed} of {measured.flag.right}", highlight=False)
    for title, ids in (("false alarms", measured.false_alarms), ("silent", measured.silent)):
        if ids:
            console.print(f"{title}: {', '.join(ids)}", highlight=False)


def _rates(name: str, score: Score) -> tuple[str, str]:
    return f"{score.precision:.3f}", "" if name.startswith("rule ") else f"{score.recall:.3f}"
