"""The buttons under an alert, and under a bulletin to operators. Pure."""

from dataclasses import replace

from alerts.bot.codec import encode
from alerts.bot.nouns import Press
from alerts.bot.operators.drawing import LABEL, SILENCE_HOURS, named
from alerts.bot.phrases import Tongue
from alerts.messages import Button, Message
from alerts.messages.message import cut
from alerts.nouns import Alert, AlertKind, RecipientKind, Subscriber
from alerts.operators.nouns import Bulletin, BulletinKind
from alerts.operators.wording import MOST_EVENTS

# Where a reader can press: a channel's readers are nobody to us.
_PRESSABLE = frozenset({RecipientKind.PRIVATE_CHAT, RecipientKind.GROUP})
_OF_ONE_STORY = frozenset({AlertKind.NEW, AlertKind.UPDATE, AlertKind.CORRECTION, AlertKind.WITHDRAWAL})


def with_buttons(message: Message, subscriber: Subscriber, alert: Alert, key: bytes) -> Message:
    """The message of an alert with what its reader may do about it; ``key`` is the buttons'."""
    if subscriber.kind not in _PRESSABLE:
        return message
    say = Tongue.of(subscriber).say

    def button(label: str, verb: str, *args: object) -> Button:
        press = Press(verb, subscriber.id, tuple(map(str, args)))
        return Button(say(label), data=encode(press, key))

    verdict = (button("useful", "judge", alert.id, "y"), button("not_relevant", "judge", alert.id, "n"))
    if alert.kind not in _OF_ONE_STORY:
        return replace(message, buttons=(*message.buttons, verdict))
    more = (button("story_versions", "story", alert.story), button("follow", "follow", alert.story, 1))
    return replace(
        message, buttons=(*message.buttons, more, verdict, (button("mute_story", "hush", alert.story),))
    )


def with_acts(message: Message, subscriber: Subscriber, bulletin: Bulletin, key: bytes) -> Message:
    """A bulletin with what an operator may do about it: about one event at once, of many each opens its own page."""
    events = [event for event in bulletin.events if not event.closed_at]
    if subscriber.kind not in _PRESSABLE or bulletin.kind is BulletinKind.CLOSED or not events:
        return message

    def button(label: str, verb: str, *args: object) -> Button:
        return Button(cut(label, LABEL), data=encode(Press(verb, subscriber.id, tuple(map(str, args))), key))

    if len(events) > 1:
        rows = [(button(named(event), "see", "event", event.id, "new"),) for event in events[:MOST_EVENTS]]
        return replace(message, buttons=tuple(rows))
    (event,) = events
    known = () if event.acknowledged_by else ((button("I know of it", "ack", event.id),),)
    silence = tuple(button(f"Silence {hours} h", "still", event.id, hours) for hours in SILENCE_HOURS)
    return replace(message, buttons=(*known, silence, (button("More", "see", "event", event.id, "new"),)))
