"""One update, answered inside one transaction: found who it is from, routed, kept."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from alerts.bot import menus
from alerts.bot.codec import StaleError, arguments, decode
from alerts.bot.commands import COMMANDS, FOR_STRANGERS, is_answer
from alerts.bot.gate import needs_rights
from alerts.bot.nouns import Incoming, Press, Reply
from alerts.bot.operators import commands as operators
from alerts.bot.operators import presses as operator_presses
from alerts.bot.phrases import Tongue
from alerts.bot.presses import PRESSES
from alerts.bot.visit import Office, Visit
from alerts.nouns import LANGUAGES, RecipientKind, Subscriber, SubscriberState
from alerts.storage import Bulletins, Frontdesk, Personal, Subscribers
from crawler.database import Connection

ANSWER_WITHIN: Final = timedelta(minutes=10)  # a question of ours waits so long for its answer
_TOLD: Final = frozenset({SubscriberState.ACTIVE, SubscriberState.DEGRADED})
_ADMITTED: Final = frozenset({"member", "administrator", "creator", "restricted"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who an update is from, and whose leave it needs."""

    subscriber: Subscriber  # id 0: somebody new
    press: Press | None = None
    ask_rights_in: int = 0  # the chat whose administrator the user must be; 0: none
    operates: bool = False  # the chat is the operators', where it is no group its user is one


def caller(connection: Connection, office: Office, incoming: Incoming, now: datetime) -> Caller:
    """Find out who an update is from, before anything is changed."""
    here = Subscribers(connection).at(incoming.kind, incoming.address) or _newcomer(incoming, now)
    operates = here.id in {one.id for one in Bulletins(connection).operators()}
    if incoming.command in operators.COMMANDS:
        if operates:
            private = incoming.kind is RecipientKind.PRIVATE_CHAT
            return Caller(here, None, 0 if private else incoming.chat, operates)
        incoming = _unknown(incoming)
    press = decode(incoming.press, office.key) if incoming.press else None
    target = Subscribers(connection).get(press.target) if press else None
    if press is None or target is None:
        rights = incoming.chat if _is_asking(incoming) and needs_rights(incoming) else 0
        return Caller(here, None, rights)
    if target.id == here.id:
        return Caller(here, press, incoming.chat if needs_rights(incoming, press.verb) else 0, operates)
    if target.kind is RecipientKind.CHANNEL and incoming.kind is RecipientKind.PRIVATE_CHAT:
        return Caller(target, press, int(target.address))
    return Caller(here)  # somebody else's button


def answer(
    connection: Connection, office: Office, incoming: Incoming, *, rights: bool, now: datetime
) -> Reply | None:
    """Answer an update and keep what it changes; None for one that was answered before, or needs no answer.

    Args:
        connection: one that may write.
        office: what all visits share.
        incoming: the update.
        rights: whether the user is an administrator where ``caller`` asked for one.
        now: the time.
    """
    if not Frontdesk(connection).take(incoming.update, now):
        return None
    if incoming.moved_to:
        _move(connection, incoming)
        return None
    who = caller(connection, office, incoming, now)
    visit = Visit(office, connection, now, incoming, who.subscriber)
    if incoming.command in operators.COMMANDS:
        if who.operates and rights:
            return operators.COMMANDS[incoming.command][0](visit, incoming.text.strip())
        incoming = _unknown(incoming)
        visit = replace(visit, incoming=incoming)
    if incoming.membership:
        return _membership(visit)
    if incoming.press:
        return _pressed(visit, who, rights=rights)
    if incoming.command:
        return _commanded(visit, rights=rights)
    return _spoken(visit, rights=rights) if is_answer(incoming) else None


def _pressed(visit: Visit, who: Caller, *, rights: bool) -> Reply:
    say = visit.tongue.say
    known = {**PRESSES, **operator_presses.PRESSES} if who.operates else PRESSES
    if who.press is None or who.press.verb not in known:
        return Reply(toast=say("expired"))
    if who.ask_rights_in and not rights:
        return Reply(toast=say("admins_only"))
    if visit.subscriber.state is SubscriberState.REMOVED:
        return Reply(toast=say("start_first"))
    pressed = known[who.press.verb]
    try:
        return pressed(visit, *arguments(pressed, who.press.args))
    except StaleError:
        return Reply(toast=say("expired"))


def _unknown(incoming: Incoming) -> Incoming:
    """An operators' command of anybody else, as a word that we never heard: in a group, it is mere talk."""
    if incoming.kind is RecipientKind.PRIVATE_CHAT:
        return incoming
    return replace(incoming, command="", text=incoming.written)


def _commanded(visit: Visit, *, rights: bool) -> Reply | None:
    command = COMMANDS.get(visit.incoming.command)
    if command is None:
        private = visit.incoming.kind is RecipientKind.PRIVATE_CHAT
        return visit.tell("unknown_command") if private else None
    if needs_rights(visit.incoming) and not rights:
        return visit.tell("admins_only_long")
    if visit.incoming.command not in FOR_STRANGERS and visit.subscriber.state is not SubscriberState.ACTIVE:
        return visit.tell("start_first")
    visit.frontdesk.answered(visit.subscriber.id, visit.incoming.user)
    return command(visit, visit.incoming.text.strip())


def _spoken(visit: Visit, *, rights: bool) -> Reply | None:
    """Words without a command: the answer to a question of ours, or, in a private chat, something to look for."""
    if visit.subscriber.state is not SubscriberState.ACTIVE or not visit.subscriber.id:
        return visit.tell("start_first") if visit.incoming.kind is RecipientKind.PRIVATE_CHAT else None
    asked = visit.frontdesk.awaited(visit.subscriber.id, visit.incoming.user, visit.now - ANSWER_WITHIN)
    if not asked and visit.incoming.kind is not RecipientKind.PRIVATE_CHAT:
        return None
    command = asked or "search"
    spoken = replace(visit, incoming=replace(visit.incoming, command=command))
    return _commanded(spoken, rights=rights)


def _membership(visit: Visit) -> Reply | None:
    """The bot was let in, made an administrator, or put out."""
    incoming, whom = visit.incoming, visit.subscriber
    if incoming.membership not in _ADMITTED:
        if whom.state in _TOLD:  # who never was is not: to be put out is no way in
            visit.subscribers.set_state(whom.id, SubscriberState.SUSPENDED)
        return None
    if whom.state is SubscriberState.DEGRADED or (whom.state is SubscriberState.SUSPENDED and visit.admits()):
        visit.change(title=incoming.title).tell_again()
        return None
    decided = {SubscriberState.ACTIVE, SubscriberState.REMOVED}
    if incoming.kind is RecipientKind.PRIVATE_CHAT or whom.state in decided:
        return None
    if not visit.admits_bringer():
        return Reply(leave=True)
    return _new_channel(visit) if incoming.kind is RecipientKind.CHANNEL else visit.tell("group_welcome")


def _new_channel(visit: Visit) -> Reply:
    """A channel is bound in the private chat of the administrator who brought the bot in."""
    waiting = replace(visit.subscriber, state=SubscriberState.PENDING)
    number = visit.subscriber.id or visit.subscribers.subscribe(waiting, [])
    visit = replace(visit, subscriber=replace(visit.subscriber, id=number))
    tongue = visit.tongue
    rows = [[visit.button(tongue.say("channel_begin"), "bind")], *menus.main_rows(visit)]
    lines = tongue.page(tongue.say("channel_found", name=visit.subscriber.title))
    return Reply(tongue.message(lines, rows), to=str(visit.incoming.user))


def _move(connection: Connection, incoming: Incoming) -> None:
    known = Subscribers(connection).at(RecipientKind.GROUP, str(incoming.chat))
    if known:
        Personal(connection).move(known.id, str(incoming.moved_to))


def _is_asking(incoming: Incoming) -> bool:
    return bool(incoming.command) or (is_answer(incoming) and not incoming.press)


def _newcomer(incoming: Incoming, now: datetime) -> Subscriber:
    tag = incoming.language.partition("-")[0]
    return Subscriber(
        incoming.kind,
        incoming.address,
        now,
        SubscriberState.PENDING,
        language=tag if tag in LANGUAGES else LANGUAGES[0],
        title=incoming.title if incoming.kind is not RecipientKind.PRIVATE_CHAT else "",
    )


def sorry(who: Caller | None, incoming: Incoming, key: str, now: datetime) -> Reply:
    """A short word without a visit or the store: too many requests, or a failure of ours.

    Args:
        who: it is from; None where that could not be found out: then Telegram's word for their language counts.
        incoming: the update.
        key: of the phrase.
        now: the time.
    """
    tongue = Tongue.of(who.subscriber if who else _newcomer(incoming, now))
    if incoming.press:
        return Reply(toast=tongue.say(key))
    return Reply(tongue.message(tongue.page(tongue.say(key))))
