"""Three taps, and every setting: by buttons, by words, in both languages."""

from dataclasses import replace

import pytest

from alerts.bot.wishes import Wishes, revised, wishes_of
from alerts.nouns import Level, RecipientKind, SubscriberState, Subscription
from alerts.storage import Subscribers
from tests.alerts.bot.conftest import Room


def wanted(room: Room, number: int = 1) -> list[Subscription]:
    return room.database.read(lambda c: Subscribers(c).wanted(number))


def subscriber(room: Room, chat: int = 7):
    return room.database.read(lambda c: Subscribers(c).at(RecipientKind.PRIVATE_CHAT, str(chat)))


TOPICS = ("gambling", "fraud", "trafficking")
DAILY_FRAUD = Subscription(1, topics=("fraud",), cadence="daily")
URGENT = Subscription(1, topics=("gambling",), places=("MM",), level=Level.CRITICAL, cadence="weekly")
ROWS = [DAILY_FRAUD, URGENT]


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        [Subscription(1)],
        [DAILY_FRAUD, replace(DAILY_FRAUD, level=Level.HIGH, cadence="instant")],
        [Subscription(1, level=Level.HIGH, cadence="daily"), replace(URGENT, outlets=("alif",))],
    ],
)
def test_what_is_kept_as_it_was_changes_no_row(rows):
    assert revised(rows, wishes_of(rows, TOPICS), TOPICS, 1) == rows


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"level": Level.HIGH}, [replace(each, level=Level.HIGH) for each in ROWS]),
        ({"places": ("KH",)}, [replace(each, places=("KH",)) for each in ROWS]),
        (
            {"cadences": {"fraud": "daily", "gambling": "instant"}},
            [DAILY_FRAUD, replace(URGENT, cadence="instant")],
        ),
        ({"topics": ("gambling",)}, [URGENT]),
        (
            {"topics": (), "cadences": {"fraud": "daily", "gambling": "weekly", "trafficking": "daily"}},
            [replace(DAILY_FRAUD, topics=("fraud", "trafficking")), URGENT],
        ),
    ],
)
def test_only_what_was_changed_is_changed(change, expected):
    assert revised(ROWS, replace(wishes_of(ROWS, TOPICS), **change), TOPICS, 1) == expected


def test_rows_that_ask_alike_are_one():
    rows = [Subscription(1)]
    for change in ({"cadences": {"fraud": "daily"}}, {"usual": "daily", "cadences": {}}):
        rows = revised(rows, replace(wishes_of(rows, TOPICS), **change), TOPICS, 1)
    assert rows == [Subscription(1, cadence="daily")]
    assert revised([], Wishes(topics=("fraud",)), TOPICS, 1) == [Subscription(1, topics=("fraud",))]


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
