"""``marsad outbox`` as operators use it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerts.nouns import DeliveryState, RecipientKind
from alerts.storage import Dispatch, Logbook, Subscribers
from scheduler.archive import open_database, utc_now
from scheduler.cli import marsad
from scheduler.commands.outbox import HAVE_A_TURN, MEANING
from tests.alerts.delivering import events, raid, states, subscribe


@pytest.fixture
async def archive(tmp_path: Path) -> Path:
    """Two chats with one alert queued for each; the second is dead."""
    path = tmp_path / "a.sqlite"
    with open_database(path) as database:
        subscribe(database, "1")
        subscribe(database, "2", RecipientKind.PRIVATE_CHAT)
        await raid(database)
        database.write(
            lambda c: c.execute("UPDATE delivery SET state = 'dead', error = '[b]no\x1b[31m' WHERE id = 2")
        )
    return path


@pytest.fixture
def run(archive: Path):
    def call(*words: str, **more: str) -> Result:
        environment = {"MARSAD_DATABASE": str(archive), "COLUMNS": "200"}
        return CliRunner().invoke(marsad, ["outbox", *words], env=environment, **more)

    return call


def audited(archive: Path) -> list[tuple[str, str, str]]:
    with open_database(archive) as database:
        return database.read(
            lambda c: [
                (r["action"], r["subject"], r["detail"]) for r in c.query("SELECT * FROM audit ORDER BY id")
            ]
        )


def test_ls_says_what_waits_and_how_long_that_takes(run):
    shown = run("ls").output
    assert "telegram: 1 wait" in shown
    assert "at Telegram's pace" in shown
    assert "[b]no" in shown, "foreign text is shown as it is"
    assert "\x1b[31m" not in shown
    assert "queued" not in run("ls", "--state", "dead").output
    assert "No delivery fits." in run("ls", "--subscriber", "9").output


def test_show_tells_a_state_in_words_and_no_address(run):
    shown = run("show", "2").output
    assert "will never be accepted as it is" in shown
    assert "subscriber 2, private_chat" in shown
    assert "there is no delivery 9" in run("show", "9").stderr


@pytest.mark.parametrize("state", DeliveryState)
def test_every_state_is_told_in_words_and_listed_until_it_is_settled(run, archive, state):
    assert MEANING[state]
    with open_database(archive) as database:
        database.write(lambda c: c.execute("UPDATE delivery SET state = :s WHERE id = 1", {"s": state}))
    assert f"{state}: {MEANING[state]}" in run("show", "1").output
    listed = f" {state} " in run("ls", "--limit", "9").output
    assert listed == (state not in {DeliveryState.SENT, DeliveryState.FOLDED, DeliveryState.CANCELLED})
    with open_database(archive) as database:
        url = database.read(lambda c: next(iter(c.query("SELECT url FROM article")))["url"])
    explained = CliRunner().invoke(marsad, ["explain", url], env={"MARSAD_DATABASE": str(archive)}).output
    (line,) = [each for each in explained.splitlines() if " 1 by telegram" in each]
    assert (", due " in line) == (state in HAVE_A_TURN)
    assert state is DeliveryState.SENT or MEANING[state] in line


def test_retry_and_drop_are_audited_and_say_what_they_could_not_do(run, archive):
    assert run("retry", "2", "9").stderr.strip().startswith("Error: delivery 9 was sent already")
    assert run("drop", "1", input="n\n").exit_code == 1
    with open_database(archive) as database:
        assert states(database) == {"queued": 2}
    assert run("drop", "1", input="y\n").exit_code == 0
    assert run("drop", "1", "--yes").exit_code == 1, "dropped already"
    with open_database(archive) as database:
        assert states(database) == {"queued": 1, "cancelled": 1}
        (again,) = database.read(lambda c: Dispatch(c).deliveries(states=[DeliveryState.QUEUED]))
    assert (again[0].id, again[0].attempts) == (2, 0)
    assert audited(archive) == [("retry", "delivery 2", ""), ("drop", "delivery 1", "")]


def test_hold_stops_every_process_and_release_goes_on(run, archive):
    assert "nothing is sent from now on" in run("hold", "--reason", "is it true?").output
    assert "held already" in run("hold", "--reason", "again").output
    assert "HELD: all channels" in run("ls").output
    with open_database(archive) as database:
        assert events(database) == {"sending_held": ""}
    assert "not held by that name" in run("release", "--channel", "mail").stderr
    assert run("release").output == "all channels: sending goes on\n"
    with open_database(archive) as database:
        assert events(database) == {}
        assert not database.read(lambda c: Dispatch(c).is_halted("telegram"))
    assert [each[0] for each in audited(archive)] == ["hold", "release"], "what changed nothing is no change"


def test_a_fallback_is_set_and_taken_back(archive):
    def call(*words: str) -> Result:
        return CliRunner().invoke(
            marsad, ["subscribers", "fallback", *words], env={"MARSAD_DATABASE": str(archive)}
        )

    assert call("1", "2").exit_code == 0
    with open_database(archive) as database:
        assert database.read(lambda c: Dispatch(c).fallback_of(1)).id == 2
        assert database.read(lambda c: Subscribers(c).get(2)) is not None
    assert call("1").exit_code == 0
    with open_database(archive) as database:
        assert database.read(lambda c: Dispatch(c).fallback_of(1)) is None
    assert "no subscriber 9" in call("1", "9").stderr
    assert call("1", "1").exit_code != 0


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        ("outbox ls", ("private_chat 2", "queued", "alert 1", "reached")),
        ("subscribers list", ("private_chat", "active", "notice")),
        ("events", ("outlet_silent", "aljazeera-net", "nothing")),
    ],
)
def test_lists_break_no_word_on_eighty_columns(archive, words, whole):
    with open_database(archive) as database:
        database.write(
            lambda c: c.execute(
                "UPDATE delivery SET error = 'could not be reached by the proxy' WHERE id = 2"
            )
        )
        database.write(
            lambda c: Logbook(c).open_event(
                "outlet_silent",
                "aljazeera-net",
                cause="nothing new for nine hours, which is rare",
                now=utc_now(),
            )
        )
    narrow = {"MARSAD_DATABASE": str(archive), "COLUMNS": "80", "FORCE_COLOR": "1", "TERM": "dumb"}
    lines = CliRunner().invoke(marsad, words.split(), env=narrow).output.splitlines()
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert [each for each in whole if each not in text] == []
    assert "…" not in text
