"""Who hears what of which event, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.operators.nouns import BulletinKind, Event, Silence
from alerts.operators.routing import REMIND, TICKETS, ToldEvent, due

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PAGE = Event("channel_unauthorised", "telegram", "refused", NOW, id=1)
TICKET = Event("rules_refused", "", "a rule without misses", NOW, id=2)


def said(events, told=None, silences=(), now=NOW):
    return [(b.kind, [e.id for e in b.events]) for b in due(events, told or {}, silences, now)]


def test_a_page_is_told_at_once_and_takes_waiting_tickets_along():
    assert said([TICKET]) == []
    assert said([TICKET, PAGE]) == [(BulletinKind.OPENED, [1, 2])]


def test_tickets_are_gathered():
    later = replace(TICKET, opened_at=NOW + TICKETS / 2, id=3)
    assert said([TICKET, later], now=NOW + TICKETS) == [(BulletinKind.OPENED, [2, 3])]


def test_nothing_is_told_twice_and_a_page_is_recalled_until_somebody_knows():
    told = {1: ToldEvent(opened=True, last=NOW)}
    assert said([PAGE], told, now=NOW + REMIND / 2) == []
    assert said([PAGE], told, now=NOW + REMIND) == [(BulletinKind.REMINDER, [1])]
    assert said([replace(PAGE, acknowledged_by="mina")], told, now=NOW + REMIND) == []
    assert said([TICKET], {2: ToldEvent(opened=True, last=NOW)}, now=NOW + REMIND) == []


def test_an_end_is_told_to_those_who_heard_of_the_beginning():
    over = replace(PAGE, closed_at=NOW)
    assert said([over]) == []
    assert said([over], {1: ToldEvent(opened=True, last=NOW)}) == [(BulletinKind.CLOSED, [1])]
    assert said([over], {1: ToldEvent(opened=True, closed=True, last=NOW)}) == []


def test_many_outlets_are_one_event():
    many = Event("many_outlets", "", "a third is silent", NOW, id=9)
    ninety = [
        Event("outlet_silent", f"o{n}", "silent", NOW - timedelta(hours=1), id=10 + n) for n in range(90)
    ]
    assert said([*ninety, many], now=NOW + TICKETS) == [(BulletinKind.OPENED, [9])]
    still = said([*ninety, replace(many, closed_at=NOW)], {9: ToldEvent(opened=True, last=NOW)})
    assert still[0] == (BulletinKind.OPENED, [event.id for event in ninety]), (
        "those that stay silent after it"
    )


def test_a_silence_covers_what_it_names_and_nothing_else():
    quiet = Silence("channel_*", "telegram", NOW + timedelta(hours=1), "mina", "maintenance")
    assert said([PAGE], silences=[quiet]) == []
    other = replace(PAGE, subject="mail", id=4)
    assert said([PAGE, other], silences=[quiet]) == [(BulletinKind.OPENED, [4])]
