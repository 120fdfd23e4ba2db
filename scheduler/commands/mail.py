"""``marsad mail``."""

import mailbox
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from alerts.bouncing import take_report, watch_bounces
from alerts.consent import mail_key
from alerts.mail.records import dkim_name, dkim_problem
from alerts.operators.wording import counted
from scheduler.archive import utc_now
from scheduler.commands.screen import existing_database
from scheduler.wiring import Config, ConfigError

FROM = b"From "  # how an mbox file begins, if there is a mail in it
LARGEST = 1024 * 1024  # bytes that are read of a mail: reports quote ours, which are small
EXAMPLES = """\b
marsad mail bounces /var/mail/bounces/Maildir
marsad mail bounces /var/mail/bounces
marsad mail bounces - < one-mail.eml
"""


@click.group()
def mail() -> None:
    """What readers' mail servers send back, and what they see of us."""


@mail.command(epilog=EXAMPLES)
@click.argument("source", type=click.Path(path_type=Path, allow_dash=True))
@click.pass_obj
def bounces(config: Config, source: Path) -> None:
    """Read bounces and complaints from SOURCE: a Maildir, an mbox file, or - for one mail on standard input.

    Run it every few minutes, or let the mail server pipe each mail into it. Reading a mailbox twice does no harm.
    A Maildir's new mails are moved to cur; an mbox is left as it is. Mails without a token of ours change nothing.
    """
    counts: Counter[str] = Counter()
    with existing_database(config) as database:
        key = database.write(lambda c: mail_key(c, utc_now()))
        for raw in _mails(source):
            taken = database.write(partial(take_report, raw=raw, key=key, now=utc_now()))
            counts[taken or "known already"] += 1
        database.write(lambda c: watch_bounces(c, utc_now()))
    told = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
    click.echo(f"{counted(counts.total(), 'mail')} read" + (f": {told}" if told else ""))


def _mails(source: Path) -> Iterator[bytes]:
    """The mails of a source, each up to ``LARGEST`` bytes."""
    if str(source) == "-":
        raw = sys.stdin.buffer.read(LARGEST)
        if raw.strip():
            yield raw
    elif (source / "new").is_dir():
        yield from _maildir(source)
    elif source.is_file():
        with source.open("rb") as file:
            if file.read(len(FROM)) not in {FROM, b""}:
                raise click.ClickException(
                    f"{source}: is no mbox file: it does not begin with a line of From"
                )
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


@mail.command()
@click.option(
    "--nameserver",
    default="",
    show_default=False,
    metavar="IP[:PORT]",
    help="Ask this DNS server, not the system's.",
)
@click.pass_obj
def check(config: Config, nameserver: str) -> None:
    """Ask the DNS whether the mails that we sign verify, and whether there are SPF and DMARC records.

    Exit code 1 when a mail would be refused for what the DNS says.
    """
    if config.mail is None:
        raise ConfigError("MARSAD_SMTP_HOST: is not set: no mail is sent")
    domain, key = config.mail.address.rpartition("@")[2], config.mail.dkim_key
    resolver = _resolver(nameserver)
    problems = {
        f"SPF at {domain}": _missing(_texts(resolver, domain), b"v=spf1"),
        f"DMARC at _dmarc.{domain}": _missing(_texts(resolver, f"_dmarc.{domain}"), b"v=DMARC1"),
    }
    if key:
        name = dkim_name(config.mail.dkim_selector, domain)
        problems[f"DKIM at {name}"] = dkim_problem(_texts(resolver, name), key.encode())
    for what, problem in problems.items():
        click.echo(f"{what}: {problem or 'right'}")
    if not key:
        click.echo("DKIM: MARSAD_DKIM_KEY_FILE is not set: the relay signs, or nobody does")
    if any(problems.values()):
        raise click.ClickException("see the records in docs/guide/mail.md")


def _missing(records: list[bytes], start: bytes) -> str:
    there = sum(record.startswith(start) for record in records)
    return "" if there == 1 else f"there must be one record that begins with {start.decode()}, not {there}"


def _resolver(nameserver: str) -> Resolver:
    resolver = Resolver(configure=not nameserver)
    resolver.lifetime = 10.0
    if nameserver:
        address, _, port = nameserver.partition(":")
        try:
            resolver.nameservers = [address]
            resolver.port = int(port or 53)
        except ValueError as error:
            raise click.BadParameter(f"{nameserver!r} is no address such as 9.9.9.9") from error
    return resolver


def _texts(resolver: Resolver, name: str) -> list[bytes]:
    """The TXT records of a name, the strings of each joined."""
    try:
        answer = resolver.resolve(name, "TXT")
    except (NXDOMAIN, NoAnswer):
        return []
    except DNSException as error:
        raise click.ClickException(f"the DNS does not answer for {name} ({type(error).__name__})") from error
    return [b"".join(record.strings) for record in answer]
