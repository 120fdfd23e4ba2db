"""What a mail reader may change on its settings page, as one value, and how it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from alerts.bot.wishes import revised, wishes_of
from alerts.digests.nouns import DigestKind, DigestSettings
from alerts.mail.tokens import Purpose, opened
from alerts.nouns import (
    DeliveryState,
    Level,
    Mute,
    MuteKind,
    RecipientKind,
    Subscriber,
    SubscriberState,
    Subscription,
)
from alerts.storage import DeliveryQueue, Digests, Logbook, Members, Subscribers
from crawler.database import Connection

_OF_DIGEST = ("at", "weekdays", "picture")
KINDS = (DigestKind.DAILY, DigestKind.WEEKLY)  # an hourly digest has neither hour nor day


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a reader wants to be told."""

    cadences: Mapping[str, str]  # of each topic that it wants
    level: Level
    at: time  # local wall time of digests
    weekdays: frozenset[int]  # of digests; Monday is 0, a weekly one comes on the first of them
    timezone: str
    picture: bool = False  # the trend as an image in daily and weekly digests
    pause: Mute | None = None  # nothing at all is told while it holds


def holder(connection: Connection, token: str, key: bytes) -> Subscriber | None:
    """Return whose settings a link opens; None when we made no such link, or its reader gets no mail."""
    number = opened(key, Purpose.SETTINGS, token)
    found = Subscribers(connection).get(number) if number is not None else None
    told = found is not None and found.state in {SubscriberState.ACTIVE, SubscriberState.DEGRADED}
    return found if told and found and found.kind is RecipientKind.MAIL else None


def preferences_of(
    connection: Connection, reader: Subscriber, topics: Sequence[str], now: datetime
) -> Preferences:
    """Return what a reader chose; ``topics`` are all that the rules have."""
    wanted = Subscribers(connection).wanted(reader.id)
    wishes = wishes_of(wanted, topics)
    asked = (wishes.topics or topics) if wanted else ()
    cadences = {topic: wishes.cadence(topic) for topic in asked}
    weekly = DigestKind.WEEKLY in cadences.values() and DigestKind.DAILY not in cadences.values()
    settings = Digests(connection).settings(reader.id, DigestKind.WEEKLY if weekly else DigestKind.DAILY)
    return Preferences(
        cadences,
        wishes.level,
        settings.at,
        settings.weekdays,
        reader.timezone,
        settings.picture,
        _pause(wanted, now),
    )


def keep_preferences(
    connection: Connection, reader: Subscriber, chosen: Preferences, topics: Sequence[str], now: datetime
) -> None:
    """Keep what a reader changed; all else stays as it is, also what differs by topic or by kind of digest."""
    people, digests, members = Subscribers(connection), Digests(connection), Members(connection)
    wanted, before = people.wanted(reader.id), preferences_of(connection, reader, topics, now)
    wishes = replace(
        wishes_of(wanted, topics),
        topics=() if set(chosen.cadences) == set(topics) else tuple(chosen.cadences),
        level=chosen.level,
        cadences=chosen.cadences,
    )
    people.want(reader.id, revised(wanted, wishes, topics, reader.id))
    people.change(replace(reader, timezone=chosen.timezone))
    for kind in KINDS:
        settings: DigestSettings = digests.settings(reader.id, kind)
        had = kind in {each.cadence for each in wanted}  # a digest that is new to it comes as the form says
        made = {name: getattr(chosen, name) for name in _OF_DIGEST}
        changed = {name: new for name, new in made.items() if not had or new != getattr(before, name)}
        digests.keep_settings(replace(settings, **changed))
    members.unmute(reader.id, MuteKind.ALL)
    if chosen.pause:
        members.mute(reader.id, chosen.pause)
    DeliveryQueue(connection).hasten(reader.id, now, DeliveryState.HELD)  # it may be another night by now
    Logbook(connection).audit(now, "reader", "settings", f"subscriber {reader.id}")


def _pause(wanted: Sequence[Subscription], now: datetime) -> Mute | None:
    mutes = wanted[0].mutes if wanted else ()
    holding = (mute for mute in mutes if mute.until is None or mute.until > now)
    return next((mute for mute in holding if mute.kind is MuteKind.ALL), None)
