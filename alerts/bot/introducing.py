"""What Telegram is told of the bot, and again only when that changed: its commands, by chat and language."""

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from alerts.bot.adapter import command_lists, operators_lists
from alerts.bot.phrases import phrases
from alerts.channels.failures import ChannelError
from alerts.nouns import LANGUAGES, RecipientKind, Subscriber
from alerts.storage import Bulletins, Frontdesk
from crawler.database import Connection, Database

log = logging.getLogger(__name__)

INTRODUCED: Final = "introduced"
OPERATORS: Final = "operators introduced"
_CHATS: Final = frozenset({RecipientKind.PRIVATE_CHAT, RecipientKind.GROUP})


def introduction() -> str:
    """What Telegram is told of the bot, as a hash: it is told again when it changed."""
    told: Mapping[str, object] = {" ".join(key): value for key, value in command_lists().items()} | {
        language: [phrases(language)["about"], phrases(language)["about_short"]] for language in LANGUAGES
    }
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


async def introduce_once(database: Database, introduce: Callable[[], Awaitable[None]]) -> bool:
    """Introduce the bot where Telegram does not know it as it is; whether that was needed."""
    wanted = introduction()
    if await database.aread(lambda c: Frontdesk(c).state(INTRODUCED)) == wanted:
        return False
    await introduce()
    await database.awrite(lambda c: Frontdesk(c).keep_state(INTRODUCED, wanted))
    return True


async def introduce_to_operators(
    database: Database,
    tell: Callable[[str, RecipientKind], Awaitable[None]],
    take_back: Callable[[str, RecipientKind], Awaitable[None]],
) -> None:
    """Show operators their commands in the menu of their chat, and nobody else; one that cannot be told is tried again.

    Args:
        database: the store.
        tell: shows the commands to a chat, by its id: in a group, to its administrators.
        take_back: shows a chat what it showed before.
    """
    told, wanted = await database.aread(_told), await database.aread(_operators_chats)
    version = hashlib.sha256(json.dumps(operators_lists(), ensure_ascii=False).encode()).hexdigest()[:16]
    now = dict(told)
    for chat, (kind, _) in [each for each in told.items() if each[0] not in wanted]:
        if await _done(take_back, chat, kind):
            del now[chat]
    for chat, kind in wanted.items():
        if told.get(chat) != (kind, version) and await _done(tell, chat, kind):
            now[chat] = (kind, version)
    if now != told:
        await database.awrite(lambda c: Frontdesk(c).keep_state(OPERATORS, json.dumps(now)))


async def _done(say: Callable[[str, RecipientKind], Awaitable[None]], chat: str, kind: str) -> bool:
    try:
        await say(chat, RecipientKind(kind))
    except ChannelError as error:
        log.debug("the menu of an operators' chat was not changed: %s", error)
        return False
    return True


def _told(connection: Connection) -> dict[str, tuple[str, str]]:
    kept = Frontdesk(connection).state(OPERATORS)
    return {chat: (kind, version) for chat, (kind, version) in json.loads(kept or "{}").items()}


def _operators_chats(connection: Connection) -> dict[str, str]:
    """Their chats, by id, with their kind; several topics of one forum are one chat."""
    found = Bulletins(connection).operators()
    return {_chat(one): one.kind.value for one in found if one.kind in _CHATS}


def _chat(subscriber: Subscriber) -> str:
    return subscriber.address.partition("/")[0]
