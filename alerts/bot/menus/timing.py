"""When it is told, in which language and zone, and when not."""

from typing import Final

from alerts.bot.hours import ZONES
from alerts.bot.menus.parts import Rows, in_rows, marked, menu, paged
from alerts.bot.menus.summing import _short, city, mute_words, quiet_words
from alerts.bot.visit import Visit
from alerts.digests.nouns import DigestKind
from alerts.messages import Message
from alerts.nouns import QuietMode
from alerts.storage import Digests

QUIET_HOURS: Final = ("22:00-07:00", "23:00-06:00", "00:00-08:00")

MUTE_HOURS: Final = (1, 8, 24, 168)

MUTES_A_PAGE: Final = 10

DAYS: Final = (6, 0, 1, 2, 3, 4, 5)  # Sunday first

DIGEST_HOURS: Final = (6, 7, 8, 9, 18, 20)


def quiet(visit: Visit) -> Message:
    """When it is to be quiet, and what that means."""
    tongue, subscriber = visit.tongue, visit.subscriber
    now = ""
    if subscriber.quiet_from and subscriber.quiet_to:
        now = f"{subscriber.quiet_from:%H:%M}-{subscriber.quiet_to:%H:%M}"
    hours = [
        visit.button(marked(tongue.voice.number(each.replace("-", " – ")), on=each == now), "quiet", each)
        for each in QUIET_HOURS
    ]
    off = visit.button(marked(tongue.say("quiet_off"), on=not now), "quiet", "off")
    modes = [
        visit.button(
            marked(tongue.say(f"quiet_{each}"), on=subscriber.quiet_mode is each), "quietly", each.value
        )
        for each in QuietMode
    ]
    critical = visit.button(
        marked(tongue.say("quiet_critical"), on=subscriber.quiet_critical),
        "urgent",
        int(not subscriber.quiet_critical),
    )
    rows = [hours, [off], *([modes, [critical]] if now else [])]
    return menu(visit, tongue.page(tongue.say("ask_quiet"), quiet_words(visit)), rows)


def timezone(visit: Visit) -> Message:
    """Where the subscriber's clock is."""
    return menu(visit, visit.tongue.page(visit.tongue.say("ask_timezone")), zone_rows(visit, "zone"))


def zone_rows(visit: Visit, verb: str) -> Rows:
    """A button a zone, by its city."""
    cities = [
        visit.button(marked(city(visit.tongue, zone), on=zone == visit.subscriber.timezone), verb, zone)
        for zone in ZONES
    ]
    return in_rows(cities, 3)


def language(visit: Visit) -> Message:
    """Which language and digits."""
    tongue, subscriber = visit.tongue, visit.subscriber
    tongues = [
        visit.button(marked(name, on=subscriber.language == code), "tongue", code)
        for code, name in (("ar", "العربية"), ("en", "English"))
    ]
    digits = [
        visit.button(marked(name, on=subscriber.digits == code), "digits", code)
        for code, name in (("latn", "1 2 3"), ("arab", "١ ٢ ٣"))
    ]
    return menu(visit, tongue.page(tongue.say("ask_language")), [tongues, digits])


def digest(visit: Visit) -> Message:
    """When the daily digest comes, on which days, and whether it comes when there is nothing."""
    tongue = visit.tongue
    now = Digests(visit.connection).settings(visit.subscriber.id, DigestKind.DAILY)
    hours = [
        visit.button(marked(tongue.voice.number(f"{hour:02}:00"), on=now.at.hour == hour), "digest", hour)
        for hour in DIGEST_HOURS
    ]
    quiet_days = visit.button(
        marked(tongue.say("digest_all_quiet"), on=now.all_quiet), "allquiet", int(not now.all_quiet)
    )
    daily = visit.button(tongue.say("digest_all_daily"), "often", "", "daily")
    days = [
        visit.button(
            marked(tongue.voice.weekday(day), on=day in now.weekdays),
            "day",
            day,
            int(day not in now.weekdays),
        )
        for day in DAYS
    ]
    rows = [*in_rows(hours, 3), *in_rows(days, 4), [quiet_days], [daily]]
    return menu(visit, tongue.page(tongue.say("ask_digest")), rows)


def mute(visit: Visit, page: int = 0) -> Message:
    """For how long nothing is told; and what is muted, to be heard again."""
    tongue = visit.tongue
    hours = [visit.button(tongue.count("hours", each), "mute", each) for each in MUTE_HOURS[:3]]
    hours.append(visit.button(tongue.say("a_week"), "mute", MUTE_HOURS[3]))
    mutes = visit.mutes
    page, here, turn = paged(visit, "mute", mutes, page, MUTES_A_PAGE)
    back = [
        [
            visit.button(
                tongue.say("hear", what=_short(visit, each)), "unmute", each.kind.value, each.subject, page
            )
        ]
        for each in here
    ]
    words = [tongue.say("ask_mute"), *(mute_words(visit, each) for each in here)]
    if len(mutes) > len(here):
        words.append(tongue.count("and_more", len(mutes) - len(here)))
    return menu(visit, tongue.page(*words), [*in_rows(hours, 2), *back, turn])
