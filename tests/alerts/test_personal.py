"""What is kept of a subscriber: all of it is in its copy, all of it goes, all of it moves to another address."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zipfile import ZipFile

import pytest

from alerts.bot.commands import MOST_PLAIN, packed
from alerts.digests.nouns import DigestKind, DigestSettings, Edition, Outcome
from alerts.mail.nouns import Bounce, BounceKind, Consent
from alerts.nouns import (
    Level,
    Mute,
    MuteKind,
    RecipientKind,
    Story,
    Subscriber,
    SubscriberState,
    Subscription,
)
from alerts.storage import (
    Bulletins,
    DeliveryQueue,
    Digests,
    Dispatch,
    Draft,
    Frontdesk,
    Mailboxes,
    Members,
    Newsdesk,
    Personal,
    Subscribers,
)
from alerts.storage.personal import TRACES
from crawler.database import Connection
from scheduler.archive import open_database
from tests.schemas.filling import make

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD, NEW = 1, 2  # a group, and the supergroup that it becomes


@pytest.fixture
def database(tmp_path):
    """A group and its supergroup, both known, and two stories."""
    with open_database(tmp_path / "a.sqlite") as database:
        for address in ("-7", "-1007"):
            who = Subscriber(RecipientKind.GROUP, address, NOW)
            database.write(lambda c, who=who: Subscribers(c).subscribe(who, [Subscription(0)]))
        for title in ("مداهمة", "محاكمة"):
            story = Story(NOW, NOW, title, ("fraud",), ("MM",), Level.HIGH)
            database.write(lambda c, story=story: Newsdesk(c).open_story(story))
        yield database


def naming(connection: Connection) -> set[tuple[str, str]]:
    """Each (table, column) that refers to a subscriber, or to a row that does, as the tables themselves say."""
    keys = [(table.name, key) for table in connection.tables for key in table.foreign_keys]
    found: set[tuple[str, str]] = set()
    while True:
        theirs = {"subscriber"} | {table for table, _ in found}
        more = {(table, key.column) for table, key in keys if key.other_table in theirs}
        if more == found:
            return found
        found = more


def test_every_table_that_names_a_subscriber_is_known(database):
    listed = {(trace.table, trace.column) for trace in TRACES} - {("subscriber", "id")}
    # A delivery's cargo goes with it: it names the same subscriber twice.
    listed |= {("delivery", "edition_id"), ("delivery", "consent_id")}
    assert database.read(naming) == listed


async def test_a_row_in_every_table_is_copied_and_then_forgotten(tmp_path):
    path = tmp_path / "full.sqlite"
    await make(path)
    with open_database(path) as database:
        database.write(lambda c: c.execute("UPDATE delivery SET receipt = 'SECRET', error = 'SECRET'"))
        database.write(lambda c: c.execute("UPDATE consent SET wanted = 'SECRET'"))
        database.write(lambda c: c.execute("UPDATE edition SET content = 'SECRET', zone = 'SECRET'"))
        database.write(
            lambda c: c.execute(
                "UPDATE subscriber SET language = 'SECRET', not_before = 'SECRET', title = 'SECRET'"
            )
        )
        copy = database.read(lambda c: Personal(c).copy(1))
        assert {table for table, found in copy.items() if not found} == set()
        assert set(copy) == {trace.table for trace in TRACES if trace.own}
        json.dumps(copy)
        database.write(lambda c: Personal(c).forget(1))
        left = database.read(lambda c: Personal(c).copy(1))
        assert {table for table, found in left.items() if found} == {
            "subscriber", "delivery", "edition", "consent", "bounce",
        }, "counts"  # fmt: skip
        assert "SECRET" not in str(left)
        assert "some " not in str([left[table] for table in ("subscriber", "delivery", "consent")])
        assert left["subscriber"][0]["address"] == "forgotten:1"
        assert database.problems() == []
        assert database.read(lambda c: Mailboxes(c).consent(1)).wanted == ()


def test_case_54_who_is_forgotten_leaves_no_address_and_no_choice(database):
    database.write(lambda c: Members(c).add_filter(OLD, "ميانمار"))
    database.write(lambda c: Members(c).mute(OLD, Mute(MuteKind.ALL)))
    database.write(lambda c: Members(c).follow(NEW, 1))
    database.write(lambda c: Dispatch(c).set_fallback(NEW, OLD))
    assert "ميانمار" in str(database.read(lambda c: Personal(c).copy(OLD)))
    assert "-1007" not in str(database.read(lambda c: Personal(c).copy(OLD))), "nobody else's rows"
    database.write(lambda c: Personal(c).forget(OLD))
    left = database.read(lambda c: Personal(c).copy(OLD))
    assert left["subscriber"][0]["state"] == "removed"
    assert [table for table, found in left.items() if table != "subscriber" and found] == []
    assert database.read(lambda c: Dispatch(c).fallback_of(NEW)) is None
    assert database.read(lambda c: Subscribers(c).wanted(NEW))[0].follows == {1}, "nobody else's choices"
    again = Subscriber(RecipientKind.GROUP, "-7", NOW)
    assert database.write(lambda c: Subscribers(c).subscribe(again, [])) == 3, "a newcomer"


def test_what_somebody_wrote_in_a_group_goes_with_them(database):
    person = Subscriber(RecipientKind.PRIVATE_CHAT, "70", NOW)
    number = database.write(lambda c: Subscribers(c).subscribe(person, []))
    for author in (70, 71):
        draft = Draft(OLD, author, "search", f"words of {author}")
        database.write(lambda c, draft=draft: Frontdesk(c).keep_draft(draft, NOW))
    database.write(lambda c: Personal(c).forget(number))
    found = database.read(lambda c: Personal(c).copy(OLD)["draft"])
    assert [each["text"] for each in found] == ["words of 71"]
    assert "author" not in found[0], "a group's copy says nothing of its members"


def test_an_answer_that_comes_after_all_was_forgotten_leaves_no_receipt(database):
    number = database.write(lambda c: Bulletins(c).appoint(OLD, NOW))
    assert number
    until = NOW + timedelta(seconds=90)
    database.write(lambda c: Digests(c).decide(edition(OLD)))
    database.write(lambda c: Digests(c).queue(1, OLD, "telegram", NOW))
    (claim,) = database.write(
        lambda c: DeliveryQueue(c).claim_deliveries(NOW, channel="telegram", until=until, lease="one")
    )
    database.write(lambda c: Personal(c).forget(OLD))
    sent = replace(claim.delivery, receipt="chat -7, message 12")
    assert not database.write(lambda c: DeliveryQueue(c).settle(sent))
    assert database.read(lambda c: Personal(c).copy(OLD)["delivery"][0]["receipt"]) == ""


def edition(subscriber: int, slot: str = "2026-11-23") -> Edition:
    return Edition(
        subscriber, DigestKind.DAILY, slot, "UTC", NOW, NOW, NOW - timedelta(days=1), NOW, Outcome.SENT
    )


# A chat that moves


def choose(connection: Connection, subscriber: int) -> None:
    """Make every choice that there is."""
    members = Members(connection)
    members.mute(subscriber, Mute(MuteKind.OUTLET, "alif"))
    members.follow(subscriber, 2)
    members.add_filter(subscriber, "ميانمار")
    Digests(connection).keep_settings(DigestSettings(subscriber, at=time(6, 30)))
    Bulletins(connection).appoint(subscriber, NOW)
    Frontdesk(connection).invite("token", NOW, NOW + timedelta(days=1))
    Frontdesk(connection).redeem("token", subscriber, NOW)
    Mailboxes(connection).keep_bounce(Bounce(subscriber, NOW, BounceKind.SOFT, "4.2.2", "m", "hash"))
    Mailboxes(connection).ask(Consent(subscriber, (), NOW))
    Digests(connection).decide(edition(subscriber))


def test_a_group_that_became_a_known_supergroup_takes_all_along(database):
    database.write(lambda c: choose(c, OLD))
    database.write(lambda c: Subscribers(c).want(NEW, [Subscription(0, topics=("fraud",))]))
    other = Subscriber(RecipientKind.MAIL, "a@example.org", NOW)
    mail = database.write(lambda c: Subscribers(c).subscribe(other, []))
    database.write(lambda c: Dispatch(c).set_fallback(OLD, mail))
    database.write(lambda c: Dispatch(c).set_fallback(mail, OLD))
    before = database.read(lambda c: Personal(c).copy(OLD))
    database.write(lambda c: Personal(c).move(OLD, "-1007"))
    after = database.read(lambda c: Personal(c).copy(NEW))
    lost = {
        table for table, found in before.items()
        if table not in {"subscriber", "subscription"} and len(after[table]) != len(found)
    }  # fmt: skip
    assert lost == set()
    (wanted,) = database.read(lambda c: Subscribers(c).wanted(NEW))
    assert (wanted.topics, wanted.filters, wanted.follows) == (("fraud",), ("ميانمار",), {2})
    assert wanted.mutes == (Mute(MuteKind.OUTLET, "alif"),)
    assert database.read(lambda c: Digests(c).settings(NEW)).at == time(6, 30)
    assert [one.id for one in database.read(lambda c: Bulletins(c).operators())] == [NEW], (
        "operators are not deaf"
    )
    assert database.read(lambda c: Dispatch(c).fallback_of(NEW)).id == mail
    assert database.read(lambda c: Dispatch(c).fallback_of(mail)).id == NEW
    assert database.read(lambda c: Subscribers(c).get(OLD)).address == "forgotten:1", (
        "its number is nobody's now"
    )
    assert database.problems() == []


@pytest.mark.parametrize("was", [SubscriberState.REMOVED, SubscriberState.PENDING, SubscriberState.SUSPENDED])
def test_where_the_new_address_was_told_nothing_the_old_choices_hold(database, was):
    people = database.read(lambda c: Subscribers(c).all())
    database.write(
        lambda c: Subscribers(c).change(replace(people[0], language="en", timezone="Africa/Cairo"))
    )
    database.write(lambda c: Subscribers(c).want(OLD, [Subscription(0, cadence="daily")]))
    database.write(lambda c: Subscribers(c).set_state(NEW, was))
    database.write(lambda c: Personal(c).move(OLD, "-1007"))
    (wanted,) = database.read(lambda c: Subscribers(c).wanted(NEW))
    one = database.read(lambda c: Subscribers(c).get(NEW))
    assert (wanted.cadence, one.language, one.timezone) == ("daily", "en", "Africa/Cairo")
    assert one.state is SubscriberState.ACTIVE


@pytest.mark.parametrize("was", [SubscriberState.REMOVED, SubscriberState.PENDING, SubscriberState.SUSPENDED])
def test_a_move_tells_nobody_who_was_not_told(database, was):
    for number in (OLD, NEW):
        database.write(lambda c, n=number: Subscribers(c).set_state(n, was))
    database.write(lambda c: Personal(c).move(OLD, "-1007"))
    assert database.read(lambda c: Subscribers(c).get(NEW)).state is was


def test_two_that_are_each_others_other_way_become_one_without_one(database):
    database.write(lambda c: Dispatch(c).set_fallback(OLD, NEW))
    database.write(lambda c: Dispatch(c).set_fallback(NEW, OLD))
    database.write(lambda c: Personal(c).move(OLD, "-1007"))
    assert database.read(lambda c: Dispatch(c).fallback_of(NEW)) is None


def test_a_digest_that_both_were_to_get_is_told_once(database):
    for number, subscriber in enumerate((OLD, NEW), 1):
        database.write(lambda c, s=subscriber: Digests(c).decide(edition(s)))
        database.write(lambda c, n=number, s=subscriber: Digests(c).queue(n, s, "telegram", NOW))
    database.write(lambda c: Digests(c).decide(edition(OLD, "2026-11-22")))
    database.write(lambda c: Digests(c).queue(3, OLD, "telegram", NOW))
    database.write(lambda c: Personal(c).move(OLD, "-1007"))
    assert database.read(lambda c: DeliveryQueue(c).counts(NEW))["queued"] == 2, "of the two days one each"
    assert database.read(lambda c: DeliveryQueue(c).counts(OLD))["queued"] == 0


# The file


def test_a_long_copy_is_whole():
    rows = [{"text": "كلمات " * 20, "n": n} for n in range(60_000)]
    written = json.dumps(rows, ensure_ascii=False).encode()
    assert len(written) > MOST_PLAIN
    file = packed("marsad.json", written)
    with ZipFile(io.BytesIO(file.content)) as zipped:
        assert json.loads(zipped.read("marsad.json")) == rows
    assert file.name.endswith(".zip")
    assert packed("marsad.json", b"{}").content == b"{}"
