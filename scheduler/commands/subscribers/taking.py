"""What the commands on subscribers share: who is known, and how one is taken."""

from dataclasses import replace

import click

from alerts.consent import ask_consent
from alerts.mail.nouns import Asked
from alerts.nouns import RecipientKind, Subscriber, SubscriberState
from alerts.storage import Logbook, Subscribers
from crawler.database import Connection
from crawler.registry import load_outlets
from scheduler.archive import utc_now
from scheduler.commands.screen import (
    operator_name,
)
from scheduler.roster import (
    Entry,
    Reader,
)
from scheduler.wiring import Config

REFUSED = {
    Asked.TOO_OFTEN: "was asked three times this week already; wait for the answer",
    Asked.SUPPRESSED: "gets no mail: its mails came back, or its owner complained; --again asks it all the same",
}


def take(connection: Connection, reader: Reader, *, confirmed: bool) -> Asked | str:
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
        audit(connection, "ask", f"{entry.kind} {number_of(connection, entry)}", became)
        return became
    if known and kind is RecipientKind.MAIL and known.state is SubscriberState.SUSPENDED:
        return Asked.SUPPRESSED
    one = replace(
        known or Subscriber(kind, entry.address, now), language=entry.language, timezone=entry.timezone
    )
    number = people.subscribe(one, wanted)
    people.set_state(number, SubscriberState.ACTIVE)
    audit(connection, "subscribe", f"{entry.kind} {number}")
    return "told"


def audit(connection: Connection, action: str, subject: str, detail: str = "") -> None:
    """Keep what was done, under the name of who typed it."""
    Logbook(connection).audit(utc_now(), operator_name(), action, subject, detail)


def number_of(connection: Connection, entry: Entry) -> int:
    """Return the number of the subscriber that an entry names; 0 where it is none."""
    found = Subscribers(connection).at(RecipientKind(entry.kind), entry.address)
    return found.id if found else 0


def known_subscriber(connection: Connection, number: int) -> Subscriber:
    """Return a subscriber; raises ClickException where there is none."""
    found = Subscribers(connection).get(number)
    if found is None:
        raise click.ClickException(f"no subscriber {number}; `marsad subscribers list` shows them")
    return found


def outlet_ids(config: Config) -> set[str]:
    """Return the ids of the outlets that are watched."""
    return {outlet.id for outlet in load_outlets(config.outlets)}
