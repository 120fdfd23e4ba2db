"""One visit of a subscriber: who is there, what is asked, and the store for the time of one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Final

from alerts.bot.codec import encode
from alerts.bot.gate import admits
from alerts.bot.nouns import Access, Incoming, Press, Reply
from alerts.bot.operators.service import Service
from alerts.bot.phrases import Tongue
from alerts.bot.wishes import Wishes, revised, wishes_of
from alerts.messages import Button, Message
from alerts.nouns import (
    DeliveryState,
    Mute,
    MuteKind,
    RecipientKind,
    Subscriber,
    SubscriberState,
    Subscription,
)
from alerts.storage import Alerts, DeliveryQueue, Frontdesk, Members, Newsdesk, Subscribers
from crawler.database import Connection
from crawler.nouns import Outlet
from crawler.storage import Archive

# Southeast Asia, in the order of how often it is in the news of our topics. ISO 3166-1 alpha-2.
PLACES: Final = ("MM", "KH", "TH", "LA", "PH", "VN", "MY", "ID", "SG", "TL", "BN")


_NIGHT: Final = frozenset({"quiet_from", "quiet_to", "quiet_mode", "quiet_critical", "timezone"})
_MUTES: Final = (MuteKind.ALL, MuteKind.OUTLET, MuteKind.STORY)


@dataclass(frozen=True, slots=True)
class Office:
    """What all visits share."""

    outlets: Mapping[str, Outlet]
    topics: tuple[str, ...]  # that the rules have
    key: bytes  # of the buttons
    service: Service  # that runs, for operators
    access: Access = Access.OPEN
    allowed: frozenset[str] = frozenset()  # ids of chats and users, where only these may subscribe
    places: tuple[str, ...] = PLACES
    bot: str = ""  # its user name
    runbooks: str = ""  # address of the folder of runbooks, for operators; empty: nowhere


@dataclass(frozen=True)
class Visit:
    """Somebody asks something. ``subscriber`` is who it is about: id 0 for somebody we do not know."""

    office: Office
    connection: Connection = field(repr=False)
    now: datetime
    incoming: Incoming
    subscriber: Subscriber

    @cached_property
    def tongue(self) -> Tongue:
        """The subscriber's language."""
        return Tongue.of(self.subscriber)

    @cached_property
    def wishes(self) -> Wishes:
        """What the subscriber wants."""
        return wishes_of(self.subscribers.wanted(self.subscriber.id), self.office.topics)

    @property
    def filters(self) -> tuple[str, ...]:
        """The subscriber's own words."""
        return next((each.filters for each in self.subscribers.wanted(self.subscriber.id)), ())

    @property
    def mutes(self) -> list[Mute]:
        """What the subscriber does not want to hear of just now: all, outlets, then stories, the newest first."""
        made = next((each.mutes for each in self.subscribers.wanted(self.subscriber.id)), ())
        there = [mute for mute in made if not mute.until or mute.until > self.now]
        return sorted(there, key=lambda mute: (_MUTES.index(mute.kind), _age(mute)))

    @property
    def members(self) -> Members:
        """The store of choices."""
        return Members(self.connection)

    @property
    def subscribers(self) -> Subscribers:
        """The store of who is told, and of what."""
        return Subscribers(self.connection)

    @property
    def newsdesk(self) -> Newsdesk:
        """The store of flags and stories."""
        return Newsdesk(self.connection)

    @property
    def alerts(self) -> Alerts:
        """The store of what was said."""
        return Alerts(self.connection)

    @property
    def archive(self) -> Archive:
        """The crawler's store."""
        return Archive(self.connection)

    @property
    def frontdesk(self) -> Frontdesk:
        """The store of the conversation."""
        return Frontdesk(self.connection)

    def wish(self, wishes: Wishes) -> "Visit":
        """Keep what is wanted from now on."""
        wanted = self.subscribers.wanted(self.subscriber.id)
        rows = revised(wanted, wishes, self.office.topics, self.subscriber.id)
        self.subscribers.want(self.subscriber.id, rows)
        return replace(self)  # what was cached is read anew

    def change(self, **settings: object) -> "Visit":
        """Keep other settings of the subscriber; its state is ``tell_again``'s."""
        changed = replace(self.subscriber, **settings)  # type: ignore[arg-type] # checked by the dataclass itself
        self.subscribers.change(changed)
        if _NIGHT & settings.keys():  # the outbox looks again which night it is
            DeliveryQueue(self.connection).hasten(self.subscriber.id, self.now, DeliveryState.HELD)
        return replace(self, subscriber=changed)

    def admits(self, *, invited: bool = False) -> bool:
        """Whether the subscriber may be told, or somebody new become one."""
        known = self.subscriber.state if self.subscriber.id else None
        return admits(self.office.access, self.office.allowed, self.incoming, known, invited=invited)

    def admits_bringer(self) -> bool:
        """Whether who acts may bring the bot in: where not everybody may, only a subscriber may take it along."""
        bringer = self.subscribers.at(RecipientKind.PRIVATE_CHAT, str(self.incoming.user))
        state = bringer.state if bringer else None
        return admits(self.office.access, self.office.allowed, self.incoming, state)

    def tell_again(self) -> "Visit":
        """Tell the subscriber from now on: what it chose, or else everything, and at once what had to wait for it."""
        self.subscribers.set_state(self.subscriber.id, SubscriberState.ACTIVE)
        if not self.subscribers.wanted(self.subscriber.id):
            self.subscribers.want(self.subscriber.id, [Subscription(self.subscriber.id)])
        DeliveryQueue(self.connection).hasten(self.subscriber.id, self.now, DeliveryState.QUEUED)
        return replace(self, subscriber=replace(self.subscriber, state=SubscriberState.ACTIVE))

    def button(self, label: str, verb: str, *args: object) -> Button:
        """A button that only this subscriber's chat can use."""
        press = Press(verb, self.subscriber.id, tuple(map(str, args)))
        return Button(label, data=encode(press, self.office.key))

    def tell(self, key: str, **values: object) -> Reply:
        """Answer with a phrase."""
        return Reply(self.tongue.message(self.tongue.page(self.tongue.say(key, **values))))

    def show(self, message: Message, toast: str = "") -> Reply:
        """Answer with a menu: in the place of the pressed one, or as a new message."""
        return Reply(message, edit=bool(self.incoming.press), toast=toast)


def _age(mute: Mute) -> int:
    return -int(mute.subject) if mute.kind is MuteKind.STORY else 0
