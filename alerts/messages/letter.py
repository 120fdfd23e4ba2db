"""A mail before it has an address: what its reader sees. Envelope, headers and signature are the channel's."""

from dataclasses import dataclass

# Where a letter leads until its channel, which alone knows the reader's tokens, puts their addresses in its place.
UNSUBSCRIBE = "https://unsubscribe.invalid/"
SETTINGS = "https://settings.invalid/"
CONFIRM = "https://confirm.invalid/"


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that travels inside a mail; its HTML shows it as ``cid:<cid>``."""

    cid: str  # letters, digits, "." and "-": the channel adds its domain to neither the HTML's nor the part's
    png: bytes
    alt: str  # what it shows, in words


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of plain text that travels with a mail."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one reader."""

    subject: str  # one clean line
    html: str  # a whole document, styles inline, no address but those that a reader may press
    text: str  # the same, written for reading
    language: str = "ar"
    pictures: tuple[Picture, ...] = ()
    attachments: tuple[Attachment, ...] = ()
