"""The nouns of mail."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from alerts.nouns import Subscription


class Asked(StrEnum):
    """What became of a request for consent. To whoever typed the address, all of them look the same."""

    ASKED = "asked"  # a letter asks the owner of the address
    TOO_OFTEN = "too_often"  # asked three times this week already: nothing is sent
    SUPPRESSED = "suppressed"  # its mails came back, or its owner complained: nothing is sent
    BUSY = (
        "busy"  # too much was asked by this asker, or through its door: said openly, for it names no address
    )


class Door(StrEnum):
    """Where strangers may type an address."""

    WEB = "web"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who types an address."""

    door: Door
    name: str = ""  # tells the askers of a door apart; empty where it cannot: only all together are limited


@dataclass(frozen=True, slots=True)
class Consent:
    """A question to the owner of an address, and what follows from a yes."""

    subscriber: int
    wanted: tuple[Subscription, ...]  # takes the place of what was wanted before
    asked_at: datetime
    language: str = "ar"
    timezone: str = "UTC"
    given_at: datetime | None = None
    mailbox: str = (
        ""  # keyed hash of the mailbox that it went to, under whatever spelling; empty once it counts no more
    )
    id: int = 0


class BounceKind(StrEnum):
    """Why a mail came back, by what follows from it."""

    HARD = "hard"  # there is no such mailbox: never again
    SOFT = "soft"  # full, busy, refused by some policy: not for ever
    COMPLAINT = "complaint"  # its reader called it spam: never again


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that came back, or was complained of."""

    subscriber: int
    at: datetime  # when it was read
    kind: BounceKind
    status: str = ""  # RFC 3463
    message_id: str = ""
    hash: str = ""  # of the report


@dataclass(frozen=True, slots=True)
class DkimKey:
    """What signs our mails, where the relay does not."""

    selector: str  # the public half stands in DNS at <selector>._domainkey.<domain>
    private: bytes = field(repr=False)  # PEM


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all our mails share."""

    address: str  # who they are from; what stands behind its @ is our domain
    name: str  # before the address
    bounces: str  # the envelope sender, to which each reader's token is added after a "+"
    public_url: str  # of the pages that `marsad web` serves, without a slash at the end
    key: bytes = field(repr=False)  # signs the tokens
    dkim: DkimKey | None = None

    @property
    def domain(self) -> str:
        """The domain that our names (Message-ID, List-Id, DKIM's d=) stand in."""
        return self.address.rpartition("@")[2]
