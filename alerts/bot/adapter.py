"""The adapter to python-telegram-bot: its Application reads updates, and what they are becomes our own value.

Started by hand inside our loop; no JobQueue, no persistence, no state in memory.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
    CallbackQuery,
    Chat,
    ChatMemberUpdated,
    InputFile,
    Message,
    Update,
    User,
)
from telegram.constants import ChatID, ChatType
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackContext,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ExtBot,
    MessageHandler,
    filters,
)
from telegram.request import BaseRequest, HTTPXRequest

from alerts.bot.commands import COMMANDS
from alerts.bot.gate import READING_COMMANDS
from alerts.bot.nouns import Incoming
from alerts.bot.operators import commands as operators
from alerts.bot.phrases import phrases
from alerts.channels.telegram import translate
from alerts.nouns import LANGUAGES, RecipientKind

Running = Application[Any, Any, Any, Any, Any, Any]
Context = CallbackContext[Any, Any, Any, Any]

TOAST_LIMIT: Final = 200  # characters over a pressed button
_KINDS: Final = {
    ChatType.PRIVATE.value: RecipientKind.PRIVATE_CHAT,
    ChatType.GROUP.value: RecipientKind.GROUP,
    ChatType.SUPERGROUP.value: RecipientKind.GROUP,
    ChatType.CHANNEL.value: RecipientKind.CHANNEL,
}
_ADMINISTRATORS: Final = frozenset({"creator", "administrator"})


class Reader:
    """Reads updates through the Application's handlers."""

    def __init__(self, application: Running) -> None:
        """Listen to what means something to us."""
        self._application = application
        self._read: list[Incoming] = []
        known = [*COMMANDS, *operators.COMMANDS]
        application.add_handler(CommandHandler(known, self._on_command, filters.UpdateType.MESSAGE))
        application.add_handler(
            MessageHandler(
                filters.UpdateType.MESSAGE & (filters.TEXT | filters.StatusUpdate.MIGRATE), self._on_words
            )
        )
        application.add_handler(CallbackQueryHandler(self._on_press))
        application.add_handler(ChatMemberHandler(self._on_membership, ChatMemberHandler.MY_CHAT_MEMBER))

    async def read(self, updates: Iterable[Update]) -> list[Incoming]:
        """Read a batch of updates; what means nothing to us is left out."""
        self._read = []
        for update in updates:
            await self._application.process_update(update)
        return self._read

    async def _on_command(self, update: Update, context: Context) -> None:
        del context
        message = update.effective_message
        if message and message.text:
            name, _, text = message.text.partition(" ")
            command = name.removeprefix("/").partition("@")[0].lower()
            self._read.append(of_message(update.update_id, message, command, text.strip()))

    async def _on_words(self, update: Update, context: Context) -> None:
        del context
        if message := update.effective_message:
            self._read.append(of_message(update.update_id, message, "", message.text or ""))

    async def _on_press(self, update: Update, context: Context) -> None:
        del context
        if update.callback_query and update.callback_query.message:
            self._read.append(of_press(update.update_id, update.callback_query))

    async def _on_membership(self, update: Update, context: Context) -> None:
        del context
        if update.my_chat_member:
            self._read.append(of_membership(update.update_id, update.my_chat_member))


@asynccontextmanager
async def open_application(
    token: str, *, api: str, proxy: str = ""
) -> AsyncIterator[tuple[Running, BaseRequest]]:
    """Build the Application, and the request that its updates are asked for with; closed on leaving.

    Args:
        token: the bot's secret.
        api: base address of the Bot API server.
        proxy: address of an HTTP or SOCKS proxy, or empty.
    """
    poll, rest = (HTTPXRequest(connection_pool_size=size, proxy=proxy or None) for size in (2, 16))
    bot: ExtBot[Any] = ExtBot(
        token, base_url=f"{api.rstrip('/')}/bot", request=rest, get_updates_request=poll
    )
    application = ApplicationBuilder().bot(bot).updater(None).job_queue(None).build()
    try:
        yield application, poll
    finally:
        await application.shutdown()
        for request in (poll, rest):  # the Application closes only what it has initialised
            await request.shutdown()


def of_message(number: int, message: Message, command: str, text: str) -> Incoming:
    """A message as our own value. A command for another bot, or of a kind we do not know, is plain words."""
    user, sender = message.from_user, message.sender_chat
    return Incoming(
        number,
        _KINDS.get(message.chat.type, RecipientKind.GROUP),
        message.chat.id,
        user.id if user else 0,
        topic=message.message_thread_id or 0 if message.is_topic_message else 0,
        message=message.message_id,
        at=message.date,
        masked=bool(sender and user and user.id == ChatID.ANONYMOUS_ADMIN and sender.id == message.chat.id),
        title=message.chat.title or "",
        language=_language(user),
        command=command or _stray_command(message, text),
        text=text,
        written=message.text or "",
        answers_us=_answers(message),
        moved_to=message.migrate_to_chat_id or 0,
    )


def _stray_command(message: Message, text: str) -> str:
    """A command in a private chat that we do not have: to be told so, not to be looked for in the archive."""
    return (
        text[1:].split(maxsplit=1)[0][:32]
        if text[1:].strip() and text.startswith("/") and message.chat.type == ChatType.PRIVATE
        else ""
    )


def _answers(message: Message) -> bool:
    replied = message.reply_to_message
    return bool(replied and replied.from_user and replied.from_user.id == message.get_bot().id)


def of_press(number: int, query: CallbackQuery) -> Incoming:
    """A press as our own value."""
    message = query.message
    assert message is not None  # noqa: S101 (asked by the handler)
    topic = message.message_thread_id if isinstance(message, Message) and message.is_topic_message else 0
    return Incoming(
        number,
        _KINDS.get(message.chat.type, RecipientKind.GROUP),
        message.chat.id,
        query.from_user.id,
        topic=topic or 0,
        message=message.message_id,
        title=message.chat.title or "",
        language=_language(query.from_user),
        press=query.data or "-",
        query=query.id,
    )


def of_membership(number: int, change: ChatMemberUpdated) -> Incoming:
    """What the bot became in a chat, as our own value."""
    chat: Chat = change.chat
    return Incoming(
        number,
        _KINDS.get(chat.type, RecipientKind.GROUP),
        chat.id,
        change.from_user.id,
        at=change.date,
        title=chat.title or "",
        language=_language(change.from_user),
        membership=str(change.new_chat_member.status),
    )


def _language(user: User | None) -> str:
    return (user.language_code or "") if user else ""


async def is_administrator(bot: ExtBot[Any], chat: int, user: int) -> bool:
    """Whether a user is one of a chat's administrators; not, where Telegram does not say."""
    try:
        member = await bot.get_chat_member(chat, user)
    except TelegramError:
        return False
    return str(member.status) in _ADMINISTRATORS


async def answer_press(bot: ExtBot[Any], query: str, toast: str) -> None:
    """Tell Telegram that a press was heard; one that is too old to be answered is none."""
    try:
        await bot.answer_callback_query(query, text=toast[:TOAST_LIMIT] or None)
    except BadRequest:
        return


async def send_file(bot: ExtBot[Any], chat: int, name: str, content: bytes) -> None:
    """Send a file."""
    await bot.send_document(chat, InputFile(content, filename=name))


def command_lists() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The commands to show, by scope and language; the empty language is for all that have none of their own."""
    lists = {}
    for language in (*LANGUAGES, ""):
        told = phrases(language or LANGUAGES[0])["commands"]
        every = [(name, told[name]) for name in COMMANDS]
        reading = [(name, text) for name, text in every if name in READING_COMMANDS]
        lists["all_private_chats", language] = every
        lists["all_chat_administrators", language] = every
        lists["all_group_chats", language] = reading
    return lists


_SCOPES: Final[dict[str, BotCommandScope]] = {
    "all_private_chats": BotCommandScopeAllPrivateChats(),
    "all_chat_administrators": BotCommandScopeAllChatAdministrators(),
    "all_group_chats": BotCommandScopeAllGroupChats(),
}


def operators_lists() -> dict[str, list[tuple[str, str]]]:
    """The commands to show in the operators' chat, by language: theirs first, then what its language shows anyhow."""
    own = [(name, told) for name, (_, told) in operators.COMMANDS.items()]
    every = command_lists()
    return {language: [*own, *every["all_private_chats", language]] for language in (*LANGUAGES, "")}


async def introduce_operators(bot: ExtBot[Any], chat: str, kind: RecipientKind) -> None:
    """Show operators' commands in one chat, in a group to its administrators; raises ChannelError."""
    try:
        for language, commands in operators_lists().items():
            await bot.set_my_commands(
                [BotCommand(name, text) for name, text in commands],
                scope=_scope_of(chat, kind),
                language_code=language or None,
            )
    except TelegramError as error:
        raise translate(error, chat) from error


async def forget_operators(bot: ExtBot[Any], chat: str, kind: RecipientKind) -> None:
    """Show in one chat what its kind of chat shows; one that is gone shows nothing; raises ChannelError."""
    try:
        for language in operators_lists():
            await bot.delete_my_commands(scope=_scope_of(chat, kind), language_code=language or None)
    except (BadRequest, Forbidden):
        return
    except TelegramError as error:
        raise translate(error, chat) from error


def _scope_of(chat: str, kind: RecipientKind) -> BotCommandScope:
    number = chat if chat.startswith("@") else int(chat)
    if kind is RecipientKind.PRIVATE_CHAT:
        return BotCommandScopeChat(number)
    return BotCommandScopeChatAdministrators(number)


async def introduce(bot: ExtBot[Any]) -> None:
    """Tell Telegram what the bot can do, in every language."""
    for (scope, language), commands in command_lists().items():
        await bot.set_my_commands(
            [BotCommand(name, text) for name, text in commands],
            scope=_SCOPES[scope],
            language_code=language or None,
        )
    for language in (*LANGUAGES, ""):
        told = phrases(language or LANGUAGES[0])
        await bot.set_my_description(told["about"].strip(), language_code=language or None)
        await bot.set_my_short_description(told["about_short"].strip(), language_code=language or None)
