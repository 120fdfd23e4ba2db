"""What every test stands on: the fence at the socket, and where the shared data lies."""

import os
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

FENCE = Path(__file__).parent / "fence"
# By path: a distribution may have imported a sitecustomize of its own already.
runpy.run_path(str(FENCE / "sitecustomize.py"))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(FENCE), os.environ.get("PYTHONPATH", "")]))


# A bot's token, as Telegram makes them: it may show in no log line, traceback, output or argument of any test.
TOKEN = re.compile(r"(?<!\d)\d{6,20}:[A-Za-z0-9_-]{30,}")
LEAKS: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Look through all that a test printed, logged or raised."""
    for name, text in [*report.sections, ("what it raised", report.longreprtext)]:
        if TOKEN.search(text):
            LEAKS.append(f"{report.nodeid}: {name}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the whole session for one token."""
    if LEAKS:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name where a token showed; not the token."""
    if LEAKS:
        terminalreporter.section("a bot's token showed")
        for leak in LEAKS:
            terminalreporter.line(leak)


def _refuse_tokens_in_arguments(event: str, arguments: tuple[object, ...]) -> None:
    # An argument list can be read by every user of the machine.
    if event == "subprocess.Popen" and TOKEN.search(" ".join(map(str, arguments[1]))):
        raise RuntimeError("a bot's token on a command line")


sys.addaudithook(_refuse_tokens_in_arguments)


# Where the decisions and stores are counted on; elsewhere the tracer would only double the time of the suite.
HERE = Path(__file__).parent
PROVING = [
    HERE / "crawler",
    HERE / "alerts",
    *(HERE / f"scheduler/test_{name}.py" for name in ("health", "outlet_status", "rounds")),
]
TALKING = [HERE / "alerts/bot", HERE / "alerts/channels"]  # with servers, over stores


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure coverage where it is asked for and proves something."""
    proves = any(map(item.path.is_relative_to, PROVING)) and not any(map(item.path.is_relative_to, TALKING))
    resting = []
    # A worker counts twice: for pytest-cov of this process, and for the one that started it.
    while not proves and (counting := coverage.Coverage.current()):
        counting.stop()
        resting.append(counting)
    try:
        return (yield)
    finally:
        for counting in reversed(resting):
            counting.start()


@pytest.fixture(scope="session")
def data() -> Path:
    """The shared data folder; tests that need it skip with a word where it is absent."""
    folder = os.environ.get("MARSAD_DATA", "")
    if not folder:
        pytest.skip("MARSAD_DATA is not set: the shared data folder is not here")
    return Path(folder)
