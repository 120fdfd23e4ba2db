"""The pacer: its decisions as values, and the whole against the server's own counting."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.telegram import TelegramChannel
from alerts.messages import Line, Message, Run
from alerts.nouns import RecipientKind
from alerts.pacing import (
    UNPACED,
    Limits,
    Pace,
    Pacer,
    answered,
    held,
    refused,
    resting,
    started,
    wait_for_chat,
    wait_for_start,
)
from tests.fakes.bot_api import BotApi, Floods, serve

LIMITS = Limits()
PRIVATE, GROUP, CHANNEL = RecipientKind.PRIVATE_CHAT, RecipientKind.GROUP, RecipientKind.CHANNEL
TOKEN = "424242:" + "t" * 35


def test_a_server_that_names_no_limit_is_not_held_by_telegrams_nor_for_its_neighbour():
    pace = Pace()
    for number in range(100):
        pace = started(pace, 0.0, UNPACED)
        pace = answered(pace, str(number), RecipientKind.MAIL, 0.0, UNPACED)
    for number in range(5):
        pace = refused(pace, f"https://{number}.example/", 60.0, 0.0, UNPACED)
    assert wait_for_start(pace, 0.0, UNPACED) == 0
    assert resting(pace, 0.0) == {f"https://{number}.example/" for number in range(5)}


@pytest.mark.parametrize(("kind", "rest"), [(PRIVATE, 1.05), (GROUP, 3.05), (CHANNEL, 3.05)])
def test_a_chat_rests_after_its_answer(kind, rest):
    pace = answered(started(Pace(), 0.0, LIMITS), "7", kind, 0.4, LIMITS)
    assert wait_for_chat(pace, "7", 0.4) == pytest.approx(rest)
    assert resting(pace, 0.4 + rest - 0.01) == {"7"}
    assert resting(pace, 0.4 + rest) == frozenset()
    assert wait_for_chat(pace, "8", 0.4) == 0


def test_starts_are_smooth():
    pace = started(Pace(), 5.0, LIMITS)
    assert wait_for_start(pace, 5.0, LIMITS) == pytest.approx(1 / 28)
    assert wait_for_start(pace, 5.1, LIMITS) == 0


def test_sends_under_way_fill_the_span():
    pace = Pace(under_way=30)
    assert wait_for_start(pace, 0.0, LIMITS) == float("inf")
    pace = answered(pace, "7", PRIVATE, 2.0, LIMITS)
    assert wait_for_start(pace, 2.0, LIMITS) == pytest.approx(1.0)
    assert wait_for_start(pace, 3.0, LIMITS) == 0


def test_case_17_a_refusal_holds_its_chat_and_nobody_else():
    pace = refused(Pace(), "7", 7.0, 100.0, LIMITS)
    assert resting(pace, 106.9) == {"7"}
    assert wait_for_start(pace, 100.0, LIMITS) == 0


def test_a_long_wait_is_not_shortened_by_a_later_answer():
    pace = answered(held(started(Pace(), 0.0, LIMITS), "7", 43_838.0), "7", PRIVATE, 1.0, LIMITS)
    assert wait_for_chat(pace, "7", 1.0) == 43_837.0


def test_case_20_refusals_in_three_chats_hold_everyone():
    pace = refused(refused(Pace(), "7", 40.0, 0.0, LIMITS), "7", 40.0, 1.0, LIMITS)
    pace = refused(pace, "8", 30.0, 2.0, LIMITS)
    assert wait_for_start(pace, 2.0, LIMITS) == 0, "one chat twice and another once are no storm"
    pace = refused(pace, "9", 20.0, 3.0, LIMITS)
    assert wait_for_start(pace, 3.0, LIMITS) == 20.0


def test_refusals_far_apart_are_no_storm():
    pace = Pace()
    for number in range(5):
        pace = refused(pace, str(number), 30.0, number * 6.0, LIMITS)
    assert pace.paused_until == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1)), min_size=31, max_size=90))
def test_no_span_ever_holds_more_than_the_limit_wherever_the_server_counts(delays):
    """Each send takes an arbitrary time, and is counted at an arbitrary moment of it."""
    pace, now = Pace(), 0.0
    ends: list[float] = []
    counted: list[float] = []
    for took, moment in delays:
        while (wait := wait_for_start(pace, now, LIMITS)) > 0:
            next_end = min(ends, default=float("inf"))
            now = min(now + wait, next_end)
            if now == next_end:
                ends.remove(next_end)
                pace = answered(pace, "x", RecipientKind.CONSOLE, now, LIMITS)
        pace = started(pace, now, LIMITS)
        ends.append(now + took)
        counted.append(now + took * moment)
        for end in sorted(end for end in ends if end <= now):
            ends.remove(end)
            pace = answered(pace, "x", RecipientKind.CONSOLE, end, LIMITS)
    counted.sort()
    assert all(later - first > 0.999 for first, later in zip(counted, counted[30:], strict=False))


async def test_a_turn_given_back_makes_room():
    pacer = Pacer(Limits(overall=1, step=0.0))
    await pacer.start()
    waiting = asyncio.create_task(pacer.start())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    pacer.give_back()
    await asyncio.wait_for(waiting, 1)


async def test_one_send_at_a_time_to_a_chat():
    pacer, order = Pacer(Limits().scaled(0.001)), []

    async def send(name: str) -> None:
        async with pacer.turn("7", PRIVATE):
            order.append(f"{name} starts")
            await asyncio.sleep(0.02)
            order.append(f"{name} ends")

    await asyncio.gather(send("a"), send("b"))
    assert order == ["a starts", "a ends", "b starts", "b ends"]


async def test_a_wait_from_the_store_is_obeyed():
    pacer = Pacer()
    pacer.hold("7", timedelta(hours=12))
    assert pacer.resting() == {"7"}
    async with asyncio.timeout(1), pacer.turn("8", PRIVATE):
        pass


def _work() -> list[tuple[int, RecipientKind]]:
    chats = [(chat, PRIVATE) for chat in range(100, 200)]
    return chats + [(7, PRIVATE)] * 6 + [(-100_5, GROUP)] * 24


async def test_the_server_refuses_none_of_what_the_pacer_lets_go():
    scale = 0.05
    api = BotApi(floods=Floods(scale=scale), latency=0.004)
    pacer = Pacer(Limits().scaled(scale))
    message = Message((Line((Run("خبر"),)),))
    async with serve(api):
        channel = TelegramChannel(TOKEN, api=api.url)

        async def tell(chat: int, kind: RecipientKind) -> None:
            async with pacer.turn(str(chat), kind):
                await channel.send(str(chat), message)

        await asyncio.gather(*(tell(*each) for each in _work()))
        await channel.close()
    assert api.floods.refused == 0
    assert len(api.accepted) == len(_work())


async def test_the_same_work_without_a_pacer_is_refused():
    """The check above can fail: it is the pacer that keeps the server content."""
    api = BotApi(floods=Floods())
    async with serve(api):
        channel = TelegramChannel(TOKEN, api=api.url)
        message = Message((Line((Run("خبر"),)),))
        calls = (channel.send(str(chat), message) for chat, _ in _work())
        await asyncio.gather(*calls, return_exceptions=True)
        await channel.close()
    assert api.floods.refused > 5
