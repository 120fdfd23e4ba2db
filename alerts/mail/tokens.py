"""Signed numbers: what a link or a bounce address may do, and for whom, with nothing to look up but the key.

A token is 21 letters and digits that survive any change of case: short enough that no mail program folds it.
"""

import base64
import binascii
import hmac
from enum import StrEnum

_NUMBER = 4  # bytes
_MAC = 9  # bytes: 72 bits, which can be guessed only through our own server
_LENGTH = 21  # characters


class Purpose(StrEnum):
    """What a token is good for; one for another purpose opens nothing."""

    UNSUBSCRIBE = "unsubscribe"
    CONFIRM = "confirm"
    SETTINGS = "settings"
    BOUNCE = "bounce"


def sign(key: bytes, purpose: Purpose, number: int) -> str:
    """The token that lets its holder do ``purpose`` to row ``number``."""
    plain = number.to_bytes(_NUMBER, "big")
    return base64.b32encode(plain + _mac(key, purpose, plain)).decode().rstrip("=").lower()


def opened(key: bytes, purpose: Purpose, token: str) -> int | None:
    """The number that ``token`` was signed for; None when we did not sign it for ``purpose``."""
    if len(token) != _LENGTH or not token.isascii():
        return None
    try:
        number = int.from_bytes(base64.b32decode(token.upper() + "===")[:_NUMBER], "big")
    except binascii.Error:
        return None
    return number if hmac.compare_digest(sign(key, purpose, number), token.lower()) else None


def _mac(key: bytes, purpose: Purpose, plain: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\0" + plain, "sha256")[:_MAC]
