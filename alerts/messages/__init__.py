"""What a subscriber reads: an alert in words, in the subscriber's language, zone and digits."""

from alerts.messages.alert import Fact, Notice, Reader, render
from alerts.messages.message import Button, Line, LineKind, Message, Run, utf16_length

__all__ = [
    "Button",
    "Fact",
    "Line",
    "LineKind",
    "Message",
    "Notice",
    "Reader",
    "Run",
    "render",
    "utf16_length",
]
