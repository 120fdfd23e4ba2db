"""How fast a host is asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.database import Database
from crawler.hosts import HostBook
from crawler.nouns import Host, Outlet, Source, SourceKind
from crawler.politeness import (
    LONGEST_WAIT,
    ROBOTS_PATIENCE,
    SLOWEST,
    floors,
    host_of,
    left_alone,
    next_delay,
    retry_after,
)
from crawler.schema import migrations
from crawler.storage import Hosts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OUTLET = Outlet(
    "alif", "ألف", "Alif", "EG", "Africa/Cairo", "https://www.alif.example/",
    (Source("http://alif.example/rss", SourceKind.FEED), Source("https://feeds.example/alif", SourceKind.FEED)),
    delay=2.0,
)  # fmt: skip


def settled(
    latency: float, status: int = 200, floor: float = 1.0, delay: float = 1.0, answers: int = 20
) -> float:
    for _ in range(answers):
        delay = next_delay(delay, latency=latency, status=status, floor=floor)
    return delay


@pytest.mark.parametrize(
    "url", ["http://alif.example/a", "https://www.alif.example:8443/b", "https://ALIF.example"]
)
def test_twins_are_one_host(url):
    assert host_of(url) == "alif.example"


def test_the_slowest_outlet_of_a_host_decides_for_all():
    hasty = replace(OUTLET, id="baa", delay=0.5)
    assert floors([OUTLET, hasty]) == floors([hasty, OUTLET]) == {"alif.example": 2.0, "feeds.example": 2.0}


def test_a_quick_host_is_asked_as_fast_as_its_outlet_allows():
    assert settled(0.1) == 1.0


def test_a_slow_host_is_given_the_time_it_takes_at_once_and_trusted_again_slowly():
    assert next_delay(1.0, latency=4.0, status=200, floor=1.0) == 4.0
    assert 1.0 < next_delay(4.0, latency=0.1, status=304, floor=1.0) < 4.0
    assert settled(0.1, delay=4.0) == 1.0


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_pushes_back_is_given_twice_the_time_up_to_a_minute(status):
    assert [settled(0.1, status, answers=n) for n in (1, 2, 3, 9)] == [2.0, 4.0, 8.0, SLOWEST]


def test_an_error_page_that_comes_quickly_is_no_reason_to_hurry():
    assert settled(0.01, status=500, delay=5.0) == 5.0


@given(
    st.floats(0, 100), st.floats(0, 1000), st.integers(100, 599), st.floats(0, 60)
)  # fmt: skip
def test_no_answer_makes_us_faster_than_the_floor_or_slower_than_a_minute(delay, latency, status, floor):
    assert round(floor, 3) <= next_delay(delay, latency=latency, status=status, floor=floor) <= SLOWEST


def test_a_host_without_robots_txt_is_left_alone_for_half_a_day():
    assert left_alone(NOW, NOW + ROBOTS_PATIENCE - timedelta(seconds=1))
    assert not left_alone(NOW, NOW + ROBOTS_PATIENCE)


def test_what_was_learned_of_hosts_outlives_the_process(tmp_path):
    book = HostBook(now=lambda: NOW)
    book.set_delay("slow.example", 7.0)
    book.set_delay("slow.example", 7.1)
    book.set_robots("shut.example", failed=True)
    book.set_robots("well.example", failed=False)
    with Database(tmp_path / "a.sqlite", (migrations,)) as database:
        database.write(lambda c: Hosts(c).keep(book.take_changed()))
        again = HostBook(database.read(lambda c: Hosts(c).all()), now=lambda: NOW + timedelta(hours=1))
        assert again["slow.example"] == Host("slow.example", 7.0)
        assert again["shut.example"].robots_failed == NOW
        assert again["well.example"] == Host("well.example")
        again.set_robots("shut.example", failed=True)
        assert again.take_changed() == [], "since when, not when last"
        again.set_robots("shut.example", failed=False)
        again.set_delay("slow.example", 0.0)
        database.write(lambda c: Hosts(c).keep(again.take_changed()))
        assert {host.delay for host in database.read(lambda c: Hosts(c).all())} == {0.0}


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("30", timedelta(seconds=30)),
        ("999999999", LONGEST_WAIT),
        ("Mon, 23 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 23 Nov 2026 12:05:00 -0000", timedelta(minutes=5)),
        ("Mon, 23 Nov 2020 12:00:00 GMT", timedelta(0)),
        ("Mon, 23 Nov 2026 12:05:00 +9999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", LONGEST_WAIT),
        ("", None),
        ("soon", None),
        ("٣٠", None),
    ],
)
def test_a_wait_that_a_server_asks_for(header, wait):
    assert retry_after(header, datetime(2026, 11, 23, 12, tzinfo=UTC)) == wait


@given(st.text(max_size=40))
def test_no_header_breaks_us(header):
    retry_after(header, datetime(2026, 11, 23, 12, tzinfo=UTC))
