"""What the server knows: chats, messages, updates."""

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

BOT = {"id": 4242, "is_bot": True, "first_name": "مرصد", "username": "marsad_test_bot"}


@dataclass
class Chat:
    """A chat as Telegram sees it."""

    id: int
    type: str = "private"  # "group", "supergroup", "channel"
    username: str = ""
    refuses: tuple[int, str] | None = None  # status and description for every message
    migrated_to: int = 0
    closed_topics: set[int] = field(default_factory=set)
    admins: set[int] = field(default_factory=set)

    def as_json(self) -> dict[str, Any]:
        named = {"first_name": "قارئ"} if self.type == "private" else {"title": "غرفة الأخبار"}
        return {
            "id": self.id,
            "type": self.type,
            **named,
            **({"username": self.username} if self.username else {}),
        }


class RefusedError(Exception):
    """An error answer."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


@dataclass
class World:
    """Chats and messages; a chat nobody set up exists as soon as it is written to."""

    chats: dict[int, Chat] = field(default_factory=dict)
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    updates: list[dict[str, Any]] = field(default_factory=list)
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    webhook: str = ""
    _message_ids: Any = field(default_factory=lambda: count(1001))
    _update_ids: Any = field(default_factory=lambda: count(700_001))

    def chat(self, address: int | str) -> Chat:
        if isinstance(address, str):
            known = [c for c in self.chats.values() if c.username and f"@{c.username}" == address]
            if not known:
                raise RefusedError(400, "Bad Request: chat not found")
            return known[0]
        kind = "private" if address > 0 else "supergroup" if str(address).startswith("-100") else "group"
        return self.chats.setdefault(address, Chat(address, kind))

    def new_message(self, chat: Chat, **content: Any) -> dict[str, Any]:
        number = next(self._message_ids)
        message = {"message_id": number, "date": int(time.time()), "chat": chat.as_json(), **content}
        self.messages[chat.id, number] = message
        return message

    def arrives(self, **update: Any) -> dict[str, Any]:
        """Queue an update for getUpdates."""
        full = {"update_id": next(self._update_ids), **update}
        self.updates.append(full)
        return full

    def confirm(self, offset: int) -> None:
        """Forget updates before ``offset``; a negative one keeps that many of the last."""
        self.updates[:] = (
            [u for u in self.updates if u["update_id"] >= offset] if offset > 0 else self.updates[offset:]
        )

    def says(self, chat_id: int, text: str, *, user_id: int = 0) -> dict[str, Any]:
        """A reader writes to the bot."""
        chat = self.chat(chat_id)
        user = {"id": user_id or abs(chat_id), "is_bot": False, "first_name": "قارئ"}
        entities = (
            [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
            if text.startswith("/")
            else []
        )
        return self.arrives(message=self.new_message(chat, text=text, entities=entities, **{"from": user}))

    def presses(self, chat_id: int, message_id: int, data: str, *, user_id: int = 0) -> dict[str, Any]:
        """A reader presses a button."""
        user = {"id": user_id or abs(chat_id), "is_bot": False, "first_name": "قارئ"}
        query = {
            "id": str(next(self._update_ids)), "from": user, "chat_instance": "1", "data": data,
            "message": self.messages[chat_id, message_id],
        }  # fmt: skip
        return self.arrives(callback_query=query)
