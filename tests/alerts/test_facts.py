"""What an article says happened: numbers, kinds and places, with the words that say so."""

import pytest

from alerts.arabic import fold
from alerts.facts import Lexicon, read_facts
from alerts.facts.datelines import dateline
from alerts.facts.key import key_facts
from alerts.facts.tokens import words


def numbers(text: str) -> list[tuple[float, float]]:
    read = Lexicon.load().numerals.read(list(words(text)))
    return [(number.low, number.high) for number in read]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2198 شخصا", 2198),
        ("٢٬١٩٨ شخصا", 2198),
        ("٢١٩٨ شخصا", 2198),
        ("2,198 شخصا", 2198),
        ("3.8 مليارات دولار", 3.8e9),
        ("٣٫٨ مليارات دولار", 3.8e9),
        ("عشرة آلاف هاتف", 10_000),
        ("10 آلاف هاتف", 10_000),
        ("الأطفال الخمسة والعشرين", 25),
        ("ألفين ومئة وثمانية وتسعين شخصا", 2198),
        ("ألف وأربعمئة واثني عشر شخصا", 1412),
        ("ثلاث مئة وأربعون", 340),
        ("ثلاثمائة وأربعين", 340),
        ("تسعمئة ألف", 900_000),
        ("مليوني دولار", 2e6),
        ("مئتا شخص", 200),
        ("مائتي ألف شخص", 200_000),
        ("أحد عشر شخصا", 11),
        ("ثلاثة عشر شخصا", 13),
        ("2.500.000 يوان", 2.5e6),
        ("مليار دولار", 1e9),
        ("خسروا مليون دولار", 1e6),
        ("نصف مليون دولار", 5e5),
        ("ربع مليون شخص", 2.5e5),
        ("مليون ونصف المليون دولار", 1.5e6),
        ("3 ملايين ونصف المليون", 3.5e6),
        ("خمسة آلاف مليار دونغ", 5e12),
        ("واحد وسبعون أجنبيا", 71),
        ("واحدا وستين شخصا", 61),
        ("مئة وواحد وستين شخصا", 161),
        ("5200 مليار دونغ", 5.2e12),
        ("مليون مليون روبية", 1e12),
    ],
)
def test_one_number_however_it_is_written(text: str, value: float) -> None:
    assert numbers(text) == [(value, value)]


def test_two_numbers_are_not_one() -> None:
    assert numbers("سائح واحد وثلاثة عمال") == [(3, 3)]
    assert numbers("جمعوا في نهار واحد عشرة ملايين") == [(1e7, 1e7)]
    assert numbers("أربع تلميذات نحو الحدود") == [(4, 4)]
    assert numbers("أربع تلميذات تقريبا") != [(4, 4)]
    assert numbers("بين ثمانية آلاف وعشرة آلاف دولار") == [(8000, 8000), (10000, 10000)]


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("أكثر من ألفي شخص", 2198, 1900),
        ("نحو 10 آلاف هاتف", 9_800, 12_000),
        ("ما لا يقل عن 46 شخصا", 50, 45),
        ("مئات الأجانب", 346, 2198),
        ("عشرات القتلى", 38, 346),
        ("مئات الآلاف من ضحايا الاتجار", 300_000, 5_000),
        ("عشرات الآلاف", 40_000, 5_000),
        ("عشرات آلاف الأطفال", 40_000, 5_000),
        ("مئات الألوف", 400_000, 900),
        ("عشرات الملايين من الدولارات", 4e7, 4e6),
        ("عشرات المليارات", 4e10, 4e9),
        ("مليارات الدولارات", 3e9, 3e6),
        ("آلاف الضحايا", 5_000, 100_000),
        ("بضع مئات", 500, 5),
        ("بضعة آلاف هاتف", 4_000, 4),
        ("نحو نصف مليار دولار", 5e8, 1e9),
        ("أقل من 100", 90, 120),
    ],
)
def test_a_rounded_number_holds_what_it_may_mean(text: str, inside: float, outside: float) -> None:
    ((low, high),) = numbers(text)
    assert low <= inside <= high
    assert not low <= outside <= high


def counts(title: str, body: str = "") -> dict[str, float]:
    return {quantity.role: quantity.low for quantity in read_facts(title, body).quantities}


@pytest.mark.parametrize(
    ("text", "role", "value"),
    [
        ("الشرطة توقف 21 شخصا في مركز احتيال", "arrested", 21),
        ("توقيف 17 يستهدفون سنغافوريين", "arrested", 17),
        ("طائرة تعيد 64 كوريا من كمبوديا", "returned", 64),
        ("إنقاذ 190 عاملا أجنبيا", "rescued", 190),
        ("الجيش: ارتفاع عدد المحتجزين إلى 1590", "arrested", 1590),
        ("خسائر بلغت 400 مليون دولار", "money:usd", 4e8),
        ("مقتل 14 صينيا", "killed", 14),
        ("شبكة باعت 25 رضيعا", "sold", 25),
    ],
)
def test_a_number_knows_what_it_counts(text: str, role: str, value: float) -> None:
    assert counts(text) == {role: value}


PEOPLE = (
    "بحارا بحارة صيادا لاجئا وافدا وافدة فلبينيا فلبينية بنغلاديشيا بنغاليا فتاة فتيات قاصرا مراهقين لاعبا كينيا "
    "مغربيا مغربية لبنانيا إسبانيا إيطاليين كوريا وسيطا طالبا شابة شابات مهندسا رعية عاملة فنلنديا عالقا"
)


@pytest.mark.parametrize("noun", PEOPLE.split())
def test_the_rescued_are_people_whatever_they_are_called(noun: str) -> None:
    assert counts(f"إنقاذ 47 {noun} من سفن صيد")["rescued"] == 47


@pytest.mark.parametrize(
    "noun", ["هاتفا", "قضية", "قضايا", "خلايا", "حاسوبا", "بطاقة", "وثيقة", "فرعا", "بندقية"]
)
def test_a_thing_is_no_people(noun: str) -> None:
    (role,) = counts(f"عثر على 47 {noun}")
    assert role.startswith("thing:")
    assert fold(noun).startswith(role.removeprefix("thing:"))


def test_whom_may_be_left_unsaid() -> None:
    assert counts("إنقاذ عشرات الآلاف من مراكز الاحتيال") == {"rescued": 10_000}


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("أدانت محكمة خمسة بتهم الاتجار بالبشر واحتجاز 22 مهاجرا وإجبارهم على العمل", "victims"),
        ("عصابة تحتجز 22 مهاجرا في مزرعة", "victims"),
        ("احتجز المهربون 22 مهاجرا في غابة", "victims"),
        ("احتجاز 22 مهاجرا لدى عصابة في كمبوديا", "victims"),
        ("رئيس منطقة احتجز 22 رجلا في أقفاص خلف بيته", "victims"),
        ("أوقفت الشرطة عصابة احتجزت 22 عاملا", "victims"),
        ("22 شابا محتجزون في مجمع احتيال", "people"),
        ("22 محتجزا في مداهمة مجمع للاحتيال", "arrested"),
        ("تحرير 22 محتجزا من مجمع احتيال", "rescued"),
        ("إنقاذ المحتجزين وعددهم 22 شخصا", "rescued"),
        ("حررت قوات الحدود 22 أجنبيا كانوا محتجزين داخل مجمع", "rescued"),
        ("عودة 22 كينيا كانوا محتجزين في مجمعات", "returned"),
        ("الشرطة تحتجز 22 شخصا في مركز احتيال", "arrested"),
        ("احتجزت الشرطة الماليزية 22 شخصا يشتبه في انتمائهم إلى عصابة", "arrested"),
        ("الجيش يداهم مجمعا ويحتجز 22 شخصا", "arrested"),
        ("احتجاز 22 أجنبيا في ديلي بشبهة إدارة غرفة احتيال", "arrested"),
        ("22 محتجزا لدى الشرطة", "arrested"),
        ("الجيش يعلن احتجاز 22 أجنبيا في شوي كوكو", "arrested"),
        ("عملية جديدة للجيش: احتجاز 22 أجنبيا", "arrested"),
        ("احتجاز 22 أجنبيا في كمبوديا", "people"),
        ("الشرطة تحقق في احتجاز 22 عاملة", "people"),
        ("الشرطة توقف رجلا احتجز 22 عاملة", "people"),
        ("تفكيك عصابة واحتجاز 22 شخصا", "people"),
        ("خمسة متهمون باحتجاز 22 عاملة", "victims"),
        ("الشرطة توقف رجالا احتجزوا 22 عاملا", "people"),
    ],
)
def test_who_is_held_is_arrested_only_where_police_hold_them(text: str, role: str) -> None:
    assert {name for name, value in counts(text).items() if value == 22} == {role}


def test_another_sentence_may_say_who_holds_the_held() -> None:
    title = "ارتفاع عدد المحتجزين في المجمع إلى 1590"
    assert counts(title, "احتجزت عصابة عمالا في المجمع.") == {"victims": 1590}
    assert counts(title, "احتجز الجيش عمالا في المجمع.") == {"arrested": 1590}
    assert 1590 not in counts(title, "احتجز الجيش رجالا. احتجزت عصابة عمالا.").values()


def test_to_be_held_by_traffickers_is_no_arrest() -> None:
    assert "arrest" not in read_facts("عصابة تحتجز مهاجرين", "").kinds
    assert "arrest" not in read_facts("احتجاز مهاجرين في كمبوديا", "").kinds
    assert read_facts("الجيش يحتجز مهاجرين", "").kinds == ("arrest",)


@pytest.mark.parametrize(
    "text", ["منذ عام 2015", "في 12 أكتوبر", "بعد 14 يوما", "يبلغ 35 عاما", "بنسبة 40 في المئة"]
)
def test_dates_ages_and_shares_count_nothing(text: str) -> None:
    assert counts(text) == {}


def test_an_earlier_event_is_background() -> None:
    facts = read_facts("بعد أسبوع على توقيف 2198 شخصا في مياوادي، الجيش يحتجز 346 أجنبيا في شوي كوكو", "")
    assert [quantity.low for quantity in facts.quantities] == [346]
    assert facts.places == ("shwe_kokko", "MM")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("جيش بورما قرب مياوادي", ("MM", "myawaddy")),
        ("بالكمبوديين والتايلانديات", ("KH", "TH")),
        ("واشنطن تعاقب مجموعة في بنوم بنه", ("US", "phnom_penh", "KH")),
        ("بنوم بنه تحتج", ("KH",)),
        ("بلدة على حدود تايلاند", ()),
        ("على الحدود مع تايلاند", ()),
        ("كاي كاي بارك", ("kk_park", "MM")),
        ("القمر الصناعي", ()),
        ("سفن في خليج تايلاند وبحر الصين الجنوبي والمحيط الهندي قبالة إندونيسيا", ("ID",)),
        ("تفكيك عصابة في مقاطعة لاو كاي شمالي فيتنام", ("lao_cai", "VN")),
        ("شرطة لاوكاي الفيتنامية", ("lao_cai", "VN")),
        ("لاو كاي", ("lao_cai", "VN")),
        ("لاوكاي", ("laukkai", "MM")),
        ("لاو كاي في إقليم كوكانغ", ("laukkai", "MM", "kokang")),
        ("ميانمار: مداهمة في لاو كاي بعد مباحثات مع الصين", ("MM", "laukkai", "CN")),
        ("ميانمار ولاوكاي، ولاو كاي شمالي فيتنام", ("MM", "laukkai", "lao_cai", "VN")),
    ],
)
def test_places_by_any_name(text: str, places: tuple[str, ...]) -> None:
    assert read_facts(text, "").places == places


def test_the_lead_may_say_which_of_two_towns_a_title_names() -> None:
    title = "مداهمة في لاو كاي"
    assert read_facts(title, "داهمت قوات كوكانغ مجمعا").places == ("laukkai", "MM", "kokang")
    assert read_facts(title, "داهمت الشرطة الفيتنامية مجمعا").places == ("lao_cai", "VN")


@pytest.mark.parametrize(
    ("title", "peoples"),
    [
        ("إنقاذ 64 كوريا من كمبوديا", {"KR"}),
        ("الفلبين تعيد 58 عاملة فلبينية", {"PH"}),
        ("شبان مغاربة في ميانمار", {"MA"}),
        ("تحرير الكينيين في لاوس", {"KE"}),
        ("الشرطة الكمبودية توقف 9 في كمبوديا", set()),
        ("توقيف 9 قرب مياوادي بعد خسائر بمليون دولار كندي", set()),
    ],
)
def test_whose_people_they_are_is_not_where_it_happened(title: str, peoples: set[str]) -> None:
    assert {span.concept for span in read_facts(title, "").people_spans} == peoples


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("الجيش يداهم مجمعا", "raid"),
        ("محكمة تقضي بالسجن المؤبد على زعيم عصابة", "verdict"),
        ("إعدام أحد عشر مدانا", "execution"),
        ("البرلمان يقر تعديلا", "law"),
        ("واشنطن تفرض عقوبات", "sanction"),
        ("شركة تنفي صلتها", "denial"),
    ],
)
def test_the_kind_of_event(title: str, kind: str) -> None:
    assert read_facts(title, "").kinds[0] == kind


@pytest.mark.parametrize("text", ["تايلاند تغلق معبرا ضمن حملة على القمار", "حملة توعية", "إغلاق معبر حدودي"])
def test_a_campaign_or_a_closing_is_no_raid(text: str) -> None:
    assert "raid" not in read_facts(text, "").kinds


def test_what_is_illicit_is_no_law() -> None:
    assert read_facts("القمار غير المشروع", "").kinds == ()


def test_a_title_that_takes_back() -> None:
    assert read_facts("تصحيح: عدد الموقوفين 78", "").notice == "correction"
    assert read_facts("سحب خبر توقيف وزير", "").notice == "withdrawal"
    assert read_facts("وزير ينفي تصحيح الأرقام", "").notice == ""


@pytest.mark.parametrize(
    "title",
    [
        "كيف يعمل الاحتيال العاطفي من وراء أسوار لاوس؟",
        "كيف تحمي نفسك من تطبيقات الاستثمار الوهمية",
        "كيف تستدرج عصابات الاحتيال الشبان؟",
        "لماذا تزدهر مراكز الاحتيال في ميانمار؟",
        "هل تنجح كمبوديا في القضاء على مراكز الاحتيال؟",
        "ما قصة «مدن الاحتيال» في جنوب شرق آسيا؟",
        "ماذا نعرف عن مجمع كي كي بارك",
        "من هو قطب القمار الذي سلمته تايلاند إلى الصين؟",
        "أين تذهب أموال الاحتيال؟",
        "أسئلة وأجوبة: كيف تعمل مجمعات الاحتيال؟",
        "تعرف على أشهر مراكز القمار",
        "نصائح لتجنب عروض العمل الوهمية",
    ],
)
def test_a_title_that_explains(title: str) -> None:
    assert read_facts(title, "").notice == "explainer"


@pytest.mark.parametrize(
    "title",
    [
        "ما لا يقل عن 20 قتيلا في حريق كازينو",
        "من ميانمار إلى الأردن: عودة 12 شابا",
        "هل من ناجين؟ فرق الإنقاذ تبحث في أنقاض مجمع احتيال",
        "دليل جديد يورط مسؤولا في شبكة اتجار",
        "خطوات جديدة لكمبوديا ضد مراكز الاحتيال",
        "إنقاذ 12 شابا.. فماذا بعد؟",
    ],
)
def test_a_title_that_tells_an_event_explains_nothing(title: str) -> None:
    assert read_facts(title, "").notice == ""


def test_every_fact_shows_its_words() -> None:
    title, body = "الجيش يحتجز ٢٬١٩٨ شخصاً", "داهمت القوات مجمعاً في مياوادي."
    facts = read_facts(title, body)
    spans = [*facts.kind_spans, *facts.place_spans, *(quantity.span for quantity in facts.quantities)]
    assert {span.text for span in spans} >= {"٢٬١٩٨ شخصاً", "مياوادي", "داهمت"}
    for span in spans:
        assert {"title": title, "body": body}[span.field][span.start : span.end] == span.text


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        ("يانغون (أفق المشرق) - قالت السلطات إن", "قالت السلطات إن"),
        ("بانكوك، 12 أكتوبر 2025 (شينخوا) -- قالت", "قالت"),
        ("أفق المشرق\nيانغون – رويترز: قالت", "قالت"),
        ("السجل - لندن - قالت", "قالت"),
        ("وكالات - قالت", "قالت"),
        ("داهمت قوات الجيش (صباح الأحد) مجمعا", "داهمت قوات الجيش (صباح الأحد) مجمعا"),
        ("ميانمار: توقيف 87 شخصا", "ميانمار: توقيف 87 شخصا"),
    ],
)
def test_a_text_begins_behind_its_dateline(body: str, rest: str) -> None:
    assert body[dateline(body) :] == rest


def test_a_dateline_is_no_place_of_the_event() -> None:
    assert read_facts("توقيف 87 شخصا", "يانغون (أفق المشرق) - أوقفت شرطة كمبوديا 87 شخصا").places == ("KH",)


LEAD = (
    "حررت القوات 214 أجنبيا من مجمع للاحتيال قرب مياوادي. " + "وقال متحدث إن العمل هناك شاق وطويل جدا. " * 8
)


@pytest.mark.parametrize(
    ("sentence", "further"),
    [
        ("وأضاف أن 18 شخصا يشتبه في أنهم يديرون الموقع أوقفوا.", {"arrested": 18}),
        ("فيما أوقف 18 مشتبها في إدارتهم الموقع.", {"arrested": 18}),
        ("وعثر على 1900 هاتف، وأوقف 18 مشتبها.", {"arrested": 18}),
        ("وأصيب 3 جنود.", {"injured": 3}),
        ("وفي العام الماضي أوقف 18 مشتبها.", {}),
        ("وكانت الشرطة قد أوقفت 18 مشتبها.", {}),
        ("وفي 2023 أوقف 18 مشتبها.", {}),
        ("ومن بين الموقوفين 7 كويتيين.", {"part": 7}),
        ("وأوقف عشرات المشتبهين.", {}),
        ("وتشير الأرقام إلى 900 ضحية.", {}),
    ],
)
def test_what_stands_below_the_lead_is_told_with_care(sentence: str, further: dict[str, float]) -> None:
    facts = read_facts("تحرير 214 أجنبيا", LEAD + sentence)
    assert {each.role: each.low for each in facts.further} == further
    told = {fact.name: fact.low for fact in key_facts([(1, facts)]) if fact.name != "kind"}
    named = {"nationals" if role == "part" else role: value for role, value in further.items()}
    assert told == {"rescued": 214, **named}
    for each in facts.further:
        assert (LEAD + sentence)[each.span.start : each.span.end] == each.span.text
