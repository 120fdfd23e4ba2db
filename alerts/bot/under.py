"""The buttons under an alert. Pure."""

from dataclasses import replace

from alerts.bot.codec import encode
from alerts.bot.nouns import Press
from alerts.bot.phrases import Tongue
from alerts.messages import Button, Message
from alerts.nouns import Alert, AlertKind, RecipientKind, Subscriber

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
