"""What befell the counted: the victims of the arrested, the handed over, the abducted."""

import pytest

from alerts.facts import read_facts
from alerts.facts.fates import FATES

VICTIMS = """
    توقيف رجل احتال على 40 امرأة
    الشرطة توقف محتالا خدع 40 امرأة
    اعتقال وسيط استدرج 40 شابا إلى ميانمار
    القبض على امرأة بتهمة الاحتيال على 40 متقاعدا
    توقيف سمسار بتهمة استدراج 40 شابا
    القبض على عصابة ابتزت 40 فتاة
    اعتقال مدير أجبر 40 عاملا على الاحتيال
    توقيف رجل استغل نحو 40 طفلا
    توقيف امرأة أوهمت 40 شابا بالعمل في ميانمار
    القبض على متهم بالاستيلاء على أموال 40 شخصا
    محاكمة رجل نصب على أكثر من 40 مسنا
    توقيف متهم بالاتجار بـ40 امرأة
    اعتقال رجل متهم بتعذيب 40 عاملا
    السجن لرجل خدع عبر الإنترنت 40 امرأة
    توقيف محتال انتحل صفة جنرال وأوقع 40 امرأة في غرامه
"""
NO_VICTIMS = {
    "arrested": """
        توقيف 40 شخصا احتالوا على متقاعدين
        توقيف 40 شخصا بتهمة استدراج شبان
        توقيف جندي و40 مدنيا بتهمة الاتجار بالسلاح
        تفكيك شبكة للاتجار بالبشر وتوقيف 40 شخصا
        القبض على شبكة احتيال وتوقيف 40 من أفرادها
    """,
    "rescued": """
        توقيف رجل احتال على نساء وإنقاذ 40 امرأة
        إنقاذ 40 امرأة استدرجتهن عصابة
    """,
    "sold": "توقيف امرأة باعت 40 رضيعا",
    "killed": "توقيف رجل قتل 40 شخصا",
}
HANDED_OVER = {
    "extradition": """
        تسليم قطب القمار إلى الولايات المتحدة
        تايلاند تسلم المطلوب إلى الولايات المتحدة الأميركية
        الفلبين تسلم 40 شخصا إلى الصين
        تسليم زعيم العصابة إلى الإمارات
        تسليم رجل احتال على ضحايا أميركيين إلى واشنطن
        كمبوديا تسلم مواطنا صينيا إلى بكين
        لاوس تسلم الصين 40 صينيا
        تسليم شي جيجيانغ إلى الصين
        تايبيه تتسلم 40 من مواطنيها أوقفوا في بينانغ
    """,
    "repatriation": """
        تسليم 40 فتاة إلى سفارة بلادهن
        تسليم 40 شابا إلى ذويهم
        كمبوديا تسلم 40 عاملا إلى سفارة الأردن
        تسليم 40 من ضحايا الاتجار إلى الفلبين
        تايلاند تسلم 40 ناجيا إلى كينيا
        تسليم 40 طفلا إلى عائلاتهم
        تسليم 40 مهاجرا إلى قنصلية بلدهم
        تسليم 40 عاملا إلى بلدانهم
    """,
    "": """
        تسليم الأطفال للتبني
        تسليم جوازات 40 عاملا
        تسليم الجائزة في مانيلا
    """,
}
ABDUCTED = """
    خاطفون يطالبون بفدية 20 ألف دولار
    عصابة في ميانمار تطالب بفدية عن شاب مصري
    خطف 12 صينيا في مانيلا
    اختطاف طالب كوري في كمبوديا
    عائلة المخطوف تدفع فدية
    احتجاز شاب مقابل فدية في كمبوديا
    عصابة تختطف شبانا على الحدود
    يطالبون أسرته بدفع فدية قبل المساء
    مسلحون خطفوا سياحا في الفلبين
    مختطفون في كمبوديا يروون
"""
NO_ABDUCTION = """
    قراصنة يطالبون جاكرتا بفدية بعد شل مركز البيانات
    برمجيات الفدية تضرب مستشفيات
    لاعب يخطف الأضواء في مانيلا
    ماليزيا تخطف الفوز من تايلاند
    فدية الصيام في رمضان
    زيارة خاطفة إلى بانكوك
    اتهام رجل نفى خطف فتاة
    الأمم المتحدة تطالب بحماية العمال
"""


def lines(block: str) -> list[str]:
    return [line.strip() for line in block.strip().splitlines()]


@pytest.mark.parametrize("title", lines(VICTIMS))
def test_the_victims_of_the_arrested_are_victims(title: str) -> None:
    assert {each.role for each in read_facts(title, "").quantities if each.told == 40} == {"victims"}


@pytest.mark.parametrize(
    ("role", "title"), [(role, line) for role, block in NO_VICTIMS.items() for line in lines(block)]
)
def test_a_crime_beside_makes_no_victims(role: str, title: str) -> None:
    assert {each.role for each in read_facts(title, "").quantities if each.low == 40} == {role}


@pytest.mark.parametrize(
    ("kind", "title"), [(kind, line) for kind, block in HANDED_OVER.items() for line in lines(block)]
)
def test_to_hand_over_is_a_return_only_where_somebody_goes_home(kind: str, title: str) -> None:
    assert next(iter(read_facts(title, "").kinds), "") == kind


@pytest.mark.parametrize("title", lines(ABDUCTED))
def test_who_asks_for_a_ransom_appeals_to_nobody(title: str) -> None:
    kinds = read_facts(title, "").kinds
    assert kinds[0] == "abduction"
    assert "appeal" not in kinds


@pytest.mark.parametrize("title", lines(NO_ABDUCTION))
def test_what_is_called_so_is_no_abduction(title: str) -> None:
    assert "abduction" not in read_facts(title, "").kinds


@pytest.mark.parametrize(
    "text",
    [
        "قالت الضحية إن 3 رجال ضربوها",
        "جمعت المتهمة مئات الملايين من موظفين",
        "سفينة تقل 65 راكبا",
        "12 متهما أمام المحكمة",
        "يمثل أمام المحكمة 29 متهما",
        "تحديد هوية 12 مشتبها",
        "هواتف آيفون 16 تباع في مانيلا",
        "الحكم بالسجن المؤبد على زعيم شبكة هربت 31 امرأة",
        "بروناي تدين شقيقين استقدما 54 عاملا",
        "محكمة تستمع إلى شهادات ست عاملات",
        "قضت محكمة بتعويض ست عاملات",
        "أحيل ثلاثة مديرين إلى المحكمة",
        "توقيف سمسارين أرسلا 41 امرأة",
        "مكتب قبض من 240 ممرضة رسوم وظائف",
        "تسليم سائق دهس ثلاثة قرويين",
        "باع اثنا عشر سمسارا شققا",
        "المطور باع الأرض نفسها لتسعة مشترين",
        "توقف السحب بعد تكرار الرقم 909",
        "ست ناجيات من كل عشر استدرجهن شخص",
        "تقدر أعداد العائدين بمئات الآلاف وعائدات العصابات كبيرة",
        "مقتل وإصابة قرابة 60 شخصا",
        "فرق الإنقاذ تبحث عن عشرات المفقودين",
        "إجلاء 900 شخص من سفح البركان",
        "إجلاء سبعة آلاف شخص ينتظرون العودة",
        "توقيف امرأتين كانتا تقودان أربع تلميذات نحو الحدود",
        "الشرطة تضبط سبع أخرى في الخزانة",
        "اعتقال شرطي ساعد 20 مهاجرا على العبور",
        "حكم ببراءة 6 متهمين",
        "الجيش يعلن مقتل ضابط وأسر 5 مسلحين",
    ],
)
def test_a_number_near_a_word_is_not_its_count(text: str) -> None:
    fates = set(FATES)
    assert not {each.role for each in read_facts(text, "").quantities} & fates


def test_who_is_aboard_a_plane_comes_home() -> None:
    quantities = read_facts("وصول طائرة", "هبطت في نيروبي طائرة خاصة تقل 41 شابا.").quantities
    assert [(each.role, each.low) for each in quantities] == [("returned", 41)]


@pytest.mark.parametrize(
    ("text", "role", "value"),
    [
        ("محكمة في هانوي تقضي بسجن سبعة أشخاص", "sentenced", 7),
        ("السجن 20 عاما لـ12 متهما", "sentenced", 12),
        ("السجن المؤبد لثلاثة أشخاص", "sentenced", 3),
        ("أدانت محكمة في هانوي أربعة أشخاص", "sentenced", 4),
        ("الحكم على 6 متهمين في هانوي", "sentenced", 6),
        ("توقيف زعيم العصابة و12 من أعوانه", "arrested", 12),
        ("توقيف شبكة تضم 12 شخصا", "arrested", 12),
        ("حرس الحدود يوقف 20 عائدا من كمبوديا", "arrested", 20),
        ("وفاة 4 وإصابة 5 آخرين", "killed", 4),
        ("انفجار يقتل عشرين عاملا", "killed", 20),
        ("حكم في قضية النزل التي قتلت ستة سياح", "killed", 6),
        ("سريلانكا تستعيد 20 شابا كانوا يعملون تحت التهديد", "returned", 20),
        ("مصر تعيد 17 من أبنائها من قبضة عصابات الاحتيال", "returned", 17),
        ("كولومبو تجلي 48 سريلانكيا من بافيت", "returned", 48),
        ("السودان يجلي 13 مواطنا من ميانمار", "returned", 13),
        ("الجيش يعلن مقتل 12 متمردا وأسر 5", "killed", 12),
        ("أوقفت الشرطة في كمبوديا ولاوس 20 شخصا", "arrested", 20),
        ("أوقفت قوات الأمن والجيش 20 شخصا", "arrested", 20),
        ("أوقفت وحدة مكافحة الجريمة 20 شخصا", "arrested", 20),
        ("إنقاذ عمال ونساء عددهم 20", "rescued", 20),
    ],
)
def test_a_deed_befell_whom_it_names(text: str, role: str, value: float) -> None:
    assert (role, value) in {(each.role, each.low) for each in read_facts(text, "").quantities}


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("قالت مصادر إن المجمع فارغ", ""),
        ("كتب محرر الشؤون الأمنية", ""),
        ("الاعتقال الرقمي حيلة جديدة", ""),
        ("خبير مزيف قبض العمولات واختفى", ""),
        ("الشرطة تقبض على محتال", "arrest"),
        ("ألقت الشرطة القبض على خمسة", "arrest"),
        ("متحدث يقرأ من ورقة", ""),
        ("المتهم أقر بالذنب", ""),
        ("البرلمان يقر تعديلا على العقوبات", "law"),
        ("سيدة أمام المحكمة في قضية احتيال", "trial"),
        ("عقوبة مشددة لمن يؤجر حسابه", ""),
        ("واشنطن تفرض عقوبات على شبكة", "sanction"),
        ("هانوي تفتح تحقيقا مع 41 من العائدين", "investigation"),
        ("أوقف للتحقيق معه", "arrest"),
    ],
)
def test_a_word_that_looks_like_a_deed_tells_none(title: str, kind: str) -> None:
    assert next(iter(read_facts(title, "").kinds), "") == kind
