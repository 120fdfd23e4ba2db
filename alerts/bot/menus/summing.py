"""What a subscriber chose, in words."""

from collections.abc import Sequence
from typing import Final

from alerts.bot.menus.parts import names_of
from alerts.bot.phrases import Tongue
from alerts.bot.visit import Visit
from alerts.messages import Line
from alerts.messages.message import cut
from alerts.nouns import Mute, MuteKind

SHOWN: Final = 5  # mutes in a summary: /mute has them all
SHORT: Final = 100  # UTF-16 units of a title or of one's own words in a list


def summary(visit: Visit) -> tuple[Line, ...]:
    """What the subscriber is told, when and how, in words."""
    tongue, wishes, subscriber = visit.tongue, visit.wishes, visit.subscriber
    title = tongue.say("settings_of", name=subscriber.title) if subscriber.title else tongue.say("settings")
    words = [
        title,
        tongue.say(
            "has_topics", names=topic_names(tongue, wishes.topics, visit.office.topics, wishes.cadence)
        ),
        tongue.say(
            "has_places", names=names_of([tongue.voice.place(code) for code in wishes.places], tongue)
        ),
        tongue.say(
            "has_outlets", names=names_of([outlet_name(visit, each) for each in wishes.outlets], tongue)
        ),
        tongue.say("has_level", level=tongue.say(f"level_{wishes.level.word}")),
        quiet_words(visit),
        tongue.say("has_zone", zone=tongue.voice.zone_name(), time=tongue.voice.clock(visit.now, day=False)),
    ]
    mutes = visit.mutes
    words += [mute_words(visit, mute) for mute in mutes[:SHOWN]]
    if len(mutes) > SHOWN:
        words.append(tongue.count("and_more", len(mutes) - SHOWN))
    words += [tongue.say("has_filter", words=cut(text, SHORT)) for text in visit.filters]
    return tongue.page(*words)


def topic_names(tongue: Tongue, chosen: Sequence[str], every: Sequence[str], cadence: object) -> str:
    """The topics by name, each with its cadence where that is not at once."""
    told = []
    for topic in chosen or every:
        often = cadence(topic) if callable(cadence) else "instant"
        name = tongue.voice.topic(topic)
        told.append(name if often == "instant" else f"{name} ({tongue.say(f'cadence_{often}')})")
    return tongue.say("comma").join(told)


def quiet_words(visit: Visit) -> str:
    """The quiet hours in words."""
    tongue, subscriber = visit.tongue, visit.subscriber
    if subscriber.quiet_from is None or subscriber.quiet_to is None:
        return tongue.say("has_no_quiet")
    hours = {
        "start": tongue.voice.number(subscriber.quiet_from.isoformat("minutes")),
        "end": tongue.voice.number(subscriber.quiet_to.isoformat("minutes")),
    }
    told = tongue.say(f"has_quiet_{subscriber.quiet_mode}", **hours)
    return f"{told} {tongue.say('critical_passes')}" if subscriber.quiet_critical else told


def mute_words(visit: Visit, mute: Mute) -> str:
    """A mute in words."""
    tongue = visit.tongue
    until = tongue.say("until", time=tongue.voice.clock(mute.until, day=True)) if mute.until else ""
    told = _muted(visit, mute, until)
    return " ".join(told.split())


def _muted(visit: Visit, mute: Mute, until: str) -> str:
    tongue = visit.tongue
    match mute.kind:
        case MuteKind.ALL:
            return tongue.say("muted_all", until=until)
        case MuteKind.OUTLET:
            return tongue.say("muted_outlet", name=outlet_name(visit, mute.subject), until=until)
        case MuteKind.STORY:
            story = visit.newsdesk.story(int(mute.subject))
            code = f"#{story.code}" if story else mute.subject
            return tongue.say(
                "muted_story", code=code, title=cut(story.title, SHORT) if story else "", until=until
            )


def _short(visit: Visit, mute: Mute) -> str:
    match mute.kind:
        case MuteKind.ALL:
            return visit.tongue.say("everything")
        case MuteKind.OUTLET:
            return outlet_name(visit, mute.subject)
        case MuteKind.STORY:
            story = visit.newsdesk.story(int(mute.subject))
            return cut(story.title, 30) if story else mute.subject


def outlet_name(visit: Visit, outlet_id: str) -> str:
    """An outlet by its name in the reader's language."""
    outlet = visit.office.outlets.get(outlet_id)
    if outlet is None:
        return outlet_id
    return outlet.name_ar if visit.tongue.rtl else outlet.name_en or outlet.name_ar


def city(tongue: Tongue, zone: str) -> str:
    """A zone by its city, in the reader's language."""
    return Tongue("ar" if tongue.rtl else "en", zone).voice.zone_name()
