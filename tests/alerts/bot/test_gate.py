"""Who may do what, how often, and what a backlog is answered with."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.bot.gate import (
    BURST,
    Bucket,
    Turn,
    admits,
    needs_rights,
    start_payload,
    take_turn,
    without_backlog,
)
from alerts.bot.nouns import Access, Incoming
from alerts.nouns import RecipientKind, SubscriberState

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PRIVATE, GROUP = RecipientKind.PRIVATE_CHAT, RecipientKind.GROUP


def test_case_43_a_flood_is_told_once_and_then_ignored_until_it_ends():
    bucket, turns = Bucket(at=0.0), []
    for number in range(100):
        bucket, turn = take_turn(bucket, number / 100)
        turns.append(turn)
    assert turns == [Turn.TAKE] * BURST + [Turn.NOTICE] + [Turn.IGNORE] * (99 - BURST)
    bucket, turn = take_turn(bucket, 60.0)
    assert turn is Turn.TAKE
    assert not bucket.told, "the next flood is told again"


@pytest.mark.parametrize(
    ("access", "state", "invited", "listed", "expected"),
    [
        (Access.OPEN, None, False, False, True),
        (Access.OPEN, SubscriberState.SUSPENDED, False, False, True),
        (Access.OPEN, SubscriberState.REMOVED, False, False, False),
        (Access.INVITE, None, False, False, False),
        (Access.INVITE, None, True, False, True),
        (Access.INVITE, None, False, True, True),
        (Access.INVITE, SubscriberState.PENDING, False, False, False),
        (Access.INVITE, SubscriberState.ACTIVE, False, False, True),
        (Access.INVITE, SubscriberState.SUSPENDED, False, False, True),
        (Access.INVITE, SubscriberState.REMOVED, True, False, True),
        (Access.ALLOWED, None, False, False, False),
        (Access.ALLOWED, None, False, True, True),
        (Access.ALLOWED, SubscriberState.ACTIVE, False, False, False),
    ],
)
def test_who_may_subscribe(access, state, invited, listed, expected):
    incoming = Incoming(1, PRIVATE, 7, 7)
    assert admits(access, {"7"} if listed else (), incoming, state, invited=invited) is expected


@pytest.mark.parametrize(
    ("kind", "command", "press", "expected"),
    [
        (PRIVATE, "topics", "", False),
        (GROUP, "topics", "", True),
        (GROUP, "delete_me", "", True),
        (GROUP, "status", "", False),
        (GROUP, "", "data", True),
    ],
)
def test_case_47_what_changes_a_group_is_its_administrators(kind, command, press, expected):
    assert needs_rights(Incoming(1, kind, -5, 7, command=command, press=press), "choose") is expected
    assert not needs_rights(Incoming(1, kind, -5, 7, press="data"), "judge")


@pytest.mark.parametrize(
    "payload",
    [
        "", "i_", "x_abc", "i_" + "a" * 63, "i_abc def", "i_'; DROP TABLE subscriber;--", "s_<b>1</b>", "t_\x00", "i_ابج",
        "i_abc\n", "../etc",
    ],
)  # fmt: skip
def test_case_49_a_payload_with_odd_bytes_is_none(payload):
    assert start_payload(payload) == ("", "")


def test_a_payload_of_ours_is_read():
    assert start_payload("i_Ab-9_z") == ("i", "Ab-9_z")
    assert start_payload("s_M001A") == ("s", "M001A")


def test_case_38_a_backlog_is_answered_once():
    day_ago, lately = NOW - timedelta(hours=20), NOW - timedelta(seconds=5)
    updates = [
        Incoming(1, PRIVATE, 7, 7, at=day_ago, command="status"),
        Incoming(2, PRIVATE, 7, 7, at=day_ago, text="أين أنتم"),
        Incoming(3, PRIVATE, 7, 7, at=day_ago, command="status"),
        Incoming(4, PRIVATE, 8, 8, at=day_ago, command="status"),
        Incoming(5, PRIVATE, 7, 7, at=day_ago, command="topics"),
        Incoming(6, PRIVATE, 7, 7, press="data"),
        Incoming(7, PRIVATE, 9, 9, at=day_ago, membership="kicked"),
        Incoming(8, PRIVATE, 7, 7, at=lately, command="status"),
        Incoming(9, PRIVATE, 7, 7, at=lately, command="status"),
    ]
    assert [each.update for each in without_backlog(updates, NOW)] == [3, 4, 5, 6, 7, 8, 9]
