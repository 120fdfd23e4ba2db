"""A bot's token stays out of everything that is written down."""

import io
import logging

import pytest

from alerts.channels import ChannelError
from alerts.channels.secrets import RedactTokens, guard_logs, redact
from alerts.messages import Line, Message, Run
from tests.fakes.bot_api import Fault
from tests.fakes.bot_api.faults import HTML

SECRET = "t" * 35
MESSAGE = Message((Line((Run("خبر"),)),))


@pytest.fixture
def written():
    """What a root handler writes at DEBUG, guarded."""
    root, stream = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(stream), root.level
    talkative = {name: logging.getLogger(name).level for name in ("httpx", "httpcore")}
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    guard_logs()
    guard_logs()
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
    for each in root.handlers:
        each.filters[:] = [one for one in each.filters if not isinstance(one, RedactTokens)]
    for name, before in talkative.items():
        logging.getLogger(name).setLevel(before)


async def test_no_answer_whatsoever_brings_the_token_into_a_log(api, telegram, written):
    api.faults.add(
        Fault(401, "Unauthorized"),
        Fault(404, "Not Found"),
        Fault(200, body=HTML),
        Fault(502, body=HTML),
        Fault(reset=True),
        Fault(delay=1.0),
        Fault(400, "Bad Request: can't parse entities"),
    )
    told: list[str] = []
    for _ in range(7):
        try:
            await telegram.send("7", MESSAGE)
        except ChannelError as error:
            told.append(f"{error!r} {error} {error.__cause__!r}")
            logging.getLogger("marsad").exception("a send failed")
    logged = written.getvalue()
    assert "a send failed" in logged
    assert "sending it plainer" in logged
    assert len(told) == 6
    assert SECRET not in logged + "".join(told)


async def test_the_client_would_log_the_token_if_it_were_let(telegram, written):
    """Why the filter is there: it alone keeps the client's addresses clean."""
    logging.getLogger("httpx").setLevel(logging.INFO)
    await telegram.send("7", MESSAGE)
    assert "HTTP Request: POST" in written.getvalue()
    assert SECRET not in written.getvalue()
    assert "<token>" in written.getvalue()


def test_arguments_tracebacks_and_stacks_are_hidden_too(written):
    token = f"424242:{SECRET}"
    try:
        raise RuntimeError(f"https://api.telegram.org/bot{token}/getMe")
    except RuntimeError:
        logging.getLogger("x").exception("failed: %s %r", token, {"url": token}, stack_info=True)
    stack = {"levelno": logging.ERROR, "msg": "x", "stack_info": f"call({token!r})"}
    logging.getLogger().handle(logging.makeLogRecord(stack))
    assert SECRET not in written.getvalue()
    assert written.getvalue().count("<token>") >= 4


def test_times_and_addresses_are_not_taken_for_tokens():
    text = "2026-11-23 08:30:00 127.0.0.1:8081 id 123456:short"
    assert redact(text) == text
