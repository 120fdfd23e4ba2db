"""Logs: a JSON line each for machines, or a readable line for a terminal; no secret in either."""

import logging
import secrets
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from alerts.channels.secrets import guard_logs, redact

QUIET = (
    "apscheduler",
    "scrapy",
    "asyncio",
    "trafilatura",
    "aiohttp.access",
)  # a line for every tick, request or page
FORMATS = ("json", "console")
RUN = secrets.token_hex(4)  # tells the lines of one process from those of the next

Fields = MutableMapping[str, Any]


def set_up(level: str, form: str = "", stream: TextIO | None = None) -> None:
    """Write logs of ``level`` and above to ``stream``.

    Args:
        level: debug, info, warning or error.
        form: "json" or "console"; by default what fits the stream: a terminal is read by a person.
        stream: the standard error where None.
    """
    out = stream or sys.stderr
    machine = (form or ("console" if out.isatty() else "json")) == "json"
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        _run,
    ]
    last: list[structlog.types.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    last += (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if machine
        else [
            structlog.dev.ConsoleRenderer(
                colors=out.isatty(),
                timestamp_key="ts",
                exception_formatter=structlog.dev.plain_traceback,  # the other one shows local variables
            )
        ]
    )
    handler = _Handler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    root = logging.getLogger()
    root.handlers[:] = [each for each in root.handlers if not isinstance(each, _Handler)] + [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    guard_logs()


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, to be replaced when logs are set up anew."""

    def format(self, record: logging.LogRecord) -> str:
        """The line as it leaves, whatever put a token into it."""
        return redact(super().format(record))


def _run(logger: object, method: str, fields: Fields) -> Fields:
    del logger, method
    fields["run"] = RUN
    return fields
