"""Stories: one event gathers, two events stay apart."""

import json
from datetime import UTC, datetime, timedelta

from alerts.stories import Fingerprint, fingerprint, place

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
