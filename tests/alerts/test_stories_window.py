"""A desk that lives for weeks: what it forgets leaves no trace that a later article trips over."""

import random
from datetime import UTC, datetime, timedelta
from itertools import count

from alerts import stories
from alerts.matching import RuleSet
from alerts.stories import Desk, fingerprint

START = datetime(2026, 11, 23, tzinfo=UTC)
TOWNS = ("سيهانوكفيل", "بافيت", "بويبت", "كوكونغ", "كامبوت")
DAYS, A_DAY = 12, 30


def test_what_left_the_window_is_reached_by_no_link():
    """Many raids that resemble each other: an article's candidates are limited, and after a restart not each link is known to both."""
    dice, rules, desk, numbers = random.Random(20261123), RuleSet.load(), Desk(), count(1)
    for article in range(1, DAYS * A_DAY + 1):
        at = START + timedelta(days=article / A_DAY)
        title = f"الشرطة تداهم مركز احتيال إلكتروني في {dice.choice(TOWNS)} بكمبوديا وتوقف {dice.randrange(11, 900)} شخصا"
        verdict = rules.judge(title, title)
        desk.forget(at - stories.WINDOW)
        if article % A_DAY == 0:  # a restart, or a transaction that failed: the store is the truth
            known, desk = desk, Desk()
            for each, story in known.partition().items():
                desk.restore(known.mark(each), story)
        decision = desk.place(
            fingerprint(
                article=article, outlet=f"o{article % 40}", title=title, body=title, seen=at, published=at,
                topics=verdict.topics, places=verdict.places,
            )
        )  # fmt: skip
        desk.settle(decision, decision.story or next(numbers), [next(numbers) for _ in decision.apart])
    assert 0 < len(desk) < DAYS * A_DAY
