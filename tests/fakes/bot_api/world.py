"""What the server knows: chats, messages, updates."""

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

GROUP_ANONYMOUS_BOT = 1087968824
ADMITTED = frozenset({"member", "administrator"})
ADMINISTRATOR_MAY = (
    "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
    "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
    "can_edit_stories", "can_delete_stories", "can_manage_topics", "can_send_welcome_messages",
)  # fmt: skip
BOT = {"id": 4242, "is_bot": True, "first_name": "مرصد", "username": "marsad_test_bot"}


def person(number: int) -> dict[str, Any]:
    """A reader."""
    return {"id": number, "is_bot": False, "first_name": "قارئ"}


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

    def member(self, user_id: int) -> dict[str, Any]:
        """What getChatMember says of a user."""
        status = "creator" if user_id in self.admins else "member"
        return {"status": status, "user": person(user_id)} | (
            {"is_anonymous": False} if status == "creator" else {}
        )

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

    def says(
        self, chat_id: int, text: str, *, user_id: int = 0, reply_to: int = 0, **more: Any
    ) -> dict[str, Any]:
        """A reader writes to the bot, or answers its message ``reply_to``; ``more`` goes into the message as it is."""
        chat = self.chat(chat_id)
        entities = (
            [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
            if text.startswith("/")
            else []
        )
        answered = {"reply_to_message": self.messages[chat_id, reply_to]} if reply_to else {}
        return self.arrives(
            message=self.new_message(
                chat,
                text=text,
                entities=entities,
                **{"from": person(user_id or abs(chat_id))},
                **answered,
                **more,
            )
        )

    def says_anonymously(self, chat_id: int, text: str) -> dict[str, Any]:
        """An administrator writes in the name of the group."""
        return self.says(chat_id, text, user_id=GROUP_ANONYMOUS_BOT, sender_chat=self.chat(chat_id).as_json())

    def presses(self, chat_id: int, message_id: int, data: str, *, user_id: int = 0) -> dict[str, Any]:
        """A reader presses a button."""
        query = {
            "id": str(next(self._update_ids)), "from": person(user_id or abs(chat_id)), "chat_instance": "1",
            "data": data, "message": self.messages[chat_id, message_id],
        }  # fmt: skip
        return self.arrives(callback_query=query)

    def admits(self, chat_id: int, status: str, *, before: str = "left", user_id: int = 0) -> dict[str, Any]:
        """What the bot is in a chat changes: member, administrator, left, kicked (in a private chat: blocked)."""
        chat = self.chat(chat_id)
        chat.refuses = None if status in ADMITTED else (403, "Forbidden: bot was kicked from the chat")
        if chat.refuses and chat.type == "private":
            chat.refuses = (403, "Forbidden: bot was blocked by the user")
        return self.arrives(
            my_chat_member={
                "chat": chat.as_json(), "from": person(user_id or abs(chat_id)), "date": int(time.time()),
                "old_chat_member": _bot_as(before), "new_chat_member": _bot_as(status),
            }
        )  # fmt: skip

    def migrates(self, old: int, new: int) -> dict[str, Any]:
        """A group becomes a supergroup."""
        self.chat(old).migrated_to = new
        self.arrives(
            message=self.new_message(self.chat(new), migrate_from_chat_id=old, **{"from": person(1)})
        )
        return self.arrives(
            message=self.new_message(self.chat(old), migrate_to_chat_id=new, **{"from": person(1)})
        )


def _bot_as(status: str) -> dict[str, Any]:
    more: dict[str, Any] = {"until_date": 0} if status == "kicked" else {}
    if status == "administrator":
        more = dict.fromkeys(ADMINISTRATOR_MAY, True)
    return {"status": status, "user": BOT, **more}
