"""What operators see in their chat: every page and what a press leads to, with one of everything that can be wrong."""

from alerts.bot.operators.commands import COMMANDS
from alerts.nouns import DeliveryState, RecipientKind, Subscriber
from alerts.storage import Bulletins, DeliveryQueue, Logbook, Subscribers
from crawler.database import Connection
from scheduler.parts.operating import tell_operators
from tests.alerts.bot.conftest import Room, delivering, until

CHAT, READER = 7, 8
TROUBLES = (
    ("outlet_silent", "alif", "nothing new for 31 h; it usually publishes every 2 h at this hour"),
    ("channel_down", "mail", "nothing was accepted since 01:12 UTC; the queue is kept"),
    ("dead_letters", "", "2 messages will never be accepted as they are"),
)
SAID = (
    *("/health", "/queue", "/ack", "/ack 2", "/silence", "/silence outlet_* alif 8h its owner moves house"),
    *("/silence outlet_silnt", "/outlet", "/outlet alif", "/outlet x", "/replay 6h", "/dlq"),
)


async def walk(room: Room, title: str) -> list[tuple[str, dict]]:
    """Everything that an operator can be shown: (what was asked, what came)."""
    room.database.write(lambda c: _appoint(c, room))
    reader, person = room.chat(READER), room.chat(CHAT)
    await reader.says("/start")
    seen: list[tuple[str, dict]] = []

    def shown(asked: str, toast: str = "") -> None:
        entry = person.heard()[-1]
        message = room.api.world.messages[CHAT, entry["message_id"]]
        seen.append((asked, entry | {"buttons": message.get("reply_markup", {}).get("inline_keyboard", [])}))
        if toast:
            seen.append((asked, {"toast": toast}))

    async def says(text: str) -> None:
        await person.says(text)
        shown(text)

    async def presses(label: str) -> None:
        shown(f"press {label}", await person.presses(label))

    await says("/health")
    await room.publish(title)
    await room.publish(title.replace("63", "97"), outlet="baa")
    room.database.write(lambda c: _troubles(c, room))
    async with delivering(room):
        room.database.write(lambda c: tell_operators(c, room.now()))
        await until(lambda: "Trouble" in person.heard()[-1]["text"], what="the bulletin")
        shown("a bulletin")
    for text in SAID:
        await says(text)
    await presses("Send 1 again")
    await says("/hold is M0001 true?")
    await presses("Hold now")
    await says("/release")
    await presses("Release all")
    await says("/ack")
    for label in ("#2 channel_down", "Silence 8 h", "Listen again"):
        await presses(label)
    await says("/test_alert")
    assert all(any(asked.startswith(f"/{name}") for asked, _ in seen) for name in COMMANDS)
    return seen


def _appoint(connection: Connection, room: Room) -> None:
    person = Subscriber(RecipientKind.PRIVATE_CHAT, str(CHAT), room.now(), language="en")
    Bulletins(connection).appoint(Subscribers(connection).subscribe(person, []), room.now())


def _troubles(connection: Connection, room: Room) -> None:
    for kind, subject, cause in TROUBLES:
        Logbook(connection).open_event(
            kind, subject, cause=cause, now=room.now(), evidence={"since": "01:12 UTC", "tries": 31}
        )
    for alert in (1, 2):
        for delivery, _ in DeliveryQueue(connection).deliveries_of(alert):
            connection.table("delivery").update(
                delivery.id, {"state": DeliveryState.DEAD.value, "error": "Bad Request: message is too long"}
            )
