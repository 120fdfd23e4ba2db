"""The shell of bounces: what a report does to its reader, and a word to operators when many come back."""

import hashlib
from datetime import datetime, timedelta

from alerts.mail.nouns import Bounce, BounceKind
from alerts.mail.reports import Ignored, read_report
from alerts.nouns import SubscriberState
from alerts.storage import DeliveryQueue, Logbook, Mailboxes, Subscribers
from crawler.database import Connection

SOFT_SPAN = timedelta(days=14)
SOFT_MOST = 5  # soft bounces within the span until we stop
DAY = timedelta(days=1)
SPIKE_SHARE = 0.05  # of a day's mails
SPIKE_LEAST = 5  # mails; one of ten is no spike
_OVER = {SubscriberState.SUSPENDED, SubscriberState.REMOVED}


def take_report(connection: Connection, raw: bytes, key: bytes, now: datetime) -> BounceKind | Ignored | None:
    """Read a mail that came to the bounce address and do what follows from it.

    Args:
        connection: one that may write.
        raw: the mail.
        key: what our tokens are signed with.
        now: the time.

    Returns:
        What it was; None when the same mail was taken before, or its reader is gone.
    """
    report = read_report(raw, key)
    if isinstance(report, Ignored):
        return report
    people, mailboxes = Subscribers(connection), Mailboxes(connection)
    subscriber = people.get(report.reader)
    digest = hashlib.sha256(raw).hexdigest()
    if subscriber is None or not mailboxes.keep_bounce(
        Bounce(report.reader, now, report.kind, report.status, report.message_id, digest)
    ):
        return None
    soft = report.kind is BounceKind.SOFT
    if subscriber.state in _OVER or (soft and mailboxes.bounces(subscriber.id, now - SOFT_SPAN) < SOFT_MOST):
        return report.kind
    people.set_state(subscriber.id, SubscriberState.SUSPENDED)
    DeliveryQueue(connection).cancel_deliveries(subscriber.id)
    why = f"{report.kind} bounce {report.status}".strip()
    Logbook(connection).audit(now, "mail", "suspend", f"subscriber {subscriber.id}", why)
    return report.kind


def watch_bounces(connection: Connection, now: datetime) -> None:
    """Tell operators when many of a day's mails came back, and when that is over."""
    back, sent = Mailboxes(connection).returned(now - DAY)
    logbook = Logbook(connection)
    if back < SPIKE_LEAST or back <= SPIKE_SHARE * sent:
        logbook.close_event("mail_bounce_spike", "", now)
        return
    logbook.open_event(
        "mail_bounce_spike",
        "",
        cause=f"{back} of {sent} mails came back within a day: providers may stop taking ours",
        evidence={"back": back, "sent": sent},
        now=now,
    )
