"""Three taps, and every setting: by buttons, by words, in both languages."""

from alerts.nouns import Level, RecipientKind, SubscriberState, Subscription
from alerts.storage import Subscribers
from tests.alerts.bot.conftest import Room


def wanted(room: Room, number: int = 1) -> list[Subscription]:
    return room.database.read(lambda c: Subscribers(c).wanted(number))


def subscriber(room: Room, chat: int = 7):
    return room.database.read(lambda c: Subscribers(c).at(RecipientKind.PRIVATE_CHAT, str(chat)))


async def test_a_newcomer_is_subscribed_in_three_taps(room):
    person = room.chat(7)
    welcome = await person.says("/start")
    assert welcome["text"].startswith("أهلًا بك في مرصد")
    assert subscriber(room).state is SubscriberState.ACTIVE
    await person.presses("التالي")
    await person.presses("القاهرة")
    assert "اكتمل الاشتراك" in person.heard()[-1]["text"]
    assert subscriber(room).timezone == "Africa/Cairo"
    assert [(each.topics, each.level, each.cadence) for each in wanted(room)] == [
        ((), Level.NOTICE, "instant")
    ]
    assert len([entry for entry in person.heard() if entry["kind"] == "message"]) == 1, "one message, edited"


async def test_choices_are_kept_as_they_are_pressed(room):
    person = room.chat(7)
    await person.says("/start")
    await person.presses("احتيال")
    assert "احتيال ✓" in person.labels()
    await person.says("/places")
    await person.presses("كمبوديا")
    await person.says("/outlets")
    await person.presses("باء")
    await person.says("/level")
    await person.presses("مهم")
    (only,) = wanted(room)
    assert (only.topics, only.places, only.outlets, only.level) == (("fraud",), ("KH",), ("baa",), Level.HIGH)
    await person.says("/topics")
    await person.presses("كل المواضيع")
    await person.presses("الإعدادات")
    assert "كمبوديا" in person.heard()[-1]["text"]
    assert wanted(room)[0].topics == ()
