"""Keep a bot's token out of the logs.

httpx logs every address at INFO, and a Bot API address holds the token.
"""

import logging
import re

# A bot's id, a colon, the secret. The id's length is bounded, so the search is linear.
_TOKEN = re.compile(r"(?<!\d)\d{6,20}:[A-Za-z0-9_-]{30,}")
HIDDEN = "<token>"
_TALKATIVE = ("httpx", "httpcore")


def redact(text: str) -> str:
    """``text`` with every bot token hidden."""
    return _TOKEN.sub(HIDDEN, text)


class RedactTokens(logging.Filter):
    """Hides tokens in a record's message, arguments, traceback and stack. Belongs on every handler."""

    _formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; every record passes."""
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


def guard_logs() -> None:
    """Quiet the HTTP client's loggers and hide tokens on every handler of the root logger.

    Call it after the handlers are made; calling it twice does no harm.
    """
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        if not any(isinstance(each, RedactTokens) for each in handler.filters):
            handler.addFilter(RedactTokens())
