"""The first menu, and a newcomer's three taps."""

from typing import Final

from alerts.bot.menus.parts import Rows, in_rows, marked
from alerts.bot.menus.summing import summary
from alerts.bot.menus.timing import zone_rows
from alerts.bot.visit import Visit
from alerts.messages import Button, Message
from alerts.nouns import RecipientKind

MENUS: Final = (
    "topics",
    "places",
    "outlets",
    "level",
    "frequency",
    "quiet",
    "timezone",
    "language",
    "digest",
    "mute",
)


def settings(visit: Visit) -> Message:
    """All settings in words, and the way to each."""
    tongue = visit.tongue
    return tongue.message(summary(visit), [*main_rows(visit)])


def main_rows(visit: Visit) -> Rows:
    """A button a menu, two in a row."""
    buttons = [visit.button(visit.tongue.say(f"menu_{name}"), "menu", name) for name in MENUS]
    return in_rows(buttons, 2)


def welcome(visit: Visit) -> Message:
    """The first thing a newcomer reads: what this is, which topics, and on."""
    tongue = visit.tongue
    names = [(topic, tongue.voice.topic(topic)) for topic in visit.office.topics]
    buttons = [
        [
            visit.button(
                marked(label, on=_is_on(visit, name)),
                "choose",
                "topics",
                name,
                int(not _is_on(visit, name)),
                "new",
            )
        ]
        for name, label in names
    ]
    other = ("en", "English") if tongue.rtl else ("ar", "العربية")
    on = [visit.button(tongue.say("next_step"), "step"), visit.button(other[1], "tongue", other[0], "new")]
    return tongue.message(tongue.page(tongue.say("welcome")), [*buttons, on])


def _is_on(visit: Visit, topic: str) -> bool:
    return topic in visit.wishes.topics


def where(visit: Visit) -> Message:
    """The second step of a newcomer: the city of its clock."""
    return visit.tongue.message(visit.tongue.page(visit.tongue.say("where")), zone_rows(visit, "settle"))


def done(visit: Visit) -> Message:
    """The end of a newcomer's three taps: what it will be told."""
    lines = (*visit.tongue.page(visit.tongue.say("done")), *summary(visit))
    return visit.tongue.message(lines, main_rows(visit))


def invitation_rows(visit: Visit, bot: str) -> Rows:
    """Links that put the bot into a group or a channel."""
    if not bot or visit.incoming.kind is not RecipientKind.PRIVATE_CHAT:
        return []
    link = f"https://t.me/{bot}"
    return [
        [Button(visit.tongue.say("add_to_group"), url=f"{link}?startgroup=1")],
        [
            Button(
                visit.tongue.say("add_to_channel"),
                url=f"{link}?startchannel&admin=post_messages+edit_messages",
            )
        ],
    ]
