"""``marsad subscribers remove | fallback | invite``."""

import secrets
from datetime import timedelta

import click

from alerts.bot.commands import invitation_hash
from alerts.consent import forget
from alerts.nouns import SubscriberState
from alerts.storage import DeliveryQueue, Dispatch, Frontdesk, Subscribers
from crawler.database import Connection
from scheduler.archive import open_database, utc_now
from scheduler.commands.asked import NUMBER
from scheduler.commands.screen import (
    existing_database,
)
from scheduler.commands.subscribers.taking import audit, known_subscriber
from scheduler.wiring import Config


@click.command()
@click.argument("number", type=NUMBER)
@click.option("--forget", "wipe", is_flag=True, help="Delete the address and every choice, too.")
@click.pass_obj
def remove(config: Config, number: int, wipe: bool) -> None:
    """Tell subscriber NUMBER nothing more. With --forget, also keep nothing of it.

    Of a mail address whose mails came back a keyed hash is left, so that it is not written to again.
    """

    def work(connection: Connection) -> None:
        one, now = known_subscriber(connection, number), utc_now()
        if one.state is SubscriberState.REMOVED and not wipe:
            raise click.ClickException(f"subscriber {number} is removed already")
        Subscribers(connection).set_state(number, SubscriberState.REMOVED)
        DeliveryQueue(connection).cancel_deliveries(number)
        if wipe:
            forget(connection, one, now)
        audit(connection, "forget" if wipe else "remove", f"subscriber {number}")

    with existing_database(config) as database:
        database.write(work)
    click.echo(f"subscriber {number} is {'forgotten' if wipe else 'told nothing more'}")


@click.command()
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
        audit(connection, "fallback", f"subscriber {number}", f"{other or ''}")

    with existing_database(config) as database:
        database.write(work)
    click.echo(
        f"subscriber {number}: what is critical goes to {other or 'nobody else'} when it cannot be reached"
    )


@click.command()
@click.option("--days", type=click.IntRange(1, 90), default=7, help="How long the link is good.")
@click.pass_obj
def invite(config: Config, days: int) -> None:
    """Print a link that lets one chat subscribe, once, where MARSAD_BOT_ACCESS is not open."""
    token, now = secrets.token_urlsafe(18), utc_now()

    def work(connection: Connection) -> None:
        Frontdesk(connection).invite(invitation_hash(token), now, now + timedelta(days=days))
        audit(connection, "invite", f"for {days} days")

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
