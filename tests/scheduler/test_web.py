"""The pages over HTTP, through the server that `marsad web` runs."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import httpx
import pytest
import uvicorn

from alerts.consent import AN_HOUR, ask_consent, mail_key
from alerts.digests.nouns import DigestKind, DigestSettings
from alerts.mail.nouns import Door
from alerts.mail.tokens import Purpose, sign
from alerts.nouns import Level, RecipientKind, SubscriberState, Subscription
from alerts.schema import migrations as alert_tables
from alerts.storage import Digests, Logbook, Mailboxes, Subscribers
from crawler.database import Database
from crawler.schema import migrations
from scheduler.web.app import make_app

TOPICS = ("gambling", "fraud", "trafficking")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        yield database


@pytest.fixture
def key(database: Database) -> bytes:
    return database.write(lambda c: mail_key(c, now()))


@pytest.fixture
def web(database: Database, key: bytes) -> Iterator[httpx.Client]:
    """A client of the running server."""
    app = make_app(database, key=key, public_url="https://news.marsad.example", topics=TOPICS, now=now)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, access_log=False, log_config=None, lifespan="off", ws="none", http="h11")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
        yield client
    server.should_exit = True
    thread.join(5)
    listener.close()


def state(database: Database, address: str = "reader@example.org") -> SubscriberState | None:
    found = database.read(lambda c: Subscribers(c).at(RecipientKind.MAIL, address))
    return found.state if found else None


@pytest.fixture
def reader(database: Database, key: bytes) -> str:
    """An active reader's unsubscribe token."""
    database.write(lambda c: ask_consent(c, "reader@example.org", [Subscription(0)], now=now()))
    database.write(lambda c: Subscribers(c).set_state(1, SubscriberState.ACTIVE))
    return sign(key, Purpose.UNSUBSCRIBE, 1)


def test_from_the_form_to_the_first_mail(web, database, key):
    form = {
        "address": " Reader@Example.org ",
        "cadence": "weekly",
        "topic": ["fraud", "nonsense"],
        "timezone": "Africa/Cairo",
    }
    assert web.post("/", data=form).status_code == 200
    assert state(database) is SubscriberState.PENDING
    link = f"/c/{sign(key, Purpose.CONFIRM, 1)}"
    assert "<button>أكّد الاشتراك</button>" in web.get(link).text
    assert state(database) is SubscriberState.PENDING, "a link scanner confirms nothing"
    assert web.post(link).status_code == 200
    assert state(database) is SubscriberState.ACTIVE
    ((subscriber, wanted),) = database.read(lambda c: Subscribers(c).subscriptions())
    assert (wanted.topics, wanted.cadence, subscriber.timezone) == (("fraud",), "weekly", "Africa/Cairo")


def test_case_65_a_link_scanner_changes_nothing(web, database, reader):
    for method in ("GET", "HEAD", "GET"):
        assert web.request(method, f"/u/{reader}").status_code == 200
    assert state(database) is SubscriberState.ACTIVE


@pytest.mark.parametrize("body", [
    {"data": {"List-Unsubscribe": "One-Click"}},
    {"files": {"List-Unsubscribe": (None, "One-Click")}},  # RFC 8058 allows both forms
    {},  # our own button
])  # fmt: skip
def test_case_65_one_click_unsubscribes_and_twice_is_fine(web, database, reader, body):
    for _ in range(2):
        answer = web.post(f"/u/{reader}", **body)
        assert answer.status_code == 200
        assert not answer.is_redirect
        assert "set-cookie" not in answer.headers
        assert state(database) is SubscriberState.REMOVED


@pytest.fixture
def settings(database: Database, key: bytes, reader: str) -> str:
    """The reader's page, as every mail links it."""
    del reader
    wanted = Subscription(0, places=("MM",), level=Level.HIGH, cadence="daily")
    database.write(lambda c: Subscribers(c).want(1, [wanted]))
    return f"/s/{sign(key, Purpose.SETTINGS, 1)}"


def controls(text: str) -> dict[str, list[str]]:
    """What a form would send as it stands, by the name of its controls."""
    found: dict[str, list[str]] = {}
    for name, options in re.findall(r'<select id="[^"]*" name="([^"]+)".*?>(.*?)</select>', text, re.DOTALL):
        marked = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found.setdefault(name, []).append(marked[1] if marked else "")
    for control in re.findall(r"<input[^>]*>", text):
        kind, name, value = (
            re.search(rf'{each}="([^"]*)"', control)[1] for each in ("type", "name", "value")
        )
        if kind not in {"radio", "checkbox"} or " checked" in control:
            found.setdefault(name, []).append(value)
    return found


def wanted(database: Database) -> list[Subscription]:
    return [replace(each, id=0) for each in database.read(lambda c: Subscribers(c).wanted(1))]


def test_a_reader_changes_what_it_gets(web, database, settings):
    form = controls(web.get(settings).text)
    assert form == {
        "topic-gambling": ["daily"], "topic-fraud": ["daily"], "topic-trafficking": ["daily"], "level": ["high"],
        "at": ["08:00"], "timezone": ["UTC"], "day": list("0123456"), "pause": [""],
    }  # fmt: skip
    form |= {
        "topic-gambling": "", "topic-fraud": "instant", "topic-trafficking": "weekly", "level": "notice",
        "at": "06:30", "timezone": "Africa/Cairo", "day": ["6", "3"], "picture": "1", "pause": "14",
    }  # fmt: skip
    answer = web.post(settings, data=form)
    assert answer.status_code == 200
    assert 'role="status"' in answer.text
    kept = {each.cadence: each for each in wanted(database)}
    assert {name: each.topics for name, each in kept.items()} == {
        "instant": ("fraud",),
        "weekly": ("trafficking",),
    }
    assert {(each.places, each.level) for each in kept.values()} == {(("MM",), Level.NOTICE)}, "places stay"
    for kind in (DigestKind.DAILY, DigestKind.WEEKLY):
        of_digest = database.read(lambda c, k=kind: Digests(c).settings(1, k))
        assert (of_digest.at, of_digest.weekdays, of_digest.picture) == (clock(6, 30), {3, 6}, True)
    assert database.read(lambda c: Subscribers(c).get(1)).timezone == "Africa/Cairo"
    (mute,) = kept["instant"].mutes
    assert timedelta(days=13) < mute.until - now() <= timedelta(days=14)
    again = controls(web.get(settings).text)
    assert (again["pause"], again["day"], again["topic-gambling"]) == (["keep"], ["3", "6"], [""])
    assert again.pop("picture") == ["1"]
    web.post(settings, data=again | {"pause": ""})
    assert "picture" not in controls(web.get(settings).text)
    assert [each.mutes for each in wanted(database)] == [(), ()]


def test_case_65_a_link_scanner_changes_no_settings(web, database, settings):
    before = wanted(database)
    for method in ("GET", "HEAD", "GET"):
        assert web.request(method, settings).status_code == 200
    assert wanted(database) == before
    assert database.read(lambda c: Logbook(c).audited(9)) == []


def test_a_form_that_comes_back_as_it_was_changes_nothing(web, database, settings):
    before = wanted(database)
    assert web.post(settings, data=controls(web.get(settings).text)).status_code == 200
    assert wanted(database) == before, "also one subscription to all topics, those to come with them"


def test_a_form_that_comes_back_as_it_was_keeps_what_differs_by_topic(web, database, settings):
    weekly = DigestSettings(1, DigestKind.WEEKLY, clock(20), frozenset({4}))
    rows = [
        Subscription(1, topics=("fraud",), cadence="daily"),
        Subscription(1, topics=("gambling",), places=("MM",), level=Level.CRITICAL, cadence="weekly"),
    ]
    database.write(lambda c: (Subscribers(c).want(1, rows), Digests(c).keep_settings(weekly)))
    form = controls(web.get(settings).text)
    assert web.post(settings, data=form).status_code == 200
    assert wanted(database) == rows
    assert database.read(lambda c: Digests(c).settings(1, DigestKind.WEEKLY)) == weekly
    web.post(settings, data=form | {"level": "high", "at": "09:00"})
    assert {each.level for each in wanted(database)} == {Level.HIGH}, "what is chosen holds for all"
    of_week = database.read(lambda c: Digests(c).settings(1, DigestKind.WEEKLY))
    assert (of_week.at, of_week.weekdays) == (clock(9), {4})


@pytest.mark.parametrize(("without", "told"), [
    ({"topic-gambling": "", "topic-fraud": "", "topic-trafficking": ""}, "موضوعًا واحدًا على الأقل"),
    ({"day": []}, "يومًا واحدًا على الأقل"),
])  # fmt: skip
def test_nothing_chosen_is_said_and_keeps_nothing(web, database, settings, without, told):
    before = wanted(database)
    answer = web.post(settings, data=controls(web.get(settings).text) | without | {"pause": "7"})
    assert answer.status_code == 422
    assert told in answer.text
    assert 'role="alert"' in answer.text
    assert 'aria-invalid="true" aria-describedby="wrong"' in answer.text
    assert wanted(database) == before


def test_what_no_form_of_ours_says_stays_as_it_was(web, database, settings):
    odd = {"topic-fraud": "now", "topic-gambling": "weekly", "level": "all", "at": "25:99", "timezone": "../etc", "day": ["9", "1"],
           "pause": "-1", "topic-weather": "daily"}  # fmt: skip
    assert web.post(settings, data=odd).status_code == 200
    kept = {each.cadence: each.topics for each in wanted(database)}
    assert kept == {"weekly": ("gambling",), "daily": ("fraud", "trafficking")}
    assert {(each.level, each.mutes) for each in wanted(database)} == {(Level.HIGH, ())}
    of_digest = database.read(lambda c: Digests(c).settings(1, DigestKind.DAILY))
    assert (of_digest.at, of_digest.weekdays) == (clock(8), {1})
    assert database.read(lambda c: Subscribers(c).get(1)).timezone == "UTC"
    assert web.post(settings, data={"at": "a" * 20_000}).status_code == 413


@pytest.mark.parametrize("was", ["removed", "suspended", "pending"])
def test_who_gets_no_mail_has_no_settings(web, database, settings, was):
    database.write(lambda c: Subscribers(c).set_state(1, SubscriberState(was)))
    for method in ("GET", "POST"):
        answer = web.request(method, settings, data={"topic-fraud": "instant"} if method == "POST" else None)
        assert answer.status_code == 404
    assert state(database) is SubscriberState(was)


def test_the_settings_lead_to_the_end_of_all_mails(web, settings):
    link = re.search(r'href="(\.\./u/[^"]+)"', web.get(settings).text)[1]
    assert web.get(link.removeprefix("..")).status_code == 200


def test_every_control_has_a_name_that_is_read_aloud(web, settings):
    text = web.get(settings).text
    ids = re.findall(r'<(?:select|input)[^>]* id="([^"]+)"', text)
    assert ids == [each for each in re.findall(r'for="([^"]+)"', text) if each in ids]
    bare = re.findall(r"<input type=\"(?:radio|checkbox)\"[^>]*>(?!\w)", text)
    assert bare == []


def test_case_65_a_wrong_token_is_404_and_tells_nothing(web, database, key, reader):
    wrong = [
        "x", "a" * 21, reader[:-2] + "zz", reader + "a",
        sign(b"x" * 32, Purpose.UNSUBSCRIBE, 1),  # not ours
        sign(key, Purpose.UNSUBSCRIBE, 999),  # ours, of nobody
        sign(key, Purpose.CONFIRM, 1), sign(key, Purpose.BOUNCE, 1),  # ours, for something else
        sign(key, Purpose.SETTINGS, 1),
        "%00", "%E2%80%AE", "<script>",
    ]  # fmt: skip
    answers = [web.request(method, f"/u/{token}") for token in wrong for method in ("GET", "POST")]
    wrong = [*wrong[:6], sign(key, Purpose.UNSUBSCRIBE, 1), sign(key, Purpose.SETTINGS, 999)]
    answers += [web.get(f"/s/{token}") for token in wrong]
    answers += [web.post(f"/s/{token}", data={"level": "high"}) for token in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1, "all of them look the same"
    assert state(database) is SubscriberState.ACTIVE


@pytest.mark.usefixtures("reader")
def test_case_66_the_answer_is_the_same_for_every_address(web, database):
    addresses = ["new@example.org", "reader@example.org", "gone@example.org", "reader@example.org"] * 3
    database.write(lambda c: ask_consent(c, "gone@example.org", [], now=now()))
    database.write(lambda c: Subscribers(c).set_state(2, SubscriberState.SUSPENDED))
    answers = [web.post("/", data={"address": address}) for address in addresses]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert database.read(lambda c: Mailboxes(c).asked(1, datetime(2000, 1, 1, tzinfo=UTC))) == 3


def test_a_flood_of_addresses_is_stopped(web, monkeypatch):
    monkeypatch.setitem(AN_HOUR, Door.WEB, 5)
    codes = [web.post("/", data={"address": f"r{n}@example.org"}).status_code for n in range(8)]
    assert codes == [200] * 5 + [429] * 3


def test_what_is_no_address_is_said_and_escaped(web, database):
    answer = web.post("/", data={"address": '"><script>alert(1)</script>'})
    assert answer.status_code == 422
    assert "<script>" not in answer.text
    assert "aria-invalid" in answer.text
    assert database.read(lambda c: Subscribers(c).all()) == []


def test_big_and_odd_bodies_are_refused(web):
    assert web.post("/", data={"address": "a" * 20_000}).status_code == 413
    assert web.post("/", content=iter([b"address=a"])).status_code == 411
    assert web.post("/", files={"address": ("a.txt", b"x")}).status_code in {400, 422}
    assert web.post("/", data={f"f{n}": "x" for n in range(100)}).status_code == 400


def test_another_host_name_is_refused(web):
    assert web.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert web.get("/", headers={"Host": "news.marsad.example"}).status_code == 200


@pytest.mark.parametrize("language", ["ar", "en"])
def test_pages_load_nothing_run_nothing_and_speak_their_language(web, reader, settings, language):
    for path in ("/", f"/u/{reader}", settings, "/nothing"):
        answer = web.get(path, params={"lang": language})
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in answer.text
        assert not re.search(r"<script|<img|https?://|style=", answer.text)


def test_the_readers_own_language_is_the_pages(web, database, key):
    database.write(lambda c: ask_consent(c, "e@example.org", [Subscription(0)], now=now(), language="en"))
    assert '<html lang="en"' in web.get(f"/c/{sign(key, Purpose.CONFIRM, 1)}").text
    assert '<html lang="en"' in web.post(f"/c/{sign(key, Purpose.CONFIRM, 1)}").text
    assert '<html lang="en"' in web.post(f"/u/{sign(key, Purpose.UNSUBSCRIBE, 1)}").text
