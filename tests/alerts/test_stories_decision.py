"""Stories: one event gathers, two events stay apart."""

import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.stories import Count, Desk, Fingerprint, compare, fingerprint, place

T0 = datetime(2025, 10, 12, 8, tzinfo=UTC)


def article(number: int, title: str, body: str = "", *, hours: float = 0, outlet: str = "") -> Fingerprint:
    return fingerprint(
        article=number,
        outlet=outlet or f"o{number}",
        title=title,
        body=body,
        seen=T0 + timedelta(hours=hours),
    )


RAID = article(
    1, "الجيش يداهم مجمعاً للاحتيال قرب مياوادي ويحتجز 2198 شخصاً", "داهم الجيش مجمعا وأوقف 2198 شخصا."
)


def test_a_rounded_count_joins() -> None:
    rounded = article(2, "ميانمار: توقيف أكثر من ألفي شخص في مجمع للاحتيال قرب مياوادي", hours=3)
    assert place(rounded, [(7, RAID)]).story == 7


def test_another_town_with_another_count_opens_a_story() -> None:
    other = article(2, "الجيش يداهم مجمعاً للاحتيال في شوي كوكو ويحتجز 346 أجنبياً", hours=20)
    assert (
        place(other, [(7, article(1, "الجيش يداهم مجمعاً للاحتيال في كي كي بارك ويحتجز 2198 شخصاً"))]).story
        is None
    )


def test_the_window_closes_after_72_hours() -> None:
    late = article(2, "الجيش يداهم مجمعاً للاحتيال قرب مياوادي ويحتجز 2198 شخصاً", hours=73)
    assert place(late, [(7, RAID)]).story is None


def test_a_fingerprint_survives_json() -> None:
    assert Fingerprint.from_json(json.loads(json.dumps(RAID.as_json()))) == RAID


def mark(
    number: int, hours: float, words: frozenset[str], town: str, arrested: int, ruled: int = 0
) -> Fingerprint:
    return Fingerprint(
        article=number,
        outlet=f"o{number}",
        group=f"o{number}",
        seen=T0 + timedelta(hours=hours),
        published=T0 + timedelta(hours=hours),
        headline=words,
        core=words,
        terms=words,
        places=("MM", *([town] if town else [])),
        main_places=("MM", *([town] if town else [])),
        counts=(Count("arrested", arrested, arrested),) if arrested else (),
        main_counts=(Count("arrested", arrested, arrested),) if arrested else (),
        ruled=ruled,
    )


MARKS = st.lists(
    st.tuples(
        st.integers(0, 100),
        st.frozensets(st.sampled_from("abcdefgh"), min_size=1, max_size=4),
        st.sampled_from(["", "", "kk_park", "shwe_kokko", "laukkai", "myawaddy"]),
        st.sampled_from([0, 0, 87, 100, 346, 2198]),
        st.sampled_from([0, 0, 0, 1, 2]),
    ),
    min_size=2,
    max_size=9,
)


def partition(marks: Iterable[Fingerprint]) -> set[frozenset[int]]:
    desk, fresh = Desk(), count(1)
    for each in marks:
        decision = desk.place(each)
        story = decision.story or next(fresh)
        desk.settle(decision, story, [next(fresh) for _ in decision.apart])
    groups: dict[int, set[int]] = {}
    for number, story in desk.partition().items():
        groups.setdefault(story, set()).add(number)
    return {frozenset(group) for group in groups.values()}


@given(MARKS, st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_arrival_changes_nothing(drawn: list[Any], chance: random.Random) -> None:
    marks = [mark(number, *values) for number, values in enumerate(drawn, 1)]
    shuffled = list(marks)
    chance.shuffle(shuffled)
    assert partition(shuffled) == partition(marks)


@given(MARKS)
@settings(max_examples=80, deadline=None)
def test_what_an_operator_ruled_stands_whatever_the_evidence(drawn: list[Any]) -> None:
    marks = [mark(number, *values) for number, values in enumerate(drawn, 1)]
    groups = partition(marks)
    for ruling in (1, 2):
        ruled = {each.article for each in marks if each.ruled == ruling}
        homes = [group for group in groups if group & ruled]
        assert len(homes) <= 1
        others = {each.article for each in marks if each.ruled not in {0, ruling}}
        assert all(group.isdisjoint(others) for group in homes)


@given(MARKS)
@settings(max_examples=50, deadline=None)
def test_a_comparison_is_symmetric(drawn: list[Any]) -> None:
    one, other = (mark(number, *values) for number, values in enumerate(drawn[:2], 1))
    there, back = compare(one, other), compare(other, one)
    assert (there.score, there.parts, there.gate) == (back.score, back.parts, back.gate)


def test_a_vague_article_cannot_bridge_two_raids() -> None:
    words = frozenset("abcd")
    first = [mark(n, n, words, "kk_park", 2198) for n in range(1, 5)]
    second = [mark(n, n, words, "shwe_kokko", 346) for n in range(5, 9)]
    vague = mark(9, 5, words, "", 0)
    groups = partition([*first, *second, vague])
    assert len(groups) == 2
    assert {frozenset(group - {9}) for group in groups} == {frozenset(range(1, 5)), frozenset(range(5, 9))}


def test_one_odd_article_does_not_split_a_story() -> None:
    words = frozenset("abcd")
    story = [mark(n, n, words, "kk_park", 2198) for n in range(1, 8)]
    odd = mark(8, 4, words, "shwe_kokko", 0)
    assert partition([*story, odd]) == {frozenset(range(1, 8)), frozenset({8})}


def test_a_correction_stays_in_its_story() -> None:
    body = "داهمت الشرطة في كمبوديا مجمعا للاحتيال وأوقفت {} شخصا من جنسيات مختلفة صباح اليوم في عملية واسعة."
    first = article(1, "توقيف 87 شخصا في كمبوديا", body.format(87))
    corrected = article(2, "توقيف 780 شخصا في كمبوديا", body.format(780), hours=2)
    assert place(corrected, [(7, first)]).story == 7


def test_why_names_the_parts_and_the_gate() -> None:
    other = article(2, "الجيش يداهم مجمعاً للاحتيال في شوي كوكو ويحتجز 346 أجنبياً", hours=2)
    first = article(1, "الجيش يداهم مجمعاً للاحتيال في كي كي بارك ويحتجز 2198 شخصاً")
    why = place(other, [(7, first)]).why
    assert "forbidden by places, numbers" in why
    assert "words +" in why
    assert place(other, []).why.startswith("nothing near it")


def test_places_of_the_background_are_believed_only_where_the_lead_names_none() -> None:
    named = fingerprint(
        article=1, outlet="o", title="مداهمة في كمبوديا", body="", seen=T0, places=("MM", "KH")
    )
    unnamed = fingerprint(article=2, outlet="o", title="مداهمة كبرى", body="", seen=T0, places=("MM",))
    assert (named.places, unnamed.places) == (("KH",), ("MM",))


def test_who_tells_it_is_no_common_ground() -> None:
    def told(title: str, body: str) -> Fingerprint:
        return fingerprint(article=1, outlet="o", masthead="أفق المشرق", title=title, body=body, seen=T0)

    plain = told(
        "يانصيب وهمي يحصد المدخرات", "فتحت الشرطة التايلاندية تحقيقا في يانصيب وهمي بيع عبر التطبيقات."
    )
    for dateline in ("بانكوك (أفق المشرق) - ", "أفق المشرق\nبانكوك – رويترز: ", "يانغون - وكالات: "):
        signed = told(
            "يانصيب وهمي يحصد المدخرات",
            dateline + "فتحت الشرطة التايلاندية تحقيقا في يانصيب وهمي بيع عبر التطبيقات.",
        )
        assert signed == plain
    credited = told("يانصيب وهمي", "قالت الشرطة لأفق المشرق ولوكالة شينخوا إن التحقيق مفتوح.")
    assert credited.core.isdisjoint({"افق", "مشرق", "شينخو"})


def test_one_shared_word_of_two_short_titles_joins_nothing() -> None:
    link = compare(article(1, "الأمير يزور المستشفى"), article(2, "إعفاء مدير المستشفى"))
    assert not link.joins
