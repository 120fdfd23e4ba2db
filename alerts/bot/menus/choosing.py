"""What is told: topics, places, outlets, levels, filters, and how often."""

import hashlib
from typing import Final

from alerts.bot.menus.parts import choice, marked, menu, paged
from alerts.bot.menus.summing import outlet_name
from alerts.bot.visit import Visit
from alerts.messages import Message
from alerts.messages.message import cut
from alerts.nouns import CADENCES, Level

OUTLETS_A_PAGE: Final = 10


def topics(visit: Visit) -> Message:
    """Which topics."""
    names = [(topic, visit.tongue.voice.topic(topic)) for topic in visit.office.topics]
    return choice(visit, "topics", names, visit.wishes.topics, 1)


def places(visit: Visit) -> Message:
    """Which countries."""
    names = [(code, visit.tongue.voice.place(code)) for code in visit.office.places]
    return choice(visit, "places", names, visit.wishes.places, 3)


def outlets(visit: Visit, page: int = 0) -> Message:
    """Which outlets, a page of them."""
    every = sorted(visit.office.outlets, key=lambda each: outlet_name(visit, each))
    page, here, turn = paged(visit, "outlets", every, page, OUTLETS_A_PAGE)
    names = [(each, outlet_name(visit, each)) for each in here]
    return choice(visit, "outlets", names, visit.wishes.outlets, 2, (page,), turn)


def level(visit: Visit) -> Message:
    """From which level up."""
    tongue = visit.tongue
    rows = [
        [
            visit.button(
                marked(tongue.say(f"level_{each.word}"), on=each is visit.wishes.level), "level", each.word
            )
        ]
        for each in Level
    ]
    return menu(visit, tongue.page(tongue.say("ask_level")), rows)


def frequency(visit: Visit, topic: str = "") -> Message:
    """How often, for all topics or for one."""
    tongue, wishes = visit.tongue, visit.wishes
    if not topic:
        rows = [
            [
                visit.button(
                    f"{tongue.voice.topic(each)}: {tongue.say(f'cadence_{wishes.cadence(each)}')}",
                    "menu", "frequency", each,
                )
            ]
            for each in wishes.topics or visit.office.topics
        ]  # fmt: skip
        return menu(visit, tongue.page(tongue.say("ask_frequency")), rows)
    rows = [
        [
            visit.button(
                marked(tongue.say(f"cadence_{each}"), on=each == wishes.cadence(topic)), "often", topic, each
            )
            for each in CADENCES
        ]
    ]
    return menu(visit, tongue.page(tongue.say("ask_frequency_of", topic=tongue.voice.topic(topic))), rows)


def filters(visit: Visit) -> Message:
    """One's own filters, each to be dropped, and how to write one."""
    tongue = visit.tongue
    texts = visit.filters
    rows = [
        [visit.button(tongue.say("drop_filter", words=cut(text, 30)), "nofilter", filter_mark(text))]
        for text in texts
    ]
    words = [tongue.say("ask_filter"), *(tongue.say("has_filter", words=text) for text in texts)]
    return menu(visit, tongue.page(*words), rows)


def filter_mark(text: str) -> str:
    """What names a filter in a button: its words, whatever else was dropped or added since."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
