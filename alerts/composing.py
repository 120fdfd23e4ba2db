"""The shell that turns a delivery into what its reader sees, whatever it carries."""

from collections.abc import Mapping
from datetime import datetime

from alerts.bot.under import with_acts, with_buttons
from alerts.digests.rendering import SHORTER, STORIES, message_of
from alerts.mail.dressing import question
from alerts.messages import Message, render
from alerts.notices import notice_of, reader_of
from alerts.nouns import Cargo, Delivery, Subscriber
from alerts.operators import wording
from alerts.storage import Alerts, Bulletins, Digests, Mailboxes
from crawler.database import Connection
from crawler.nouns import Outlet

TRIES = 2  # of a digest as it is


def compose(
    connection: Connection,
    delivery: Delivery,
    subscriber: Subscriber,
    outlets: Mapping[str, Outlet],
    now: datetime,
    buttons: bytes = b"",
) -> Message:
    """Return the message of a delivery as things are known now; raises LookupError when its rows are gone.

    ``buttons`` is the key of the bot's buttons; without one, none is put under an alert or bulletin.
    """
    number, gone = delivery.number, LookupError(f"{delivery.cargo} {delivery.number} is gone")
    match delivery.cargo:
        case Cargo.CONSENT:
            if (consent := Mailboxes(connection).consent(number)) is None:
                raise gone
            return Message((), letter=question(consent))
        case Cargo.EDITION:
            if (digest := Digests(connection).content(number)) is None:
                raise gone
            # What could not be sent twice is sent shorter: it may be its size that stops it.
            return message_of(
                digest, subscriber, outlets, most=SHORTER if delivery.attempts > TRIES else STORIES
            )
        case Cargo.BULLETIN:
            if (bulletin := Bulletins(connection).bulletin(number)) is None:
                raise gone
            message = wording.render(bulletin, now)
            return with_acts(message, subscriber, bulletin, buttons) if buttons else message
        case Cargo.ALERT:
            message = render(notice_of(connection, number, outlets), reader_of(subscriber))
            alert = Alerts(connection).get(number)
            return with_buttons(message, subscriber, alert, buttons) if buttons and alert else message
