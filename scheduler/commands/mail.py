"""``marsad mail``."""

import mailbox
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click

from alerts.bouncing import take_report, watch_bounces
from alerts.consent import mail_key
from scheduler.archive import open_database, utc_now
from scheduler.wiring import Config

LARGEST = 1024 * 1024  # bytes that are read of a mail: reports quote ours, which are small
EXAMPLES = """\b
marsad mail bounces /var/mail/bounces/Maildir
marsad mail bounces /var/mail/bounces
marsad mail bounces - < one-mail.eml
"""


@click.group()
def mail() -> None:
    """What comes back from readers' mail servers."""


@mail.command(epilog=EXAMPLES)
@click.argument("source", type=click.Path(path_type=Path, allow_dash=True))
@click.pass_obj
def bounces(config: Config, source: Path) -> None:
    """Read bounces and complaints from SOURCE: a Maildir, an mbox file, or - for one mail on standard input.

    Run it every few minutes, or let the mail server pipe each mail into it. Reading a mailbox twice does no harm.
    A Maildir's new mails are moved to cur; an mbox is left as it is. Mails without a token of ours change nothing.
    """
    counts: Counter[str] = Counter()
    with open_database(config.database) as database:
        key = database.write(lambda c: mail_key(c, utc_now()))
        for raw in _mails(source):
            taken = database.write(partial(take_report, raw=raw, key=key, now=utc_now()))
            counts[taken or "known already"] += 1
        database.write(lambda c: watch_bounces(c, utc_now()))
    told = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
    click.echo(f"{counts.total()} mails read" + (f": {told}" if told else ""))


def _mails(source: Path) -> Iterator[bytes]:
    """The mails of a source, each up to ``LARGEST`` bytes."""
    if str(source) == "-":
        yield sys.stdin.buffer.read(LARGEST)
    elif (source / "new").is_dir():
        yield from _maildir(source)
    elif source.is_file():
        box = mailbox.mbox(source, create=False)
        for number in box.iterkeys():
            with box.get_file(number) as file:
                yield file.read(LARGEST)
        box.close()
    else:
        raise click.ClickException(
            f"{source} is neither a Maildir (a folder with new and cur) nor an mbox file"
        )


def _maildir(source: Path) -> Iterator[bytes]:
    for file in sorted((source / "new").iterdir()):
        with file.open("rb") as opened:
            yield opened.read(LARGEST)
        (source / "cur").mkdir(exist_ok=True)
        file.rename(source / "cur" / f"{file.name.partition(':')[0]}:2,S")  # once it is taken
