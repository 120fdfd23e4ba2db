"""``marsad subscribers``."""

import json
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path

import click
from rich.table import Table

from alerts.bot.commands import invitation_hash
from alerts.channels.webhook import secret_of
from alerts.consent import ask_consent, forget, mail_key, revive
from alerts.mail.nouns import Asked
from alerts.nouns import RecipientKind, Subscriber, SubscriberState, Subscription
from alerts.storage import Dispatch, Frontdesk, Logbook, Mailroom, Personal, Subscribers
from alerts.wanting import CHANNEL_OF, READERS
from crawler.database import Connection
from crawler.registry import load_outlets
from scheduler.archive import open_database, utc_now
from scheduler.commands.asked import NUMBER
from scheduler.commands.files import OVERWRITE, new_file
from scheduler.commands.screen import (
    counted,
    existing_database,
    listing,
    open_console,
    operator_name,
    readable_database,
    shown,
)
from scheduler.roster import (
    CADENCES,
    LANGUAGES,
    LEVELS,
    Entry,
    Reader,
    checked,
    checked_address,
    entry_of,
    read_roster,
    written_roster,
)
from scheduler.wiring import Config, load_rules

KINDS = [kind.value for kind in READERS]
EXAMPLES = """\b
marsad subscribers add private_chat 123456789 --topic fraud --place MM
marsad subscribers add channel -1001234567890 --level high
marsad subscribers add mail reader@example.org --cadence daily --timezone Africa/Cairo
"""
FILES = """\b
marsad subscribers import readers.csv
marsad subscribers import readers.jsonl --confirmed
"""
REFUSED = {
    Asked.TOO_OFTEN: "was asked three times this week already; wait for the answer",
    Asked.SUPPRESSED: "gets no mail: its mails came back, or its owner complained; --again asks it all the same",
}


@click.group()
def subscribers() -> None:
    """The people and places that are told."""


# Ids of groups and channels begin with a minus: it must not be read as an option.
@subscribers.command(context_settings={"ignore_unknown_options": True}, epilog=EXAMPLES)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("address", default="-")
@click.option(
    "--topic", "topics", multiple=True, help="Only this topic; give it again for more. All when absent."
)
@click.option(
    "--place",
    "places",
    multiple=True,
    metavar="ISO",
    help="Only this country (MM, KH, TH …). All when absent.",
)
@click.option(
    "--outlet", "outlets", multiple=True, metavar="ID", help="Only what this outlet tells. All when absent."
)
@click.option("--level", type=click.Choice(LEVELS), default="notice", help="From this level up.")
@click.option(
    "--cadence", type=click.Choice(CADENCES), default=None, help="At once, or in a digest; mail: daily."
)
@click.option("--language", type=click.Choice(LANGUAGES), default="ar", help="Of messages.")
@click.option("--timezone", default="UTC", help="IANA name; the times in messages are local.")
@click.option("--confirmed", is_flag=True, help="The owner of a mail address agreed already: do not ask.")
@click.option("--again", is_flag=True, help="Also where its mails came back, or its owner complained.")
@click.pass_obj
def add(
    config: Config,
    /,
    kind: str,
    address: str,
    cadence: str | None,
    confirmed: bool,
    again: bool,
    **wanted: str | tuple[str, ...],
) -> None:
    """Tell somebody: ADDRESS is a mail address, or a Telegram chat id (or @channel); the console needs none.

    The owner of a mail address is asked by a letter first, and told nothing else before the answer.
    """
    rules = load_rules(config)
    try:
        entry = checked(Entry(kind, address, cadence=cadence or "", **wanted), rules, _outlets(config))  # type: ignore[arg-type]
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    with open_database(config.database) as database:
        if again and kind == RecipientKind.MAIL:
            database.write(lambda c: revive(c, entry.address, utc_now()))
        became = database.write(lambda c: _take(c, (entry,), confirmed=confirmed))
        if became in REFUSED:
            raise click.ClickException(f"{entry.address} {REFUSED[Asked(became)]}")
        number = database.read(lambda c: _number(c, entry))
        click.echo(
            f"subscriber {number} is asked by a letter, and told once it is confirmed"
            if became is Asked.ASKED
            else f"subscriber {number} is told from now on"
        )
        if kind == RecipientKind.WEBHOOK:
            secret = secret_of(database.write(lambda c: mail_key(c, utc_now())), entry.address)
            click.echo(f"what it gets is signed with {secret}; docs/guide/webhooks.md says how")
    _warn(config, CHANNEL_OF[RecipientKind(kind)])


def _outlets(config: Config) -> set[str]:
    return {outlet.id for outlet in load_outlets(config.outlets)}


def _take(connection: Connection, reader: Reader, *, confirmed: bool) -> Asked | str:
    """Keep a subscriber, or ask the owner of its address; returns what became of it."""
    now, entry, wanted = utc_now(), reader[0], [line.wanted for line in reader]
    kind = RecipientKind(entry.kind)
    people = Subscribers(connection)
    known = people.at(kind, entry.address)
    told = known is not None and known.state in {SubscriberState.ACTIVE, SubscriberState.DEGRADED}
    # Who gets our mail agreed to it: to be asked again would be to be told nothing meanwhile.
    if kind is RecipientKind.MAIL and not (confirmed or told):
        became = ask_consent(
            connection, entry.address, wanted, now=now, language=entry.language, timezone=entry.timezone
        )
        _audit(connection, "ask", f"{entry.kind} {_number(connection, entry)}", became)
        return became
    if known and kind is RecipientKind.MAIL and known.state is SubscriberState.SUSPENDED:
        return Asked.SUPPRESSED
    one = replace(
        known or Subscriber(kind, entry.address, now), language=entry.language, timezone=entry.timezone
    )
    number = people.subscribe(one, wanted)
    people.set_state(number, SubscriberState.ACTIVE)
    _audit(connection, "subscribe", f"{entry.kind} {number}")
    return "told"


def _audit(connection: Connection, action: str, subject: str, detail: str = "") -> None:
    Logbook(connection).audit(utc_now(), operator_name(), action, subject, detail)


def _number(connection: Connection, entry: Entry) -> int:
    found = Subscribers(connection).at(RecipientKind(entry.kind), entry.address)
    return found.id if found else 0


def _warn(config: Config, channel: str) -> None:
    """Say what is missing for a channel to work."""
    if channel == "telegram" and not config.telegram_token:
        click.echo(
            "no Telegram token is set: nothing is sent before MARSAD_TELEGRAM_TOKEN_FILE names one", err=True
        )
    if channel == "mail" and not config.mail:
        click.echo("no relay is set: nothing is sent before MARSAD_SMTP_HOST names one", err=True)


def check_address(kind: str, address: str) -> None:
    """Refuse an address that cannot be one of its kind; raises BadParameter."""
    try:
        checked_address(kind, address)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@subscribers.command("import", epilog=FILES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--confirmed", is_flag=True, help="The owners of mail addresses agreed already: do not ask.")
@click.option("--dry-run", is_flag=True, help="Only check the file.")
@click.pass_obj
def import_(config: Config, file: Path, confirmed: bool, dry_run: bool) -> None:
    """Add the subscribers in FILE, CSV or JSON Lines as `marsad subscribers export` writes them, all or none.

    A subscriber has a line for each subscription. Only the column kind is needed; lists are divided by ";". Whoever
    subscribes already gets what the file says; who gets mail already is not asked again.
    """
    rules = load_rules(config)
    try:
        readers = read_roster(file, rules, _outlets(config))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if dry_run:
        click.echo(f"{counted(len(readers), 'subscriber')} can be taken")
        return
    with open_database(config.database) as database:
        became = database.write(lambda c: Counter(_take(c, each, confirmed=confirmed) for each in readers))
    told = ", ".join(f"{number} {what}" for what, number in sorted(became.items()))
    click.echo(f"{counted(len(readers), 'subscriber')} read" + (f": {told}" if told else ""))


@subscribers.command("export")
@click.option("--form", type=click.Choice(["csv", "jsonl"]), default="csv", help="Of the file.")
@click.option(
    "--to", "target", type=click.Path(path_type=Path), help="Write it to this file, not to the terminal."
)
@OVERWRITE
@click.pass_obj
def export(config: Config, form: str, target: Path | None, overwrite: bool) -> None:
    """Write everybody who is told now as a file that `marsad subscribers import` reads.

    A subscriber has a line for each subscription. The file holds addresses: keep it as you keep the database.
    """
    with readable_database(config) as database:
        told = database.read(lambda c: Subscribers(c).subscriptions())
    told.sort(key=lambda each: each[0].id)
    text = written_roster((entry_of(who, wanted) for who, wanted in told), form)
    count = len({who.id for who, _ in told})
    if target is None:
        click.echo(text, nl=False)
        return
    with new_file(target, overwrite=overwrite) as file:
        # A spreadsheet takes UTF-8 for what it is by this mark only.
        file.write_text(text, encoding="utf-8-sig" if form == "csv" else "utf-8", newline="")
    click.echo(f"{counted(count, 'subscriber')} written to {target}")


@subscribers.command("list")
@click.pass_obj
def list_(config: Config) -> None:
    """List who is told of what, by how many subscriptions; `show` says more of one."""
    with readable_database(config) as database:
        people = database.read(lambda c: Subscribers(c).all())
        told = database.read(lambda c: Subscribers(c).subscriptions())
    wanted: dict[int, list[Subscription]] = {}
    for who, want in told:
        wanted.setdefault(who.id, []).append(want)
    if not people:
        click.echo("Nobody subscribes yet: `marsad subscribers add`, or /start to the bot.")
        return
    table = listing("id", "kind", "state", "asks", "level", long=("address", "topics", "places"))
    for one in people:
        asks = wanted.get(one.id, [])
        table.add_row(
            str(one.id), one.kind, one.state, str(len(asks)), min(w.level for w in asks).word if asks else "",
            shown(one.address), _asked([w.topics for w in asks]), _asked([w.places for w in asks]),
        )  # fmt: skip
    open_console().print(table)


def _asked(lists: Sequence[Sequence[str]]) -> str:
    """What all subscriptions ask for together; an empty list asks for all."""
    if not lists:
        return ""
    return ", ".join(dict.fromkeys(chain(*lists))) if all(lists) else "all"


@subscribers.command()
@click.argument("number", type=NUMBER)
@click.option(
    "--json", "whole", is_flag=True, help="All that is kept of it, for its reader who asks for a copy."
)
@click.pass_obj
def show(config: Config, number: int, whole: bool) -> None:
    """Show what is known of subscriber NUMBER: choices, and how its deliveries went."""
    with readable_database(config) as database:
        one = database.read(lambda c: _known(c, number))
        if whole:
            copy = database.read(lambda c: Personal(c).copy(number))
            click.echo(json.dumps(copy, ensure_ascii=False, indent=1))
            return
        wanted = database.read(lambda c: Subscribers(c).wanted(number))
        went = database.read(lambda c: Mailroom(c).counts(number))
    table = Table(show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("address", f"{one.kind} {one.address}")
    table.add_row("state", one.state)
    table.add_row("since (UTC)", f"{one.created_at:%Y-%m-%d %H:%M}")
    table.add_row("language, zone", f"{one.language}, {one.timezone}")
    if one.quiet_from and one.quiet_to:
        table.add_row("quiet", f"{one.quiet_from:%H:%M} to {one.quiet_to:%H:%M} local time")
    for want in wanted:
        asked = [", ".join(each) or "all" for each in (want.topics, want.places, want.outlets)]
        table.add_row(
            want.cadence,
            f"topics {asked[0]}; places {asked[1]}; outlets {asked[2]}; from {want.level.word} up",
        )
    table.add_row("deliveries", ", ".join(f"{n} {state}" for state, n in went.items() if n) or "none")
    open_console().print(table)


def _known(connection: Connection, number: int) -> Subscriber:
    found = Subscribers(connection).get(number)
    if found is None:
        raise click.ClickException(f"no subscriber {number}; `marsad subscribers list` shows them")
    return found


@subscribers.command()
@click.argument("number", type=NUMBER)
@click.option("--forget", "wipe", is_flag=True, help="Delete the address and every choice, too.")
@click.pass_obj
def remove(config: Config, number: int, wipe: bool) -> None:
    """Tell subscriber NUMBER nothing more. With --forget, also keep nothing of it.

    Of a mail address whose mails came back a keyed hash is left, so that it is not written to again.
    """

    def work(connection: Connection) -> None:
        one, now = _known(connection, number), utc_now()
        if one.state is SubscriberState.REMOVED and not wipe:
            raise click.ClickException(f"subscriber {number} is removed already")
        Subscribers(connection).set_state(number, SubscriberState.REMOVED)
        Mailroom(connection).cancel_deliveries(number)
        if wipe:
            forget(connection, one, now)
        _audit(connection, "forget" if wipe else "remove", f"subscriber {number}")

    with existing_database(config) as database:
        database.write(work)
    click.echo(f"subscriber {number} is {'forgotten' if wipe else 'told nothing more'}")


@subscribers.command()
@click.argument("number", type=NUMBER)
@click.argument("other", type=NUMBER, required=False)
@click.pass_obj
def fallback(config: Config, number: int, other: int | None) -> None:
    """Tell OTHER what is critical and does not reach subscriber NUMBER within ten minutes; without OTHER, nobody."""
    if number == other:
        raise click.BadParameter("a subscriber is no other way to itself")

    def work(connection: Connection) -> None:
        known = {each.id for each in Subscribers(connection).all()}
        for each in {number, other} - {None} - known:
            raise click.ClickException(f"no subscriber {each}; `marsad subscribers list` shows them")
        Dispatch(connection).set_fallback(number, other)
        _audit(connection, "fallback", f"subscriber {number}", f"{other or ''}")

    with existing_database(config) as database:
        database.write(work)
    click.echo(
        f"subscriber {number}: what is critical goes to {other or 'nobody else'} when it cannot be reached"
    )


@subscribers.command()
@click.option("--days", type=click.IntRange(1, 90), default=7, help="How long the link is good.")
@click.pass_obj
def invite(config: Config, days: int) -> None:
    """Print a link that lets one chat subscribe, once, where MARSAD_BOT_ACCESS is not open."""
    token, now = secrets.token_urlsafe(18), utc_now()

    def work(connection: Connection) -> None:
        Frontdesk(connection).invite(invitation_hash(token), now, now + timedelta(days=days))
        _audit(connection, "invite", f"for {days} days")

    with open_database(config.database) as database:
        database.write(work)
        name = database.read(lambda c: Frontdesk(c).state("name"))
    if name:
        click.echo(f"https://t.me/{name}?start=i_{token}")
    else:
        click.echo(f"/start i_{token}")
        click.echo(
            "the bot's name is known after its first `marsad run`: until then, hand on this command", err=True
        )
