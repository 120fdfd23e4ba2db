"""The alert policy: literal in, literal out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.bursts import is_braked, is_due, is_spike, is_storm, volumes
from alerts.facts.fates import FATES
from alerts.messages.words import speech
from alerts.nouns import Alert, AlertKind, Hold, Level, Reason, Story
from alerts.planning import UPDATES, Told, plan, voices, weigh
from alerts.stories import Fingerprint, fingerprint

NOW = datetime(2025, 10, 12, 8, tzinfo=UTC)
STORY = Story(NOW, NOW, "مداهمة", ("fraud",), ("MM",), Level.HIGH, (1,), id=5)


def article(number: int, title: str = "مداهمة في ميانمار", *, published: datetime = NOW) -> Fingerprint:
    return fingerprint(
        article=number, outlet=f"o{number}", title=title, body="", seen=NOW, published=published
    )


def test_a_new_story_is_told() -> None:
    first = article(1)
    alert = plan(STORY, [first], [], first, NOW)
    assert alert is not None
    assert (alert.kind, alert.level, alert.version) == (AlertKind.NEW, Level.HIGH, 1)


def test_the_past_is_never_told() -> None:
    first = article(1)
    assert plan(STORY, [first], [], first, NOW, backfill=True) is None
    old = article(2, published=NOW - timedelta(days=21))
    late = plan(STORY, [old], [], old, NOW)
    assert late is not None
    assert late.hold is Hold.STALE  # for the digest
    assert plan(STORY, [old, first], [Told(late, frozenset({2}))], old, NOW) is None
    fresh = plan(STORY, [old, first], [Told(late, frozenset({2}))], first, NOW)
    assert fresh is not None
    assert (fresh.kind, fresh.hold, fresh.version) == (AlertKind.NEW, Hold.NONE, 2)


def test_a_rewrite_is_not_told_again_and_a_new_place_is() -> None:
    first, rewrite, wider = article(1), article(2), article(3, "مداهمة في ميانمار وكمبوديا")
    alert = plan(STORY, [first], [], first, NOW)
    assert alert is not None
    told = [Told(alert, frozenset({1}))]
    assert plan(STORY, [first, rewrite], told, rewrite, NOW) is None
    update = plan(STORY, [first, rewrite, wider], told, wider, NOW)
    assert update is not None
    assert (update.kind, update.version) == (AlertKind.UPDATE, 2)


@pytest.mark.parametrize("title", ["مداهمة في ميانمار وإنقاذ شبان كينيين", "مداهمة في ميانمار وواشنطن ترحب"])
def test_a_people_or_a_party_is_no_new_place(title: str) -> None:
    first, other = article(1), article(2, title)
    assert plan(STORY, [first, other], told(STORY, first), other, NOW) is None


EXPLAINING = "كيف يعمل الاحتيال العاطفي في ميانمار؟"


def test_what_explains_tells_no_event() -> None:
    explainer, event = article(1, EXPLAINING), article(2)
    counting = article(3, "كيف أوقفت الشرطة 40 شخصا في ميانمار ثم كمبوديا؟")
    assert plan(STORY, [event, counting], told(STORY, event), counting, NOW) is None
    assert weigh(Level.CRITICAL, [explainer]).level is Level.NOTICE
    assert weigh(Level.HIGH, [explainer, event]).level is Level.HIGH
    assert plan(STORY, [event, explainer], told(STORY, event), explainer, NOW) is None
    first = plan(STORY, [explainer], [], explainer, NOW)
    assert first is not None
    assert first.level is Level.NOTICE
    raised = plan(STORY, [explainer, event], [Told(first, frozenset({1}))], event, NOW)
    assert raised is not None
    assert (raised.kind, raised.level) == (AlertKind.UPDATE, Level.HIGH)


BODY = (
    "قالت السلطات إن قوات حرس الحدود حررت 214 أجنبيا كانوا محتجزين داخل مجمع للاحتيال الإلكتروني قرب بلدة مياوادي، في عملية استمرت ساعات طويلة. "
    "وأوضح متحدث باسمها أن المحررين استدرجوا بعروض عمل وهمية في خدمة العملاء والتسويق الرقمي، ثم صودرت جوازات سفرهم وأجبروا على إدارة حسابات مزيفة "
    "للإيقاع بغيرهم في قارات أخرى، وأنهم نقلوا إلى مركز استقبال على الجانب الآخر من النهر حيث تتعرف فرق عليهم. "
)
BELOW = "وعثر في المكان على أجهزة، فيما أوقف 18 مشتبها في إدارتهم الموقع."


def telling(number: int, title: str, *sentences: str) -> Fingerprint:
    return fingerprint(
        article=number, outlet=f"o{number}", title=title, body=" ".join(sentences), seen=NOW, published=NOW
    )


@pytest.mark.parametrize(
    ("fresh", "news"),
    [
        (telling(2, "ليلة الخلاص", BODY, BELOW), [Reason("first_number", "arrested", now=18)]),
        (telling(2, "توقيف 18 في مداهمة مياوادي"), [Reason("first_number", "arrested", now=18)]),
        (telling(2, "ليلة الخلاص", BODY, "وفي العام الماضي أوقف 18 مشتبها هناك."), []),
        (telling(2, "ليلة الخلاص", BODY, "وأوقف عشرات المشتبهين."), []),
        (telling(2, "توقيف 214 في مداهمة مياوادي"), []),  # the same people, told otherwise
        (telling(2, "تحرير 214 أجنبيا من بين 900 ضحية"), []),  # a background of victims is no news
    ],
)
def test_a_number_that_no_article_told_is_news(fresh: Fingerprint, news: list[Reason]) -> None:
    first = telling(1, "تحرير 214 أجنبيا قرب مياوادي", BODY)
    alert = plan(STORY, [first, fresh], told(STORY, first), fresh, NOW)
    assert (list(alert.reasons) if alert else []) == news


def test_what_the_first_article_said_further_down_is_no_news() -> None:
    first, fresh = telling(1, "تحرير 214 أجنبيا", BODY, BELOW), telling(2, "توقيف 18 في مداهمة مياوادي")
    assert plan(STORY, [first, fresh], told(STORY, first), fresh, NOW) is None


def because(alert: Alert | None) -> str:
    return speech("ar", "UTC", "latn").because(alert.reasons) if alert else ""


def told(story: Story, *members: Fingerprint) -> list[Told]:
    """What a first alert on ``members`` leaves behind."""
    alert = plan(story, members, [], members[0], NOW)
    assert alert is not None
    return [Told(alert, frozenset(member.article for member in members))]


def reasons(first: str, second: str, *, level: Level = Level.HIGH) -> str:
    """Why an article titled ``second`` is told after one titled ``first``; empty when it is not."""
    one, two = article(1, first), article(2, second)
    alert = plan(replace(STORY, level=level), [one, two], told(STORY, one), two, NOW)
    return because(alert)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ("توقيف 87 شخصا في ميانمار", "توقيف 120 شخصا في ميانمار", "الموقوفون: 120 بعد 87"),
        ("توقيف 87 شخصا في ميانمار", "اعتقال سبعة وثمانين شخصا في ميانمار", ""),
        ("توقيف 2198 شخصا في ميانمار", "توقيف أكثر من ألفي شخص في ميانمار", ""),
        ("مداهمة في ميانمار", "مداهمة في ميانمار تمتد إلى سيهانوكفيل", "مكان جديد: سيهانوكفيل"),
        ("مداهمة مجمع في ميانمار", "شركة تنفي صلتها بالمجمع في ميانمار", "نفي"),
        ("توقيف 87 شخصا في ميانمار", "تصحيح: توقيف 78 شخصا في ميانمار", "تصحيح؛ الموقوفون: 78 بعد 87"),
        ("توقيف وزير في ميانمار", "سحب خبر توقيف وزير في ميانمار", "سحب الخبر"),
    ],
)
def test_an_update_only_on_something_new(first: str, second: str, reason: str) -> None:
    assert reasons(first, second) == reason


def test_a_higher_level_is_told() -> None:
    assert reasons("مداهمة في ميانمار", "اقتحام في ميانمار", level=Level.CRITICAL).startswith("ارتفع المستوى")


def test_arab_victims_raise_the_level_and_say_so() -> None:
    weight = weigh(Level.NOTICE, [article(1, "إنقاذ تسعة مصريين في ميانمار")])
    assert weight.level is Level.HIGH
    assert weight.reasons == (Reason("arabs_harmed", places=("EG",)),)
    assert weigh(Level.NOTICE, [article(1, "مصر تحذر من السفر إلى ميانمار")]).level is Level.NOTICE


HARMED = {
    "killed": "مقتل تسعة مصريين في ميانمار",
    "injured": "إصابة تسعة مصريين في ميانمار",
    "rescued": "إنقاذ تسعة مصريين في ميانمار",
    "returned": "عودة تسعة مصريين من ميانمار",
    "released": "ميانمار تفرج عن تسعة مصريين",
    "victims": "عصابة تحتجز تسعة مصريين في ميانمار",
    "deported": "ترحيل تسعة مصريين من ميانمار",
    "sold": "عصابة باعت تسعة مصريين في ميانمار",
}
UNHARMED = {
    "arrested": "توقيف تسعة مصريين في ميانمار",
    "extradited": "ميانمار تسلم مصر تسعة مشتبهين مصريين",
    "convicted": "تسعة مدانين مصريين في ميانمار",
    "sentenced": "محكمة في ميانمار تقضي بالسجن على تسعة مصريين",
    "executed": "إعدام تسعة مصريين في ميانمار",
}


def test_each_fate_is_harm_or_none() -> None:
    assert {*HARMED, *UNHARMED} == set(FATES)


@pytest.mark.parametrize("fate", FATES)
def test_a_fate_of_arabs_raises_the_level_where_it_is_harm(fate: str) -> None:
    member = article(1, (HARMED | UNHARMED)[fate])
    assert [count.role for count in member.counts] == [fate]
    raised = Reason("arabs_harmed", places=("EG",)) in weigh(Level.NOTICE, [member]).reasons
    assert raised == (fate in HARMED)


def test_one_owner_one_wire_and_one_text_are_one_voice() -> None:
    text = "داهمت الشرطة في كمبوديا مجمعا للاحتيال وأوقفت 87 شخصا من جنسيات مختلفة اليوم"

    def voice(number: int, body: str, **more: str) -> Fingerprint:
        return fingerprint(article=number, outlet=f"o{number}", title="خبر", body=body, seen=NOW, **more)

    members = [
        voice(1, text),
        voice(2, "متابعات - " + text),
        voice(3, "نص آخر من الوكالة عن القضية", wire="xinhua"),
        voice(4, "صياغة ثالثة مختلفة تماما للقصة", wire="xinhua"),
        voice(5, "رواية رابعة", group="house"),
        voice(6, "رواية خامسة", group="house"),
    ]
    assert voices(members) == [frozenset({1, 2}), frozenset({3, 4}), frozenset({5, 6})]


def test_further_voices_are_told_ever_more_rarely() -> None:
    members = [
        fingerprint(article=n, outlet=f"o{n}", title=f"رواية {n} من ميانمار", body="", seen=NOW)
        for n in range(1, 61)
    ]
    history, heard = told(STORY, members[0]), []
    for size in range(2, 61):
        alert = plan(STORY, members[:size], history, members[size - 1], NOW + timedelta(minutes=size))
        if alert:
            heard.append(size)
            history.append(Told(alert, frozenset(range(1, size + 1))))
    assert heard == [4, 8, 16, 32]


def test_a_capped_story_holds_the_rest_and_tells_it_together_the_next_day() -> None:
    counts = [100, 200, 300, 400, 500, 600, 700, 800, 900]
    members = [article(n, f"توقيف {count} شخصا في ميانمار") for n, count in enumerate(counts, 1)]
    history = told(STORY, members[0])
    for size in range(2, 10):
        alert = plan(STORY, members[:size], history, members[size - 1], NOW)
        if alert:
            history.append(Told(alert, frozenset(range(1, size + 1))))
    assert [each.alert.hold for each in history] == [Hold.NONE] * (1 + UPDATES) + [Hold.CAP]
    tomorrow = NOW + timedelta(hours=25)
    assert because(plan(STORY, members, history[:-1], members[-1], tomorrow)) == "الموقوفون: 900 بعد 700"
    late = replace(article(10, "توقيف 910 أشخاص في ميانمار"), published=tomorrow)
    assert because(plan(STORY, [*members, late], history, late, tomorrow)) == "الموقوفون: 910 بعد 700"


def test_what_makes_a_story_critical_passes_its_cap() -> None:
    counts = [100, 200, 300, 400, 500, 600, 700]
    members = [article(n, f"توقيف {count} شخصا في ميانمار") for n, count in enumerate(counts, 1)]
    history = told(STORY, members[0])
    for size in range(2, 8):
        alert = plan(STORY, members[:size], history, members[size - 1], NOW)
        assert alert is not None
        history.append(Told(alert, frozenset(range(1, size + 1))))
    worse = article(8, "مقتل 9 أشخاص في مداهمة ميانمار")
    alert = plan(STORY, [*members, worse], history, worse, NOW)
    assert alert is not None
    assert (alert.level, alert.hold) == (Level.CRITICAL, Hold.NONE)


def test_what_waited_for_a_day_is_told_however_old_it_is_by_then() -> None:
    first, second = article(1, "توقيف 100 شخص في ميانمار"), article(2, "توقيف 200 شخص في ميانمار")
    later, history = NOW + timedelta(hours=40), told(STORY, first)
    assert plan(STORY, [first, second], history, second, later) is None
    assert (
        because(plan(STORY, [first, second], history, second, later, waited=True)) == "الموقوفون: 200 بعد 100"
    )


def test_a_storm_is_held_and_another_outlet_tells_the_story_as_new() -> None:
    hacked, other = article(1), article(2)
    held = plan(STORY, [hacked], [], hacked, NOW, storm=True)
    assert held is not None
    assert held.hold is Hold.STORM
    history = [Told(held, frozenset({1}))]
    again = replace(article(3), group=hacked.group)
    assert plan(STORY, [hacked, again], history, again, NOW, storm=True) is None
    assert plan(STORY, [hacked, again], history, again, NOW) is None
    alert = plan(STORY, [hacked, other], history, other, NOW)
    assert alert is not None
    assert (alert.kind, alert.hold, alert.version) == (AlertKind.NEW, Hold.NONE, 2)


def test_a_storm_and_what_passes_it() -> None:
    assert [is_storm(count) for count in (5, 6)] == [False, True]
    assert [is_braked(20, level) for level in Level] == [True, True, False]
    minutes = [NOW + timedelta(minutes=n) for n in range(60)]
    assert [is_due(NOW, minutes[2], minutes[n]) for n in (3, 6, 7)] == [False, False, True]
    assert not is_due(NOW, minutes[28], minutes[29])
    assert is_due(NOW, minutes[29], minutes[30])


def test_a_volume_is_a_spike_only_against_its_own_history() -> None:
    assert is_spike(12, [1, 0, 2, 1, 0, 1, 1])
    assert not is_spike(4, [0] * 28)
    assert not is_spike(12, [9, 11, 10, 12, 8, 10, 9])
    assert not is_spike(50, [])
    assert not is_spike(50, [0] * 6)


def test_one_outlet_makes_no_volume() -> None:
    hacked = [replace(article(n), group="one", topics=("fraud",)) for n in range(50)]
    others = [replace(article(n), topics=("fraud",)) for n in range(50, 54)]
    assert volumes([*hacked, *others]) == {"fraud": 7, "MM": 7}


def test_independent_outlets_raise_a_notice_and_two_of_the_first_tier_are_enough() -> None:
    def heard(voices: int, tier: int) -> Level:
        members = [
            replace(article(n, f"رواية {n} من ميانمار"), group=f"g{n}", tier=tier) for n in range(voices)
        ]
        return weigh(Level.NOTICE, members).level

    assert (heard(3, 2), heard(4, 2)) == (Level.NOTICE, Level.HIGH)
    assert (heard(1, 1), heard(2, 1)) == (Level.NOTICE, Level.HIGH)
