"""The menus: drawn from what the subscriber wants now, every button naming the state it leads to."""

from collections.abc import Sequence
from typing import Final

from alerts.bot.hours import ZONES
from alerts.bot.phrases import Tongue
from alerts.bot.visit import Visit
from alerts.bot.wishes import CADENCES
from alerts.digests.nouns import DigestKind
from alerts.messages import Button, Line, Message
from alerts.messages.message import cut
from alerts.nouns import Level, Mute, MuteKind, QuietMode, RecipientKind
from alerts.storage import Digests

Rows = list[list[Button]]

OUTLETS_A_PAGE: Final = 10
QUIET_HOURS: Final = ("22:00-07:00", "23:00-06:00", "00:00-08:00")
MUTE_HOURS: Final = (1, 8, 24, 168)
DAYS: Final = (6, 0, 1, 2, 3, 4, 5)  # Sunday first
DIGEST_HOURS: Final = (6, 7, 8, 9, 18, 20)
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
_CHOSEN: Final = " ✓"


def settings(visit: Visit) -> Message:
    """All settings in words, and the way to each."""
    tongue = visit.tongue
    return tongue.message(summary(visit), [*main_rows(visit)])


def main_rows(visit: Visit) -> Rows:
    """A button a menu, two in a row."""
    buttons = [visit.button(visit.tongue.say(f"menu_{name}"), "menu", name) for name in MENUS]
    return _in_rows(buttons, 2)


def summary(visit: Visit) -> tuple[Line, ...]:
    """What the subscriber is told, when and how, in words."""
    tongue, wishes, subscriber = visit.tongue, visit.wishes, visit.subscriber
    title = tongue.say("settings_of", name=subscriber.title) if subscriber.title else tongue.say("settings")
    words = [
        title,
        tongue.say(
            "has_topics", names=topic_names(tongue, wishes.topics, visit.office.topics, wishes.cadence)
        ),
        tongue.say("has_places", names=_names([tongue.voice.place(code) for code in wishes.places], tongue)),
        tongue.say(
            "has_outlets", names=_names([outlet_name(visit, each) for each in wishes.outlets], tongue)
        ),
        tongue.say("has_level", level=tongue.say(f"level_{wishes.level.word}")),
        quiet_words(visit),
        tongue.say("has_zone", zone=tongue.voice.zone_name(), time=tongue.voice.clock(visit.now, day=False)),
    ]
    wanted = visit.subscribers.wanted(subscriber.id)
    mutes = [mute for mute in (wanted[0].mutes if wanted else ()) if not mute.until or mute.until > visit.now]
    words += [mute_words(visit, mute) for mute in mutes]
    words += [tongue.say("has_filter", words=text) for text in (wanted[0].filters if wanted else ())]
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
            return tongue.say("muted_story", code=code, title=story.title if story else "", until=until)


def topics(visit: Visit) -> Message:
    """Which topics."""
    names = [(topic, visit.tongue.voice.topic(topic)) for topic in visit.office.topics]
    return _choice(visit, "topics", names, visit.wishes.topics, 1)


def places(visit: Visit) -> Message:
    """Which countries."""
    names = [(code, visit.tongue.voice.place(code)) for code in visit.office.places]
    return _choice(visit, "places", names, visit.wishes.places, 3)


def outlets(visit: Visit, page: int = 0) -> Message:
    """Which outlets, a page of them."""
    every = sorted(visit.office.outlets, key=lambda each: outlet_name(visit, each))
    pages = max(1, -(-len(every) // OUTLETS_A_PAGE))
    page = min(max(page, 0), pages - 1)
    here = every[page * OUTLETS_A_PAGE : (page + 1) * OUTLETS_A_PAGE]
    names = [(each, outlet_name(visit, each)) for each in here]
    turn = []
    if page:
        turn.append(visit.button(visit.tongue.say("previous"), "menu", "outlets", page - 1))
    if page + 1 < pages:
        turn.append(visit.button(visit.tongue.say("next"), "menu", "outlets", page + 1))
    return _choice(visit, "outlets", names, visit.wishes.outlets, 2, (page,), turn)


def level(visit: Visit) -> Message:
    """From which level up."""
    tongue = visit.tongue
    rows = [
        [
            visit.button(
                _marked(tongue.say(f"level_{each.word}"), on=each is visit.wishes.level), "level", each.word
            )
        ]
        for each in Level
    ]
    return _menu(visit, tongue.page(tongue.say("ask_level")), rows)


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
        return _menu(visit, tongue.page(tongue.say("ask_frequency")), rows)
    rows = [
        [
            visit.button(
                _marked(tongue.say(f"cadence_{each}"), on=each == wishes.cadence(topic)), "often", topic, each
            )
            for each in CADENCES
        ]
    ]
    return _menu(visit, tongue.page(tongue.say("ask_frequency_of", topic=tongue.voice.topic(topic))), rows)


def quiet(visit: Visit) -> Message:
    """When it is to be quiet, and what that means."""
    tongue, subscriber = visit.tongue, visit.subscriber
    now = ""
    if subscriber.quiet_from and subscriber.quiet_to:
        now = f"{subscriber.quiet_from:%H:%M}-{subscriber.quiet_to:%H:%M}"
    hours = [
        visit.button(_marked(tongue.voice.number(each.replace("-", " – ")), on=each == now), "quiet", each)
        for each in QUIET_HOURS
    ]
    off = visit.button(_marked(tongue.say("quiet_off"), on=not now), "quiet", "off")
    modes = [
        visit.button(
            _marked(tongue.say(f"quiet_{each}"), on=subscriber.quiet_mode is each), "quietly", each.value
        )
        for each in QuietMode
    ]
    critical = visit.button(
        _marked(tongue.say("quiet_critical"), on=subscriber.quiet_critical),
        "urgent",
        int(not subscriber.quiet_critical),
    )
    rows = [hours, [off], *([modes, [critical]] if now else [])]
    return _menu(visit, tongue.page(tongue.say("ask_quiet"), quiet_words(visit)), rows)


def timezone(visit: Visit) -> Message:
    """Where the subscriber's clock is."""
    return _menu(visit, visit.tongue.page(visit.tongue.say("ask_timezone")), zone_rows(visit, "zone"))


def zone_rows(visit: Visit, verb: str) -> Rows:
    """A button a zone, by its city."""
    cities = [
        visit.button(_marked(city(visit.tongue, zone), on=zone == visit.subscriber.timezone), verb, zone)
        for zone in ZONES
    ]
    return _in_rows(cities, 3)


def city(tongue: Tongue, zone: str) -> str:
    """A zone by its city, in the reader's language."""
    return Tongue("ar" if tongue.rtl else "en", zone).voice.zone_name()


def language(visit: Visit) -> Message:
    """Which language and digits."""
    tongue, subscriber = visit.tongue, visit.subscriber
    tongues = [
        visit.button(_marked(name, on=subscriber.language == code), "tongue", code)
        for code, name in (("ar", "العربية"), ("en", "English"))
    ]
    digits = [
        visit.button(_marked(name, on=subscriber.digits == code), "digits", code)
        for code, name in (("latn", "1 2 3"), ("arab", "١ ٢ ٣"))
    ]
    return _menu(visit, tongue.page(tongue.say("ask_language")), [tongues, digits])


def digest(visit: Visit) -> Message:
    """When the daily digest comes, on which days, and whether it comes when there is nothing."""
    tongue = visit.tongue
    now = Digests(visit.connection).settings(visit.subscriber.id, DigestKind.DAILY)
    hours = [
        visit.button(_marked(tongue.voice.number(f"{hour:02}:00"), on=now.at.hour == hour), "digest", hour)
        for hour in DIGEST_HOURS
    ]
    quiet_days = visit.button(
        _marked(tongue.say("digest_all_quiet"), on=now.all_quiet), "allquiet", int(not now.all_quiet)
    )
    daily = visit.button(tongue.say("digest_all_daily"), "often", "", "daily")
    days = [
        visit.button(
            _marked(tongue.voice.weekday(day), on=day in now.weekdays),
            "day",
            day,
            int(day not in now.weekdays),
        )
        for day in DAYS
    ]
    rows = [*_in_rows(hours, 3), *_in_rows(days, 4), [quiet_days], [daily]]
    return _menu(visit, tongue.page(tongue.say("ask_digest")), rows)


def mute(visit: Visit) -> Message:
    """For how long nothing is told; and what is muted, to be heard again."""
    tongue = visit.tongue
    hours = [visit.button(tongue.count("hours", each), "mute", each) for each in MUTE_HOURS[:3]]
    hours.append(visit.button(tongue.say("a_week"), "mute", MUTE_HOURS[3]))
    wanted = visit.subscribers.wanted(visit.subscriber.id)
    mutes = [each for each in (wanted[0].mutes if wanted else ()) if not each.until or each.until > visit.now]
    back = [
        [visit.button(tongue.say("hear", what=_short(visit, each)), "unmute", each.kind.value, each.subject)]
        for each in mutes[:20]
    ]
    words = [tongue.say("ask_mute"), *(mute_words(visit, each) for each in mutes)]
    return _menu(visit, tongue.page(*words), [*_in_rows(hours, 2), *back])


def outlet_name(visit: Visit, outlet_id: str) -> str:
    """An outlet by its name in the reader's language."""
    outlet = visit.office.outlets.get(outlet_id)
    if outlet is None:
        return outlet_id
    return outlet.name_ar if visit.tongue.rtl else outlet.name_en or outlet.name_ar


def _short(visit: Visit, mute: Mute) -> str:
    match mute.kind:
        case MuteKind.ALL:
            return visit.tongue.say("everything")
        case MuteKind.OUTLET:
            return outlet_name(visit, mute.subject)
        case MuteKind.STORY:
            story = visit.newsdesk.story(int(mute.subject))
            return cut(story.title, 30) if story else mute.subject


def _choice(
    visit: Visit,
    what: str,
    names: Sequence[tuple[str, str]],
    chosen: tuple[str, ...],
    a_row: int,
    more: tuple[object, ...] = (),
    turn: Sequence[Button] = (),
) -> Message:
    tongue = visit.tongue
    every = visit.button(_marked(tongue.say(f"all_{what}"), on=not chosen), "choose", what, "", 1, *more)
    buttons = [
        visit.button(_marked(label, on=name in chosen), "choose", what, name, int(name not in chosen), *more)
        for name, label in names
    ]
    return _menu(
        visit, tongue.page(tongue.say(f"ask_{what}")), [[every], *_in_rows(buttons, a_row), list(turn)]
    )


def _menu(visit: Visit, lines: tuple[Line, ...], rows: Rows) -> Message:
    back = visit.button(visit.tongue.say("back"), "menu", "settings")
    return visit.tongue.message(lines, [*rows, [back]])


def _marked(label: str, *, on: bool) -> str:
    return label + _CHOSEN if on else label


def _names(names: Sequence[str], tongue: Tongue) -> str:
    if not names:
        return tongue.say("all_of_them")
    shown = tongue.say("comma").join(names[:6])
    return shown if len(names) <= 6 else f"{shown} {tongue.count('and_more', len(names) - 6)}"


def _in_rows(buttons: Sequence[Button], a_row: int) -> Rows:
    return [list(buttons[at : at + a_row]) for at in range(0, len(buttons), a_row)]


def welcome(visit: Visit) -> Message:
    """The first thing a newcomer reads: what this is, which topics, and on."""
    tongue = visit.tongue
    names = [(topic, tongue.voice.topic(topic)) for topic in visit.office.topics]
    buttons = [
        [
            visit.button(
                _marked(label, on=_is_on(visit, name)),
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


def filters(visit: Visit) -> Message:
    """One's own filters, each to be dropped, and how to write one."""
    tongue = visit.tongue
    wanted = visit.subscribers.wanted(visit.subscriber.id)
    texts = wanted[0].filters if wanted else ()
    rows = [
        [visit.button(tongue.say("drop_filter", words=cut(text, 30)), "unfilter", number)]
        for number, text in enumerate(texts)
    ]
    words = [tongue.say("ask_filter"), *(tongue.say("has_filter", words=text) for text in texts)]
    return _menu(visit, tongue.page(*words), rows)


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
