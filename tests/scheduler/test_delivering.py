"""Who may send after a move."""

from datetime import UTC, datetime, timedelta

from alerts.storage import Dispatch, Logbook
from scheduler.archive import open_database
from scheduler.parts.delivering import hold_after_move

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


def test_case_06_a_copy_on_another_host_sends_nothing_before_somebody_says_that_the_first_is_stopped(
    tmp_path,
):
    with open_database(tmp_path / "archive.sqlite") as database:

        def start(host, hours=0):
            return database.write(lambda c: hold_after_move(c, host, NOW + timedelta(hours=hours)))

        assert not start("one"), "the first host is the known one"
        assert not start("one", 1)
        assert not database.read(lambda c: Dispatch(c).is_halted("telegram"))

        assert start("two", 2)
        assert database.read(lambda c: Dispatch(c).is_halted("telegram"))
        (event,) = database.read(lambda c: Logbook(c).open_events())
        assert event.kind == "sending_held"
        assert "host one" in event.cause

        database.write(lambda c: Dispatch(c).resume(""))  # marsad outbox release
        assert not start("two", 3), "somebody said so: this host is the known one now"
        assert start("one", 4), "and the former one is held if it comes back"
