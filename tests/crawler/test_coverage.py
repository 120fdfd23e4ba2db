"""What the archive says of its own sight."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crawler.nouns import Entry, Outcome, Outlet, Poll, Source, SourceKind
from crawler.storage import Sources, Survey, Validators
from scheduler.archive import open_database

NOW = datetime(2026, 3, 4, 8, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OUTLETS = [
    Outlet(name, name, name, "JO", "Asia/Amman", f"https://{name}.example/", (Source(f"https://{name}.example/feed", SourceKind.FEED),))
    for name in ("busy", "mute", "down", "never")
]  # fmt: skip

BY_NAME = {outlet.id: outlet for outlet in OUTLETS}


def poll(c, outlet, at, outcome, fresh=()):
    (claim,) = Sources(c).claim_all(BY_NAME[outlet], at, until=at + HOUR, lease="x")
    Sources(c).finish_poll(
        claim,
        Poll(outlet, claim.url, at, timedelta(0), outcome, "cause", fresh=len(fresh)),
        fresh=[Entry(f"https://{outlet}.example/{name}") for name in fresh],
        validators=Validators(),
        next_due=at,
    )


def test_coverage_counts_what_answered_what_is_silent_and_what_was_not_read(tmp_path):
    with open_database(tmp_path / "marsad.sqlite") as database:

        def fill(c):
            Sources(c).watch(
                OUTLETS,
                NOW - 9 * DAY,
                {source.url: NOW - 9 * DAY for each in OUTLETS for source in each.sources},
            )
            poll(c, "mute", NOW - 5 * DAY, Outcome.OK, ["old"])
            poll(c, "down", NOW - 5 * DAY, Outcome.OK, ["older"])
            for hours in range(23, 0, -1):
                at = NOW - hours * HOUR
                if not 10 < hours < 15:
                    poll(c, "busy", at, Outcome.OK, [f"news{hours}"])
                    poll(c, "mute", at, Outcome.UNCHANGED)
                    poll(c, "down", at, Outcome.TEMPORARY)
            c.execute("UPDATE entry SET state = 'given_up' WHERE url LIKE '%news5'")

        database.write(fill)
        seen = database.read(lambda c: Survey(c).coverage(NOW - DAY, NOW))
        assert (seen.checked, seen.failing, seen.silent) == (2, ("down", "never"), ("mute",))
        assert (seen.articles, seen.waiting, seen.given_up) == (0, 18, 1)
        assert seen.asleep == ((NOW - 15 * HOUR, NOW - 10 * HOUR),)


def test_a_span_without_a_look_is_one_gap(tmp_path):
    with open_database(tmp_path / "marsad.sqlite") as database:
        seen = database.read(lambda c: Survey(c).coverage(NOW - DAY, NOW))
        assert seen.asleep == ((NOW - DAY, NOW),)
        assert replace(seen, asleep=()) == replace(seen, asleep=(), checked=0)
