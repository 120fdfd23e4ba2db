"""The operators' buttons: each does no more than once what it was drawn for, whoever presses it when."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from alerts.bot.codec import StaleError, whole
from alerts.bot.nouns import Reply
from alerts.bot.operators import commands, lists, pages
from alerts.bot.operators.drawing import actor
from alerts.bot.visit import Visit
from alerts.messages import Message
from alerts.nouns import DeliveryState
from alerts.operators import acting
from alerts.operators.nouns import Event
from alerts.storage import Dispatch, Logbook

Pressed = Callable[..., Reply]

_PAGES: Final[Mapping[str, Callable[[Visit], Message]]] = {
    "health": pages.health,
    "queue": pages.queue,
    "release": lists.release,
    "hold": lambda visit: commands.holding(visit, "", ""),
}
_LISTS: Final[Mapping[str, Callable[[Visit, int], Message]]] = {
    "events": lists.events,
    "silences": lists.silences,
    "dead": lists.dead,
    "outlets": lists.outlets,
}


def see(visit: Visit, name: str, which: str = "", *new: str) -> Reply:
    """Open a page: in the place of this one, or, from under a bulletin, as a new message."""
    if name in _PAGES:
        drawn = _PAGES[name](visit)
    elif name in _LISTS:
        drawn = _LISTS[name](visit, whole(which))
    elif name in _ONES:
        drawn = _ONES[name](visit, which)
    else:
        raise StaleError(name)
    return Reply(drawn) if new else visit.show(drawn)


def ack(visit: Visit, number: int) -> Reply:
    """Keep that somebody knows of an event."""
    known = acting.acknowledge(visit.connection, number, actor(visit.incoming), visit.now)
    if known is None:
        return visit.show(pages.event(visit, _event(visit, number)), toast="It is over already")
    return visit.show(pages.event(visit, known), toast=f"Known to {known.acknowledged_by}")


def still(visit: Visit, number: int, hours: int) -> Reply:
    """Silence an event for some hours."""
    event = _event(visit, number)
    if event.closed_at:
        return visit.show(pages.event(visit, event), toast="It is over already")
    commands.quieted(visit, event, timedelta(hours=hours), "")
    return visit.show(pages.event(visit, event), toast="Silenced")


def listen(visit: Visit, silence: int, event: str = "") -> Reply:
    """End a silence."""
    ended = acting.end_silence(visit.connection, silence, actor(visit.incoming), visit.now)
    drawn = _event_page(visit, event) if event else lists.silences(visit, 0)
    return visit.show(drawn, toast="Heard again" if ended else "It had ended already")


def again(visit: Visit, number: int) -> Reply:
    """Send a dead letter once more."""
    done = commands.is_dead(visit, number) and acting.retry(
        visit.connection, number, actor(visit.incoming), visit.now
    )
    return visit.show(lists.dead(visit, 0), toast="Queued again" if done else "It is no dead letter any more")


def resend(visit: Visit, these: str) -> Reply:
    """Send once more what was dead when the button was drawn."""
    who, numbers = actor(visit.incoming), commands.dead_letters(visit, these)
    done = sum(acting.retry(visit.connection, each, who, visit.now) for each in numbers)
    return visit.show(lists.dead(visit, 0), toast=f"{done} queued again")


def drop(visit: Visit, number: int) -> Reply:
    """Never send a dead letter."""
    done = commands.is_dead(visit, number) and acting.drop(
        visit.connection, number, actor(visit.incoming), visit.now
    )
    return visit.show(lists.dead(visit, 0), toast="Dropped" if done else "It is no dead letter any more")


def hold(visit: Visit, number: int) -> Reply:
    """Hold what was asked for; the question is good for once."""
    draft = visit.frontdesk.draft(number, visit.subscriber.id, "hold")
    if draft is None:
        return visit.show(pages.queue(visit), toast="This question was answered: ask again")
    visit.frontdesk.drop_draft(draft.id)
    channel, _, reason = draft.text.partition("\n")
    done = acting.hold(visit.connection, channel, actor(visit.incoming), reason, visit.now)
    return visit.show(pages.queue(visit), toast="Held from now on" if done else "It was held already")


def release(visit: Visit, channel: str, since: int) -> Reply:
    """Go on after the hold that the button was drawn for, not after a later one."""
    held = any(
        (halt.channel, int(halt.since.timestamp())) == (channel, since)
        for halt in Dispatch(visit.connection).halts()
    )
    done = held and acting.release(visit.connection, channel, actor(visit.incoming), visit.now)
    return visit.show(pages.queue(visit), toast="Sending goes on" if done else "That hold had ended already")


def _event(visit: Visit, number: int) -> Event:
    event = Logbook(visit.connection).event(number)
    if event is None:
        raise StaleError(number)
    return event


def _event_page(visit: Visit, number: str) -> Message:
    return pages.event(visit, _event(visit, whole(number)))


def _outlet_page(visit: Visit, name: str) -> Message:
    if name not in visit.office.outlets:
        raise StaleError(name)
    return pages.outlet(visit, name)


def _drop_page(visit: Visit, number: str) -> Message:
    found = Dispatch(visit.connection).delivery(whole(number))
    if found is None or found[0].state is not DeliveryState.DEAD:
        return lists.dead(visit, 0)
    return lists.drop_letter(visit, *found)


def _resend_page(visit: Visit, these: str) -> Message:
    return lists.resend(visit, these, len(commands.dead_letters(visit, these)))


_ONES: Final[Mapping[str, Callable[[Visit, str], Message]]] = {
    "event": _event_page,
    "outlet": _outlet_page,
    "drop": _drop_page,
    "resend": _resend_page,
}
PRESSES: Final[Mapping[str, Pressed]] = {
    "see": see,
    "ack": ack,
    "still": still,
    "listen": listen,
    "again": again,
    "resend": resend,
    "drop": drop,
    "hold": hold,
    "release": release,
}
