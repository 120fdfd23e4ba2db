"""What a subscriber reads: an alert in words, in the subscriber's language, zone and digits."""

from alerts.messages.alert import Listed, Notice, Reader, render
from alerts.messages.letter import Attachment, Letter, Picture
from alerts.messages.message import Button, Line, LineKind, Message, Run, utf16_length

__all__ = [
    "Attachment",
    "Button",
    "Letter",
    "Line",
    "LineKind",
    "Listed",
    "Message",
    "Notice",
    "Picture",
    "Reader",
    "Run",
    "render",
    "utf16_length",
]
