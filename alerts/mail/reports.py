"""What comes back: a mailbox of bounces, complaints and automatic answers, read as values.

Anybody can write to a bounce address. Only what carries a token that we signed for this reader is believed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import StrEnum

from alerts.mail.nouns import BounceKind
from alerts.mail.tokens import Purpose, opened

_MOST_PARTS = 50
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_TOKEN = re.compile(r"\+([A-Za-z2-7]{21})@")
_LINK = re.compile(r"/u/([A-Za-z2-7]{21})\b")
# Where a mailbox server notes for whom a mail came, the surest first.
_RECIPIENT = ("Delivered-To", "X-Original-To", "Envelope-To", "To")


@dataclass(frozen=True, slots=True)
class Report:
    """A mail of ours came back, or was complained of."""

    reader: int  # the subscriber
    kind: BounceKind
    status: str = ""  # RFC 3463
    message_id: str = ""  # of our mail


class Ignored(StrEnum):
    """Why a mail in the mailbox changes nothing."""

    UNSIGNED = "unsigned"  # no token of ours: forged, or not about a mail of ours
    DELAYED = "delayed"  # the relay still tries
    AUTOMATIC = "automatic"  # an automatic answer: on holiday, received, …
    OTHER = "other"  # somebody wrote to the bounce address, or a delivery that went well


def read_report(raw: bytes, key: bytes) -> Report | Ignored:
    """What a mail that came to the bounce address means."""
    mail = message_from_bytes(raw)
    parts = {part.get_content_type(): part for part in _parts(mail)}
    if feedback := parts.get("message/feedback-report"):
        return _complaint(parts, feedback, key)
    if status := parts.get("message/delivery-status"):
        return _bounce(mail, status, parts, key)
    return Ignored.AUTOMATIC if _is_automatic(mail) else Ignored.OTHER


def _parts(mail: Message) -> Iterator[Message]:
    for number, part in enumerate(mail.walk()):
        if number >= _MOST_PARTS:
            return
        yield part


def _bounce(mail: Message, status: Message, parts: dict[str, Message], key: bytes) -> Report | Ignored:
    reader = _signed_reader(_values(mail, _RECIPIENT), key)
    if reader is None:
        return Ignored.UNSIGNED
    # The first block is about the whole mail, each other one about a recipient: ours have one.
    blocks = [block for block in status.walk() if "Action" in block]
    actions = {_text(block, "Action").lower(): block for block in blocks}
    failed = actions.get("failed")
    if failed is None:
        return Ignored.DELAYED if "delayed" in actions else Ignored.OTHER
    found = _STATUS.search(_text(failed, "Status"))
    code = found.group() if found else ""
    return Report(reader, _kind(code), code, _message_id(parts))


def _kind(status: str) -> BounceKind:
    """Hard is only what says that there is no such mailbox: a policy or a full mailbox may pass."""
    return BounceKind.HARD if status.startswith("5.1.") or status == "5.2.1" else BounceKind.SOFT


def _complaint(parts: dict[str, Message], feedback: Message, key: bytes) -> Report | Ignored:
    """A feedback loop's report (RFC 5965): it comes to any address, and quotes our envelope or our headers."""
    inner = feedback.get_payload()
    fields = inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], Message) else feedback
    quoted = list(_originals(parts))
    envelope = [_text(fields, "Original-Mail-From"), *(_text(each, "Return-Path") for each in quoted)]
    if not isinstance(inner, list):
        envelope.append(str(inner))
    reader = _signed_reader(envelope, key)
    for each in quoted:
        link = _LINK.search(_text(each, "List-Unsubscribe"))
        if reader is None and link:
            reader = opened(key, Purpose.UNSUBSCRIBE, link.group(1))
    if reader is None:
        return Ignored.UNSIGNED
    return Report(reader, BounceKind.COMPLAINT, message_id=_message_id(parts))


def _originals(parts: dict[str, Message]) -> Iterator[Message]:
    """The headers of the mail that is reported, as far as they are quoted."""
    whole, headers = parts.get("message/rfc822"), parts.get("text/rfc822-headers")
    if whole is not None:
        inner = whole.get_payload()
        if isinstance(inner, list) and inner and isinstance(inner[0], Message):
            yield inner[0]
    if headers is not None:
        payload = headers.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield message_from_bytes(payload)


def _message_id(parts: dict[str, Message]) -> str:
    for original in _originals(parts):
        found = _MESSAGE_ID.search(_text(original, "Message-ID"))
        if found:
            return found.group()
    return ""


def _is_automatic(mail: Message) -> bool:
    """Whether a program answered: RFC 3834, and the words that were used before it."""
    submitted = _text(mail, "Auto-Submitted").lower()
    return (
        (submitted not in {"", "no"})
        or _text(mail, "Return-Path").strip() == "<>"
        or _text(mail, "Precedence").lower() in {"bulk", "junk", "auto_reply", "list"}
        or any(mail[name] for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"))
    )


def _values(mail: Message, names: tuple[str, ...]) -> list[str]:
    return [str(value) for name in names for value in mail.get_all(name, [])]


def _text(mail: Message, name: str) -> str:
    return str(mail[name] or "").strip()


def _signed_reader(addresses: list[str], key: bytes) -> int | None:
    for token in _TOKEN.findall(" ".join(addresses)):
        reader = opened(key, Purpose.BOUNCE, token)
        if reader is not None:
            return reader
    return None
