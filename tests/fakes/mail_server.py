"""A relay on 127.0.0.1 that fails on request: aiosmtpd, which speaks SMTP, and a list of faults."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Fault:
    """What goes wrong once (or ``times``) at a step: MAIL, RCPT, DATA (before acceptance) or ACCEPTED (after it)."""

    step: str
    reply: str = ""  # "451 4.7.1 Greylisted"; empty: the connection is cut
    to: str = ""  # only for this recipient
    times: int = 1
    hang: float = 0.0  # seconds of silence first


@dataclass(frozen=True)
class Accepted:
    """A mail that the relay took."""

    sender: str
    recipient: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)


@dataclass
class MailServer:
    """The handler of the conversation, and what came of it."""

    port: int = 0
    accepted: list[Accepted] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    sessions: int = 0
    commands: list[str] = field(default_factory=list)
    transports: list[asyncio.BaseTransport] = field(default_factory=list)

    async def _fault(self, server: SMTP, step: str, to: str = "") -> str | None:
        self.commands.append(step)
        for fault in self.faults:
            if fault.step == step and fault.to in {"", to} and fault.times > 0:
                fault.times -= 1
                await asyncio.sleep(fault.hang)
                if not fault.reply:
                    server.transport.abort()
                    return "421 cut"
                return fault.reply
        return None

    async def handle_MAIL(self, server: SMTP, _session: Session, envelope: Envelope, address: str, options):  # noqa: N802
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._fault(server, "MAIL") or "250 2.1.0 Ok"

    async def handle_RCPT(self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options):  # noqa: N802
        refusal = await self._fault(server, "RCPT", address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope):  # noqa: N802
        to = envelope.rcpt_tos[0]
        refusal = await self._fault(server, "DATA", to)
        if refusal:
            return refusal
        assert len(envelope.rcpt_tos) == 1, "one recipient a mail"
        self.accepted.append(Accepted(envelope.mail_from, to, envelope.original_content))
        return await self._fault(server, "ACCEPTED", to) or "250 2.0.0 Ok: queued"

    def to(self, address: str) -> list[Accepted]:
        """What was accepted for an address."""
        return [each for each in self.accepted if each.recipient == address]


@asynccontextmanager
async def serve(
    server: MailServer | None = None,
    *,
    port: int = 0,
    size: int = 10_000_000,
    tls: ssl.SSLContext | None = None,
    implicit_tls: bool = False,
    password: str = "",
) -> AsyncIterator[MailServer]:
    """Listen until the block ends; ``tls`` offers STARTTLS, and ``password`` asks for it from the user "marsad"."""
    server = server or MailServer()

    def authenticate(_smtp, _session, _envelope, _mechanism, data):
        right = (data.login, data.password) == (b"marsad", password.encode())
        return AuthResult(success=right, handled=right)

    def conversation() -> SMTP:
        server.sessions += 1
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # that a password may be asked for without STARTTLS: there is TLS below
            return SMTP(
                server,
                data_size_limit=size,
                tls_context=None if implicit_tls else tls,
                require_starttls=tls is not None and not implicit_tls,
                authenticator=authenticate if password else None,
                auth_required=bool(password),
                auth_require_tls=False,
                hostname="relay.example",
                loop=asyncio.get_running_loop(),
            )

    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        conversation, "127.0.0.1", port, ssl=tls if implicit_tls else None, reuse_address=True
    )
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await asyncio.sleep(0)
