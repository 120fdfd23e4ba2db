"""The buttons: each names the state it leads to, so that pressing twice does no more than once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time, timedelta
from typing import Final

from alerts.bot import commands, looking, menus
from alerts.bot.codec import StaleError, whole
from alerts.bot.hours import LONGEST_MUTE, read_hours, read_zone
from alerts.bot.nouns import Reply
from alerts.bot.visit import Visit
from alerts.bot.wishes import MOST_FILTERS, chosen, with_cadence
from alerts.digests.nouns import WEEK, DigestKind
from alerts.messages import Message
from alerts.nouns import CADENCES, LANGUAGES, Level, Mute, MuteKind, QuietMode
from alerts.storage import Digests, Personal

Pressed = Callable[..., Reply]


def menu(visit: Visit, name: str, *more: str) -> Reply:
    """Open a menu."""
    if name == "settings":
        return visit.show(menus.settings(visit))
    if name not in menus.MENUS:
        raise StaleError(name)
    if name in {"outlets", "mute"}:
        return visit.show(getattr(menus, name)(visit, whole(more[0]) if more else 0))
    if name == "frequency" and more:
        return visit.show(menus.frequency(visit, more[0]))
    return visit.show(_drawn(visit, name))


def _drawn(visit: Visit, name: str) -> Message:
    drawn: Message = getattr(menus, name)(visit)
    return drawn


def choose(visit: Visit, what: str, name: str, on: str, *more: str) -> Reply:
    """Take a topic, place or outlet into what is wanted, or out of it; an empty name asks for all."""
    known = {
        "topics": visit.office.topics,
        "places": visit.office.places,
        "outlets": tuple(visit.office.outlets),
    }
    if what not in known or (name and name not in known[what]):
        raise StaleError(name)
    wishes = visit.wishes
    choices = {
        "topics": lambda some: replace(wishes, topics=some),
        "places": lambda some: replace(wishes, places=some),
        "outlets": lambda some: replace(wishes, outlets=some),
    }
    before = {"topics": wishes.topics, "places": wishes.places, "outlets": wishes.outlets}[what]
    visit = visit.wish(choices[what](chosen(before, name, on=on == "1") if name else ()))
    if more == ("new",):
        return visit.show(menus.welcome(visit))
    return menu(visit, what, *more)


def level(visit: Visit, word: str) -> Reply:
    """Choose the level."""
    chosen_level = next((each for each in Level if each.word == word), None)
    if chosen_level is None:
        raise StaleError(word)
    return visit.show(menus.level(visit.wish(replace(visit.wishes, level=chosen_level))))


def often(visit: Visit, topic: str, cadence: str) -> Reply:
    """Choose how often a topic, or all of them, are told."""
    if cadence not in CADENCES or (topic and topic not in visit.office.topics):
        raise StaleError(topic)
    return visit.show(menus.frequency(visit.wish(with_cadence(visit.wishes, topic, cadence))))


def quiet(visit: Visit, hours: str) -> Reply:
    """Choose quiet hours."""
    read = read_hours(hours)
    start, end = read or (None, None)
    return visit.show(menus.quiet(visit.change(quiet_from=start, quiet_to=end)))


def quietly(visit: Visit, mode: QuietMode) -> Reply:
    """Choose what becomes of alerts in quiet hours."""
    return visit.show(menus.quiet(visit.change(quiet_mode=mode)))


def urgent(visit: Visit, on: str) -> Reply:
    """Choose whether critical alerts pass in quiet hours."""
    return visit.show(menus.quiet(visit.change(quiet_critical=on == "1")))


def zone(visit: Visit, name: str) -> Reply:
    """Choose the zone."""
    return visit.show(menus.timezone(visit.change(timezone=_zone(name))))


def settle(visit: Visit, name: str) -> Reply:
    """Choose the zone, as a newcomer's last step."""
    return visit.show(menus.done(visit.change(timezone=_zone(name))))


def step(visit: Visit) -> Reply:
    """Go on to a newcomer's second step."""
    return visit.show(menus.where(visit))


def tongue(visit: Visit, code: str, *more: str) -> Reply:
    """Choose the language."""
    if code not in LANGUAGES:
        raise StaleError(code)
    visit = visit.change(language=code)
    return visit.show(menus.welcome(visit) if more else menus.language(visit))


def digits(visit: Visit, code: str) -> Reply:
    """Choose the digits."""
    if code not in {"latn", "arab"}:
        raise StaleError(code)
    return visit.show(menus.language(visit.change(digits=code)))


def digest(visit: Visit, hour: int) -> Reply:
    """Choose the hour of the daily digest."""
    if hour not in range(24):
        raise StaleError(hour)
    store = Digests(visit.connection)
    store.keep_settings(replace(store.settings(visit.subscriber.id, DigestKind.DAILY), at=time(hour)))
    return visit.show(menus.digest(visit))


def day(visit: Visit, number: int, on: str) -> Reply:
    """Choose a day of the week on which the digest comes, or on which it does not."""
    store = Digests(visit.connection)
    settings = store.settings(visit.subscriber.id, DigestKind.DAILY)
    days = settings.weekdays | {number} if on == "1" else settings.weekdays - {number}
    if not days <= WEEK:
        raise StaleError(number)
    if not days:
        return visit.show(menus.digest(visit), toast=visit.tongue.say("digest_no_day"))
    store.keep_settings(replace(settings, weekdays=days))
    return visit.show(menus.digest(visit))


def all_quiet(visit: Visit, on: str) -> Reply:
    """Choose whether a digest comes on days with nothing to tell."""
    store = Digests(visit.connection)
    store.keep_settings(replace(store.settings(visit.subscriber.id, DigestKind.DAILY), all_quiet=on == "1"))
    return visit.show(menus.digest(visit))


def mute(visit: Visit, hours: int) -> Reply:
    """Silence everything for some hours."""
    made = Mute(MuteKind.ALL, until=visit.now + min(timedelta(hours=hours), LONGEST_MUTE))
    visit.members.mute(visit.subscriber.id, made)
    return visit.show(menus.mute(visit), toast=menus.mute_words(visit, made))


def unmute(visit: Visit, kind: MuteKind, subject: str, *page: int) -> Reply:
    """Hear of something again."""
    visit.members.unmute(visit.subscriber.id, kind, subject)
    return visit.show(menus.mute(visit, *page[:1]))


def hush(visit: Visit, story: int) -> Reply:
    """Hear no more of a story."""
    made = Mute(MuteKind.STORY, str(_story(visit, story)))
    reply = commands.keep_mute(visit, made)
    return Reply(toast=reply.message.text if reply.message else "")


def follow(visit: Visit, story: int, on: str) -> Reply:
    """Hear all of a story, or as much as of any other."""
    number = _story(visit, story)
    if on == "1":
        visit.members.follow(visit.subscriber.id, number)
        return Reply(toast=visit.tongue.say("followed"))
    visit.members.unfollow(visit.subscriber.id, number)
    return Reply(toast=visit.tongue.say("unfollowed"))


def judge(visit: Visit, alert: int, verdict: str) -> Reply:
    """Keep what a reader says of an alert."""
    said = {"y": "useful", "n": "not_relevant"}.get(verdict)
    if said is None or visit.alerts.get(alert) is None:
        raise StaleError(alert)
    visit.members.judge(visit.subscriber.id, alert, said, visit.now)
    return Reply(toast=visit.tongue.say(f"thanks_{said}"))


def story(visit: Visit, number: int) -> Reply:
    """Show a story with every outlet's version."""
    return looking.story(visit, str(number))


def found(visit: Visit, draft: int, page: int) -> Reply:
    """Turn a page of results."""
    asked = visit.frontdesk.draft(draft, visit.subscriber.id, "search")
    if asked is None:
        raise StaleError(draft)
    return Reply(look=lambda c: looking.found(replace(visit, connection=c), asked.text, asked.id, page))


def keep_filter(visit: Visit, draft: int) -> Reply:
    """Keep the filter that was tried."""
    tried = visit.frontdesk.draft(draft, visit.subscriber.id, "filter")
    if tried is None:
        raise StaleError(draft)
    kept = visit.filters
    if tried.text not in kept and len(kept) >= MOST_FILTERS:
        return Reply(toast=visit.tongue.say("too_many"))
    visit.members.add_filter(visit.subscriber.id, tried.text)
    return visit.show(menus.filters(visit), toast=visit.tongue.say("filter_kept"))


def drop_filter(visit: Visit, mark: str) -> Reply:
    """Forget the filter that the button named."""
    for text in visit.filters:
        if menus.filter_mark(text) == mark:
            visit.members.drop_filter(visit.subscriber.id, text)
    return visit.show(menus.filters(visit))


def forget(visit: Visit) -> Reply:
    """Forget the subscriber."""
    reply = replace(visit.tell("deleted"), edit=True)
    Personal(visit.connection).forget(visit.subscriber.id)
    return reply


def bind(visit: Visit) -> Reply:
    """Begin to tell a channel."""
    if not visit.admits_bringer():
        return Reply(toast=visit.tongue.say("start_first"))
    return visit.show(menus.settings(visit.tell_again()), toast=visit.tongue.say("bound"))


def _zone(name: str) -> str:
    zone_name = read_zone(name)
    if zone_name is None:
        raise StaleError(name)
    return zone_name


def _story(visit: Visit, number: int) -> int:
    there = visit.newsdesk.merged_into(number) or number
    if visit.newsdesk.story(there) is None:
        raise StaleError(number)
    return there


PRESSES: Final[Mapping[str, Pressed]] = {
    "menu": menu,
    "choose": choose,
    "level": level,
    "often": often,
    "quiet": quiet,
    "quietly": quietly,
    "urgent": urgent,
    "zone": zone,
    "settle": settle,
    "step": step,
    "tongue": tongue,
    "digits": digits,
    "digest": digest,
    "day": day,
    "allquiet": all_quiet,
    "mute": mute,
    "unmute": unmute,
    "hush": hush,
    "follow": follow,
    "judge": judge,
    "story": story,
    "found": found,
    "filter": keep_filter,
    "nofilter": drop_filter,
    "forget": forget,
    "bind": bind,
}
