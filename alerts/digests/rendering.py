"""The shell that turns a kept edition into what its reader sees, in the form its channel takes."""

from collections.abc import Mapping
from dataclasses import replace

from alerts.digests.chats import chat_message
from alerts.digests.letters import letter
from alerts.digests.nouns import Digest
from alerts.digests.pictures import trend_picture
from alerts.digests.telling import tell
from alerts.messages import Message, Reader
from alerts.nouns import RecipientKind, Subscriber
from crawler.nouns import Outlet

STORIES = 30  # of a mail that are told in full
SHORTER = 8


def message_of(
    digest: Digest, subscriber: Subscriber, outlets: Mapping[str, Outlet], *, most: int = STORIES
) -> Message:
    """The message that tells ``digest``; for a mail with a letter in it, ``most`` stories of which are told in full."""
    reader = Reader(subscriber.language, subscriber.timezone, subscriber.digits)
    page = tell(digest, reader, outlets)
    message = chat_message(page, reader.digits)
    if subscriber.kind is not RecipientKind.MAIL:
        return message
    trend = trend_picture(digest.trend, reader) if digest.trend else b""
    return replace(message, letter=letter(page, digits=reader.digits, trend=trend, most=most))
