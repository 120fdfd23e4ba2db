"""The operators' commands: each takes a visit and the words after it, and answers with a page."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from alerts.bot import looking
from alerts.bot.codec import whole
from alerts.bot.hours import read_span
from alerts.bot.nouns import Reply
from alerts.bot.operators import lists, pages
from alerts.bot.operators.drawing import actor, foreign, heading, page, plain
from alerts.bot.visit import Visit
from alerts.channels import channel_names
from alerts.messages import Line, Message
from alerts.nouns import DeliveryState
from alerts.operators import acting
from alerts.operators.nouns import Event, Silence
from alerts.operators.routing import covers, silenced_kinds
from alerts.storage import Dispatch, Draft, Logbook

Command = Callable[[Visit, str], Reply]

USUAL: Final = timedelta(hours=4)  # of a silence that says no time
LONGEST_REASON: Final = 300  # characters
AT_ONCE: Final = 500  # dead letters that are sent again together


@dataclass(frozen=True, slots=True)
class Asked:
    """A silence as somebody typed it."""

    kind: str  # or an event's number
    about: str
    span: timedelta
    reason: str


def read_silence(text: str) -> Asked:
    """Read "outlet_silent alif 8h its owner moves house"; all but the first word may be left out. Pure."""
    kind, *rest = text.split()
    about = "*"
    if rest and not _span(rest[0]) and not _number(kind):
        about, *rest = rest
    span = _span(rest[0]) if rest else None
    return Asked(kind, about, span or USUAL, " ".join(rest[1:] if span else rest)[:LONGEST_REASON])


def _span(word: str) -> timedelta | None:
    return read_span(word) if word[0].isdecimal() else None


def _number(word: str) -> int | None:
    match = re.fullmatch(r"#?(\d{1,12})", word)
    return int(match[1]) if match else None


def health(visit: Visit, text: str) -> Reply:
    """Say whether all is well."""
    del text
    return visit.show(pages.health(visit))


def queue(visit: Visit, text: str) -> Reply:
    """Show what waits to be sent."""
    del text
    return visit.show(pages.queue(visit))


def silence(visit: Visit, text: str) -> Reply:
    """Show the silences, or silence what the words name; what that covers is said."""
    if not text:
        return visit.show(lists.silences(visit, 0))
    asked = read_silence(text)
    if number := _number(asked.kind):
        event = Logbook(visit.connection).event(number)
        if event is None or event.closed_at:
            return _told(f"No open event {number}.", lists.USAGE)
        return visit.show(pages.event(visit, quieted(visit, event, asked.span, asked.reason)))
    wanted = Silence(asked.kind, asked.about, visit.now + asked.span, actor(visit.incoming), asked.reason)
    try:
        kinds = silenced_kinds(wanted)
    except ValueError as error:
        return _told(foreign(str(error), 2000), lists.USAGE)
    made = acting.silence(visit.connection, wanted, visit.now)
    covered = [each for each in Logbook(visit.connection).open_events() if covers(made, each)]
    lines: list[Line] = [
        heading("Silenced"),
        lists.silence_line(visit, made),
        plain(f"It speaks of {', '.join(kinds)}."),
        plain(f"It covers {len(covered)} of the events that are open."),
    ]
    rows = [[pages.button(visit, "Listen again", "listen", made.id)]]
    return visit.show(page(lines, [*rows, [pages.button(visit, "Silences", "see", "silences", 0)]]))


def quieted(visit: Visit, event: Event, span: timedelta, reason: str) -> Event:
    """Silence one event for a while, and return it."""
    wanted = Silence(event.kind, event.subject, visit.now + span, actor(visit.incoming), reason)
    acting.silence(visit.connection, wanted, visit.now)
    return event


def ack(visit: Visit, text: str) -> Reply:
    """Show the open events, or keep that somebody knows of one."""
    if not text:
        return visit.show(lists.events(visit, 0))
    number = _number(text.split(maxsplit=1)[0])
    known = acting.acknowledge(visit.connection, number, actor(visit.incoming), visit.now) if number else None
    if known is None:
        return _told(f"No open event {foreign(text)}. /ack shows them.")
    return visit.show(pages.event(visit, known))


def outlet(visit: Visit, text: str) -> Reply:
    """Show how an outlet is, or which to look at."""
    if not text:
        return visit.show(lists.outlets(visit, 0))
    name = looking.outlet_id(visit, text)
    return (
        visit.show(pages.outlet(visit, name))
        if name
        else _told(f"No outlet {foreign(text)}. /outlet shows some.")
    )


def dlq(visit: Visit, text: str) -> Reply:
    """Show the dead letters."""
    del text
    return visit.show(lists.dead(visit, 0))


def replay(visit: Visit, text: str) -> Reply:
    """Put one dead letter, or those of a while, into the queue again; asks before it is many."""
    words = text.split()
    if not words:
        return visit.show(lists.dead(visit, 0))
    if number := _number(words[0]):
        if not is_dead(visit, number):
            return _told(f"Delivery {number} is no dead letter. /dlq shows them.")
        acting.retry(visit.connection, number, actor(visit.incoming), visit.now)
        return _told(f"Delivery {number} is queued again. /queue shows what waits.")
    span = _span(words[0])
    if span is None:
        return _told(
            "Send a dead letter's number, or how far back: /replay 17, /replay 6h (seven days at most)."
        )
    newest = Dispatch(visit.connection).deliveries(states=[DeliveryState.DEAD], most=1)
    since = int((visit.now - span).timestamp())
    these = f"{newest[0][0].id if newest else 0}:{since}"
    return visit.show(lists.resend(visit, these, len(dead_letters(visit, these))))


def is_dead(visit: Visit, number: int) -> bool:
    """Whether a delivery is a dead letter just now."""
    found = Dispatch(visit.connection).delivery(number)
    return found is not None and found[0].state is DeliveryState.DEAD


def dead_letters(visit: Visit, these: str) -> list[int]:
    """The dead letters up to a number and since a moment (``17:1700000000``), as many as are sent again at once."""
    first, _, second = these.partition(":")
    upto, since = whole(first), whole(second)
    found = Dispatch(visit.connection).deliveries(states=[DeliveryState.DEAD], most=AT_ONCE)
    return [
        letter.id
        for letter, _ in found
        if letter.id <= upto and letter.created_at and letter.created_at.timestamp() >= since
    ]


def hold(visit: Visit, text: str) -> Reply:
    """Ask before all sending, or a channel's, is held."""
    first, _, rest = text.partition(" ")
    channel, reason = (first, rest.strip()) if first in channel_names() else ("", text)
    return visit.show(holding(visit, channel, reason))


def holding(visit: Visit, channel: str, reason: str) -> Message:
    """The question before a hold, which keeps what was asked."""
    reason = reason[:LONGEST_REASON] or "no reason given"
    draft = Draft(visit.subscriber.id, visit.incoming.user, "hold", f"{channel}\n{reason}")
    return lists.hold(visit, visit.frontdesk.keep_draft(draft, visit.now), channel, reason)


def release(visit: Visit, text: str) -> Reply:
    """Ask before sending goes on."""
    del text
    return visit.show(lists.release(visit))


def test_alert(visit: Visit, text: str) -> Reply:
    """Queue a test message for this chat, by the same way as a real one."""
    words = foreign(text, LONGEST_REASON) or acting.TEST
    acting.test_way(visit.connection, [visit.subscriber], words, actor(visit.incoming), visit.now)
    return _told("Queued. It comes by the same way as a real one; /queue shows what is before it.")


def _told(*texts: str) -> Reply:
    return Reply(page(map(plain, texts)))


# In the order of the menu, each with what the menu says of it.
COMMANDS: Final[Mapping[str, tuple[Command, str]]] = {
    "health": (health, "Is all well?"),
    "queue": (queue, "What waits to be sent"),
    "ack": (ack, "Open events; say that you know of one"),
    "silence": (silence, "Silences; silence an event for a while"),
    "outlet": (outlet, "How an outlet is, or which to look at"),
    "dlq": (dlq, "Dead letters: send again, drop"),
    "replay": (replay, "Send a dead letter again, or those of a while"),
    "hold": (hold, "Stop all sending; asks first"),
    "release": (release, "Go on sending; asks first"),
    "test_alert": (test_alert, "A test message, the way of a real one"),
}
