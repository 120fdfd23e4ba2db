"""What menus are made of: rows of buttons, a mark for what is chosen, the way back."""

from collections.abc import Sequence
from typing import Final, TypeVar

from alerts.bot.phrases import Tongue
from alerts.bot.visit import Visit
from alerts.messages import Button, Line, Message

Rows = list[list[Button]]

T = TypeVar("T")

_CHOSEN: Final = " ✓"


def choice(
    visit: Visit,
    what: str,
    names: Sequence[tuple[str, str]],
    chosen: tuple[str, ...],
    a_row: int,
    more: tuple[object, ...] = (),
    turn: Sequence[Button] = (),
) -> Message:
    """A menu of names that may each be chosen or not; none chosen is all."""
    tongue = visit.tongue
    every = visit.button(marked(tongue.say(f"all_{what}"), on=not chosen), "choose", what, "", 1, *more)
    buttons = [
        visit.button(marked(label, on=name in chosen), "choose", what, name, int(name not in chosen), *more)
        for name, label in names
    ]
    return menu(
        visit, tongue.page(tongue.say(f"ask_{what}")), [[every], *in_rows(buttons, a_row), list(turn)]
    )


def menu(visit: Visit, lines: tuple[Line, ...], rows: Rows) -> Message:
    """A menu with the way back under it."""
    back = visit.button(visit.tongue.say("back"), "menu", "settings")
    return visit.tongue.message(lines, [*rows, [back]])


def paged(
    visit: Visit, name: str, every: Sequence[T], page: int, size: int
) -> tuple[int, Sequence[T], list[Button]]:
    """The page of a menu that is there, what stands on it, and the ways to its neighbours."""
    page = min(max(page, 0), max(0, (len(every) - 1) // size))
    turn = []
    if page:
        turn.append(visit.button(visit.tongue.say("previous"), "menu", name, page - 1))
    if len(every) > size * (page + 1):
        turn.append(visit.button(visit.tongue.say("next"), "menu", name, page + 1))
    return page, every[size * page :][:size], turn


def marked(label: str, *, on: bool) -> str:
    """A label, marked where it is what holds now."""
    return label + _CHOSEN if on else label


def names_of(names: Sequence[str], tongue: Tongue) -> str:
    """Names in a row, the first six and how many more."""
    if not names:
        return tongue.say("all_of_them")
    shown = tongue.say("comma").join(names[:6])
    return shown if len(names) <= 6 else f"{shown} {tongue.count('and_more', len(names) - 6)}"


def in_rows(buttons: Sequence[Button], a_row: int) -> Rows:
    """Buttons, so many in a row."""
    return [list(buttons[at : at + a_row]) for at in range(0, len(buttons), a_row)]
