"""``marsad digest``: look at one before it goes out, send it now, see who got which and why."""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from zoneinfo import ZoneInfo

import click

from alerts.digests.making import Maker
from alerts.digests.nouns import Digest, DigestKind, Edition, Outcome
from alerts.digests.posting import DigestDesk, Recipient, Turn, make, plan, recipients
from alerts.digests.rendering import message_of
from alerts.digests.sample import sample
from alerts.digests.timing import PERIOD, moment, wanted_on
from alerts.messages import Letter
from alerts.nouns import RecipientKind, Subscriber
from alerts.storage import Digests, Subscribers
from crawler.database import Connection
from crawler.nouns import Outlet
from crawler.registry import load_outlets
from scheduler.archive import utc_now
from scheduler.commands.asked import NUMBER
from scheduler.commands.files import OVERWRITE, new_file, refuse_existing
from scheduler.commands.screen import existing_database, listing, open_console, readable_database
from scheduler.wiring import Config

KINDS = click.Choice([kind.value for kind in DigestKind])
SAID = {
    Outcome.SENT: "made and handed to the outbox",
    Outcome.EMPTY: "nothing to tell",
    Outcome.MERGED: "too late, or not wanted then: the next one tells it",
    Outcome.TOO_SOON: "less than twelve hours after the last one: the next one tells it",
}


@click.group()
def digest() -> None:
    """Digests: preview, send, list, and why somebody got which."""


@digest.command(
    epilog="\b\nExamples:\n  marsad digest preview --open\n  marsad digest preview 17 --to digest.html\n"
    "  marsad digest preview --stories 40 --language en --text"
)
@click.argument("subscriber", type=NUMBER, required=False)
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Write the HTML to this file.")
@click.option("--open", "show", is_flag=True, help="Show it in a browser.")
@click.option("--text", is_flag=True, help="Print the part that is plain text.")
@click.option("--kind", type=KINDS, default="daily", help="Of digest.")
@click.option("--stories", type=click.IntRange(0, 1000), default=11, help="In the invented one.")
@click.option(
    "--language",
    type=click.Choice(["ar", "en"]),
    default="ar",
    help="Of the invented one.",
)
@OVERWRITE
@click.pass_obj
def preview(
    config: Config,
    subscriber: int | None,
    to: Path | None,
    show: bool,
    text: bool,
    kind: str,
    stories: int,
    language: str,
    overwrite: bool,
) -> None:
    """Show the digest that SUBSCRIBER would get now, or one of invented stories. Nothing is sent or kept."""
    if to:
        refuse_existing(to, overwrite=overwrite)
    if subscriber is None:
        person = Subscriber(RecipientKind.MAIL, "", utc_now(), language=language)
        letter = _letter(sample(stories, utc_now(), DigestKind(kind)), person, config)
    else:
        with readable_database(config) as database:
            letter = database.read(lambda c: _coming(c, config, subscriber, DigestKind(kind)))
    click.echo(letter.text if text else letter.subject)
    if show and to is None:
        to = Path(mkdtemp(prefix="marsad-")) / "digest.html"
    if to:
        with new_file(to, overwrite=overwrite) as file:
            file.write_text(_standing_alone(letter), encoding="utf-8")
        click.echo(f"written to {to}")
    if show and to:
        click.launch(str(to))
    if not (text or to):
        click.echo("--text prints it, --open shows it in a browser, --to FILE keeps it", err=True)


def _coming(connection: Connection, config: Config, subscriber: int, kind: DigestKind) -> Letter:
    recipient, now = _recipient(connection, subscriber, kind), utc_now()
    coming = _edition(connection, recipient, now)
    made = make(Maker(connection, _outlets(config)), recipient, coming)
    return _letter(made, recipient.subscriber, config)


def _edition(connection: Connection, recipient: Recipient, now: datetime) -> Edition:
    """What would be decided now, ahead of its hour."""
    person, settings = recipient.subscriber, recipient.settings
    history = Digests(connection).history(now).get((person.id, settings.kind), [])
    newest = max(history, key=lambda edition: edition.slot, default=None)
    since = now - PERIOD[settings.kind]
    if newest:
        since = newest.until if newest.closes else newest.since
    slot = f"{now.astimezone(ZoneInfo(person.timezone)).date()}"
    return Edition(person.id, settings.kind, slot, person.timezone, now, now, since, now, Outcome.SENT)


def _recipient(connection: Connection, subscriber: int, kind: DigestKind) -> Recipient:
    for each in recipients(connection):
        if each.subscriber.id == subscriber and each.settings.kind is kind:
            return each
    raise click.ClickException(
        f"subscriber {subscriber} asks for no {kind} digest; `marsad digest why {subscriber}` says what it asks for"
    )


def _letter(made: Digest, person: Subscriber, config: Config) -> Letter:
    as_mail = replace(person, kind=RecipientKind.MAIL)  # a chat's digest, too, is looked at in a browser
    letter = message_of(made, as_mail, _outlets(config)).letter
    assert letter is not None  # noqa: S101 (a mail always has one)
    return letter


def _outlets(config: Config) -> dict[str, Outlet]:
    return {outlet.id: outlet for outlet in load_outlets(config.outlets)}


def _standing_alone(letter: Letter) -> str:
    """The HTML with its pictures in it, for a browser."""
    html = letter.html
    for picture in letter.pictures:
        data = base64.b64encode(picture.png).decode()
        html = html.replace(f"cid:{picture.cid}", f"data:image/png;base64,{data}")
    return html


@digest.command(
    epilog="\b\nExamples:\n  marsad digest send\n  marsad digest send --once\n  marsad digest send 17 --once"
)
@click.argument("subscriber", type=NUMBER, required=False)
@click.option("--once", is_flag=True, help="Do it, once and now; without it, only say what would be done.")
@click.option("--kind", type=KINDS, default="daily", help="Of digest, for one SUBSCRIBER.")
@click.pass_obj
def send(config: Config, subscriber: int | None, once: bool, kind: str) -> None:
    """Make every digest whose time has come, or SUBSCRIBER's ahead of its hour; `marsad run` delivers them.

    A digest that is sent ahead takes its date's place: none follows that day.
    """
    if not once:
        with readable_database(config) as asked:
            click.echo(asked.read(lambda c: _would(c, subscriber, DigestKind(kind))))
        return
    with existing_database(config) as database:
        desk = DigestDesk(database, _outlets(config), now=utc_now)
        if subscriber is None:
            due = database.read(lambda c: plan(c, utc_now()))
            asyncio.run(desk.run())
            click.echo(_due(due))
            return
        recipient, edition = database.read(lambda c: _ahead(c, subscriber, DigestKind(kind)))
        asyncio.run(desk.take([(recipient, [edition])]))
        outcome = database.read(lambda c: Digests(c).editions(subscriber, 1))[0][0].outcome
        click.echo(f"{kind} {edition.slot} of subscriber {subscriber}: {SAID[outcome]}")


def _would(connection: Connection, subscriber: int | None, kind: DigestKind) -> str:
    if subscriber is None:
        return f"{_due(plan(connection, utc_now()))}; --once makes them"
    _, edition = _ahead(connection, subscriber, kind)
    return f"would make the {kind} digest {edition.slot} of subscriber {subscriber}; --once makes it"


def _due(due: Sequence[Turn]) -> str:
    lines = [
        f"subscriber {recipient.subscriber.id}: {recipient.settings.kind} {editions[-1].slot}"
        for recipient, editions in due
    ]
    return "\n".join([*lines, f"{len(due)} due"])


def _ahead(connection: Connection, subscriber: int, kind: DigestKind) -> tuple[Recipient, Edition]:
    recipient = _recipient(connection, subscriber, kind)
    edition = _edition(connection, recipient, utc_now())
    for earlier, _ in Digests(connection).editions(subscriber):
        if (earlier.kind, earlier.slot) == (kind, edition.slot):
            raise click.ClickException(
                f"the {kind} digest {edition.slot} of subscriber {subscriber} was decided: {SAID[earlier.outcome]}"
            )
    return recipient, edition


@digest.command("list")
@click.option("--most", type=click.IntRange(1, 1000), default=30, help="How many.")
@click.pass_obj
def list_(config: Config, most: int) -> None:
    """List what was decided last, newest first, with how its delivery went."""
    with readable_database(config) as database:
        found = database.read(lambda c: Digests(c).editions(most=most))
    _print(found)


def _print(found: list[tuple[Edition, str]]) -> None:
    if not found:
        click.echo("No digest was decided yet.")
        return
    table = listing("subscriber", "kind", "for", "due (UTC)", "decided", "outcome", long=("delivery",))
    for edition, state in found:
        table.add_row(
            str(edition.subscriber), edition.kind, edition.slot, f"{edition.due:%d %b %H:%M}",
            f"{edition.decided_at:%d %b %H:%M}", edition.outcome, state,
        )  # fmt: skip
    open_console().print(table)


@digest.command()
@click.argument("subscriber", type=NUMBER)
@click.pass_obj
def why(config: Config, subscriber: int) -> None:
    """Say when SUBSCRIBER gets digests, when the next one comes, and what was decided about the last ones."""
    with readable_database(config) as database:
        person = database.read(lambda c: Subscribers(c).get(subscriber))
        if person is None:
            raise click.ClickException(f"no subscriber {subscriber}; `marsad subscribers list` shows them")
        found = [each for each in database.read(recipients) if each.subscriber.id == subscriber]
        editions = database.read(lambda c: Digests(c).editions(subscriber, 14))
    if not found:
        click.echo(
            f"subscriber {subscriber} ({person.kind}, {person.state}) asks for no digest: no subscription of its has "
            "the cadence hourly, daily or weekly, or it is not active"
        )
    for each in found:
        click.echo(_schedule(each, utc_now()))
    _print(editions)
    for outcome, words in SAID.items():
        click.echo(f"{outcome}: {words}")


def _schedule(recipient: Recipient, now: datetime) -> str:
    person, settings = recipient.subscriber, recipient.settings
    if settings.kind is DigestKind.HOURLY:
        return "hourly: at every full hour, when there is something to tell"
    zone = ZoneInfo(person.timezone)
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=n) for n in range(15)]
    moments = [moment(day, settings.at, zone) for day in days if wanted_on(settings, day)]
    coming = next((at for at in moments if at and at > now), None)
    told = f"the next at {coming.astimezone(zone):%A %d %B %H:%M}" if coming else "no weekday is chosen"
    quiet = "says so when there is nothing" if settings.all_quiet else "nothing on an empty day"
    return f"{settings.kind}: at {settings.at:%H:%M} in {person.timezone}, {told}; {quiet}"
