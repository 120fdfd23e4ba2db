"""The archive's contract: what any engine behind it must do."""

import sqlite3
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.schema import migrations as alert_tables
from crawler.database import Database, DatabaseError
from crawler.nouns import Article, Entry, Outcome, Outlet, Poll, Precision, Source, SourceKind, Stamp
from crawler.schema import migrations
from crawler.storage import Archive, Entries, Kept, SourceClaim, Sources, Validators

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
OUTLET = Outlet(
    "alif", "ألف", "Alif", "EG", "Africa/Cairo", "https://alif.example",
    (Source("https://alif.example/rss", SourceKind.FEED),),
)  # fmt: skip
OTHER = replace(OUTLET, id="baa", sources=(Source("https://baa.example/map", SourceKind.NEWS_SITEMAP),))
ENTRIES = [Entry(f"https://alif.example/{n}", f"خبر {n}") for n in range(3)]
ARTICLE = Article(
    "alif", "https://alif.example/0", "عنوان", "متن", NOW,
    published=Stamp(NOW, Precision.MINUTE, "jsonld", "2026-11-23T12:00Z"), tags=("أ", "ب"), remarks=("future",),
)  # fmt: skip


@pytest.fixture
def database(tmp_path: Path):
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        database.write(lambda c: Sources(c).watch([OUTLET, OTHER], NOW))
        yield database


def poll(outcome: Outcome = Outcome.OK) -> Poll:
    return Poll("alif", OUTLET.sources[0].url, NOW, timedelta(seconds=1), outcome, outcome.value)


def claim(database: Database, now: datetime = NOW, lease: str = "mine", most: int = 10) -> list[SourceClaim]:
    until = now + timedelta(minutes=1)
    return database.write(lambda c: Sources(c).claim_due(now, until=until, lease=lease, most=most))


def finish(database: Database, one: SourceClaim, **more: object) -> bool:
    given = {"fresh": ENTRIES, "validators": Validators("etag"), "next_due": LATER} | more
    return database.write(lambda c: Sources(c).finish_poll(one, poll(), **given))


def test_a_claimed_source_is_nobody_elses(database):
    assert len(claim(database)) == 2
    assert claim(database, lease="yours") == []


def test_a_lease_that_ran_out_is_claimed_again(database):
    claim(database)
    assert len(claim(database, NOW + timedelta(minutes=2), "yours")) == 2


def test_a_completion_with_a_lost_lease_writes_nothing(database):
    old, _ = claim(database)
    claim(database, NOW + timedelta(minutes=2), "yours")
    assert not finish(database, old)
    assert database.read(lambda c: Entries(c).unknown(ENTRIES)) == ENTRIES
    assert database.read(lambda c: Archive(c).counts())["polls"] == 0


def test_validators_and_entries_are_kept_together(database):
    one, _ = claim(database)
    assert finish(database, one)
    assert database.read(lambda c: Entries(c).unknown(ENTRIES)) == []
    again = claim(database, LATER, "again")
    assert {each.validators.etag for each in again if each.id == one.id} == {"etag"}


def test_a_poll_that_breaks_half_way_keeps_neither_validators_nor_entries(database):
    one, _ = claim(database)
    with pytest.raises(AttributeError):
        finish(database, one, fresh=[ENTRIES[0], None])
    assert database.read(lambda c: Entries(c).unknown(ENTRIES)) == ENTRIES
    assert all(each.validators.etag == "" for each in claim(database, LATER, "again"))


def test_failures_are_counted_in_a_row_and_forgotten_on_success(database):
    for expected in (1, 2):
        one = claim(database, NOW + timedelta(hours=expected), f"l{expected}")[0]
        database.write(
            lambda c, one=one: Sources(c).finish_poll(
                one, poll(Outcome.TEMPORARY), fresh=[], validators=one.validators, next_due=NOW
            )
        )
        again = next(
            e for e in claim(database, NOW + timedelta(hours=expected, minutes=30), "look") if e.id == one.id
        )
        assert again.failures == expected
    finish(database, again, next_due=NOW)
    assert next(e for e in claim(database, NOW + timedelta(hours=9), "x") if e.id == again.id).failures == 0


def test_a_source_that_left_the_registry_is_no_longer_due(database):
    database.write(lambda c: Sources(c).watch([OUTLET], NOW))
    assert [each.url for each in claim(database)] == [OUTLET.sources[0].url]


def test_a_restart_does_not_make_a_source_due(database):
    for one in claim(database):
        finish(database, one)
    database.write(lambda c: Sources(c).watch([OUTLET, OTHER], NOW))
    assert claim(database, NOW + timedelta(minutes=4), "again") == []


def test_one_article_listed_under_two_spellings_is_one_entry(database):
    twice = [ENTRIES[0], replace(ENTRIES[0], url="http://www.alif.example/0/?utm_source=x#top")]
    assert database.read(lambda c: Entries(c).unknown(twice)) == twice[:1]


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.text("abc", max_size=2), st.sampled_from(["", "2026-11-23", "?"])),
        max_size=60,
    ),
    st.text("abc", max_size=2),
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_entry_is_new_by_its_address_whatever_its_guid_and_its_date(tmp_path, listed, guid):
    """No cap, no missing date and no changed guid drops an entry, and none of them makes it new again."""
    entries = [Entry(f"https://alif.example/{n}", guid=guid, published=date) for n, guid, date in listed]
    with Database(tmp_path / f"{uuid.uuid4().hex}.sqlite", (migrations,)) as database:
        database.write(lambda c: Sources(c).watch([OUTLET], NOW))
        fresh = database.read(lambda c: Entries(c).unknown(entries))
        assert [entry.url for entry in fresh] == list(dict.fromkeys(entry.url for entry in entries))
        finish(database, claim(database)[0], fresh=fresh)
        again = [replace(entry, guid=guid, published="") for entry in entries]
        assert database.read(lambda c: Entries(c).unknown(again)) == []
        taken = database.write(lambda c: Entries(c).claim("alif", NOW, until=LATER, lease="a", most=99))
        assert len(taken) == len(fresh)


def test_entries_come_once_and_return_when_their_reader_died(database):
    finish(database, claim(database)[0])

    def take(now, lease):
        return database.write(
            lambda c: Entries(c).claim("alif", now, until=now + timedelta(minutes=1), lease=lease, most=9)
        )

    assert len(take(NOW, "a")) == 3
    assert take(NOW, "b") == []
    assert len(take(NOW + timedelta(minutes=2), "b")) == 3


def test_an_entry_that_is_given_up_is_counted_and_not_pending(database):
    finish(database, claim(database)[0])
    one, other, _ = database.write(lambda c: Entries(c).claim("alif", NOW, until=LATER, lease="a", most=9))
    assert database.write(lambda c: Entries(c).fail(one, "http_404", None))
    assert database.write(lambda c: Entries(c).fail(other, "timeout", NOW))
    assert not database.write(lambda c: Entries(c).fail(other, "timeout", NOW)), "its lease is gone"
    counts = database.read(lambda c: Archive(c).counts())
    assert (counts["given_up"], counts["pending"]) == (1, 2)
    assert database.read(lambda c: Entries(c).pending_outlets(NOW)) == ["alif"]


def test_an_article_comes_back_as_it_was_kept(database):
    article_id, kept = database.write(lambda c: Archive(c).keep(ARTICLE))
    assert kept is Kept.NEW
    assert database.read(lambda c: Archive(c).article(article_id)) == replace(ARTICLE, id=article_id)


def test_the_same_article_again_changes_nothing(database):
    first, _ = database.write(lambda c: Archive(c).keep(ARTICLE))
    twin = replace(ARTICLE, url="http://www.alif.example/0/", first_seen=LATER)
    assert database.write(lambda c: Archive(c).keep(twin)) == (first, Kept.SAME)


def test_a_changed_text_is_a_revision_of_the_same_article(database):
    first, _ = database.write(lambda c: Archive(c).keep(ARTICLE))
    database.write(lambda c: Archive(c).keep(replace(ARTICLE, url="https://alif.example/1")))
    changed = replace(ARTICLE, body="متن آخر", first_seen=LATER)
    assert database.write(lambda c: Archive(c).keep(changed)) == (first, Kept.REVISED)
    now = database.read(lambda c: Archive(c).article(first))
    assert (now.body, now.first_seen) == ("متن آخر", NOW)
    assert [each.body for each in database.read(lambda c: Archive(c).revisions(first))] == ["متن"]
    assert [a.id for _, a in database.read(lambda c: Archive(c).after(2, 9))] == [first], (
        "readers see it again"
    )


@pytest.mark.parametrize(("body", "how"), [("متن", Kept.BACK), ("متن آخر", Kept.REVISED)])
def test_what_is_read_again_is_not_taken_down_any_more(database, body, how):
    first, _ = database.write(lambda c: Archive(c).keep(ARTICLE))
    database.write(lambda c: Archive(c).remove(first, LATER))
    again = replace(ARTICLE, body=body, first_seen=LATER)
    assert database.read(lambda c: Archive(c).article(first)).removed_at == LATER
    assert database.write(lambda c: Archive(c).keep(again)) == (first, how)
    (found,) = database.read(lambda c: Archive(c).after(2, 9))
    assert (found[1].removed_at, found[1].body) == (None, body), "readers see it again"
    assert database.write(lambda c: Archive(c).keep(again)) == (first, Kept.SAME)


def test_an_article_is_found_by_the_address_that_was_listed(database):
    finish(database, claim(database)[0])
    one = next(
        each
        for each in database.write(lambda c: Entries(c).claim("alif", NOW, until=LATER, lease="a", most=9))
        if each.entry.url.endswith("/2")
    )
    moved = replace(ARTICLE, url="https://alif.example/moved")
    kept, _ = database.write(lambda c: Archive(c).keep(moved))
    database.write(lambda c: Entries(c).close(one, kept))
    assert database.read(lambda c: Archive(c).article_at("https://www.alif.example/2")).id == kept
    assert database.read(lambda c: Archive(c).article_at("https://alif.example/nothing")) is None


def test_a_failed_write_leaves_nothing(database):
    def half(connection):
        Archive(connection).keep(ARTICLE)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 (ours, above)
        database.write(half)
    assert database.read(lambda c: Archive(c).counts())["articles"] == 0


def test_two_processes_write_one_file(database):
    with Database(database.path, (migrations, alert_tables)) as other:
        for n in range(50):
            article = replace(ARTICLE, url=f"https://alif.example/x{n}")
            (database if n % 2 else other).write(lambda c, a=article: Archive(c).keep(a))
    assert database.read(lambda c: Archive(c).counts())["articles"] == 50


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path):
    path = tmp_path / "not.sqlite"
    path.write_text("رسالة " * 500, encoding="utf-8")
    with pytest.raises(DatabaseError, match=r"not\.sqlite"):
        Database(path, (migrations,))


def test_a_newer_file_is_refused(database):
    database.write(
        lambda c: c.table("_sqlite_migrations").insert(
            {"migration_set": "crawler", "name": "m999", "applied_at": "x"}
        )
    )
    with pytest.raises(DatabaseError, match="newer Marsad"):
        Database(database.path, (migrations, alert_tables))


def test_a_sound_file_has_no_problems(database):
    assert database.problems() == []


def test_the_last_poll_of_every_source_is_shown(database):
    finish(database, claim(database)[0])
    shown = database.read(lambda c: Sources(c).last_polls())
    assert sorted(row["cause"] or "never" for row in shown.values()) == ["never", "ok"]


def test_an_outlets_sources_are_polled_one_after_the_other(database):
    more = Source("https://alif.example/sport.rss", SourceKind.FEED)
    database.write(lambda c: Sources(c).watch([replace(OUTLET, sources=(*OUTLET.sources, more))], NOW))
    (one,) = claim(database)
    assert claim(database, lease="yours") == []
    finish(database, one)
    assert [each.url for each in claim(database)] == [more.url]


def test_a_source_that_is_polled_by_hand_is_not_watched_by_it(database):
    third = replace(OUTLET, id="taa", sources=(Source("https://taa.example/rss", SourceKind.FEED),))

    def take(outlet, lease="poll"):
        return database.write(lambda c: Sources(c).claim_all(outlet, NOW, until=LATER, lease=lease))

    database.write(lambda c: Sources(c).make_known(third, NOW))
    assert {each.outlet for each in claim(database)} == {"alif", "baa"}
    assert [each.url for each in take(third)] == [third.sources[0].url]
    assert take(OUTLET) == [], "the service holds it"
    assert take(third, "another") == []
    database.write(lambda c: Sources(c).release("poll"))
    assert take(replace(third, enabled=False)) == []


def test_an_article_is_closed_by_the_holder_of_its_entry_only(database):
    finish(database, claim(database)[0])

    def take(now: datetime, lease: str):
        return database.write(
            lambda c: Entries(c).claim("alif", now, until=now + timedelta(minutes=1), lease=lease, most=1)
        )[0]

    slow, quick = take(NOW, "slow"), take(NOW + timedelta(minutes=2), "quick")
    assert slow.id == quick.id
    assert database.read(lambda c: [Entries(c).holds(each) for each in (slow, quick)]) == [False, True]


def test_a_commit_that_fails_does_not_stop_the_next_write(database):
    def orphan(connection):
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute(
            "INSERT INTO revision (article_id, title, body, replaced_at) VALUES (99, '', '', '')"
        )

    with pytest.raises(sqlite3.IntegrityError):
        database.write(orphan)
    database.write(lambda c: Archive(c).keep(ARTICLE))


def test_unchanged_answers_are_counted_and_keep_the_validators(database):
    one = claim(database)[0]
    same = Poll("alif", one.url, NOW, timedelta(), Outcome.UNCHANGED, "unchanged")
    for _ in range(2):
        database.write(
            lambda c, one=one: Sources(c).finish_poll(
                one, same, fresh=[], validators=Validators("etag"), next_due=NOW
            )
        )
        number = one.id
        one = next(each for each in claim(database, NOW, "again") if each.id == number)
    assert (one.unchanged, one.validators.etag) == (2, "etag")
