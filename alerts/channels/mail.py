"""The mail channel: a relay over SMTP, and its answers told apart. One recipient a mail, one attempt a call."""

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import formatdate
from typing import Any

import aiosmtplib
from aiosmtplib import SMTP
from dkim.asn1 import ASN1FormatError
from dkim.crypto import UnparsableKeyError, parse_pem_private_key

from alerts.channels.failures import (
    ChannelError,
    Down,
    TryLater,
    Unauthorised,
    Unknown,
    Unreachable,
    Unsendable,
)
from alerts.mail.dressing import in_dress
from alerts.mail.nouns import DkimKey, Letterhead
from alerts.mail.writing import Addressed, envelope_sender, message_id, written
from alerts.messages import Message
from alerts.messages.letter import Letter

log = logging.getLogger(__name__)

TIMEOUT = 15.0  # seconds for one answer of the relay; it is ours, or near
CONVERSATION = 40.0  # for all of them before the mail itself; with the mail, less than a lease
ACCEPTANCE = (
    45.0  # for the answer to the mail itself: what is answered late is better waited for than sent twice
)
IDLE = 2  # connections kept for the next mail
SOON = timedelta(minutes=5)  # the shortest wait that a greylisting server rewards
FULL = timedelta(hours=1)  # a mailbox that is full is not emptied sooner
SECURITY = ("starttls", "tls", "none")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_MESSAGE_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")


class TooBig(Unsendable):
    """The relay takes no mail of this size."""


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that takes our mails."""

    host: str
    port: int
    security: str = "starttls"  # or "tls" from the first byte, or "none" on this machine
    user: str = ""
    password: str = field(default="", repr=False)
    hello: str = "localhost"  # how we introduce ourselves
    cert_bundle: str = ""  # a file of certificates to trust in the place of the system's


class MailChannel:
    """Sends mails through one relay. An address is a mail address; a receipt is a Message-ID."""

    name = "mail"

    def __init__(self, relay: Relay, head: Letterhead) -> None:
        """Make the channel; no connection is opened."""
        self._relay = relay
        self._head = head
        self._idle: list[SMTP] = []

    async def send(self, address: str, message: Message, *, key: str = "", reply_to: str = "") -> str:
        """Send a mail; its receipt is its Message-ID, the same for every try of one delivery.

        Raises:
            ChannelError: it was not, or perhaps not, accepted; the class says what comes next.
        """
        if not key:
            raise Unsendable("a mail needs the key of its delivery")
        earlier = reply_to if _MESSAGE_ID.fullmatch(reply_to) else ""
        to = Addressed(address, key, formatdate(usegmt=True), earlier)
        letters = _smaller(message.letter or in_dress(message))
        for letter in letters:
            try:
                await self._post(written(letter, self._head, to), to)
            except TooBig as error:
                if letter is letters[-1]:
                    raise
                log.warning("the relay found a mail too big; sending it smaller: %s", error)
            else:
                break
        return message_id(self._head, to)

    async def edit(self, address: str, receipt: str, message: Message) -> None:
        """A mail that was sent stays as it is: what corrects it comes as a mail of its own."""

    async def check(self) -> str:
        """Connect, introduce ourselves and sign in, as for a mail."""
        try:
            async with asyncio.timeout(CONVERSATION):
                client = await self._connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            return f"{self._relay.host}:{self._relay.port}: {type(error).__name__}: {error}"
        client.close()
        return ""

    async def close(self) -> None:
        """Close the connections."""
        while self._idle:
            self._idle.pop().close()

    async def _post(self, raw: bytes, to: Addressed) -> None:
        sender = envelope_sender(self._head, to)
        try:
            async with asyncio.timeout(CONVERSATION):
                client = await self._open(sender, len(raw))
                try:
                    await client.rcpt(to.address)
                except BaseException:
                    client.close()
                    raise
        except (aiosmtplib.SMTPException, OSError) as error:
            raise translate(error, to.address) from error
        try:
            async with asyncio.timeout(ACCEPTANCE):
                await client.data(raw, timeout=ACCEPTANCE)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise _after_data(error, to.address) from error
        except BaseException:
            client.close()
            raise
        self._keep(client)

    async def _open(self, sender: str, size: int) -> SMTP:
        """A conversation in which the relay takes our sender and the mail's size."""
        while self._idle:
            client = self._idle.pop()
            try:
                await _begin(client, sender, size)
            except (aiosmtplib.SMTPException, OSError):
                client.close()  # the relay closed it, or has heard enough on it; a new one tells which
            else:
                return client
        client = await self._connect()
        try:
            await _begin(client, sender, size)
        except BaseException:
            client.close()
            raise
        return client

    async def _connect(self) -> SMTP:
        relay = self._relay
        client = SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.user or None,
            password=relay.password or None,
            local_hostname=relay.hello,
            timeout=TIMEOUT,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            cert_bundle=relay.cert_bundle or None,
        )
        await client.connect()
        return client

    def _keep(self, client: SMTP) -> None:
        if len(self._idle) < IDLE:
            self._idle.append(client)
        else:
            client.close()


async def _begin(client: SMTP, sender: str, size: int) -> None:
    options = [f"SIZE={size}"] if client.supports_extension("size") else None
    await client.mail(sender, options=options)


def _smaller(letter: Letter) -> list[Letter]:
    """The letter as it is, and what may be sent in its place to a relay that finds it too big."""
    ways = [letter, replace(letter, pictures=())]
    ways.append(replace(ways[-1], html=""))
    ways.append(replace(ways[-1], attachments=()))
    return list(dict.fromkeys(ways))


def translate(error: Exception, address: str) -> ChannelError:
    """What a failure before the mail itself means for its delivery: nothing was accepted."""
    why = _why(error, address)
    match error:
        case aiosmtplib.SMTPAuthenticationError(code=code) if code >= 500:
            return Unauthorised(why)
        case aiosmtplib.SMTPSenderRefused(code=552):
            return TooBig(why)
        case aiosmtplib.SMTPSenderRefused(code=code) if code >= 500:
            return Unauthorised(why)  # whoever the reader is
        case aiosmtplib.SMTPRecipientRefused():
            return _refused(error.code, why)
        case _:  # not there, closing, no encryption, a certificate that is not its own
            return Down(why)


def _refused(code: int, why: str) -> ChannelError:
    """What a refused recipient means."""
    status = _status(why)
    if code == 530 or (code >= 500 and "relay" in why.lower()):
        return Unauthorised(why)  # the relay does not carry mail for us
    if code == 421:
        return Down(why)
    if code < 500:
        return TryLater(SOON, why)
    if status == "5.2.2" or (code == 552 and not status):
        return TryLater(FULL, why)
    if status.startswith("5.7."):
        return Unsendable(why)  # a policy, not a mailbox that is gone
    return Unreachable(why)


def _after_data(error: Exception, address: str) -> ChannelError:
    """What a failure means once the mail itself was on its way."""
    why = _why(error, address)
    match error:
        case aiosmtplib.SMTPDataError(code=421):
            return Down(why)
        case aiosmtplib.SMTPDataError(code=code) if code < 500:
            return TryLater(SOON, why)
        case aiosmtplib.SMTPDataError(code=552):
            return TooBig(why)
        case aiosmtplib.SMTPDataError():
            return TooBig(why) if _status(why) == "5.3.4" else Unsendable(why)
        case _:
            return Unknown(why)


def _status(why: str) -> str:
    """The enhanced status code (RFC 3463) in the relay's words, or an empty string."""
    found = _STATUS.search(why)
    return found.group(1) if found else ""


def _why(error: Exception, address: str) -> str:
    """The relay's words without the reader's address."""
    code = getattr(error, "code", "")
    words = getattr(error, "message", "") or str(error) or type(error).__name__
    return f"{code} {words}".strip().replace(address, "<address>")


def open_channel(settings: Mapping[str, Any]) -> MailChannel:
    """Open the channel from the settings below; the signing ``key`` is in hexadecimal, ``dkim_key`` is PEM."""
    known = {
        "host", "port", "security", "user", "password", "cert_bundle",
        "from", "name", "bounces", "public_url", "key", "dkim_selector", "dkim_key",
    }  # fmt: skip
    unknown = settings.keys() - known
    if unknown:
        raise ValueError(f"mail: unknown setting {min(unknown)!r}: there are {', '.join(sorted(known))}")
    for name in ("host", "from", "public_url", "key"):
        if not settings.get(name):
            raise ValueError(f"mail: the setting {name!r} is missing")
    security, host = settings.get("security") or "starttls", settings["host"]
    if security not in SECURITY:
        raise ValueError(f"mail: security {security!r}: there are {', '.join(SECURITY)}")
    if security == "none" and host not in _LOOPBACK:
        raise ValueError(f"mail: security none is for a relay on this machine, not for {host}")
    address = settings["from"]
    domain = address.rpartition("@")[2]
    dkim_key = settings.get("dkim_key", "")
    head = Letterhead(
        address=address,
        name=settings.get("name") or "مرصد",
        bounces=settings.get("bounces") or f"bounces@{domain}",
        public_url=settings["public_url"].rstrip("/"),
        key=bytes.fromhex(settings["key"]),
        dkim=_dkim_key(settings.get("dkim_selector") or "marsad", dkim_key) if dkim_key else None,
    )
    port = int(settings.get("port") or (465 if security == "tls" else 587))
    return MailChannel(
        Relay(
            host,
            port,
            security,
            settings.get("user", ""),
            settings.get("password", ""),
            hello=domain,
            cert_bundle=settings.get("cert_bundle", ""),
        ),
        head,
    )


def _dkim_key(selector: str, pem: str) -> DkimKey:
    try:
        parse_pem_private_key(pem.encode())
    except (UnparsableKeyError, ASN1FormatError, ValueError) as error:
        raise ValueError(
            "MARSAD_DKIM_KEY_FILE: holds no RSA key in PEM; `openssl genrsa 2048` makes one"
        ) from error
    return DkimKey(selector, pem.encode())
