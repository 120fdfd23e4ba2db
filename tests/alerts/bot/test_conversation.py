"""People and the bot, through a real Bot API server: what they ask, and what they try."""

import asyncio
import json
from datetime import UTC, datetime, time, timedelta

import pytest

from alerts.bot.commands import invitation_hash
from alerts.bot.gate import BURST
from alerts.bot.nouns import Access
from alerts.bot.phrases import Tongue
from alerts.bot.presses import PRESSES
from alerts.digests.nouns import WEEK, DigestKind
from alerts.indexing import Indexer
from alerts.nouns import (
    Level,
    Mute,
    MuteKind,
    RecipientKind,
    Story,
    Subscriber,
    SubscriberState,
    Subscription,
)
from alerts.schema import migrations as alert_tables
from alerts.storage import Alerts, Digests, Frontdesk, Members, Newsdesk, Subscribers
from crawler.database import Connection, Database
from crawler.schema import migrations
from tests.alerts.bot.conftest import Room, delivering, open_room, until
from tests.fakes.disks import damage

RAID = "شرطة كمبوديا تداهم مركز احتيال إلكتروني في سيهانوكفيل وتوقف 63 شخصا"
TRIAL = "محكمة في ميانمار تقضي بسجن زعيم شبكة اتجار بالبشر"
GROUP, OWNER, MEMBER = -100_500, 71, 72


def at(room: Room, chat: int | str, kind: RecipientKind = RecipientKind.PRIVATE_CHAT):
    return room.database.read(lambda c: Subscribers(c).at(kind, str(chat)))


def wanted(room: Room, number: int = 1):
    return room.database.read(lambda c: Subscribers(c).wanted(number))


@pytest.fixture
async def group(room):
    room.api.world.chat(GROUP).admins.add(OWNER)
    return room


async def test_help_privacy_and_a_command_we_do_not_have(room):
    person = room.chat(7)
    assert "/delete_me" in (await person.says("/help"))["text"]
    assert "رقم المحادثة" in (await person.says("/privacy"))["text"]
    assert "لا نعرف هذا الأمر" in (await person.says("/frobnicate"))["text"]
    assert "أولًا، ثم أعد طلبك" in (await person.says("/topics"))["text"]
    assert at(room, 7) is None, "who only reads is not kept"


async def test_the_language_of_the_client_and_by_choice(room):
    person = room.chat(7)
    update = room.api.world.says(7, "/start")
    update["message"]["from"]["language_code"] = "en-GB"
    await until(lambda: bool(person.heard()))
    assert person.heard()[-1]["text"].startswith("Welcome to Marsad")
    await person.presses("العربية")
    assert person.heard()[-1]["text"].startswith("أهلًا بك")
    await person.says("/language")
    await person.presses("١ ٢ ٣")
    assert at(room, 7).digits == "arab"


async def test_words_choose_as_well_as_buttons(room):
    person = room.chat(7)
    await person.says("/start")
    await person.says("/timezone بغداد")
    assert "لا نعرف هذه المنطقة" in person.heard()[-1]["text"]
    assert "القاهرة" in (await person.says("/timezone cairo"))["text"]
    await person.says("/quiet ٢٣:٣٠-٠٦:١٥")
    assert "من 23:30 إلى 06:15" in person.heard()[-1]["text"]
    await person.presses("تصل بلا صوت")
    await person.presses("العاجل يصل دائمًا")
    assert (at(room, 7).quiet_mode, at(room, 7).quiet_critical) == ("silent", True)
    await person.says("/level عاجل")
    assert wanted(room)[0].level.word == "critical"
    await person.says("/mute 8h")
    await person.says("/mute باء")
    assert {mute.kind for mute in wanted(room)[0].mutes} == {MuteKind.ALL, MuteKind.OUTLET}
    status = (await person.says("/status"))["text"]
    assert "كُتم كل شيء حتى" in status
    assert "كُتمت وسيلة باء" in status
    assert "لم تجب أي وسيلة" in status, "silence is not taken for health"
    await person.says("/unmute")
    await person.presses("إلغاء كتم باء")
    await person.says("/unmute الكل")
    assert wanted(room)[0].mutes == ()


async def test_a_topic_may_come_at_once_and_another_every_day(room):
    person = room.chat(7)
    await person.says("/start")
    await person.says("/frequency")
    await person.presses("احتيال")
    await person.presses("كل يوم")
    assert "احتيال: كل يوم" in person.labels()
    assert {(each.topics, each.cadence) for each in wanted(room)} == {
        (("gambling", "trafficking"), "instant"), (("fraud",), "daily"),
    } or {each.cadence for each in wanted(room)} == {"instant", "daily"}  # fmt: skip
    await person.says("/digest")
    await person.presses("18:00")
    await person.presses("الجمعة")
    assert "الجمعة" in person.labels()
    settings = room.database.read(lambda c: Digests(c).settings(at(room, 7).id, DigestKind.DAILY))
    assert (settings.at, settings.weekdays) == (time(18), WEEK - {4})
    for name in ("السبت", "الأحد", "الاثنين", "الثلاثاء", "الأربعاء"):
        await person.presses(name)
    assert await person.presses("الخميس") == "يبقى يوم واحد على الأقل"
    await person.presses("كل المواضيع في الموجز")
    assert [(each.topics, each.cadence) for each in wanted(room)] == [((), "daily")]


async def test_an_alert_is_muted_judged_and_followed_by_its_buttons(room):
    person = room.chat(7)
    await person.says("/start")
    async with delivering(room):
        await room.publish(RAID)
        await room.told()
        alert = person.heard()[-1]["message_id"]
        labels = person.labels()
        assert labels == ["الخبر", "متابعة القصة", "كل الوسائل", "ليس ذا صلة", "مفيد", "كتم القصة"], (
            "right to left"
        )
        await person.presses("كل الوسائل", of=alert)
        assert "ألف" in person.heard()[-1]["text"]
        assert await person.presses("متابعة القصة", of=alert) == "يصلك كل جديد في هذه القصة"
        assert wanted(room)[0].follows == {1}
        assert (await person.presses("كتم القصة", of=alert)).startswith("كُتمت القصة \u200e#M0001")
        assert "ليس ذا صلة" in await person.presses("ليس ذا صلة", of=alert)
        heard = len(person.heard())
        await room.publish(RAID.replace("63", "97") + " بينهم قتلى", outlet="baa")
        await room.publish(TRIAL, outlet="taa")
        await room.told()
    assert len(person.heard()) == heard + 1, "the muted story is silent, another one is not"
    ((said,),) = [room.database.read(lambda c: list(c.table("feedback").rows))]
    assert (said["verdict"], said["alert_id"]) == ("not_relevant", 1)
    assert said["ruleset"] == room.house.rules.hash


async def test_case_44_an_old_or_foreign_button_is_answered_politely(room):
    person, other = room.chat(7), room.chat(8)
    for each in (person, other):
        await each.says("/start")
    number, message = person.message()
    mine = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    expired = "انتهت صلاحية الزر. أرسل \u200e/status"
    for data in ("v1:mute:1", mine[:-1] + "_", "x" * 64, mine.replace("choose", "forget")):
        assert await person.sends(data, number) == expired
    assert await other.sends(mine, other.message()[0]) == expired, "signed, but another's"
    assert wanted(room, 2)[0].topics == ()


async def test_a_defect_of_ours_behind_a_button_is_no_expired_button(room, monkeypatch, caplog):
    person = room.chat(7)
    await person.says("/start")
    button, number = person._data(person.labels()[0], 0), person.message()[0]

    def broken(_visit, _what: str, name: str, _on: str, *_more: str):
        return {}[name]

    monkeypatch.setitem(PRESSES, "choose", broken)
    assert await person.sends(button, number) == Tongue("ar").say("failed")
    assert "KeyError" in caplog.text
    monkeypatch.setitem(PRESSES, "choose", lambda _visit: None)
    assert await person.sends(button, number) == Tongue("ar").say("expired"), "made for what was here before"


async def test_every_update_is_answered_from_a_damaged_archive_too(tmp_path):
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        for kind, chat in ((RecipientKind.PRIVATE_CHAT, "7"), (RecipientKind.GROUP, str(GROUP))):
            reader = Subscriber(kind, chat, datetime.now(UTC))
            database.write(lambda c, reader=reader: Subscribers(c).subscribe(reader, []))
    damage(tmp_path / "a.sqlite", "subscriber")
    async with open_room(tmp_path) as room:
        person = room.chat(7)
        said = [(await person.says(word))["text"] for word in ("/start", "/status")]
        toast = await person.sends("1.step.1.x", person.heard()[-1]["message_id"])
        talk = room.api.world.says(GROUP, "كلام بين الناس", user_id=MEMBER)["message"]["message_id"]
        said += [(await room.chat(GROUP, MEMBER).says("/status"))["text"]]
        assert room.api.sent(GROUP)[0]["reply_to"] != talk, "nobody is sorry for what was not asked"
    assert [*said, toast] == [Tongue("ar").say("failed")] * 4


async def test_case_43_a_flood_is_noticed_once_and_costs_nobody_else(room):
    person, other = room.chat(7), room.chat(8)
    await other.says("/start")
    for _ in range(60):
        room.api.world.says(7, "/help")
    await until(lambda: any("أسرع مما نستطيع" in entry["text"] for entry in person.heard()), what="a notice")
    await other.says("/status")
    assert sum("أسرع مما نستطيع" in entry["text"] for entry in person.heard()) == 1
    assert len(person.heard()) <= 17


async def test_case_45_filters_and_mutes_have_quotas(room):
    person = room.chat(7)
    await person.says("/start")
    for number in range(10):
        room.database.write(lambda c, n=number: Members(c).add_filter(1, f"كلمة {n}"))
    assert "بلغت الحد الأقصى" in (await person.says("/filter ميانمار"))["text"]
    assert "أطول من مئتي حرف" in (await person.says("/filter " + "كلمات " * 600))["text"]
    assert len(wanted(room)[0].filters) == 10


async def test_a_filter_is_tried_before_it_is_kept(room):
    person = room.chat(7)
    await person.says("/start")
    await room.publish(RAID, minutes=60)
    await room.publish(TRIAL, outlet="baa")
    await person.says("/filter")
    trial = (await person.says("كمبوديا -قمار"))["text"]
    assert "صدر في الأسبوع الماضي تنبيهان." in trial
    assert "كان ليصلك منها واحد." in trial
    assert "شرطة كمبوديا" in trial
    assert wanted(room)[0].filters == (), "not kept yet"
    await person.presses("احفظ هذه الكلمات")
    assert wanted(room)[0].filters == ("كمبوديا -قمار",)
    assert "محكمة" not in (await person.says("/last"))["text"]
    await person.says("/filter")
    await person.presses("احذف: كمبوديا")
    assert wanted(room)[0].filters == ()


async def test_a_button_drops_the_words_that_stand_on_it_however_often_it_is_pressed(room):
    person, words = room.chat(7), ("أولى", "ثانية", "ثالثة")
    await person.says("/start")
    for word in words:
        room.database.write(lambda c, word=word: Members(c).add_filter(1, word))
    await person.says("/filter")
    number, message = person.message()
    buttons = {
        b["text"]: b["callback_data"] for row in message["reply_markup"]["inline_keyboard"] for b in row
    }
    for _ in range(2):
        await person.sends(buttons["احذف: ثالثة"], number)
    room.database.write(lambda c: Members(c).add_filter(1, "رابعة"))
    await person.sends(buttons["احذف: ثالثة"], number)
    assert wanted(room)[0].filters == ("أولى", "ثانية", "رابعة")


async def test_an_old_button_keeps_no_words_that_were_written_later(room):
    person = room.chat(7)
    await person.says("/start")
    await person.says("/filter تجنيد")
    number, message = person.message()
    old = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    room.database.write(lambda c: c.execute("DELETE FROM draft"))  # as after a day
    room.delay = timedelta(days=1)
    await person.says("/search قمار")
    await person.says("/filter احتيال")
    assert "انتهت صلاحية الزر" in await person.sends(old, number)
    assert wanted(room)[0].filters == ()


async def test_as_many_mutes_as_one_may_have_fit_every_menu(room):
    def fill(c: Connection) -> None:
        for number in range(1, 61):
            story = Story(room.now(), room.now(), f"{RAID} {RAID} {number}", ("fraud",), ("KH",), Level.HIGH)
            Members(c).mute(1, Mute(MuteKind.STORY, str(Newsdesk(c).open_story(story))))
        for word in "ابتثجحخدذر":
            Members(c).add_filter(1, f"{word * 190} كلمة")

    person = room.chat(7)
    await person.says("/start")
    room.database.write(fill)
    status = (await person.says("/status"))["text"]
    assert "#M003C" in status, "the newest first"
    assert "و55 أخرى" in status
    assert "لم تجب أي وسيلة" in status, "what comes after the list is not lost"
    await person.says("/filter")
    await person.presses("الإعدادات")
    assert "و55 أخرى" in person.heard()[-1]["text"]
    assert "و50 أخرى" in (await person.says("/mute"))["text"]
    await person.presses("المزيد")
    assert "#M0032" in person.heard()[-1]["text"]
    await person.presses("إلغاء كتم")
    assert len(wanted(room)[0].mutes) == 59
    assert "السابق" in person.labels(), "on the page where it was pressed"


async def test_the_archive_is_searched_by_words_alone_and_opens_stories(room):
    person = room.chat(7)
    await person.says("/start")
    for number in range(8):
        await room.publish(f"{RAID} {number}", outlet=("alif", "baa")[number % 2])
    await room.publish(TRIAL, outlet="taa")
    await Indexer(room.database).run()
    assert "محكمة في ميانمار" in (await person.says("للإتجار"))["text"]
    first = (await person.says("/search كمبوديا"))["text"]
    assert first.index("سيهانوكفيل وتوقف 63 شخصا 7") < first.index("سيهانوكفيل وتوقف 63 شخصا 6"), (
        "newest first"
    )
    await person.presses("المزيد")
    assert "63 شخصا 0" in person.heard()[-1]["text"]
    await person.presses("#M0001")
    assert "باء" in person.heard()[-1]["text"]
    assert "لم نجد في الأرشيف" in (await person.says("/search زنجبيل"))["text"]
    assert "لا نعرف قصة" in (await person.says("/story M0BAD"))["text"]


async def test_a_mail_address_is_asked_for_consent_and_nothing_is_told_of_it(room):
    person = room.chat(7)
    await person.says("/start")
    await person.says("/email")
    known = (await person.says("reader@example.org"))["text"]
    assert known == (await person.says("/email other@example.org"))["text"]
    assert "ليس عنوان بريد" in (await person.says("/email لا"))["text"]
    assert known == (await person.says("/email third@example.org"))["text"]
    await person.says("/delete_me")
    await person.presses("احذف كل شيء")
    await person.says("/start")
    assert "ثلاثة عناوين في اليوم" in (await person.says("/email fourth@example.org"))["text"], (
        "still the same one"
    )
    assert at(room, "fourth@example.org", RecipientKind.MAIL) is None
    assert at(room, "reader@example.org", RecipientKind.MAIL).state is SubscriberState.PENDING


async def test_one_gets_a_copy_of_ones_own_data(room):
    person = room.chat(7)
    await person.says("/start")
    await person.says("/filter ميانمار")
    await person.presses("احفظ")
    room.api.world.says(7, "/export")
    await until(lambda: any(e["kind"] == "document" for e in person.heard()), what="a file")
    (file,) = [entry for entry in person.heard() if entry["kind"] == "document"]
    data = json.loads(file["content"])
    assert data["subscriber"][0]["address"] == "7"
    assert [each["text"] for each in data["filter"]] == ["ميانمار"]


def tables_with(word: str, database: Database) -> list[str]:
    def look(connection: Connection) -> list[str]:
        names = [table.name for table in connection.tables if not table.name.startswith("search")]
        return [name for name in names if word in str(list(connection.table(name).rows))]

    return database.read(look)


async def test_case_54_delete_me_leaves_the_address_in_no_table(room):
    person = room.chat(770077007)
    await person.says("/start")
    async with delivering(room):
        await room.publish(RAID)
        await room.told()
    await person.says("/delete_me")
    assert at(room, person.chat).state is SubscriberState.ACTIVE, "asked once more first"
    await person.presses("احذف كل شيء")
    assert "حُذفت بياناتك" in person.heard()[-1]["text"]
    assert at(room, person.chat) is None
    assert tables_with("770077007", room.database) == []
    assert "أهلًا بك" in (await person.says("/start"))["text"], "a newcomer again"


async def test_case_47_who_is_no_administrator_changes_nothing_in_a_group(group):
    owner, member = group.chat(GROUP, OWNER), group.chat(GROUP, MEMBER)
    assert "لمشرفيها فقط" in (await member.says("/start"))["text"]
    assert at(group, GROUP, RecipientKind.GROUP) is None
    await owner.says("/start")
    assert at(group, GROUP, RecipientKind.GROUP).state is SubscriberState.ACTIVE
    assert await member.presses("احتيال") == "هذا للمشرفين فقط."
    assert wanted(group)[0].topics == ()
    await owner.presses("احتيال")
    assert wanted(group)[0].topics == ("fraud",)
    assert (
        "إعداداتك" in (await member.says("/status@marsad_test_bot"))["text"]
        or "إعدادات" in member.heard()[-1]["text"]
    )
    await member.says_in_vain("كلام بين الناس")
    await member.says_in_vain("/start@another_bot")


async def test_talk_in_a_group_is_no_flood_of_requests(group):
    owner, member = group.chat(GROUP, OWNER), group.chat(GROUP, MEMBER)
    await owner.says("/start")
    before = len(member.heard())
    for number in range(BURST + 5):
        group.api.world.says(GROUP, f"كلام بين الناس {number}", user_id=MEMBER)
    assert "رقم المحادثة" in (await member.says("/privacy"))["text"], "whoever talks much may still ask"
    assert len(member.heard()) == before + 1


async def test_case_47_an_anonymous_administrator_is_one(group):
    asked = group.chat(GROUP, OWNER)
    group.api.world.says_anonymously(GROUP, "/start")
    await until(lambda: bool(asked.heard()))
    assert at(group, GROUP, RecipientKind.GROUP).state is SubscriberState.ACTIVE
    stranger = {"sender_chat": {"id": -100_999, "type": "channel", "title": "قناة"}}
    before = len(asked.heard())
    group.api.world.says(GROUP, "/topics", user_id=136817688, **stranger)  # written in the name of a channel
    await until(lambda: len(asked.heard()) > before)
    assert "لمشرفيها فقط" in asked.heard()[-1]["text"]


async def test_a_reader_in_a_group_may_judge_and_read_but_not_mute(group):
    owner, member = group.chat(GROUP, OWNER), group.chat(GROUP, MEMBER)
    await owner.says("/start")
    async with delivering(group):
        await group.publish(RAID)
        await group.told()
        alert = owner.heard()[-1]["message_id"]
        assert "شكرًا" in await member.presses("مفيد", of=alert)
        assert await member.presses("كتم القصة", of=alert) == "هذا للمشرفين فقط."
        assert (await owner.presses("كتم القصة", of=alert)).startswith("كُتمت")


async def test_a_topic_of_a_forum_is_a_subscriber_of_its_own(group):
    owner = group.chat(GROUP, OWNER)
    await owner.says("/start", message_thread_id=9, is_topic_message=True)
    assert at(group, f"{GROUP}/9", RecipientKind.GROUP).state is SubscriberState.ACTIVE
    assert at(group, GROUP, RecipientKind.GROUP) is None
    assert group.api.sent(GROUP)[-1]["topic"] == 9


async def test_case_48_in_a_closed_bot_only_subscribers_bring_it_into_a_group(tmp_path):
    async with open_room(tmp_path, bot_access=Access.INVITE) as room:
        token = "Zx-9_" * 4
        until_when = room.now() + timedelta(days=7)
        room.database.write(lambda c: Frontdesk(c).invite(invitation_hash(token), room.now(), until_when))
        stranger, guest = room.chat(8), room.chat(7)
        assert "الاشتراك بدعوة" in (await stranger.says("/start"))["text"]
        assert "8" in stranger.heard()[-1]["text"]
        assert "أهلًا بك" in (await guest.says(f"/start i_{token}"))["text"]
        assert "الاشتراك بدعوة" in (await stranger.says(f"/start i_{token}"))["text"], "a link is good once"
        room.api.world.admits(-100_600, "member", user_id=8)
        await until(lambda: room.api.world.chats[-100_600].refuses is not None, what="leaving")
        assert room.chat(-100_600).heard() == [], "it leaves without a word"
        room.api.world.admits(-100_700, "member", user_id=7)
        await until(lambda: bool(room.chat(-100_700).heard()))
        assert "مشرفي المجموعة" in room.chat(-100_700).heard()[-1]["text"]


@pytest.mark.parametrize("access", [Access.INVITE, Access.ALLOWED])
@pytest.mark.parametrize("known", [False, True], ids=["unknown", "kept by a former version"])
async def test_case_48_no_detour_lets_a_stranger_into_a_closed_bot(tmp_path, access, known):
    async with open_room(tmp_path, bot_access=access) as room:
        stranger = room.chat(8)
        if known:
            kept = Subscriber(RecipientKind.PRIVATE_CHAT, "8", room.now(), SubscriberState.PENDING)
            room.database.write(lambda c: Subscribers(c).subscribe(kept, [Subscription(0)]))
        await stranger.says("/start")
        room.api.world.admits(8, "kicked", before="member")
        room.api.world.admits(8, "member", before="kicked")
        room.api.world.admits(-100_600, "member", user_id=8)
        assert "الاشتراك بدعوة" in (await stranger.says("/start"))["text"]
        assert room.api.world.chats[-100_600].refuses is not None, "it left"
        there = at(room, 8)
        assert there.state is SubscriberState.PENDING if known else there is None, (
            "who is refused is not kept"
        )


async def test_who_comes_back_to_a_closed_bot_is_asked_for_its_leave_again(tmp_path):
    async with open_room(tmp_path, bot_access=Access.ALLOWED, bot_allowed=("7",)) as room:
        for number in (7, 8):
            kept = Subscriber(RecipientKind.PRIVATE_CHAT, str(number), room.now(), SubscriberState.SUSPENDED)
            room.database.write(lambda c, kept=kept: Subscribers(c).subscribe(kept, [Subscription(0)]))
            room.api.world.admits(number, "member", before="kicked")
        await room.chat(8).says("/help")
        assert [at(room, number).state for number in (7, 8)] == ["active", "suspended"]


@pytest.mark.parametrize(
    "payload", ["'; DROP TABLE subscriber;--", "<b>x</b>", "i_\u202e", "s_99999999", "%00", "t_nothing"]
)
async def test_case_49_an_odd_start_payload_subscribes_and_does_nothing_else(room, payload):
    answer = await room.chat(7).says(f"/start {payload}")
    assert answer["text"].startswith(("أهلًا بك", "لا نعرف قصة"))
    assert at(room, 7).state is SubscriberState.ACTIVE


async def test_a_channel_is_bound_by_its_administrator_in_private(room):
    channel, owner, other = -100_800, room.chat(71), room.chat(72)
    room.api.world.chat(channel).type = "channel"
    room.api.world.chat(channel).admins.add(71)
    for person in (owner, other):
        await person.says("/start")
    room.api.world.admits(channel, "administrator", user_id=71)
    await until(lambda: "قناة جديدة" in owner.heard()[-1]["text"], what="the channel's settings")
    number, message = owner.message()
    data = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    assert at(room, channel, RecipientKind.CHANNEL).state is SubscriberState.PENDING
    assert await other.sends(data, other.message()[0]) == "هذا للمشرفين فقط."
    assert await owner.presses("ابدأ النشر") == "بدأ النشر في القناة"
    assert at(room, channel, RecipientKind.CHANNEL).state is SubscriberState.ACTIVE
    number = at(room, channel, RecipientKind.CHANNEL).id
    assert wanted(room, number) != [], "all is told until something is chosen"
    await owner.presses("الأهمية")
    await owner.presses("عاجل")
    assert wanted(room, number)[0].level.word == "critical"
    async with delivering(room):
        await room.publish(RAID + " ومقتل 4 أشخاص")
        await room.told()
    assert [len(row) for row in room.api.sent(channel)[-1]["buttons"]] == [1], "only the link"


@pytest.mark.parametrize("by", ["/quiet off", "العاجل يصل دائمًا", "تصل بلا صوت"])
async def test_what_was_held_comes_when_the_night_is_over_by_choice(room, by):
    person = room.chat(7)
    await person.says("/start")
    here = (room.now() + timedelta(hours=n) for n in (-1, 7))
    await person.says("/quiet {:%H:%M}-{:%H:%M}".format(*here))
    async with delivering(room):
        await room.publish(RAID + " ومقتل 4 أشخاص")
        assert room.waiting() == 0, "held until the morning"
        await (person.says(by) if by[0] == "/" else person.presses(by))
        await until(lambda: bool(room.sent), what="the alert")


async def test_who_blocks_is_suspended_and_revived_on_return(room):
    person = room.chat(7)
    await person.says("/start")
    room.api.world.admits(7, "kicked", before="member")
    await until(lambda: at(room, 7).state is SubscriberState.SUSPENDED)
    room.api.world.admits(7, "member", before="kicked")
    await until(lambda: at(room, 7).state is SubscriberState.ACTIVE)


@pytest.mark.parametrize("by", ["membership", "/start"])
async def test_a_group_that_gives_the_rights_back_is_told_at_once(group, by):
    owner, now = group.chat(GROUP, OWNER), group.now()
    await owner.says("/start")
    number, tomorrow = at(group, GROUP, RecipientKind.GROUP).id, now + timedelta(days=1)
    async with delivering(group):
        await group.publish(RAID)
        await group.told()
        group.database.write(lambda c: Subscribers(c).degrade(number, now - timedelta(days=6), tomorrow))
        group.database.write(  # as a refusal leaves it
            lambda c: c.execute("UPDATE delivery SET state = 'queued', due = ?", [tomorrow.isoformat()])
        )
        heard = len(owner.heard())
        if by == "membership":
            group.api.world.admits(GROUP, "administrator", before="member")
        else:
            await owner.says(by)
            heard += 1
        await until(lambda: len(owner.heard()) > heard, what="the alert that was refused")
    assert at(group, GROUP, RecipientKind.GROUP).degraded_at is None, "another refusal has its week again"


async def test_a_group_that_became_a_supergroup_keeps_its_settings(group):
    owner = group.chat(-500, OWNER)
    group.api.world.chat(-500).admins.add(OWNER)
    await owner.says("/start")
    group.api.world.migrates(-500, GROUP)
    await until(lambda: at(group, GROUP, RecipientKind.GROUP) is not None)
    assert at(group, -500, RecipientKind.GROUP) is None


async def test_case_39_an_update_that_comes_twice_is_answered_once(room):
    person = room.chat(7)
    await person.says("/start")
    heard = len(person.heard())
    update = room.api.world.says(7, "/status")
    room.api.world.updates.append(update)  # in one batch, as after an answer that was lost
    await person.says("/help")
    await until(lambda: len(person.heard()) >= heard + 2)
    await asyncio.sleep(0.3)
    assert len(person.heard()) == heard + 2


async def test_a_defect_of_ours_is_said_and_does_not_stop_the_next_update(room, monkeypatch):
    person = room.chat(7)
    await person.says("/start")
    monkeypatch.setattr(Alerts, "since", lambda *_: 1 / 0)
    assert "تعذر تنفيذ الطلب" in (await person.says("/last"))["text"]
    assert "رقم المحادثة" in (await person.says("/privacy"))["text"]
