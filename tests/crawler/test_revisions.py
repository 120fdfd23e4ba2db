"""What changed between two readings, and when the next one is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.nouns import Article
from crawler.revisions import (
    AFTER,
    LATE,
    SURE_AFTER,
    Absence,
    Change,
    absence,
    compare,
    next_look,
)

SEEN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FIRST = "أوقفت الشرطة ثلاثة أشخاص في العاصمة بعد شكاوى من السكان وصادرت أجهزة وهواتف من المكان"
SECOND = "وأحيل الموقوفون إلى النيابة العامة التي فتحت تحقيقا في ملابسات القضية واستمعت إلى الشهود"
OLD = Article("o", "https://o.example/1", "توقيف ثلاثة أشخاص في العاصمة", f"{FIRST}\n\n{SECOND}", SEEN, id=7)


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (OLD.body, Change.NONE),
        (OLD.body.replace("أشخاص في", "أشخاص، في"), Change.TOUCHED),
        (f"{OLD.body}\n\nوقال مصدر أمني إن البحث مستمر عن رابع يشتبه في صلته بالمجموعة", Change.GROWN),
        (OLD.body.replace("ثلاثة", "خمسة").replace("العاصمة", "الميناء"), Change.CORRECTED),
        (FIRST, Change.CORRECTED),
        ("نفت الوزارة ما نشر سابقا وأكدت أن الخبر لا أساس له", Change.REWRITTEN),
    ],
)
def test_change(body, change):
    assert compare(OLD, replace(OLD, body=body)).change is change


def test_one_number_in_a_long_article_is_a_correction():
    long = replace(OLD, body=OLD.body * 20 + " وعددهم 1250 شخصا")
    assert compare(long, replace(long, body=long.body.replace("1250", "1260"))).change is Change.CORRECTED
    assert compare(long, replace(long, body=long.body.replace("شخصا", "شخصً"))).change is Change.TOUCHED


def test_what_was_lost_and_gained():
    comparison = compare(OLD, replace(OLD, body=OLD.body.replace("ثلاثة", "خمسة")))
    assert (comparison.lost, comparison.gained) == (("ثلاثه",), ("خمسه",))


def test_an_announced_correction_is_one_however_small():
    body = f"{OLD.body}\n\nتصحيح: عدد الموقوفين في الخبر كان خطأ"
    assert compare(OLD, replace(OLD, body=body)).change is Change.CORRECTED


def test_a_new_title_matters_alone():
    renamed = compare(OLD, replace(OLD, title="إطلاق سراح الموقوفين"))
    assert (renamed.change, renamed.retitled, renamed.matters) == (Change.NONE, True, True)
    assert not compare(OLD, replace(OLD, title="توقيف ثلاثه اشخاص في العاصمه")).matters


DOWN = replace(OLD, removed_at=SEEN)
HOURS = [
    ("one look may be a server's bad hour", OLD, "", 1, Absence(False, SEEN + timedelta(hours=1) + SURE_AFTER)),
    ("so may one after it answered wrongly", OLD, "http_503", 5, Absence(False, SEEN + timedelta(hours=5) + SURE_AFTER)),
    ("a second look is believed", OLD, "http_404", 5, Absence(True, SEEN + timedelta(hours=12))),
    ("with another word for it, too", OLD, "http_410", 5, Absence(True, SEEN + timedelta(hours=12))),
    ("what is gone may come back", DOWN, "http_404", 12, Absence(False, SEEN + timedelta(hours=24))),
    ("even when no look is left", OLD, "http_451", 172, Absence(True, SEEN + timedelta(hours=172) + LATE)),
    ("and one day it is not looked at any more", DOWN, "http_404", 196, Absence(False, None)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("article", "before", "hours", "found"), [each[1:] for each in HOURS], ids=[e[0] for e in HOURS]
)
def test_a_page_that_is_gone_is_believed_at_the_second_look_and_looked_at_again(
    article, before, hours, found
):
    assert absence(article, before, now=SEEN + timedelta(hours=hours)) == found


def test_looks_grow_apart_and_end():
    looks, now = [], SEEN
    while (due := next_look(SEEN, now=now)) is not None:
        looks.append(due - SEEN)
        now = due
    assert tuple(looks) == AFTER
