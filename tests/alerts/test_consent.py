"""Double opt-in and its end: nobody gets mail who did not ask for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.channels.failures import TryLater, Unknown
from alerts.consent import (
    AN_HOUR,
    VALID,
    address_hash,
    ask_consent,
    forget_unanswered,
    give_consent,
    mail_key,
    withdraw_consent,
)
from alerts.mail.nouns import Asked, Asker, Door
from alerts.mail.tokens import Purpose, sign
from alerts.nouns import (
    Cargo,
    Delivery,
    DeliveryState,
    Level,
    RecipientKind,
    Subscriber,
    SubscriberState,
    Subscription,
)
from alerts.retrying import after_failure
from alerts.schema import migrations as alert_tables
from alerts.storage import Claim, DeliveryQueue, Mailboxes, Subscribers
from crawler.database import Connection, Database
from crawler.schema import migrations

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
WANTED = [Subscription(0, topics=("fraud",), places=("MM",), level=Level.HIGH, cadence="daily")]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        yield database


def ask(
    database: Database, address: str = "reader@example.org", at: datetime = NOW, wanted=WANTED, asker=None
) -> Asked:
    return database.write(
        lambda c: ask_consent(c, address, wanted, now=at, timezone="Africa/Cairo", asker=asker)
    )


def key(database: Database) -> bytes:
    return database.write(lambda c: mail_key(c, NOW))


def reader(database: Database, address: str = "reader@example.org") -> Subscriber | None:
    return database.read(lambda c: Subscribers(c).at(RecipientKind.MAIL, address))


def claims(database: Database, at: datetime = NOW) -> list[Claim]:
    return database.write(
        lambda c: DeliveryQueue(c).claim_deliveries(at, channel="mail", until=at, lease="t", most=50)
    )


def press(database: Database, consent: int, at: datetime = NOW) -> Subscriber | None:
    token = sign(key(database), Purpose.CONFIRM, consent)
    return database.write(lambda c: give_consent(c, token, key_of(c), at))


def key_of(connection) -> bytes:
    return mail_key(connection, NOW)


def unsubscribe(database: Database, number: int) -> Subscriber | None:
    token = sign(key(database), Purpose.UNSUBSCRIBE, number)
    return database.write(lambda c: withdraw_consent(c, token, key_of(c), NOW))


def mail_under_way(database: Database) -> Delivery:
    """A reader said yes, and a digest is just being sent to it."""
    ask(database)
    (letter,) = claims(database)
    database.write(lambda c: DeliveryQueue(c).settle(replace(letter.delivery, state=DeliveryState.SENT)))
    press(database, 1)

    def queue(connection: Connection) -> None:
        connection.execute(
            "INSERT INTO edition (subscriber_id, kind, slot, zone, due, decided_at, since, until, outcome) "
            "VALUES (1, 'daily', '2026-03-05', 'UTC', '', '', '', '', 'sent')"
        )
        DeliveryQueue(connection).queue(Cargo.EDITION, 1, 1, "mail", Level.NOTICE, NOW)

    database.write(queue)
    (mail,) = claims(database)
    return mail.delivery


@pytest.mark.parametrize(
    "failure", [TryLater(timedelta(minutes=5), "450 greylisted"), Unknown("the answer was lost")]
)
def test_what_comes_back_for_who_left_meanwhile_is_let_go(database, failure):
    mail = mail_under_way(database)
    unsubscribe(database, 1)
    database.write(lambda c: DeliveryQueue(c).settle(after_failure(mail, failure, NOW)))
    assert database.read(lambda c: DeliveryQueue(c).counts(1))["cancelled"] == 1


@pytest.mark.parametrize("state", ["leased", "queued"])
def test_what_is_left_in_the_queue_for_who_left_is_let_go_at_the_next_start(database, state):
    mail_under_way(database)
    unsubscribe(database, 1)
    database.write(lambda c: c.execute("UPDATE delivery SET state = ? WHERE edition_id = 1", [state]))
    assert database.write(lambda c: DeliveryQueue(c).release(NOW)) == 0
    assert database.read(lambda c: DeliveryQueue(c).counts(1))["cancelled"] == 1


def test_a_row_that_cannot_be_sent_stands_before_no_request_for_consent(database):
    mail_under_way(database)
    unsubscribe(database, 1)
    database.write(lambda c: c.execute("UPDATE delivery SET state = 'queued' WHERE edition_id = 1"))
    assert ask(database, at=NOW + timedelta(days=10)) is Asked.ASKED
    (letter,) = claims(database, NOW + timedelta(days=11))
    assert letter.delivery.cargo is Cargo.CONSENT


def test_the_key_is_made_once(database):
    assert key(database) == key(database)
    assert len(key(database)) == 32


def test_only_the_question_is_sent_before_the_answer(database):
    assert ask(database) is Asked.ASKED
    assert reader(database).state is SubscriberState.PENDING
    assert database.read(lambda c: Subscribers(c).subscriptions()) == []
    (claim,) = claims(database)
    assert (claim.delivery.cargo, claim.delivery.number) == (Cargo.CONSENT, 1)
    assert claim.delivery.key == "consent-1.1"


def test_a_yes_makes_what_was_asked_for(database):
    ask(database)
    subscriber = press(database, 1)
    assert subscriber.timezone == "Africa/Cairo"
    ((who, wanted),) = database.read(lambda c: Subscribers(c).subscriptions())
    assert who.address == "reader@example.org"
    assert (wanted.topics, wanted.places, wanted.level, wanted.cadence) == (
        ("fraud",),
        ("MM",),
        Level.HIGH,
        "daily",
    )
    assert press(database, 1), "a second press is fine"


def test_a_no_is_silence_and_the_question_grows_old(database):
    ask(database)
    assert press(database, 1, NOW + VALID + timedelta(seconds=1)) is None
    assert reader(database).state is SubscriberState.PENDING


def test_a_link_that_we_did_not_make_does_nothing(database):
    ask(database)
    forged = sign(b"x" * 32, Purpose.CONFIRM, 1)
    assert database.write(lambda c: give_consent(c, forged, key_of(c), NOW)) is None
    unknown = sign(key(database), Purpose.CONFIRM, 77)
    assert database.write(lambda c: give_consent(c, unknown, key_of(c), NOW)) is None


def test_case_66_a_strangers_address_typed_a_thousand_times_gets_three_letters_a_week(database):
    outcomes = [ask(database, at=NOW + timedelta(seconds=n)) for n in range(1000)]
    assert outcomes.count(Asked.ASKED) == 3
    assert set(outcomes[3:]) == {Asked.TOO_OFTEN}
    assert len(database.read(lambda c: Subscribers(c).all())) == 1
    assert ask(database, at=NOW + timedelta(days=7, seconds=3)) is Asked.ASKED


@pytest.mark.parametrize(
    "spellings",
    [
        [f"victim+{number}@example.org" for number in range(9)],
        [
            "first.name@gmail.com",
            "firstname@googlemail.com",
            "f.irst.name+x@gmail.com",
            "firstname+y@gmail.com",
        ],
    ],
)
def test_case_66_a_mailbox_has_its_three_letters_a_week_however_it_is_spelled(database, spellings):
    became = [ask(database, each) for each in spellings]
    assert became == [Asked.ASKED] * 3 + [Asked.TOO_OFTEN] * (len(spellings) - 3)
    assert ask(database, "victim@example.com") is Asked.ASKED, "of another provider"
    assert ask(database, spellings[3], NOW + timedelta(days=8)) is Asked.ASKED


def test_who_complained_is_left_alone_under_every_spelling(database):
    hashed = address_hash(key(database), "victim@example.org")
    database.write(lambda c: Mailboxes(c).suppress(hashed, "complaint", NOW))
    assert ask(database, "victim+again@example.org") is Asked.SUPPRESSED


def test_one_asker_has_three_addresses_a_day_whatever_becomes_of_them(database):
    one, other = (Asker(Door.BOT, name) for name in ("7", "8"))
    suppressed = address_hash(key(database), "a0@example.org")
    database.write(lambda c: Mailboxes(c).suppress(suppressed, "bounced", NOW))
    became = [ask(database, f"a{number}@example.org", asker=one) for number in range(5)]
    assert became == [Asked.SUPPRESSED, Asked.ASKED, Asked.ASKED, Asked.BUSY, Asked.BUSY], (
        "no word on an address"
    )
    assert ask(database, "b@example.org", asker=other) is Asked.ASKED
    assert ask(database, "c@example.org", asker=one, at=NOW + timedelta(days=1, seconds=1)) is Asked.ASKED


def test_many_who_ask_through_one_door_do_not_shut_another(database, monkeypatch):
    monkeypatch.setitem(AN_HOUR, Door.BOT, 4)
    became = [ask(database, f"a{n}@example.org", asker=Asker(Door.BOT, str(n))) for n in range(6)]
    assert became == [Asked.ASKED] * 4 + [Asked.BUSY] * 2
    assert ask(database, "b@example.org", asker=Asker(Door.WEB)) is Asked.ASKED
    assert ask(database, "c@example.org") is Asked.ASKED, "an operator's list is not limited"
    later = NOW + timedelta(hours=1, seconds=1)
    assert ask(database, "d@example.org", at=later, asker=Asker(Door.BOT, "9")) is Asked.ASKED


def test_who_asked_is_known_by_a_hash_and_only_while_it_counts(database):
    ask(database, asker=Asker(Door.BOT, "770077007"))
    assert kept(database, "770077007") == []
    assert database.read(lambda c: c.table("asking").count) == 1
    forget(database, NOW + timedelta(days=8))
    assert database.read(lambda c: (c.table("asking").count, c.table("consent").get(1)["mailbox"])) == (0, "")


def test_a_letter_that_anybody_may_ask_for_goes_before_no_critical_alert(database):
    ask(database)
    assert [claim.delivery.level for claim in claims(database)] == [Level.HIGH]


def test_somebody_elses_request_changes_nothing_for_a_reader_until_it_is_answered(database):
    ask(database)
    press(database, 1)
    ask(database, wanted=[Subscription(0, topics=("gambling",))])
    assert reader(database).state is SubscriberState.ACTIVE
    ((_, wanted),) = database.read(lambda c: Subscribers(c).subscriptions())
    assert wanted.topics == ("fraud",)


def test_an_end_is_an_end_twice_is_fine_and_the_old_link_does_not_bring_it_back(database):
    ask(database)
    press(database, 1)
    assert unsubscribe(database, 1)
    assert unsubscribe(database, 1)
    assert reader(database).state is SubscriberState.REMOVED
    assert press(database, 1) is None
    assert ask(database) is Asked.ASKED, "who left may come back"
    assert [claim.delivery.key for claim in claims(database)] == ["consent-2.1"]
    assert press(database, 2).state is SubscriberState.ACTIVE


def test_unsubscribing_takes_back_what_is_queued(database):
    ask(database)
    unsubscribe(database, 1)
    assert claims(database) == []


def test_an_address_that_bounced_is_not_asked_again(database):
    ask(database)
    database.write(lambda c: Subscribers(c).set_state(1, SubscriberState.SUSPENDED))
    assert ask(database) is Asked.SUPPRESSED
    assert press(database, 1) is None


@pytest.mark.parametrize("spelling", ["READER@Example.org", "  reader@example.org ", "Reader@EXAMPLE.ORG"])
def test_two_spellings_are_one_reader(database, spelling):
    ask(database)
    ask(database, spelling)
    assert len(database.read(lambda c: Subscribers(c).all())) == 1


@pytest.mark.parametrize(
    "bad",
    ["", "reader", "a@b", "a@localhost", "a@[127.0.0.1]", "a\r\nBcc: b@example.org@example.org", "قارئ@example.org",
     '"a b"@example.org', "a@b@example.org", "a" * 65 + "@example.org", "a\0@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_reason(database, bad):
    with pytest.raises(ValueError, match=r"\w"):
        ask(database, bad)
    assert database.read(lambda c: Subscribers(c).all()) == []


def test_a_forgotten_and_suppressed_address_is_known_by_its_hash_alone(database):
    hashed = address_hash(key(database), "reader@example.org")
    database.write(lambda c: Mailboxes(c).suppress(hashed, "complaint", NOW))
    assert ask(database) is Asked.SUPPRESSED
    assert reader(database) is None
    assert database.write(lambda c: Mailboxes(c).allow(hashed))
    assert ask(database) is Asked.ASKED


def kept(database: Database, word: str) -> list[str]:
    """The tables in which a word still stands, anywhere."""

    def look(connection):
        return [
            table.name for table in connection.tables
            if any(word in str(value) for row in table.rows for value in row.values())
        ]  # fmt: skip

    return database.read(look)


def forget(database: Database, at: datetime) -> int:
    return database.write(lambda c: forget_unanswered(c, at))


def test_an_address_that_nobody_confirmed_is_forgotten_with_its_link(database):
    ask(database)
    assert forget(database, NOW + VALID) == 0, "the link is good to its end"
    assert kept(database, "reader@example.org") == ["subscriber"]
    late = NOW + VALID + timedelta(seconds=1)
    assert forget(database, late) == 1
    assert kept(database, "reader@example.org") == []
    assert claims(database, late) == [], "a letter that the relay did not take has no address any more"
    assert press(database, 1, late) is None
    assert forget(database, late) == 0


def test_a_forgotten_address_is_not_asked_oftener_for_that(database):
    days = [NOW + n * (VALID + timedelta(seconds=1)) for n in range(4)]
    said = []
    for day in days:
        forget(database, day)
        said.append(ask(database, at=day))
    assert said == [Asked.ASKED] * 3 + [Asked.TOO_OFTEN]
    assert kept(database, "reader@example.org") == [], "refused: its address is not kept for that"
    forget(database, days[2] + timedelta(days=8))
    assert kept(database, address_hash(key(database), "reader@example.org")) == []
    assert ask(database, at=days[2] + timedelta(days=8)) is Asked.ASKED


def test_who_comes_back_within_the_week_is_asked_and_may_say_yes(database):
    ask(database)
    later = NOW + timedelta(days=2)
    forget(database, later)
    ask(database, at=later)
    assert press(database, 2, later).address == "reader@example.org"
    assert forget(database, later + timedelta(days=30)) == 0
    assert reader(database).state is SubscriberState.ACTIVE


def test_who_confirmed_once_and_left_is_no_unanswered_question(database):
    ask(database)
    press(database, 1)
    unsubscribe(database, 1)
    ask(database, at=NOW + timedelta(hours=1))
    forget(database, NOW + timedelta(days=30))
    assert reader(database).state is SubscriberState.REMOVED
