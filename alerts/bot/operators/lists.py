"""What there is of something, a page at a time: events, silences, dead letters, unwell outlets, what stops sending."""

from collections.abc import Sequence
from typing import Final, TypeVar

from alerts.bot.operators.drawing import CAUSE, LABEL, clock, foreign, heading, labelled, named, page, plain
from alerts.bot.operators.pages import button, event_button, halted
from alerts.bot.visit import Visit
from alerts.messages import Button, Line, Message
from alerts.nouns import Cargo, Delivery, DeliveryState, Subscriber
from alerts.operators.acting import ALL
from alerts.operators.nouns import Event, Silence
from alerts.operators.routing import audible
from alerts.operators.wording import counted, spoken
from alerts.storage import Bulletins, DeskFigures, Dispatch, Halt, Logbook

T = TypeVar("T")

A_PAGE: Final = 6
LETTERS: Final = 4  # dead ones on a page: two buttons each
MOST_HALTS: Final = 8

USAGE: Final = (
    "For example: /silence outlet_silent alif 8h a move of house; or an event by its number: /silence 12 8h"
)


def events(visit: Visit, number: int) -> Message:
    """The events that are open, urgent ones first."""
    silences = Bulletins(visit.connection).silences(visit.now)
    found = Logbook(visit.connection).open_events()
    heard = {event.id for event in audible(found, silences)}
    found.sort(key=lambda event: (event.severity, event.id))  # a page comes before a ticket
    here, turn = _cut(visit, found, number, A_PAGE, "events")
    lines = [
        heading(f"{counted(len(found), 'open event')}") if found else heading("No event is open"),
        *(_event(visit, event, audibly=event.id in heard) for event in here),
    ]
    rows = [[event_button(visit, event)] for event in here]
    return page(lines, [*rows, turn, [button(visit, "Health", "see", "health")]])


def _event(visit: Visit, event: Event, *, audibly: bool) -> Line:
    known = f", known to {foreign(event.acknowledged_by)}" if event.acknowledged_by else ""
    quiet = "" if audibly else ", silenced"
    age = spoken(visit.now - event.opened_at)
    told = f": {foreign(event.cause, CAUSE)} (for {age}{known}{quiet})"
    return labelled(f"{event.severity} {named(event)}", told)


def silences(visit: Visit, number: int) -> Message:
    """The silences in force, the first to end first."""
    found = Bulletins(visit.connection).silences(visit.now)
    here, turn = _cut(visit, found, number, A_PAGE, "silences")
    lines = [
        heading(counted(len(found), "silence")) if found else heading("Nothing is silenced"),
        *(silence_line(visit, each) for each in here),
        plain(USAGE),
    ]
    rows = [[button(visit, f"Listen again: {_named(each)}", "listen", each.id)] for each in here]
    return page(lines, [*rows, turn, [button(visit, "Events", "see", "events", 0)]])


def silence_line(visit: Visit, silence: Silence) -> Line:
    """A silence: of what, until when, by whom and why."""
    return plain(
        f"{silence.id}. {_named(silence)} until {clock(silence.until)} ({spoken(silence.until - visit.now)}) "
        f"by {foreign(silence.author)}: {foreign(silence.reason, CAUSE) or 'no reason given'}"
    )


def _named(silence: Silence) -> str:
    return foreign(f"{silence.kind} {silence.subject}")


def dead(visit: Visit, number: int) -> Message:
    """The dead letters, the newest first, each with its reason."""
    dispatch = Dispatch(visit.connection)
    total = sum(
        n for _, state, n in DeskFigures(visit.connection).deliveries() if state == DeliveryState.DEAD
    )
    found = dispatch.deliveries(states=[DeliveryState.DEAD], most=(number + 1) * LETTERS + 1)
    here, turn = _cut(visit, found, number, LETTERS, "dead")
    lines = [
        heading(counted(total, "dead letter")) if total else heading("No dead letter"),
        *(line for each in here for line in _letter(visit, *each)),
    ]
    rows = [
        [
            button(visit, f"Send {letter.id} again", "again", letter.id),
            button(visit, f"Drop {letter.id} …", "see", "drop", letter.id),
        ]
        for letter, _ in here
    ]
    every = (
        [button(visit, f"Send all {total} again …", "see", "resend", f"{found[0][0].id}:0")]
        if total > 1
        else []
    )
    back = [button(visit, "Queue", "see", "queue"), button(visit, "Look again", "see", "dead", 0)]
    return page(lines, [*rows, turn, every if not number else [], back])


def _letter(visit: Visit, letter: Delivery, to: Subscriber) -> list[Line]:
    """What it is, whose, and why it is dead; of an alert, its title on a line of its own."""
    lines = [
        labelled(
            f"{letter.id}. {letter.cargo} {letter.number}",
            f" to subscriber {to.id}, {to.kind} ({to.state}), by {letter.channel}, "
            f"{counted(letter.attempts, 'try', 'tries')}: {foreign(letter.error, CAUSE) or 'no reason was kept'}",
        )
    ]
    if letter.cargo is Cargo.ALERT and (alert := visit.alerts.get(letter.number)):
        story = visit.newsdesk.story(alert.story)
        lines += [plain(foreign(story.title, 2 * LABEL)), plain(f"#{story.code}")] if story else []
    return lines


def drop_letter(visit: Visit, letter: Delivery, to: Subscriber) -> Message:
    """Ask once more before a dead letter is dropped."""
    lines = [heading(f"Drop delivery {letter.id}? Its reader never gets it."), *_letter(visit, letter, to)]
    sure = button(visit, "Drop it", "drop", letter.id)
    return page(lines, [[sure], [button(visit, "Dead letters", "see", "dead", 0)]])


def resend(visit: Visit, these: str, count: int) -> Message:
    """Ask once more before many dead letters are sent again; ``these`` says which, for the button."""
    if not count:
        return page([heading("No dead letter")], [[button(visit, "Dead letters", "see", "dead", 0)]])
    lines = [heading(f"Send {counted(count, 'dead letter')} again? Readers get what is accepted now.")]
    sure = button(visit, f"Send {count} again", "resend", these)
    return page(lines, [[sure], [button(visit, "Dead letters", "see", "dead", 0)]])


def outlets(visit: Visit, number: int) -> Message:
    """The outlets that somebody should look at, the worst first."""
    found = visit.office.service.reports(visit.connection, list(visit.office.outlets.values()))
    unwell = [each for each in found if not each.well]
    here, turn = _cut(visit, unwell, number, A_PAGE, "outlets")
    lines = [
        heading(f"{len(unwell)} of {counted(len(found), 'outlet')} to look at"),
        *(
            plain(
                f"{each.outlet.id}: {each.state}{''.join(f'; {foreign(e.cause, CAUSE)}' for e in each.events[:2])}"
            )
            for each in here
        ),
        plain("Any other: /outlet and its name"),
    ]
    rows = [
        [button(visit, f"{each.outlet.id}: {each.state}", "see", "outlet", each.outlet.id)] for each in here
    ]
    return page(lines, [*rows, turn, [button(visit, "Health", "see", "health")]])


def hold(visit: Visit, draft: int, channel: str, reason: str) -> Message:
    """Ask once more before sending is held; ``draft`` keeps channel and reason until the press."""
    lines = [
        heading(f"Hold {channel or ALL}?"),
        plain(
            "Nothing is sent to readers until somebody releases it; the queue is kept. Operators are still told."
        ),
        plain(f"Why: {foreign(reason, CAUSE)}"),
    ]
    return page(lines, [[button(visit, "Hold now", "hold", draft)], [button(visit, "Queue", "see", "queue")]])


def release(visit: Visit) -> Message:
    """Ask once more before sending goes on; each button means the hold that it was drawn for."""
    dispatch = Dispatch(visit.connection)
    halts = dispatch.halts()[:MOST_HALTS]
    waiting = sum(each.waiting for each in dispatch.backlog())
    lines = [
        *map(halted, halts),
        plain(
            f"Waiting: {counted(waiting, 'message')}. Released, they are sent; what waited for twelve hours is told "
            "in the digest or in one summary."
        )
        if halts
        else heading("Nothing is held"),
    ]
    rows = [[_release(visit, halt)] for halt in halts]
    return page(lines, [*rows, [button(visit, "Queue", "see", "queue")]])


def _release(visit: Visit, halt: Halt) -> Button:
    since = int(halt.since.timestamp())
    return button(visit, f"Release {halt.channel or ALL}", "release", halt.channel, since)


def _cut(
    visit: Visit, found: Sequence[T], number: int, size: int, name: str
) -> tuple[Sequence[T], list[Button]]:
    """The part of a list that a page shows, and the ways to its neighbours."""
    number = max(0, min(number, (len(found) - 1) // size)) if found else 0
    turn = []
    if number:
        turn.append(button(visit, "Back", "see", name, number - 1))
    if len(found) > size * (number + 1):
        turn.append(button(visit, "More", "see", name, number + 1))
    return found[size * number :][:size], turn
