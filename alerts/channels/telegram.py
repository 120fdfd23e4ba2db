"""The Telegram channel: python-telegram-bot's Bot, and its exceptions told apart.

One attempt a call: waiting, pacing and trying again belong to the outbox.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import httpx
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.constants import MessageLimit, ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from alerts.channels.failures import (
    ChannelError,
    Down,
    Moved,
    TryLater,
    Unauthorised,
    Unknown,
    Unreachable,
    Unsendable,
)
from alerts.channels.secrets import redact
from alerts.messages import Message
from alerts.nouns import SubscriberState

log = logging.getLogger(__name__)

# The library's own way to ask for waits as timedelta; without it every 429 is also a deprecation warning.
os.environ.setdefault("PTB_TIMEDELTA", "true")

API = "https://api.telegram.org"
# A send that is answered late is better waited for than sent twice.
READ_TIMEOUT = 30.0
CONNECT_TIMEOUT = 10.0
POOL_TIMEOUT = 10.0
CONNECTIONS = 16

SHORT_WAIT = timedelta(seconds=2)  # the outbox lengthens it with each attempt
BARE_FLOOD_WAIT = timedelta(seconds=30)  # a 429 that does not say how long
FLOOD_MARGIN = timedelta(seconds=1)  # retry_after is rounded down

# The request never left: sending again cannot double.
_NOT_THERE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)

# Parts of Telegram's descriptions, compared without case: the library capitalises them.
_NOTHING_TO_EDIT = (
    "message is not modified",
    "message to edit not found",
    "message_id_invalid",
    "message can't be edited",
)
_TOPIC_GONE = ("topic_closed", "topic_deleted", "message thread not found")
_GONE = ("chat not found", "user not found", "peer_id_invalid", "group chat was deactivated")
_BAD_DRESS = ("can't parse entities", "message is too long", "entities_too_long", "entity_")
_BAD_LINK = ("button_", "inline keyboard button", "wrong http url", "webpage_")
_NO_RIGHTS = (
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
)


class _Bot(Bot):
    """A bot whose ``repr`` does not tell its token."""

    def __repr__(self) -> str:
        return "Bot(token=…)"


class TelegramChannel:
    """Sends messages as one bot. An address is a chat id, or ``chat/topic`` for a topic of a forum."""

    name = "telegram"

    def __init__(
        self, token: str, *, api: str = API, proxy: str = "", read_timeout: float = READ_TIMEOUT
    ) -> None:
        """Make the channel; nothing is sent and no connection opened.

        Args:
            token: the bot's secret.
            api: base address of the Bot API server.
            proxy: address of an HTTP or SOCKS proxy, or empty.
            read_timeout: seconds to wait for an answer before it counts as lost.
        """
        self._request = HTTPXRequest(
            connection_pool_size=CONNECTIONS,
            read_timeout=read_timeout,
            write_timeout=read_timeout,
            connect_timeout=CONNECT_TIMEOUT,
            pool_timeout=POOL_TIMEOUT,
            proxy=proxy or None,
        )
        self._api = api.rstrip("/")
        self._bot = _Bot(token, base_url=f"{api.rstrip('/')}/bot", request=self._request)

    async def send(self, address: str, message: Message, *, key: str = "", reply_to: str = "") -> str:
        """Send a message; its receipt is the message id.

        Raises:
            ChannelError: it was not, or perhaps not, accepted; the class says what comes next.
        """
        del key  # the Bot API knows no such thing
        try:
            return await self._send(address, message, message.html, reply_to)
        except Unsendable as error:
            plainer = _plainer(str(error).lower(), message)
            if plainer is None:
                raise
            log.warning("telegram refused the form of a message; sending it plainer: %s", error)
            return await self._send(address, *plainer, reply_to)

    async def edit(self, address: str, receipt: str, message: Message) -> None:
        """Edit a sent message; one that is gone, or reads so already, is done.

        Raises:
            ChannelError: it was not edited; the class says what comes next.
        """
        try:
            await self._edit(address, receipt, message, message.html)
        except Unsendable as error:
            plainer = _plainer(str(error).lower(), message)
            if plainer is None:
                raise
            log.warning("telegram refused the form of an edit; making it plainer: %s", error)
            await self._edit(address, receipt, *plainer)

    async def _edit(self, address: str, receipt: str, message: Message, html: str | None) -> None:
        chat, _ = _parse(address)
        message_id = _message_id(receipt)
        try:
            await self._bot.edit_message_text(
                message.text if html is None else html,
                chat_id=chat,
                message_id=message_id,
                parse_mode=None if html is None else ParseMode.HTML,
                link_preview_options=_preview(message),
                reply_markup=_keyboard(message),
            )
        except TelegramError as error:
            if isinstance(error, BadRequest) and _says(error, _NOTHING_TO_EDIT):
                return
            raise translate(error, address) from error

    async def check(self) -> str:
        """Ask who we are, and whether a webhook takes the updates that we poll for."""
        try:
            await self._bot.get_me()
            hook = await self._bot.get_webhook_info()
        except InvalidToken:
            return "Telegram refuses this token; copy it once more from @BotFather"
        except TelegramError as error:
            if isinstance(error, NetworkError) and not isinstance(error, BadRequest):
                return f"Telegram does not answer at {self._api}: {redact(str(error))}"
            return f"Telegram: {redact(str(error))}"
        return (
            "a webhook is set: its updates never reach us; delete it with deleteWebhook" if hook.url else ""
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._request.shutdown()

    async def _send(self, address: str, message: Message, html: str | None, reply_to: str) -> str:
        chat, topic = _parse(address)
        try:
            sent = await self._bot.send_message(
                chat,
                message.text if html is None else html,
                parse_mode=None if html is None else ParseMode.HTML,
                message_thread_id=topic,
                disable_notification=message.silent,
                link_preview_options=_preview(message),
                reply_parameters=_reply(reply_to),
                reply_markup=_keyboard(message),
            )
        except TelegramError as error:
            raise translate(error, address) from error
        return str(sent.message_id)


def translate(error: TelegramError, address: str) -> ChannelError:
    """What a failed call means for its delivery.

    The order matters: in python-telegram-bot a ``BadRequest`` and a ``TimedOut`` are ``NetworkError``s.
    """
    why = str(error)
    match error:
        case RetryAfter():
            return TryLater(_asked_wait(error) + FLOOD_MARGIN, why, asked=True)
        case ChatMigrated():
            return Moved(str(error.new_chat_id), why)
        case InvalidToken():
            return Unauthorised(why)
        case Forbidden():
            return Unreachable(why)
        case BadRequest():
            return _refused(error, address)
        case Conflict():
            return TryLater(SHORT_WAIT, why)
        case NetworkError():
            return _lost(error)
        case _:  # an answer that is no Bot API answer: a captive portal, an empty body
            return TryLater(SHORT_WAIT, why)


def _refused(error: BadRequest, address: str) -> ChannelError:
    why = str(error)
    if _says(error, _TOPIC_GONE) and "/" in address:
        return Moved(address.partition("/")[0], why)
    if _says(error, _GONE):
        return Unreachable(why)
    if _says(error, _NO_RIGHTS) or _says(error, _TOPIC_GONE):
        return Unreachable(why, state=SubscriberState.DEGRADED)
    return Unsendable(why)


def _lost(error: NetworkError) -> ChannelError:
    cause, why = error.__cause__, str(error)
    if isinstance(cause, _NOT_THERE):
        return Down(why)
    if isinstance(cause, httpx.PoolTimeout):
        return TryLater(SHORT_WAIT, why)
    if isinstance(cause, httpx.HTTPError):
        return Unknown(why)
    if cause is not None and not isinstance(cause, TelegramError):
        return Unsendable(why)  # our own client could not write the request
    if "too many requests" in why.lower():
        return TryLater(BARE_FLOOD_WAIT, why, asked=True)
    return TryLater(SHORT_WAIT, why)


def _plainer(why: str, message: Message) -> tuple[Message, str | None] | None:
    """What to send once in the place of a message whose form was refused, and its HTML if it keeps any."""
    if any(part in why for part in _BAD_DRESS):
        return message.plain(MessageLimit.MAX_TEXT_LENGTH // 4), None
    if any(part in why for part in _BAD_LINK):
        bare = replace(message, buttons=(), preview="")
        return bare, bare.html
    return None


def _says(error: TelegramError, parts: tuple[str, ...]) -> bool:
    text = str(error).lower()
    return any(part in text for part in parts)


def _asked_wait(error: RetryAfter) -> timedelta:
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


def _parse(address: str) -> tuple[int | str, int | None]:
    chat, _, topic = address.partition("/")
    try:
        return chat if chat.startswith("@") else int(chat), int(topic) if topic else None
    except ValueError:
        raise Unreachable(f"{address!r} is no chat id") from None


def _message_id(receipt: str) -> int:
    if not receipt.isdecimal():
        raise Unsendable(f"{receipt!r} is no receipt of this channel")
    return int(receipt)


def _reply(receipt: str) -> ReplyParameters | None:
    # What another channel sent cannot be replied to here.
    return ReplyParameters(int(receipt), allow_sending_without_reply=True) if receipt.isdecimal() else None


def _preview(message: Message) -> LinkPreviewOptions:
    if not message.preview:
        return LinkPreviewOptions(is_disabled=True)
    return LinkPreviewOptions(url=message.preview, prefer_small_media=True)


def _keyboard(message: Message) -> InlineKeyboardMarkup | None:
    if not message.buttons:
        return None
    rows = [
        [InlineKeyboardButton(b.label, url=b.url or None, callback_data=b.data or None) for b in row]
        for row in message.buttons
    ]
    # Clients never mirror a keyboard: the first button of a right-to-left reader is the last of the row.
    return InlineKeyboardMarkup([row[::-1] for row in rows] if message.rtl else rows)


def open_channel(settings: Mapping[str, str]) -> TelegramChannel:
    """Open the channel from ``token`` and, where wanted, ``api`` and ``proxy``."""
    unknown = settings.keys() - {"token", "api", "proxy"}
    if unknown:
        raise ValueError(f"telegram: unknown setting {min(unknown)!r}: there are token, api, proxy")
    if not settings.get("token"):
        raise ValueError("telegram: the setting 'token' is missing")
    return TelegramChannel(settings["token"], api=settings.get("api") or API, proxy=settings.get("proxy", ""))
