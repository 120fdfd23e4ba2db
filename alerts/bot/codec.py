"""What a button carries: at most 64 bytes, signed, with a version. Pure.

``1.verb.target.arg.arg.signature``. The target is the id of the subscriber whose button it is, in base 36. The
signature makes it useless in any other form; whether the presser may do it is asked at each press.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from inspect import Parameter, signature

from alerts.bot.nouns import Press

VERSION = "1"
MOST_BYTES = 64  # the Bot API's limit
_SIGNATURE = 8  # characters of base64: 48 bits, for a server that answers a few guesses a second
_PART = re.compile(r"[A-Za-z0-9_/+:-]*")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class StaleError(Exception):
    """A button that means nothing any more: made by an older version of ours, or about something that is gone."""


def callback_key(token: str) -> bytes:
    """The key of a bot's buttons. A new token makes all earlier buttons invalid."""
    return hashlib.sha256(b"marsad buttons\0" + token.encode()).digest()


def encode(press: Press, key: bytes) -> str:
    """The data of a button; raises ValueError where it does not fit or holds a character it may not."""
    parts = [VERSION, press.verb, _base36(press.target), *press.args]
    if not all(_PART.fullmatch(part) for part in parts):
        raise ValueError(f"{press}: a button carries letters, digits and _/+:-")
    body = ".".join(parts)
    data = f"{body}.{_sign(body, key)}"
    if len(data.encode()) > MOST_BYTES:
        raise ValueError(f"{press}: a button carries at most {MOST_BYTES} bytes")
    return data


def decode(data: str, key: bytes) -> Press | None:
    """What a button means; None for anything we did not make."""
    body, _, signature = data.rpartition(".")
    if not hmac.compare_digest(_sign(body, key).encode(), signature.encode("utf-8", "replace")):
        return None
    version, verb, target, *args = body.split(".")
    return Press(verb, int(target, 36), tuple(args)) if version == VERSION else None


def arguments(pressed: Callable[..., object], given: Sequence[str]) -> tuple[object, ...]:
    """What a button gives to the function behind it, as the parameters after the first one are annotated.

    Raises:
        StaleError: they do not fit it, so they were meant for another version of it.
    """
    shape = signature(pressed)
    try:
        bound = shape.bind(None, *given)
        for name in list(bound.arguments)[1:]:
            read, value = shape.parameters[name].annotation, bound.arguments[name]
            several = shape.parameters[name].kind is Parameter.VAR_POSITIONAL
            bound.arguments[name] = tuple(map(read, value)) if several else read(value)
    except (TypeError, ValueError) as error:
        raise StaleError(str(error)) from error
    return bound.args[1:]


def whole(text: str) -> int:
    """A number in a button; raises StaleError where none is."""
    try:
        return int(text)
    except ValueError as error:
        raise StaleError(text) from error


def _sign(body: str, key: bytes) -> str:
    digest = hmac.digest(key, body.encode("utf-8", "replace"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode()[:_SIGNATURE]


def _base36(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = _DIGITS[rest] + text
    return text or "0"
