"""Whatever the spelling, a search finds it: hamza, ة/ه, ى/ي, harakat, tatweel, attached prefixes; both ways."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.arabic import tokens
from alerts.indexing import Indexer, query
from alerts.schema import migrations as alert_tables
from alerts.storage import SearchIndex
from crawler.database import Database
from crawler.nouns import Article
from crawler.schema import migrations
from crawler.storage import Archive

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAIRS = [
    pair.split()
    for pair in """
الاحتيال الإحتيال
احتيال للاحتيال
الاحتيال والاحتيال
بالاحتيال احتيال
إلكتروني الكتروني
الإلكترونية الالكترونيه
المقامرة المقامره
مقامرة بالمقامرة
المُقامَرة المقامرة
الـمـقـامـرة المقامرة
كمبوديا وكمبوديا
لكمبوديا كمبوديا
ميانمار بميانمار
ميانمار ومـيـانـمـار
مستشفى مستشفي
القرى القري
موسى موسي
مسؤول مسئول
شؤون شئون
رؤساء رءساء
أسرة اسرة
إنقاذ انقاذ
آسيا اسيا
آلاف الاف
الأطفال الاطفال
للأطفال الأطفال
وبالأطفال أطفال
شبكة الشبكه
فتيات والفتيات
الضحايا ضحايا
كالضحايا الضحايا
تايلاند فتايلاند
تايلاند ولتايلاند
٦٣ 63
۲۱٤ 214
POGO pogo
هاتفٍ هاتف
جُنِّدَ جند
شخصاً شخصًا
سيستدرج يستدرج
علی على
كازينو ڪازينو
فيتنام ڤيتنام
بانكوك بانکوک
""".strip().splitlines()
]
# What a page's own reading takes away, or what makes two words one, is not a spelling.
SPELLINGS = {
    "tatweel", "diacritics_random", "hamza_stripped", "final_yeh_maksura", "teh_as_heh", "persian_yeh_kaf",
    "arabic_indic_digits", "odd_spaces", "zero_width", "bidi_controls", "presentation_forms",
}  # fmt: skip


async def archive(path: Path, titles: Iterable[str]) -> Database:
    """An archive of articles with these titles, indexed; their ids count from 1."""
    database = Database(path, (migrations, alert_tables))
    for number, title in enumerate(titles):
        article = Article("alif", f"https://alif.example/{number}", title, "", NOW)
        database.write(lambda c, article=article: Archive(c).keep(article))
    await Indexer(database).run()
    return database


def find(database: Database, words: str) -> set[int]:
    return set(database.read(lambda c: SearchIndex(c).find(query(words), 10_000)))


async def test_forty_pairs_find_each_other(tmp_path):
    assert len(PAIRS) >= 40
    with await archive(tmp_path / "a.sqlite", [word for pair in PAIRS for word in pair]) as database:
        lost = [
            f"{looked_for} does not find {there}"
            for number, (one, other) in enumerate(PAIRS)
            for looked_for, there, its_id in ((one, other, 2 * number + 2), (other, one, 2 * number + 1))
            if its_id not in find(database, looked_for)
        ]
    assert lost == []


@pytest.mark.parametrize(
    ("looked_for", "there"),
    [("قمار", "أقمار"), ("لاوس", "الأوسط"), ("كتاب", "تاب"), ("بنك", "نك"), ("فتاة", "تاه"), ("سلاح", "لاح")],
)
async def test_another_word_is_not_found(tmp_path, looked_for, there):
    with await archive(tmp_path / "a.sqlite", [there]) as database:
        assert find(database, looked_for) == set()


async def test_every_spelling_of_the_shared_variants_finds_its_title_and_is_found_by_it(tmp_path, data):
    gold = {item["id"]: item["title"] for item in _lines(data / "eval" / "gold-dev.jsonl")}
    variants = [
        (gold[item["base_id"]], item["title"])
        for item in _lines(data / "eval" / "variants-dev.jsonl")
        if item["transform"] in SPELLINGS and item["base_id"] in gold
    ]
    assert len(variants) > 300
    titles = list(dict.fromkeys(title for pair in variants for title in pair))
    ids = {title: number for number, title in enumerate(titles, 1)}
    words = lost = 0
    with await archive(tmp_path / "a.sqlite", titles) as database:
        for base, variant in variants:
            for there, title in ((base, variant), (variant, base)):
                for token in {token.text for token in tokens(title)}:
                    words += 1
                    lost += ids[there] not in find(database, token)
    print(f"{words} words of {len(variants)} pairs of titles, {lost} lost")
    assert lost == 0


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
