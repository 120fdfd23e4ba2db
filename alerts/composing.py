"""The shell that turns a delivery into what its reader sees, whatever it carries."""

from collections.abc import Mapping
from datetime import datetime

from alerts.bot.under import with_buttons
from alerts.digests.rendering import SHORTER, STORIES, message_of
from alerts.mail.dressing import question
from alerts.messages import Message, render
from alerts.notices import notice_of, reader_of
from alerts.nouns import Delivery, Subscriber
from alerts.operators import wording
from alerts.storage import Bulletins, Digests, Newsdesk, Postroom
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

    ``buttons`` is the key of the bot's buttons; without one, none is put under an alert.
    """
    if delivery.consent:
        consent = Postroom(connection).consent(delivery.consent)
        if consent is None:
            raise LookupError(f"consent {delivery.consent} is gone")
        return Message((), letter=question(consent))
    if delivery.edition:
        digest = Digests(connection).content(delivery.edition)
        if digest is None:
            raise LookupError(f"edition {delivery.edition} has no content")
        # What could not be sent twice is sent shorter: it may be its size that stops it.
        return message_of(digest, subscriber, outlets, most=SHORTER if delivery.attempts > TRIES else STORIES)
    if delivery.bulletin:
        bulletin = Bulletins(connection).bulletin(delivery.bulletin)
        if bulletin is None:
            raise LookupError(f"bulletin {delivery.bulletin} is gone")
        return wording.render(bulletin, now)
    message = render(notice_of(connection, delivery.alert, outlets), reader_of(subscriber))
    alert = Newsdesk(connection).alert(delivery.alert)
    return with_buttons(message, subscriber, alert, buttons) if buttons and alert else message
