"""What operators do by hand, typed or pressed: each change in one transaction with its line in the audit trail."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.nouns import Subscriber
from alerts.operators.nouns import Bulletin, BulletinKind, Event, Silence
from alerts.retrying import OLD
from alerts.storage import Bulletins, Dispatch, Logbook
from crawler.database import Connection

ALL = "all channels"
TEST = "If you can read this, trouble would reach you."
SAME = timedelta(minutes=5)  # a silence that ends so soon after another one is no longer


def acknowledge(connection: Connection, number: int, who: str, now: datetime) -> Event | None:
    """Keep who knows of an event, the first to say so; returns it as it is then, None when it is not open."""
    logbook = Logbook(connection)
    event = logbook.event(number)
    if event is None or event.closed_at:
        return None
    if event.acknowledged_by:
        return event
    logbook.acknowledge(number, who)
    logbook.audit(now, who, "acknowledge", f"event {number}")
    return replace(event, acknowledged_by=who)


def silence(connection: Connection, wanted: Silence, now: datetime) -> Silence:
    """Silence events until ``wanted.until``; returns the silence as it is kept.

    Of one kind and subject there is one silence: a longer one takes the place of another, and one that lasts as long
    already is returned as it is.
    """
    bulletins, name = Bulletins(connection), f"{wanted.kind} {wanted.subject}".strip()
    twins = [
        each for each in bulletins.silences(now) if (each.kind, each.subject) == (wanted.kind, wanted.subject)
    ]
    if lasting := [each for each in twins if each.until >= wanted.until - SAME]:
        return lasting[-1]
    for each in twins:
        bulletins.end_silence(each.id, now)
    made = replace(wanted, id=bulletins.silence(wanted, now))
    Logbook(connection).audit(now, wanted.author, "silence", name, wanted.reason)
    return made


def end_silence(connection: Connection, number: int, who: str, now: datetime) -> bool:
    """Listen again before a silence's time; False when it is not in force."""
    if not Bulletins(connection).end_silence(number, now):
        return False
    Logbook(connection).audit(now, who, "end silence", f"silence {number}")
    return True


def retry(connection: Connection, number: int, who: str, now: datetime) -> bool:
    """Queue a delivery anew; False when it was sent, is being sent, or does not exist."""
    if not Dispatch(connection).retry(number, now, now + OLD):
        return False
    Logbook(connection).audit(now, who, "retry", f"delivery {number}")
    return True


def drop(connection: Connection, number: int, who: str, now: datetime) -> bool:
    """Never send a delivery; False when it was sent, is being sent, or does not exist."""
    if not Dispatch(connection).drop(number):
        return False
    Logbook(connection).audit(now, who, "drop", f"delivery {number}")
    return True


def hold(connection: Connection, channel: str, who: str, reason: str, now: datetime) -> bool:
    """Stop all sending to readers through a channel, through all with an empty name; False when it is held already."""
    if not Dispatch(connection).halt(channel, now, who, reason):
        return False
    logbook = Logbook(connection)
    logbook.audit(now, who, "hold", channel or ALL, reason)
    cause = f"{who} holds {channel or ALL}: {reason}"
    logbook.open_event("sending_held", channel, cause=cause, now=now)
    return True


def release(connection: Connection, channel: str, who: str, now: datetime) -> bool:
    """Send again what was held by that name; False when it was not."""
    if not Dispatch(connection).resume(channel):
        return False
    logbook = Logbook(connection)
    logbook.audit(now, who, "release", channel or ALL)
    logbook.close_event("sending_held", channel, now)
    return True


def test_way(connection: Connection, to: Sequence[Subscriber], text: str, who: str, now: datetime) -> None:
    """Queue a test message for its readers."""
    Bulletins(connection).issue(Bulletin(BulletinKind.TEST, now, text=text), to)
    Logbook(connection).audit(now, who, "test alert", f"{len(to)} operators")
