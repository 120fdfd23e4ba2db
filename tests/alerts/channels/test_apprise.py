"""Operators are told through Apprise: a real server takes what its json:// scheme posts, and no secret shows anywhere."""

import json
import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner

from alerts.channels import TryLater, Unsendable, open_channel
from alerts.messages import Line, Message, Run
from alerts.nouns import Cargo, Delivery, DeliveryState, Level, RecipientKind, Subscriber, Subscription
from alerts.retrying import after_failure
from alerts.storage import Dispatch, Subscribers
from crawler.storage import Archive
from scheduler.archive import open_database, utc_now
from scheduler.cli import marsad
from scheduler.wiring import ConfigError, read_config
from tests.alerts.test_flagging import RAID
from tests.journeys.conftest import running, until

ROOT = Path(__file__).parent.parent.parent.parent
SECRET = "geheimnis"
MESSAGE = Message(
    (Line((Run("Trouble", bold=True),)), Line((Run("disk_full: <b> 5 MB are free"),))), rtl=False
)


class Place:
    """A server that takes JSON, or answers what it is told to."""

    def __init__(self) -> None:
        self.taken: list[dict[str, object]] = []
        self.answers: list[int] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        assert request.path.endswith(SECRET)
        body = await request.json()
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.taken.append(body)
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})


@pytest.fixture
async def place():
    here, app = Place(), web.Application()
    app.router.add_route("*", "/{tail:.*}", here.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.url = f"json://user:{SECRET}@127.0.0.1:{runner.addresses[0][1]}/{SECRET}"
    yield here
    await runner.cleanup()


@pytest.fixture
def targets(tmp_path, place):
    file = tmp_path / "apprise"
    file.write_text(f"# where the desk reads\nphone = {place.url}\n", encoding="utf-8")
    file.chmod(0o600)
    return file


def say(path, targets, *words):
    env = {"MARSAD_DATABASE": str(path), "MARSAD_APPRISE_FILE": str(targets), "COLUMNS": "200"}
    result = CliRunner().invoke(marsad, words, env=env)
    assert "Traceback" not in result.output
    assert SECRET not in result.output
    return result


async def test_a_message_is_posted_and_no_secret_is_logged(place, caplog):
    with caplog.at_level(logging.DEBUG):
        channel = open_channel("apprise", {"phone": place.url})
        assert await channel.send("phone", MESSAGE, key="bulletin-1.1") == "bulletin-1.1"
        place.answers = [500]
        with pytest.raises(TryLater, match="answered 500"):
            await channel.send("phone", MESSAGE, key="bulletin-1.1")
        with pytest.raises(ValueError, match="apprise: phone: not a json:// address"):
            open_channel("apprise", {"phone": f"json://[{SECRET}"})
        await channel.close()
    (body,) = place.taken
    assert (body["title"], body["message"]) == ("Marsad: Trouble", "disk_full: <b> 5 MB are free")
    assert SECRET not in caplog.text
    assert SECRET not in repr(channel)


async def test_what_fails_says_what_comes_next(place):
    channel = open_channel("apprise", {"phone": place.url, "gone": "json://127.0.0.1:9/x"})
    place.answers = [302]
    with pytest.raises(TryLater, match="answered 302"):  # it could lead anywhere, with what the message says
        await channel.send("phone", MESSAGE, key="a")
    assert place.answers == []
    with pytest.raises(TryLater, match="not accepted"):
        await channel.send("gone", MESSAGE, key="a")
    with pytest.raises(Unsendable, match="no target 'fax'"):
        await channel.send("fax", MESSAGE, key="a")
    await channel.close()


@pytest.mark.parametrize(
    "url", ["dbus://", "syslog://", "file:///etc/passwd", "mailto://a:b@c.example", "nonsense"]
)
def test_what_is_no_server_on_the_network_is_refused_by_name(url):
    with pytest.raises(ValueError, match=r"apprise: phone: .* is not one of .*ntfys"):
        open_channel("apprise", {"phone": url})


def test_it_is_tried_six_times_and_is_dead_then():
    now = datetime(2026, 11, 23, tzinfo=UTC)
    states = [
        after_failure(
            Delivery(Cargo.BULLETIN, 1, 1, "apprise", now, Level.CRITICAL, attempts=n),
            TryLater(timedelta(seconds=30)), now,
        ).state
        for n in range(1, 8)
    ]  # fmt: skip
    assert states == [DeliveryState.QUEUED] * 5 + [DeliveryState.DEAD] * 2


async def test_an_operator_hears_of_trouble_and_no_reader_is_told_there(tmp_path, place, targets):
    path = tmp_path / "archive.sqlite"
    with open_database(path) as database:
        reader = Subscriber(RecipientKind.APPRISE, "phone", utc_now())
        database.write(lambda c: Subscribers(c).subscribe(reader, [Subscription(0)]))
    assert say(path, targets, "operators", "add", "apprise", "phone").exit_code == 0
    config = read_config({"MARSAD_APPRISE_FILE": str(targets)})
    async with running(path, [], apprise=config.apprise):
        with open_database(path) as database:
            database.write(lambda c: Archive(c).keep(RAID))
        assert say(path, targets, "test-alert", "--text", "can you hear me").exit_code == 0
        await until(
            lambda: any("can you hear me" in each["message"] for each in place.taken), what="the test"
        )
        await until(lambda: _flagged(path) == 1, what="the flag")
    with open_database(path) as database:
        carried = {
            each.cargo for each, _ in database.read(lambda c: Dispatch(c).deliveries(channel="apprise"))
        }
        kept = database.read(lambda c: [str(row) for table in c.tables for row in table.rows])
    assert carried == {Cargo.BULLETIN}
    assert SECRET not in " ".join(kept), "the archive knows names only"


def _flagged(path):
    with open_database(path) as database:
        return database.read(lambda c: c.table("flag").count)


def test_only_a_target_of_the_file_can_be_told_and_only_as_an_operator(tmp_path, targets):
    path = tmp_path / "archive.sqlite"
    refused = say(path, targets, "operators", "add", "apprise", "fax")
    assert "'fax' is no target of MARSAD_APPRISE_FILE (phone)" in " ".join(refused.output.split())
    assert (
        "is not one of 'private_chat'" in say(path, targets, "subscribers", "add", "apprise", "phone").output
    )
    assert say(path, targets, "config", "check").exit_code == 0
    (tmp_path / "wrong").write_text(f"phone=ntyf://{SECRET}\n", encoding="utf-8")
    assert "apprise: phone: ntyf:// is not one of" in say(path, tmp_path / "wrong", "config", "check").output
    shown = say(path, targets, "config", "show").output
    assert SECRET not in shown
    assert str(targets) in shown


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ntfy://x/geheimnis", "line 1: not a target; write name=address"),
        ("# a\nMy Phone=ntfy://x/geheimnis", "line 2: not a target"),
        ("a=ntfy://x/geheimnis\na=ntfy://y", "line 2: a is there twice"),
    ],
)
def test_a_wrong_line_is_named_and_not_shown(tmp_path, text, says):
    (tmp_path / "apprise").write_text(text, encoding="utf-8")
    for settings in (
        {"MARSAD_APPRISE_FILE": str(tmp_path / "apprise")},
        {"CREDENTIALS_DIRECTORY": str(tmp_path)},
    ):
        with pytest.raises(ConfigError, match=says) as error:
            read_config(settings)
        assert SECRET not in str(error.value)


def test_without_the_extra_one_line_names_the_way_out(tmp_path, targets):
    """A Python that has everything but Apprise: its folder is hidden from the import system."""
    hidden = "import sys; sys.modules['apprise'] = None; from scheduler.cli import main; main()"
    env = {"MARSAD_APPRISE_FILE": str(targets), "PATH": "/bin", "MARSAD_DATABASE": str(tmp_path / "a.sqlite")}
    done = subprocess.run(
        [sys.executable, "-c", hidden, "run"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    (line,) = [each for each in done.stderr.splitlines() if "Error" in each]
    assert line == "Error: MARSAD_APPRISE_FILE needs an extra: pip install 'marsad[apprise]'"
    assert json.dumps(SECRET)[1:-1] not in done.stderr
