"""The methods of the Bot API: what each does to the world, and what it answers."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from aiogram.types import InlineKeyboardMarkup
from telegram.constants import MessageLimit

from tests.fakes.bot_api.html_subset import CannotParseError, Entity, parse, units
from tests.fakes.bot_api.world import BOT, Chat, RefusedError, World

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
OTHER_POLLER = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
WEBHOOK_SET = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete "
    "the webhook first"
)


class Record(Protocol):
    def __call__(self, kind: str, **what: Any) -> None: ...


@dataclass
class Methods:
    """Each takes the call as aiogram's model and returns the answer's ``result``."""

    world: World
    record: Record
    _pollers: int = 0

    def by_name(self, method: str) -> Callable[[Any], Any] | None:
        """``sendMessage`` is ``send_message`` here."""
        return getattr(self, re.sub("([A-Z])", r"_\1", method).lower(), None)

    def get_me(self, _call: Any) -> Any:
        return BOT | {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def send_message(self, call: Any) -> Any:
        chat = self._open_chat(call)
        text, entities = _formatted(call)
        reply = self._reply(chat, call)
        markup = _markup(call)
        content = {
            "from": BOT,
            "text": text,
            "entities": _entities(entities),
            **({"reply_to_message": reply} if reply else {}),
            **({"message_thread_id": call.message_thread_id} if call.message_thread_id else {}),
            **({"reply_markup": markup} if markup else {}),
        }
        message = self.world.new_message(chat, **content)
        self.record(
            "message",
            chat_id=chat.id,
            message_id=message["message_id"],
            text=text,
            html=call.text,
            entities=content["entities"],
            reply_to=reply["message_id"] if reply else None,
            topic=call.message_thread_id,
            silent=bool(call.disable_notification),
            buttons=(markup or {}).get("inline_keyboard", []),
        )
        return message

    def edit_message_text(self, call: Any) -> Any:
        message = self._message(call, "edit")
        text, entities = _formatted(call)
        new = {"text": text, "entities": _entities(entities), "reply_markup": _markup(call)}
        if all(message.get(key) == value for key, value in new.items()):
            raise RefusedError(400, NOT_MODIFIED)
        message |= {"edit_date": int(time.time())} | new
        if new["reply_markup"] is None:
            del message["reply_markup"]
        self._record_change("edit", message, text=text, html=call.text)
        return message

    def edit_message_reply_markup(self, call: Any) -> Any:
        message = self._message(call, "edit")
        message["reply_markup"] = _markup(call) or {"inline_keyboard": []}
        self._record_change("markup", message)
        return message

    def delete_message(self, call: Any) -> bool:
        message = self._message(call, "delete")
        del self.world.messages[message["chat"]["id"], message["message_id"]]
        self._record_change("delete", message)
        return True

    def answer_callback_query(self, call: Any) -> bool:
        self.record("answer", query=call.callback_query_id, text=call.text or "")
        return True

    def send_document(self, call: Any) -> Any:
        chat = self._open_chat(call)
        file = {"file_id": "f1", "file_unique_id": "u1", "file_name": "file", "file_size": len(call.document)}
        message = self.world.new_message(chat, **{"from": BOT}, document=file, caption=call.caption or "")
        self._record_change("document", message, content=call.document, caption=call.caption or "")
        return message

    def send_chat_action(self, call: Any) -> bool:
        self._open_chat(call)
        return True

    def set_my_commands(self, call: Any) -> bool:
        self.world.commands[_scope(call)] = [
            command.model_dump(include={"command", "description"}) for command in call.commands
        ]
        return True

    def get_my_commands(self, call: Any) -> Any:
        return self.world.commands.get(_scope(call), [])

    def delete_my_commands(self, call: Any) -> bool:
        self.world.commands.pop(_scope(call), None)
        return True

    def set_my_description(self, call: Any) -> bool:
        self.world.descriptions[call.language_code or ""] = call.description or ""
        return True

    def set_my_short_description(self, call: Any) -> bool:
        self.world.descriptions[f"short {call.language_code or ''}"] = call.short_description or ""
        return True

    def get_chat(self, call: Any) -> Any:
        return self._open_chat(call).as_json() | {"accent_color_id": 0, "max_reaction_count": 11}

    def get_chat_member(self, call: Any) -> Any:
        return self._open_chat(call).member(call.user_id)

    def get_chat_administrators(self, call: Any) -> Any:
        chat = self._open_chat(call)
        return [chat.member(user) for user in sorted(chat.admins)]

    def leave_chat(self, call: Any) -> bool:
        self._open_chat(call).refuses = (403, "Forbidden: bot is not a member of the supergroup chat")
        return True

    def get_webhook_info(self, _call: Any) -> Any:
        pending = len(self.world.updates)
        return {"url": self.world.webhook, "has_custom_certificate": False, "pending_update_count": pending}

    def set_webhook(self, call: Any) -> bool:
        self.world.webhook = call.url
        return True

    def delete_webhook(self, call: Any) -> bool:
        self.world.webhook = ""
        if call.drop_pending_updates:
            self.world.updates.clear()
        return True

    async def get_updates(self, call: Any) -> Any:
        """A long poll. An offset confirms all before it; a newer poll ends an older one."""
        if self.world.webhook:
            raise RefusedError(409, WEBHOOK_SET)
        self._pollers += 1
        mine = self._pollers
        if call.offset:
            self.world.confirm(call.offset)
        until = time.monotonic() + (call.timeout or 0)
        while not self.world.updates and time.monotonic() < until:
            await asyncio.sleep(0.01)
            if mine != self._pollers:
                raise RefusedError(409, OTHER_POLLER)
        return self.world.updates[: call.limit or 100]

    def _open_chat(self, call: Any) -> Chat:
        chat = self.world.chat(call.chat_id)
        if chat.migrated_to:
            raise RefusedError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.migrated_to,
            )
        if chat.refuses:
            raise RefusedError(*chat.refuses)
        if getattr(call, "message_thread_id", None) in chat.closed_topics:
            raise RefusedError(400, "Bad Request: TOPIC_CLOSED")
        return chat

    def _message(self, call: Any, verb: str) -> dict[str, Any]:
        chat = self._open_chat(call)
        found = self.world.messages.get((chat.id, call.message_id))
        if found is None:
            raise RefusedError(400, f"Bad Request: message to {verb} not found")
        return found

    def _reply(self, chat: Chat, call: Any) -> dict[str, Any] | None:
        if not call.reply_parameters:
            return None
        target = self.world.messages.get((chat.id, call.reply_parameters.message_id))
        # Not given is a (truthy) sentinel in aiogram's models.
        if target is None and call.reply_parameters.allow_sending_without_reply is not True:
            raise RefusedError(400, "Bad Request: message to be replied not found")
        return {key: value for key, value in target.items() if key != "reply_to_message"} if target else None

    def _record_change(self, kind: str, message: dict[str, Any], **what: Any) -> None:
        self.record(kind, chat_id=message["chat"]["id"], message_id=message["message_id"], **what)


def _scope(call: Any) -> str:
    """Whose commands: the language, after the scope where it is not everybody's: ``all_private_chats ar``."""
    scope = getattr(call.scope, "type", "default")
    parts = [
        "" if scope == "default" else scope,
        str(getattr(call.scope, "chat_id", "")),
        call.language_code or "",
    ]
    return " ".join(filter(None, parts))


def _formatted(call: Any) -> tuple[str, tuple[Entity, ...]]:
    try:
        text, entities = parse(call.text) if call.parse_mode == "HTML" else (call.text, ())
    except CannotParseError as error:
        raise RefusedError(400, f"Bad Request: can't parse entities: {error}") from None
    if not text.strip():
        raise RefusedError(400, "Bad Request: message text is empty")
    if units(text) > MessageLimit.MAX_TEXT_LENGTH:
        raise RefusedError(400, "Bad Request: message is too long")
    return text, entities[: MessageLimit.MESSAGE_ENTITIES]


def _entities(entities: tuple[Entity, ...]) -> list[dict[str, Any]]:
    return [{key: value for key, value in asdict(entity).items() if value != ""} for entity in entities]


def _markup(call: Any) -> dict[str, Any] | None:
    """Buttons under the message; what opens a reader's keyboard is no part of a message."""
    if not isinstance(call.reply_markup, InlineKeyboardMarkup):
        return None
    markup: dict[str, Any] = call.reply_markup.model_dump(exclude_none=True, mode="json")
    return markup
