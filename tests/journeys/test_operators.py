"""Operators hear of trouble, of its end, and of nothing they silenced; by the same outbox as everybody."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from alerts.nouns import RecipientKind
from alerts.operators.nouns import EVENTS
from alerts.storage import Bulletins, Logbook, Subscribers
from scheduler.archive import open_database, utc_now
from scheduler.cli import marsad
from scheduler.parts.operating import tell_operators
from tests.alerts.bot.conftest import Person
from tests.fakes.bot_api import BotApi, serve
from tests.journeys.conftest import running, until

OPS, OWNER = -100_700, 71
TOKEN = "123456789:AAtest_token_of_thirty_five_chars_xx"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive.sqlite"


def say(path, *words):
    result = CliRunner().invoke(marsad, words, env={"MARSAD_DATABASE": str(path)})
    assert "Traceback" not in result.output
    return result


def texts(api):
    return [entry["text"] for entry in api.accepted if entry["kind"] == "message"]


def opened(database, now):
    """Whose beginning operators have heard of after one more look."""
    database.write(lambda c: tell_operators(c, now))
    found = (database.read(lambda c, n=n: Bulletins(c).bulletin(n)) for n in range(1, 9))
    return [e.subject for b in found if b and b.kind in ("opened", "reminder") for e in b.events]


async def test_an_operator_hears_of_trouble_of_its_end_and_that_all_is_well(path):
    assert say(path, "operators", "add", "group", "-1001234567890").exit_code == 0
    async with serve(BotApi()) as api:
        more = {"telegram_token": TOKEN, "telegram_api": api.url}
        async with running(path, [], **more):
            with open_database(path) as other:
                other.write(
                    lambda c: Logbook(c).open_event(
                        "channel_unauthorised", "mail", cause="refused <b>", now=utc_now()
                    )
                )
                await until(
                    lambda: any("channel_unauthorised mail" in t for t in texts(api)), what="the page"
                )
                assert "refused <b>" in " ".join(texts(api)), "foreign words are escaped, not lost"
                other.write(lambda c: Logbook(c).close_event("channel_unauthorised", "mail", utc_now()))
                await until(lambda: any("Over" in t for t in texts(api)), what="its end")
            assert say(path, "test-alert", "--text", "can you hear me").exit_code == 0
            await until(lambda: any("can you hear me" in t for t in texts(api)), what="the test")
    with open_database(path) as other:
        noon = datetime.now(UTC).replace(hour=12) + timedelta(days=1)
        assert other.write(lambda c: tell_operators(c, noon)) == 1, "once a day, all is well"
        assert other.write(lambda c: tell_operators(c, noon + timedelta(hours=1))) == 0


async def test_an_operator_hears_acknowledges_and_holds_from_the_chat(path):
    """From the alarm on a phone to the audit trail, with the real service; a member of the group sees no more."""
    assert say(path, "operators", "add", "group", str(OPS)).exit_code == 0
    async with serve(BotApi()) as api:
        api.world.chat(OPS).admins.add(OWNER)
        operator, member = (
            Person(SimpleNamespace(api=api), OPS, OWNER),
            Person(SimpleNamespace(api=api), OPS, 72),
        )
        more = {"telegram_token": TOKEN, "telegram_api": api.url}
        async with running(path, [], **more):
            await until(lambda: f"chat_administrators {OPS}" in api.world.commands, what="the menu")
            assert (await operator.says("/health"))["text"].startswith("Well: all that should move does")
            assert "parts alive" in operator.heard()[-1]["text"]
            await member.says_in_vain("/health")
            with open_database(path) as other:
                other.write(
                    lambda c: Logbook(c).open_event("channel_down", "mail", cause="no <b>", now=utc_now())
                )
            await until(lambda: any("channel_down" in t for t in texts(api)), what="the page")
            assert await member.presses("I know of it") == "For administrators only."
            assert (await operator.presses("I know of it")).startswith(f"Known to user {OWNER} in {OPS}")
            await operator.says("/hold is it true?")
            await operator.presses("Hold now")
            assert "HELD" in say(path, "outbox", "ls").output
            await operator.says("/test_alert")
            await until(lambda: any(t.startswith("Test\n") for t in texts(api)), what="the test, though held")
            await operator.says("/release")
            await operator.presses("Release all channels")
            assert "HELD" not in say(path, "outbox", "ls").output
    assert api.violations == []
    assert f"known to user {OWNER}" in say(path, "events", "show", "1").output
    with open_database(path) as database:
        done = database.read(lambda c: Logbook(c).audited(9))[::-1]
    assert [each["action"] for each in done] == [
        "appoint operator",
        "acknowledge",
        "hold",
        "test alert",
        "release",
    ]


def test_what_is_silenced_or_known_is_not_told(path):
    say(path, "operators", "add", "console")
    with open_database(path) as other:
        for outlet in ("alif", "baa"):
            other.write(
                lambda c, o=outlet: Logbook(c).open_event("loop_stalled", o, cause="x", now=utc_now())
            )
        shown = say(path, "silence", "add", "loop_*", "--about", "alif", "--for", "2h", "--reason", "a move")
        assert "1 of the events" in shown.output
        now = utc_now()
        assert opened(other, now) == ["baa"]
        assert say(path, "events", "ack", "2").exit_code == 0
        assert opened(other, now + timedelta(hours=1)) == ["baa"]
        assert opened(other, now + timedelta(hours=5)) == ["baa", "alif"], (
            "the silence ended, and baa is known"
        )
    assert "known to" in say(path, "events", "show", "2").output
    assert say(path, "silence", "end", "1").exit_code == 0
    assert say(path, "silence", "end", "1").exit_code == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["silence", "add", "outlet_silnt", "--reason", "x"], "no kind of event"),
        (["silence", "add", "*", "--reason", "x"], "would silence everything"),
        (["silence", "add", "loop_*", "--for", "8d", "--reason", "x"], "7 days"),
        (["silence", "add", "loop_*", "--for", "soon", "--reason", "x"], "30m, 8h or 2d"),
        (["events", "ack", "99"], "no open event 99"),
        (["events", "show", "99"], "no event 99"),
        (["operators", "remove", "99"], "no operator"),
        (["test-alert"], "nobody would be told"),
    ],
)
def test_case_77_a_slip_is_one_line_that_names_the_way_out(path, words, says):
    with open_database(path):
        pass
    result = say(path, *words)
    assert result.exit_code != 0
    assert says in " ".join(result.output.split())


def test_a_new_operator_keeps_what_it_subscribed_to(path):
    say(path, "subscribers", "add", "private_chat", "5", "--topic", "fraud")
    say(path, "operators", "add", "private_chat", "5")
    with open_database(path) as other:
        (person,) = other.read(lambda c: Subscribers(c).all())
        ((_, wanted),) = other.read(lambda c: Subscribers(c).subscriptions())
    assert person.kind is RecipientKind.PRIVATE_CHAT
    assert wanted.topics == ("fraud",)
    assert "5" in say(path, "operators", "list").output
    assert "loop_failed" in EVENTS
