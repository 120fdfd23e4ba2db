"""The shell of consent: nobody gets mail who did not ask for it, and one press ends it.

Whoever types an address learns nothing about it: the answer is the same whether it is known, new or refused.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.mail.addresses import mail_address, mailbox
from alerts.mail.nouns import Asked, Asker, Consent, Door
from alerts.mail.tokens import Purpose, opened
from alerts.nouns import RecipientKind, Subscriber, SubscriberState, Subscription
from alerts.storage import DeliveryQueue, Logbook, Mailboxes, Personal, Subscribers
from crawler.database import Connection

VALID = timedelta(hours=24)  # a question waits so long for its answer
WEEK = timedelta(days=7)
A_WEEK = 3  # questions to one mailbox within a week
DAY = timedelta(days=1)
A_DAY = 3  # addresses that one asker may type within a day, where a door tells its askers apart
# Addresses typed at a door within an hour; more is a machine. Each door has its own: none is shut by another's crowd.
AN_HOUR = {Door.WEB: 200, Door.BOT: 60}
VEIL = "unanswered:"  # before the keyed hash that stands for an address whose owner did not answer


def mail_key(connection: Connection, now: datetime) -> bytes:
    """Return what signs our tokens, made at first use. Needs a connection that may write."""
    return Mailboxes(connection).key(secrets.token_bytes(32), now)


def address_hash(key: bytes, address: str) -> str:
    """What is kept of an address that was forgotten."""
    return hmac.digest(key, b"address\0" + address.encode(), hashlib.sha256).hex()


def ask_consent(
    connection: Connection,
    address: str,
    wanted: Sequence[Subscription],
    *,
    now: datetime,
    language: str = "ar",
    timezone: str = "UTC",
    asker: Asker | None = None,
) -> Asked:
    """Ask the owner of a mail address whether it wants our mail: a letter with a link, and nothing before the answer.

    Args:
        connection: one that may write.
        address: as somebody typed it.
        wanted: what it is told from the answer on, in place of what it was told before.
        now: the time.
        language: of the letter and of what follows.
        timezone: IANA name.
        asker: who typed it; None for an operator, who is not limited.

    Returns:
        What became of it, for a log or a count: tell whoever typed the address nothing of it but ``BUSY``.

    Raises:
        ValueError: ``address`` is no mail address; the text says why.
    """
    address = mail_address(address)
    people, mailboxes = Subscribers(connection), Mailboxes(connection)
    key = mail_key(connection, now)
    if asker and not _may_ask(mailboxes, key, asker, now):
        return Asked.BUSY
    hashed, box = address_hash(key, address), address_hash(key, mailbox(address))
    veiled = people.at(RecipientKind.MAIL, VEIL + hashed)
    known = people.at(RecipientKind.MAIL, address) or veiled
    if mailboxes.suppressed(hashed) or mailboxes.suppressed(box):
        return Asked.SUPPRESSED
    if known and known.state in {SubscriberState.SUSPENDED, SubscriberState.DEGRADED}:
        return Asked.SUPPRESSED
    if mailboxes.asked(known.id if known else 0, now - WEEK, box) >= A_WEEK:
        return Asked.TOO_OFTEN
    pending = Subscriber(RecipientKind.MAIL, address, now, SubscriberState.PENDING, language, timezone)
    if known is None:
        number = people.subscribe(pending, [])
    else:
        number = known.id
        if known is veiled:
            Personal(connection).move(number, address)
            people.set_state(number, SubscriberState.PENDING)
    mailboxes.ask(Consent(number, tuple(wanted), now, language, timezone, mailbox=box))
    return Asked.ASKED


def _may_ask(mailboxes: Mailboxes, key: bytes, asker: Asker, now: datetime) -> bool:
    """Whether somebody may type one more address; every try counts, or the count would tell which were refused."""
    who = hmac.digest(key, f"asker\0{asker.name}".encode(), hashlib.sha256).hex() if asker.name else ""
    if mailboxes.tries(asker.door, now - timedelta(hours=1)) >= AN_HOUR[asker.door]:
        return False
    if who and mailboxes.tries(asker.door, now - DAY, who) >= A_DAY:
        return False
    mailboxes.keep_try(asker.door, who, now)
    return True


def consent_of(connection: Connection, token: str, key: bytes, now: datetime) -> Consent | None:
    """Return the question that a link answers; None when we made no such link, or too long ago."""
    number = opened(key, Purpose.CONFIRM, token)
    consent = Mailboxes(connection).consent(number) if number is not None else None
    return consent if consent and now - consent.asked_at <= VALID else None


def give_consent(connection: Connection, token: str, key: bytes, now: datetime) -> Subscriber | None:
    """Tell the owner of an address what it asked for, from now on; None when the link is not, or no longer, good.

    A second press changes nothing.
    """
    consent = consent_of(connection, token, key, now)
    people = Subscribers(connection)
    subscriber = people.get(consent.subscriber) if consent else None
    if consent is None or subscriber is None or subscriber.state is SubscriberState.SUSPENDED:
        return None
    if consent.given_at:
        return subscriber if subscriber.state is SubscriberState.ACTIVE else None
    active = replace(
        subscriber,
        state=SubscriberState.ACTIVE,
        language=consent.language,
        timezone=consent.timezone,
    )
    people.subscribe(active, consent.wanted)
    Mailboxes(connection).give(consent.id, now)
    Logbook(connection).audit(now, "reader", "consent", f"subscriber {subscriber.id}")
    return active


def forget_unanswered(connection: Connection, now: datetime) -> int:
    """Forget the addresses whose owners were asked and did not answer in time; returns how many.

    For a week a keyed hash is left in their place: whoever types such an address again does not have it asked
    more often for that.
    """
    people, mailboxes, queue = Subscribers(connection), Mailboxes(connection), DeliveryQueue(connection)
    mailboxes.forget_counts(now - DAY, now - WEEK)
    unanswered = [one for one in mailboxes.unasked_since(now - VALID) if one.state is SubscriberState.PENDING]
    for one in unanswered:
        queue.cancel_deliveries(one.id)
        Personal(connection).move(one.id, VEIL + address_hash(mail_key(connection, now), one.address))
        people.set_state(one.id, SubscriberState.REMOVED)
    for one in mailboxes.unasked_since(now - WEEK):
        if one.address.startswith(VEIL):
            Personal(connection).forget(one.id)
    return len(unanswered)


def subscriber_of(connection: Connection, token: str, key: bytes) -> Subscriber | None:
    """Return whom an unsubscribe link belongs to; None when we made no such link."""
    number = opened(key, Purpose.UNSUBSCRIBE, token)
    return Subscribers(connection).get(number) if number is not None else None


def withdraw_consent(connection: Connection, token: str, key: bytes, now: datetime) -> Subscriber | None:
    """Send the holder of an unsubscribe link nothing more; None when the link is not ours. Twice is fine."""
    subscriber = subscriber_of(connection, token, key)
    if subscriber and subscriber.state is not SubscriberState.REMOVED:
        Subscribers(connection).set_state(subscriber.id, SubscriberState.REMOVED)
        DeliveryQueue(connection).cancel_deliveries(subscriber.id)
        Logbook(connection).audit(now, "reader", "unsubscribe", f"subscriber {subscriber.id}")
    return subscriber


def revive(connection: Connection, address: str, now: datetime) -> None:
    """Let an address be asked again whose mails came back, or whose owner complained."""
    Mailboxes(connection).allow(address_hash(mail_key(connection, now), address))
    people = Subscribers(connection)
    known = people.at(RecipientKind.MAIL, address)
    if known and known.state is SubscriberState.SUSPENDED:
        people.set_state(known.id, SubscriberState.REMOVED)


def forget(connection: Connection, subscriber: Subscriber, now: datetime) -> None:
    """Keep nothing of a subscriber but, where its mails came back, the hash by which it is not written to again."""
    if subscriber.kind is RecipientKind.MAIL and subscriber.state is SubscriberState.SUSPENDED:
        hashed = address_hash(mail_key(connection, now), subscriber.address)
        Mailboxes(connection).suppress(hashed, "bounced", now)
    Personal(connection).forget(subscriber.id)
