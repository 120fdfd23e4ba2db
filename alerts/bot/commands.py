"""The commands that choose: each takes a visit and the words after it, keeps what was chosen, and answers."""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from alerts.bot import looking, menus
from alerts.bot.gate import start_payload
from alerts.bot.hours import read_hours, read_span, read_zone
from alerts.bot.nouns import Document, Incoming, Reply
from alerts.bot.visit import Visit
from alerts.bot.wishes import MOST_FILTERS
from alerts.consent import ask_consent
from alerts.filters import FilterError, read_filter
from alerts.mail.nouns import Asked, Asker, Door
from alerts.nouns import Level, Mute, MuteKind, RecipientKind, SubscriberState, Subscription
from alerts.storage import Draft, Personal

Command = Callable[[Visit, str], Reply]

MOST_MUTES: Final = 200  # stories and outlets that one subscriber keeps silent
COPY: Final = "marsad.json"
MOST_PLAIN: Final = (
    5_000_000  # bytes of a file that is sent as it is; Telegram takes fifty million from a bot
)


def invitation_hash(token: str) -> str:
    """What is kept of an invitation's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def start(visit: Visit, text: str) -> Reply:
    """Subscribe with good defaults, or come back; a deep link may invite, or open a story, a topic or a channel."""
    kind, word = start_payload(text)
    known = visit.subscriber.state if visit.subscriber.id else None
    if known is not SubscriberState.ACTIVE:
        invited = kind == "i" and visit.frontdesk.invites(invitation_hash(word), visit.now)
        if not visit.admits(invited=invited):
            return visit.tell("not_admitted", id=visit.incoming.chat)
        visit = _subscribed(visit)
        if invited:
            visit.frontdesk.redeem(invitation_hash(word), visit.subscriber.id, visit.now)
    if kind == "s":
        return looking.story(visit, word)
    if kind == "t" and word in visit.office.topics:
        visit = visit.wish(replace(visit.wishes, topics=(word,)))
    if known in {None, SubscriberState.PENDING}:
        return visit.show(menus.welcome(visit))
    return visit.show(menus.settings(visit))


def _subscribed(visit: Visit) -> Visit:
    """Keep somebody new, with everything wanted at once; whoever is known keeps what it chose."""
    if visit.subscriber.id:
        return visit.tell_again()
    newcomer = replace(visit.subscriber, state=SubscriberState.ACTIVE)
    number = visit.subscribers.subscribe(newcomer, [Subscription(0)])
    return replace(visit, subscriber=replace(newcomer, id=number))


def help_(visit: Visit, text: str) -> Reply:
    """Say what can be asked."""
    del text
    bot = visit.office.bot
    return Reply(
        visit.tongue.message(visit.tongue.page(visit.tongue.say("help")), menus.invitation_rows(visit, bot))
    )


def privacy(visit: Visit, text: str) -> Reply:
    """Say what is kept of a subscriber."""
    del text
    return visit.tell("privacy")


def status(visit: Visit, text: str) -> Reply:
    """Show the settings, and how Marsad itself is."""
    del text
    lines = (*menus.summary(visit), *visit.tongue.page(*looking.health(visit)))
    return visit.show(visit.tongue.message(lines, menus.main_rows(visit)))


def level(visit: Visit, text: str) -> Reply:
    """Choose the level by its name, or from the menu."""
    named = {each.word: each for each in Level} | {
        visit.tongue.say(f"level_{each.word}"): each for each in Level
    }
    if chosen := named.get(text.strip().lower()):
        visit = visit.wish(replace(visit.wishes, level=chosen))
    return visit.show(menus.level(visit))


def quiet(visit: Visit, text: str) -> Reply:
    """Choose quiet hours by their ends, or from the menu."""
    if not text:
        return visit.show(menus.quiet(visit))
    if text.strip().lower() in {"off", visit.tongue.say("quiet_off")}:
        return visit.show(menus.quiet(visit.change(quiet_from=None, quiet_to=None)))
    hours = read_hours(text)
    if hours is None:
        return visit.tell("hours_unread")
    return visit.show(menus.quiet(visit.change(quiet_from=hours[0], quiet_to=hours[1])))


def timezone(visit: Visit, text: str) -> Reply:
    """Choose the zone by its name, or from the menu."""
    if not text:
        return visit.show(menus.timezone(visit))
    zone = read_zone(text)
    if zone is None:
        return visit.tell("zone_unread")
    visit = visit.change(timezone=zone)
    return visit.tell(
        "zone_kept", zone=menus.city(visit.tongue, zone), time=visit.tongue.voice.clock(visit.now, day=False)
    )


def mute(visit: Visit, text: str) -> Reply:
    """Silence everything for a time, or a story by its code, or an outlet by its name."""
    if not text:
        return visit.show(menus.mute(visit))
    if span := read_span(text):
        made = Mute(MuteKind.ALL, until=visit.now + span)
    elif found := looking.story_id(text):
        if visit.newsdesk.story(found) is None:
            return visit.tell("no_such_story", code=text)
        made = Mute(MuteKind.STORY, str(found))
    elif outlet := looking.outlet_id(visit, text):
        made = Mute(MuteKind.OUTLET, outlet)
    else:
        return visit.tell("mute_unread")
    return keep_mute(visit, made)


def keep_mute(visit: Visit, made: Mute) -> Reply:
    """Keep a mute, within what one subscriber may have."""
    if len((visit.subscribers.wanted(visit.subscriber.id) or [Subscription(0)])[0].mutes) >= MOST_MUTES:
        return visit.tell("too_many")
    visit.members.mute(visit.subscriber.id, made)
    return Reply(
        visit.tongue.message(visit.tongue.page(menus.mute_words(visit, made), visit.tongue.say("unmute_how")))
    )


def unmute(visit: Visit, text: str) -> Reply:
    """Hear everything again, or show what is muted."""
    if text.strip() in {"all", visit.tongue.say("everything")}:
        visit.members.unmute(visit.subscriber.id, MuteKind.ALL)
    return visit.show(menus.mute(visit))


def filter_(visit: Visit, text: str) -> Reply:
    """Show one's own filters; or try new words on last week's alerts before they are kept."""
    if not text:
        return _asked(visit, "filter", visit.show(menus.filters(visit)))
    try:
        read_filter(text)
    except FilterError as error:
        return visit.tell(f"filter_{error.code}")
    if len((visit.subscribers.wanted(visit.subscriber.id) or [Subscription(0)])[0].filters) >= MOST_FILTERS:
        return visit.tell("too_many")
    number = visit.frontdesk.keep_draft(
        Draft(visit.subscriber.id, visit.incoming.user, "filter", text), visit.now
    )
    return Reply(look=lambda connection: looking.trial(replace(visit, connection=connection), text, number))


def search(visit: Visit, text: str) -> Reply:
    """Look for words in the archive."""
    if not text:
        return _asked(visit, "search", None)
    draft = Draft(visit.subscriber.id, visit.incoming.user, "search", text[:200])
    number = visit.frontdesk.keep_draft(draft, visit.now)
    return Reply(look=lambda connection: looking.found(replace(visit, connection=connection), text, number))


def email(visit: Visit, text: str) -> Reply:
    """Ask the owner of a mail address whether the same news may come by mail, once a day."""
    if not text:
        return _asked(visit, "email", None)
    there = visit.subscribers.wanted(visit.subscriber.id) or [Subscription(0)]
    wanted = [replace(each, subscriber=0, cadence="daily") for each in there]
    try:
        became = ask_consent(
            visit.connection, text.strip(), wanted, now=visit.now,
            language=visit.subscriber.language, timezone=visit.subscriber.timezone,
            asker=Asker(Door.BOT, _person(visit.incoming)),
        )  # fmt: skip
    except ValueError:
        return visit.tell("email_unread")
    if became is Asked.BUSY:
        return visit.tell("email_enough")
    return visit.tell("email_asked")


def _person(incoming: Incoming) -> str:
    """Who writes, in whatever chat; in the name of a group or channel, that one."""
    return str(incoming.user if incoming.user and not incoming.masked else incoming.chat)


def export(visit: Visit, text: str) -> Reply:
    """Send all that is kept of the subscriber, as a file."""
    del text
    data = Personal(visit.connection).copy(visit.subscriber.id)
    written = json.dumps(data, ensure_ascii=False, indent=1).encode()
    return replace(visit.tell("exported"), document=packed(COPY, written))


def packed(name: str, written: bytes) -> Document:
    """A file to send, whole: as it is, or compressed where it would be long to load on a phone."""
    if len(written) <= MOST_PLAIN:
        return Document(name, written)
    archive = io.BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as zipped:
        zipped.writestr(name, written)
    return Document(f"{name}.zip", archive.getvalue())


def delete_me(visit: Visit, text: str) -> Reply:
    """Ask once more before everything is forgotten."""
    del text
    yes = visit.button(visit.tongue.say("delete_yes"), "forget")
    return Reply(visit.tongue.message(visit.tongue.page(visit.tongue.say("delete_ask")), [[yes]]))


def _asked(visit: Visit, command: str, reply: Reply | None) -> Reply:
    """Take the next message as what the command asks for."""
    visit.frontdesk.await_answer(visit.subscriber.id, visit.incoming.user, command, visit.now)
    return reply or visit.tell(f"ask_{command}")


def _menu(name: str) -> Command:
    """A command that opens its menu."""
    return lambda visit, _text: visit.show(getattr(menus, name)(visit))


COMMANDS: Final[Mapping[str, Command]] = {
    "start": start,
    "help": help_,
    "topics": _menu("topics"),
    "places": _menu("places"),
    "outlets": _menu("outlets"),
    "level": level,
    "frequency": _menu("frequency"),
    "quiet": quiet,
    "timezone": timezone,
    "mute": mute,
    "unmute": unmute,
    "filter": filter_,
    "last": looking.last,
    "search": search,
    "story": looking.story,
    "digest": _menu("digest"),
    "email": email,
    "status": status,
    "language": _menu("language"),
    "export": export,
    "privacy": privacy,
    "delete_me": delete_me,
}
# What somebody may ask whom we do not know.
FOR_STRANGERS: Final = frozenset({"start", "help", "privacy"})


def asks_us(incoming: Incoming) -> bool:
    """Whether an update means us: what people say among themselves in a group does not."""
    done = incoming.press or incoming.membership or incoming.moved_to
    return bool(incoming.command or done) or is_answer(incoming)


def is_answer(incoming: Incoming) -> bool:
    """Whether a message without a command may answer a question of ours."""
    private = incoming.kind is RecipientKind.PRIVATE_CHAT
    return bool(incoming.text) and not incoming.command and (private or incoming.answers_us)
