"""Case 12: the machine's clock jumps a year ahead or a day back, and nothing ends early, nor late."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.steady import JUMP, SETTLED, SteadyClock

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Machine:
    """Its two clocks."""

    wall, uptime = START, 5000.0

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.uptime += seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def clock(machine: Machine) -> SteadyClock:
    return SteadyClock(lambda: machine.wall, lambda: machine.uptime)


@pytest.mark.parametrize("jump", [timedelta(days=365), timedelta(days=-1), -JUMP - SECOND])
def test_case_12_a_jump_is_no_time_that_passes(machine, clock, jump):
    machine.passes(30)
    assert clock.now() == START + 30 * SECOND
    machine.wall += jump
    machine.passes(10)
    assert clock.now() == START + 40 * SECOND
    machine.passes(3600)
    assert clock.now() == START + 3640 * SECOND
    machine.wall -= jump
    assert clock.now() == machine.wall


@pytest.mark.parametrize("pause", [timedelta(hours=9), JUMP + SECOND])
def test_a_machine_that_was_paused_is_back_in_the_present_within_minutes(machine, clock, pause):
    clock.now()
    for _ in range(2):
        machine.wall += pause  # put right after the pause, in which its uptime stood still
        for _ in range(int(SETTLED / SECOND)):
            assert clock.now() == machine.wall - pause, "it may be a mistake that is put right at once"
            machine.passes(1)
        assert clock.now() == machine.wall


def test_a_wall_clock_that_goes_on_jumping_is_not_believed(machine, clock):
    clock.now()
    for _ in range(60):
        machine.wall += timedelta(hours=1)
        machine.passes(60)
        assert clock.now() == START + timedelta(seconds=machine.uptime - Machine.uptime)


def test_case_13_sleep_and_small_corrections_are_followed(machine, clock):
    machine.passes(9 * 3600)  # the machine's uptime counts its sleep
    assert clock.now() == START + timedelta(hours=9)
    for _ in range(100):
        machine.wall += SECOND  # more than JUMP in all, but never at once
        machine.passes(1)
        assert clock.now() == machine.wall
