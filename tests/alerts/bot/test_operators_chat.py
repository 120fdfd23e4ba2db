"""Operators in their chat: what they see and do there, and that nobody else learns that it exists."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.bot import commands, gate, presses
from alerts.bot.operators.commands import COMMANDS, USUAL, read_silence
from alerts.bot.operators.presses import PRESSES
from alerts.messages import utf16_length
from alerts.nouns import DeliveryState, Level, RecipientKind, Subscriber, Subscription
from alerts.operators import acting
from alerts.operators.nouns import Silence
from alerts.storage import Bulletins, Dispatch, Logbook, Subscribers
from scheduler.parts.operating import tell_operators
from tests.alerts.bot.conftest import Room, delivering, open_room, until
from tests.fakes.disks import open_disk

GROUP, OWNER, MEMBER, OTHER = -100_500, 71, 72, -100_600
EVIL = "<b>&\"'</b> <a href='https://evil.example'>x</a>\u202e"


def appoint(room: Room, chat: int, kind: RecipientKind = RecipientKind.GROUP) -> int:
    def keep(connection) -> int:
        number = Subscribers(connection).subscribe(
            Subscriber(kind, str(chat), room.now(), language="en"), [Subscription(0)]
        )
        Bulletins(connection).appoint(number, room.now())
        return number

    return room.database.write(keep)


def happens(room: Room, kind: str = "outbox_stuck", subject: str = "", cause: str = "it waits") -> int:
    room.database.write(lambda c: Logbook(c).open_event(kind, subject, cause=cause, now=room.now()))
    return room.database.read(lambda c: Logbook(c).open_events())[-1].id


def event(room: Room, number: int):
    return room.database.read(lambda c: Logbook(c).event(number))


def silences(room: Room) -> list[Silence]:
    return room.database.read(lambda c: Bulletins(c).silences(room.now()))


def audited(room: Room) -> list[tuple[str, str]]:
    found = room.database.read(lambda c: Logbook(c).audited(99))
    return [(row["actor"], f"{row['action']} {row['subject']}") for row in found[::-1]]


def letters(room: Room, count: int, error: str = "Message is too long", to: int = 1) -> list[int]:
    """Dead letters to a subscriber."""

    def keep(connection) -> list[int]:
        for number in range(count):
            connection.table("bulletin").insert(
                {"kind": "test", "created_at": room.now().isoformat(), "text": f"{number}", "key": None}
            )
            connection.table("delivery").insert(
                {
                    "bulletin_id": connection.execute("SELECT max(id) FROM bulletin").fetchone()[0],
                    "subscriber_id": to, "channel": "telegram", "level": int(Level.NOTICE), "state": "dead",
                    "due": room.now().isoformat(), "created_at": room.now().isoformat(), "error": error,
                }
            )  # fmt: skip
        return [letter.id for letter, _ in Dispatch(connection).deliveries(states=[DeliveryState.DEAD])][::-1]

    return room.database.write(keep)


def state(room: Room, number: int) -> DeliveryState:
    return room.database.read(lambda c: Dispatch(c).delivery(number))[0].state


@pytest.fixture
async def ops(room):
    """A group that is the operators', with an administrator."""
    room.api.world.chat(GROUP).admins.add(OWNER)
    appoint(room, GROUP)
    return room.chat(GROUP, OWNER)


# Who may


async def test_a_stranger_gets_the_answer_to_any_unknown_word(room, monkeypatch):
    monkeypatch.setattr(gate, "A_MINUTE", 1_000_000)
    stranger = room.chat(9)
    unknown = (await stranger.says("/frobnicate"))["text"]
    appoint(room, 7, RecipientKind.PRIVATE_CHAT)
    for name in COMMANDS:
        assert (await stranger.says(f"/{name}"))["text"] == unknown
    await stranger.says("/start")
    unknown = (await stranger.says("/frobnicate 1"))["text"]
    for name in COMMANDS:
        assert (await stranger.says(f"/{name} 1"))["text"] == unknown, "a subscriber is no operator"
    assert (await room.chat(7).says("/health"))["text"].startswith("Well")


async def test_in_a_group_only_administrators_of_the_operators_group_are_heard(ops):
    room = ops.room
    number = happens(room)
    member, elsewhere = room.chat(GROUP, MEMBER), room.chat(OTHER, OWNER)
    room.api.world.chat(OTHER).admins.add(OWNER)
    await elsewhere.says("/start")
    for name in COMMANDS:
        await member.says_in_vain(f"/{name} {number}")
        await elsewhere.says_in_vain(f"/{name}@marsad_test_bot")
    assert (await ops.says("/health"))["text"].startswith("All parts move, but")
    await ops.says("/ack")
    assert await member.presses("#1 outbox_stuck") == "For administrators only."
    assert event(room, number).acknowledged_by == ""


async def test_in_a_group_an_answer_to_a_question_is_taken_for_what_it_says(ops):
    """A member who answers a question of ours with an operators' command learns as little as with any other word."""
    member = ops.room.chat(GROUP, MEMBER)
    said = []
    for word in ("/Health@marsad_test_bot now", "/Frobni@marsad_test_bot now"):
        asked = (await member.says("/search"))["message_id"]
        said.append((await member.says(word, reply_to=asked))["text"].replace(word, "…"))
    assert said[0] == said[1]
    assert "Nothing in the archive" in said[0]


async def test_an_administrator_in_the_name_of_the_group_is_one(ops):
    number = happens(ops.room)
    ops.room.api.world.says_anonymously(GROUP, f"/ack {number}")
    await until(lambda: bool(ops.heard()), what="an answer")
    assert event(ops.room, number).acknowledged_by == f"an administrator of {GROUP} (Telegram)"


async def test_who_was_an_operator_is_a_stranger_again(room):
    number = appoint(room, 7, RecipientKind.PRIVATE_CHAT)
    person, trouble = room.chat(7), happens(room)
    await person.says("/ack")
    await person.presses("#1 outbox_stuck")
    room.database.write(lambda c: Bulletins(c).dismiss(number))
    assert (await person.presses("I know of it")).startswith("This button has expired")
    assert (await person.presses("Silence 1 h")).startswith("This button has expired")
    assert (await person.says("/ack 1"))["text"] == (await person.says("/frobnicate"))["text"]
    assert event(room, trouble).acknowledged_by == ""
    assert (silences(room), audited(room)) == ([], [])


async def test_a_button_of_another_operators_chat_means_nothing_here(ops):
    room = ops.room
    happens(room)
    appoint(room, 7, RecipientKind.PRIVATE_CHAT)
    person = room.chat(7)
    await person.says("/ack 1")
    await ops.says("/health")
    data = person._data("Silence 24 h", 0)
    assert data
    assert (await ops.sends(data, ops.message()[0])).startswith("This button has expired")
    assert silences(room) == []


# What they see


async def test_health_says_what_is_wrong(ops):
    room = ops.room
    assert (await ops.says("/health"))["text"].startswith("Well: all that should move does")
    room.house.pulse.expect("flagger", timedelta(seconds=-1))
    shown = (await ops.says("/health"))["text"]
    assert shown.startswith("Not well: flagger: no sign of life")
    assert "silent: flagger (0 s)" in shown
    assert "article never, alert never, message to a reader never" in shown
    await room.publish("شرطة كمبوديا تداهم مركز احتيال إلكتروني في سيهانوكفيل وتوقف 63 شخصا")
    letters(room, 1)
    happens(room, "disk_full", "", "no space")
    happens(room, "tag_lies", "alif")
    shown = (await ops.says("/health"))["text"]
    assert "1 page, 1 ticket open" in shown
    assert "disk_full: no space" in shown
    assert "telegram 1, the oldest for" in shown
    assert "1 dead letter" in shown
    assert "article 0 s ago" in shown or " s ago, alert" in shown
    await ops.presses("Queue")
    assert "1 wait, the oldest for" in ops.heard()[-1]["text"]
    assert "1 dead, 1 queued" in ops.heard()[-1]["text"]


async def test_a_full_disk_is_said_to_operators_and_to_nobody_else(tmp_path):
    with open_disk("limited", tmp_path / "disk") as disk:
        async with open_room(disk.folder) as room:
            appoint(room, 7, RecipientKind.PRIVATE_CHAT)
            assert (await room.chat(7).says("/health"))["text"].startswith("Well")
            disk.fill()
            shown = (await room.chat(7).says("/health"))["text"]
            said = [(await room.chat(9).says(word))["text"] for word in ("/health", "/frobnicate")]
            disk.free()
            assert (await room.chat(7).says("/health"))["text"].startswith("Well")
    assert shown.startswith("Not well: the archive cannot be written")
    assert "docs/runbooks/archive-unwritable.md" in shown
    assert said[0] == said[1]
    assert "archive" not in said[0]


async def test_a_channel_is_held_by_its_name(ops):
    await ops.says("/hold telegram is it true?")
    await ops.presses("Hold now")
    (halt,) = ops.room.database.read(lambda c: Dispatch(c).halts())
    assert (halt.channel, halt.reason, halt.actor) == (
        "telegram", "is it true?", f"user 71 in {GROUP} (Telegram)",
    )  # fmt: skip
    await ops.presses("Release …")
    assert "HELD: telegram" in ops.heard()[-1]["text"]
    assert await ops.presses("Release telegram") == "Sending goes on"


async def test_an_outlet_is_shown_with_its_name_harmless(ops, monkeypatch):
    room, alif = ops.room, ops.room.house.outlets["alif"]
    monkeypatch.setitem(room.house.outlets, "evil", replace(alif, id="evil", name_en=EVIL, name_ar=EVIL * 50))
    happens(room, "outlet_silent", "evil", EVIL)
    await room.publish(EVIL, outlet="evil")
    shown = await ops.says("/outlet evil")
    assert "<b>&\"'</b> <a href=" in shown["text"], "shown as it is written"
    assert {each["type"] for each in shown["entities"]} <= {"bold", "text_link"}
    assert "evil.example'" not in json.dumps([each for each in shown["entities"] if "url" in each])
    assert "\u202e" not in shown["text"]
    assert "outlet_silent evil" in shown["text"]
    await ops.presses("#1 outlet_silent evil")
    assert ops.heard()[-1]["text"].startswith("ticket #1 outlet_silent evil")
    await ops.presses("Outlet evil")
    assert "never polled" in ops.heard()[-1]["text"] or "new" in ops.heard()[-1]["text"]
    assert "No outlet x" in (await ops.says("/outlet x"))["text"]
    assert "to look at" in (await ops.says("/outlet"))["text"]
    assert "ألف" in (await ops.says("/outlet ألف"))["text"]


async def test_a_runbook_is_linked_where_it_can_be_read(tmp_path):
    async with open_room(tmp_path, runbooks="https://docs.example/runbooks") as room:
        appoint(room, 7, RecipientKind.PRIVATE_CHAT)
        happens(room)
        shown = await room.chat(7).says("/ack 1")
        (link,) = [each["url"] for each in shown["entities"] if each["type"] == "text_link"]
        assert link == "https://docs.example/runbooks/outbox-stuck.md"


async def test_long_lists_come_in_pages_that_telegram_takes(ops):
    room = ops.room
    for number in range(20):
        happens(room, "outlet_silent", f"{number} {EVIL * 40}", EVIL * 400)
    letters(room, 11, EVIL * 300)
    for number in range(15):
        wanted = Silence(
            "loop_*", f"{number}{EVIL * 30}", room.now() + timedelta(hours=3), EVIL * 30, EVIL * 90
        )
        room.database.write(lambda c, w=wanted: acting.silence(c, w, room.now()))
    for asked, count in (("/ack", 20), ("/silence", 15), ("/dlq", 11)):
        await ops.says(asked)
        seen = 0
        for _ in range(9):
            entry = ops.heard()[-1]
            assert utf16_length(entry["text"]) <= 4096
            assert "… and more" not in entry["text"]
            labels = ops.labels()
            seen += sum(label.startswith(("#", "Listen again", "Drop ")) for label in labels)
            if "More" not in labels:
                break
            await ops.presses("More")
        assert seen == count, asked
    await ops.says("/health")
    assert utf16_length(ops.heard()[-1]["text"]) <= 4096
    await ops.says("/ack 1")
    assert utf16_length(ops.heard()[-1]["text"]) <= 4096


# What they do


async def test_an_event_is_acknowledged_once_and_by_whom(ops):
    room = ops.room
    first, second = happens(room), happens(room, "disk_full")
    room.api.world.chat(GROUP).admins.add(MEMBER)
    await ops.says("/ack")
    await ops.presses(f"#{first} outbox_stuck")
    page = ops.message()[0]
    data = ops._data("I know of it", page)
    assert await ops.presses("I know of it") == f"Known to user 71 in {GROUP} (Telegram)"
    assert "I know of it" not in ops.labels()
    assert f"known to user 71 in {GROUP} (Telegram)" in ops.heard()[-1]["text"]
    assert await ops.sends(data, page, user=MEMBER) == f"Known to user 71 in {GROUP} (Telegram)", (
        "a stale button"
    )
    room.database.write(lambda c: Logbook(c).close_event("disk_full", "", room.now()))
    assert "No open event 2" in (await ops.says(f"/ack {second}"))["text"]
    assert "No open event soon" in (await ops.says("/ack soon"))["text"]
    assert audited(room) == [(f"user 71 in {GROUP} (Telegram)", "acknowledge event 1")]


async def test_an_event_that_is_over_is_not_silenced(ops):
    room = ops.room
    happens(room)
    await ops.says("/silence 1 2d it is being moved")
    assert "it is being moved" in ops.heard()[-1]["text"]
    assert (silences(room)[0].kind, silences(room)[0].reason) == ("outbox_stuck", "it is being moved")
    await ops.presses("Listen again")
    await ops.says("/ack 1")
    page = ops.message()[0]
    room.database.write(lambda c: Logbook(c).close_event("outbox_stuck", "", room.now()))
    assert await ops.presses("Silence 8 h", of=page) == "It is over already"
    assert "over after" in ops.heard()[-1]["text"]
    assert silences(room) == []
    assert "No open event 1" in (await ops.says("/silence 1 2h"))["text"]


async def test_a_silence_is_made_once_and_lifted(ops):
    room = ops.room
    happens(room, "outlet_silent", "alif")
    await ops.says("/ack")
    await ops.presses("#1 outlet_silent")
    page = ops.message()[0]
    data = ops._data("Silence 8 h", page)
    assert await ops.sends(data, page) == "Silenced"
    assert await ops.sends(data, page) == "Silenced"
    (made,) = silences(room)
    assert timedelta(hours=7, minutes=59) < made.until - room.now() <= timedelta(hours=8)
    assert made.author == f"user 71 in {GROUP} (Telegram)"
    assert len(audited(room)) == 1
    assert "silenced until" in ops.heard()[-1]["text"]
    assert await ops.presses("Listen again") == "Heard again"
    assert silences(room) == []
    shown = (await ops.says("/silence outlet_* alif 30m its owner moves house"))["text"]
    assert "It covers 1 of the events that are open." in shown
    assert "its owner moves house" in shown
    assert "outlet_walled" in shown
    assert "silence everything" in (await ops.says("/silence * 1h"))["text"]
    assert "no kind of event" in (await ops.says("/silence outlet_silnt"))["text"]
    await ops.says("/silence")
    assert await ops.presses("Listen again: outlet_* alif") == "Heard again"
    assert "Nothing is silenced" in ops.heard()[-1]["text"]


@pytest.mark.parametrize(
    ("text", "kind", "about", "hours", "reason"),
    [
        ("outlet_silent", "outlet_silent", "*", 4, ""),
        ("outlet_silent alif", "outlet_silent", "alif", 4, ""),
        ("outlet_silent 8h", "outlet_silent", "*", 8, ""),
        ("outlet_silent alif ٣س a move", "outlet_silent", "alif", 3, "a move"),
        ("outlet_silent alif 9d a move", "outlet_silent", "alif", 4, "9d a move"),  # longer than may be
        ("12", "12", "*", 4, ""),
        ("#12 2d why not", "#12", "*", 48, "why not"),
        ("12 because of it", "12", "*", 4, "because of it"),
    ],
)
def test_a_silence_as_it_is_typed(text, kind, about, hours, reason):
    asked = read_silence(text)
    assert (asked.kind, asked.about, asked.span, asked.reason) == (
        kind,
        about,
        timedelta(hours=hours),
        reason,
    )
    assert timedelta(hours=4) == USUAL


async def test_dead_letters_are_sent_again_or_dropped_each_once(ops):
    room = ops.room
    one, two, three = letters(room, 3, "Bad Request <b>")
    shown = await ops.says("/dlq")
    assert "3 dead letters" in shown["text"]
    assert "Bad Request <b>" in shown["text"]
    page = ops.message()[0]
    again, all_again = ops._data(f"Send {one} again", page), ops._data("Send all 3", page)
    assert await ops.sends(again, page) == "Queued again"
    room.database.write(lambda c: Dispatch(c).drop(one))
    assert await ops.sends(again, page) == "It is no dead letter any more", "a colleague dropped it since"
    await ops.presses(f"Drop {two}")
    assert state(room, two) is DeliveryState.DEAD, "asks first"
    assert await ops.presses("Drop it") == "Dropped"
    (*_, late) = letters(room, 1)
    await ops.sends(all_again, page)
    assert await ops.presses("Send 1 again") == "1 queued again"
    found = {each: state(room, each).value for each in (one, two, three, late)}
    assert found == {one: "cancelled", two: "cancelled", three: "queued", late: "dead"}
    assert [what for _, what in audited(room)] == [
        f"retry delivery {one}", f"drop delivery {two}", f"retry delivery {three}",
    ]  # fmt: skip


async def test_dead_letters_of_a_while_or_one_are_replayed(ops):
    room = ops.room
    (old,) = letters(room, 1)
    room.delay = timedelta(hours=5)
    *_, new, newest = letters(room, 2)
    assert "Send 2 dead letters again?" in (await ops.says("/replay 3h"))["text"]
    assert state(room, new) is DeliveryState.DEAD, "asks first"
    assert await ops.presses("Send 2 again") == "2 queued again"
    assert [state(room, each).value for each in (old, new, newest)] == ["dead", "queued", "queued"]
    assert "No dead letter" in (await ops.says("/replay 1h"))["text"]
    assert f"{new} is no dead letter" in (await ops.says(f"/replay {new}"))["text"]
    assert f"{old} is queued again" in (await ops.says(f"/replay {old}"))["text"]
    assert "/replay 17" in (await ops.says("/replay everything"))["text"]
    assert [what for _, what in audited(room)][-1] == f"retry delivery {old}"


async def test_sending_is_held_and_released_after_a_question_good_for_once(ops):
    room = ops.room
    reader = room.chat(8)
    await reader.says("/start")
    await ops.says(f"/hold is M001F true? {EVIL}")
    assert not room.database.read(lambda c: Dispatch(c).halts()), "asks first"
    question = ops.message()[0]
    held = ops._data("Hold now", question)
    assert await ops.sends(held, question) == "Held from now on"
    assert "HELD: all channels" in ops.heard()[-1]["text"]
    assert "is M001F true? <b>" in ops.heard()[-1]["text"]
    assert [e.kind for e in room.database.read(lambda c: Logbook(c).open_events())] == ["sending_held"]
    await ops.says("/release")
    asked = ops.message()[0]
    released = ops._data("Release all channels", asked)
    assert await ops.sends(released, asked) == "Sending goes on"
    assert (await ops.sends(held, question)).startswith("This question was answered"), (
        "a stale button holds nothing"
    )
    room.delay = timedelta(minutes=5)
    await ops.says("/hold again")
    assert await ops.presses("Hold now") == "Held from now on"
    assert await ops.sends(released, asked) == "That hold had ended already", (
        "nor does it release a later hold"
    )
    (halt,) = room.database.read(lambda c: Dispatch(c).halts())
    assert (halt.channel, halt.reason) == ("", "again")
    assert [what for _, what in audited(room)] == [
        "hold all channels",
        "release all channels",
        "hold all channels",
    ]


async def test_a_test_message_comes_to_this_chat_alone(ops):
    room = ops.room
    appoint(room, 7, RecipientKind.PRIVATE_CHAT)
    async with delivering(room):
        await ops.says("/test_alert can <b>you</b> hear")
        await until(lambda: any("Test\ncan <b>you" in e["text"] for e in ops.heard()), what="the test")
    assert room.chat(7).heard() == []
    assert audited(room) == [(f"user 71 in {GROUP} (Telegram)", "test alert 1 operators")]


async def test_under_a_bulletin_are_the_ways_to_act(ops):
    room = ops.room
    number = happens(room, "channel_down", "mail", "no network")
    async with delivering(room):
        room.database.write(lambda c: tell_operators(c, room.now()))
        await until(lambda: any("Trouble" in e["text"] for e in ops.heard()), what="the bulletin")
        assert ops.labels() == ["I know of it", "Silence 1 h", "Silence 8 h", "Silence 24 h", "More"]
        await ops.presses("I know of it")
        assert event(room, number).acknowledged_by
        happens(room, "disk_full", "", "no space")
        happens(room, "polls_late", "", "late")
        room.database.write(lambda c: tell_operators(c, room.now()))
        await until(lambda: "#3 polls_late" in ops.labels(), what="the second bulletin")
        bulletin = ops.message()[0]
        await ops.presses("#2 disk_full")
        await until(lambda: "page #2 disk_full" in ops.heard()[-1]["text"], what="the event")
        assert ops.message()[0] > bulletin, "the bulletin stays"


# The menu


async def test_the_menu_shows_their_commands_in_their_chats_only(tmp_path):
    async with open_room(tmp_path) as room:
        numbers = [appoint(room, GROUP), appoint(room, 7, RecipientKind.PRIVATE_CHAT)]

    async def menus(room) -> dict[str, list[str]]:
        await until(lambda: any(method == "getUpdates" for method, _ in room.api.calls), what="a poll")
        own = {name: names for name, names in room.api.world.commands.items() if "all_" not in name}
        return {name: [each["command"] for each in names] for name, names in own.items()}

    async with open_room(tmp_path) as room:
        shown = await menus(room)
        scopes = (f"chat_administrators {GROUP}", "chat 7")
        assert shown.keys() == {
            " ".join(filter(None, (s, lang))) for s in scopes for lang in ("ar", "en", "")
        }
        for names in shown.values():
            assert names[: len(COMMANDS)] == list(COMMANDS)
            assert "topics" in names, "an operator is a reader, too"
        every = [each["command"] for each in room.api.world.commands["all_private_chats"]]
        assert not COMMANDS.keys() & set(every), "nobody else"
        room.database.write(lambda c: Bulletins(c).dismiss(numbers[1]))
        room.api.calls.clear()
    async with open_room(tmp_path) as room:
        assert (await menus(room)) == {}, "told before, and nothing changed"
        deleted = [what for method, what in room.api.calls if method == "deleteMyCommands"]
        assert len(deleted) == 3
        assert all('"chat_id":7' in str(what).replace(" ", "").replace("'", '"') for what in deleted)


def test_the_guide_names_every_command():
    guide = Path(__file__).parents[3] / "docs" / "guide" / "operators.md"
    assert [name for name in COMMANDS if f"`/{name}" not in guide.read_text(encoding="utf-8")] == []


def test_no_command_is_the_readers_too():
    assert not COMMANDS.keys() & commands.COMMANDS.keys()
    assert not PRESSES.keys() & presses.PRESSES.keys()
    assert all(len(told) <= 60 for _, told in COMMANDS.values())
