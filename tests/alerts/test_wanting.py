"""Who wants to be told of what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.filters import holding
from alerts.nouns import (
    Alert,
    AlertKind,
    Level,
    Mute,
    MuteKind,
    Reason,
    RecipientKind,
    Story,
    Subscriber,
    Subscription,
)
from alerts.wanting import recipients, wants
from crawler.nouns import Article

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
STORY = Story(NOW, NOW, "عنوان", ("fraud", "trafficking"), ("MM",), Level.HIGH, id=1)
ALERT = Alert(1, 1, AlertKind.NEW, Level.HIGH, NOW, 1, (Reason("words", "سبب"),))
ARTICLE = Article("alif", "https://alif.example/1", "ضبط شبكة للاحتيال في كمبوديا", "", NOW)
ALL = Subscription(1)

CASES = {
    "everything": (ALL, True),
    "one of its topics": (replace(ALL, topics=("trafficking", "gambling")), True),
    "another topic": (replace(ALL, topics=("gambling",)), False),
    "its place": (replace(ALL, places=("MM",)), True),
    "another place": (replace(ALL, places=("KH",)), False),
    "its outlet": (replace(ALL, outlets=("alif",)), True),
    "another outlet": (replace(ALL, outlets=("baa",)), False),
    "from its level": (replace(ALL, level=Level.HIGH), True),
    "from a higher level": (replace(ALL, level=Level.CRITICAL), False),
    "the digest": (replace(ALL, cadence="daily"), False),
    "muted": (replace(ALL, mutes=(Mute(MuteKind.ALL, until=NOW + timedelta(hours=1)),)), False),
    "no longer muted": (replace(ALL, mutes=(Mute(MuteKind.ALL, until=NOW),)), True),
    "its story muted": (replace(ALL, mutes=(Mute(MuteKind.STORY, "1"),)), False),
    "another story muted": (replace(ALL, mutes=(Mute(MuteKind.STORY, "2"),)), True),
    "its outlet muted": (replace(ALL, mutes=(Mute(MuteKind.OUTLET, "alif"),)), False),
    "another outlet muted": (replace(ALL, mutes=(Mute(MuteKind.OUTLET, "baa"),)), True),
    "a story that is followed": (
        replace(ALL, follows=frozenset({1}), topics=("gambling",), cadence="daily"),
        True,
    ),
    "followed, and all muted": (
        replace(ALL, follows=frozenset({1}), mutes=(Mute(MuteKind.ALL),)),
        False,
    ),
    "one of its filters holds": (replace(ALL, filters=("كرة", "احتيال كمبوديا")), True),
    "none of its filters holds": (replace(ALL, filters=("كرة",)), False),
}


@pytest.mark.parametrize("case", CASES)
def test_a_subscription_asks_for_what_it_says(case):
    subscription, expected = CASES[case]
    holds = holding(frozenset(subscription.filters), ARTICLE.title, ARTICLE.body)
    assert wants(subscription, ALERT, STORY, "alif", NOW, holds) is expected
    chat = Subscriber(RecipientKind.PRIVATE_CHAT, "5", NOW, id=7)
    assert bool(recipients([(chat, subscription)], ALERT, STORY, ARTICLE, NOW)) is expected


def test_a_subscriber_with_two_subscriptions_is_told_once():
    chat = Subscriber(RecipientKind.PRIVATE_CHAT, "5", NOW, id=7)
    mail = Subscriber(RecipientKind.MAIL, "a@b.example", NOW, id=8)
    told = recipients([(chat, ALL), (chat, ALL), (mail, ALL)], ALERT, STORY, ARTICLE, NOW)
    assert told == [(chat, "telegram"), (mail, "mail")]
