"""The Apprise channel: operators are told at ntfy, Slack, Matrix and many more. One attempt a call.

Readers are not: Apprise gives no id of what it sent, so nothing could be edited, answered or recalled. An address here
is the name of a target; its URL holds secrets, and is in the operator's file alone.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.channels.failures import TryLater, Unknown, Unsendable
from alerts.messages import Message

if TYPE_CHECKING:
    from apprise import Apprise

TIMEOUT = 30.0  # seconds for one message; each of its requests has four
SOON = timedelta(seconds=30)
# Servers that are asked over the network. What talks to this machine (dbus, syslog, a local program) is no channel,
# and Telegram and mail have their own.
SCHEMES = frozenset({
    "bark", "barks", "discord", "feishu", "form", "forms", "gchat", "gotify", "gotifys", "hassio", "hassios", "json",
    "jsons", "lark", "line", "matrix", "matrixs", "mmost", "mmosts", "msteams", "nctalk", "nctalks", "ntfy", "ntfys",
    "opsgenie", "pagerduty", "pbul", "pover", "pushy", "rocket", "rockets", "signal", "signals", "slack", "sns",
    "splunk", "teams", "threema", "twilio", "victorops", "webexteams", "whatsapp", "workflow", "workflows", "wxteams",
    "xml", "xmls", "zulip",
})  # fmt: skip
_STATUS = re.compile(r"error=(\d{3})")


class AppriseChannel:
    """Sends to named targets, each on a thread of the channel's own."""

    name = "apprise"

    def __init__(self, targets: Mapping[str, "Apprise"]) -> None:
        """Send to ``targets``, by name; no connection is opened."""
        self._targets = dict(targets)
        self._threads = ThreadPoolExecutor(2, "apprise")

    def __repr__(self) -> str:
        return f"AppriseChannel({', '.join(sorted(self._targets))})"

    async def send(self, address: str, message: Message, *, key: str = "", reply_to: str = "") -> str:
        """Send a message to the target of that name; its receipt is the delivery's key, for Apprise has none.

        Raises:
            ChannelError: it was not, or perhaps not, accepted; the class says what comes next.
        """
        del reply_to
        target = self._targets.get(address)
        if target is None:
            raise Unsendable(f"no target {address!r} in the file of MARSAD_APPRISE_FILE")
        try:
            async with asyncio.timeout(TIMEOUT):
                why = await asyncio.get_running_loop().run_in_executor(
                    self._threads, _notify, target, message
                )
        except TimeoutError as error:
            raise Unknown("no answer in time") from error
        if why:
            raise TryLater(SOON, why)
        return key

    async def edit(self, address: str, receipt: str, message: Message) -> None:
        """Nothing that Apprise sent can be changed, and no bulletin is."""

    async def check(self) -> str:
        """Apprise cannot ask a server without sending: `marsad test-alert` tries it."""
        return ""

    async def close(self) -> None:
        """Let go of the threads; a request under way ends by its own timeout."""
        self._threads.shutdown(wait=False)


def _notify(target: "Apprise", message: Message) -> str:
    """Send; returns why it was not accepted, in words without an address."""
    from apprise import NotifyType  # noqa: PLC0415 (an extra)

    heading, _, rest = message.text.partition("\n")
    told = target.notify(
        title=f"Marsad: {heading}",
        body=rest or heading,
        notify_type=NotifyType.INFO if message.silent else NotifyType.WARNING,
    )
    if told:
        return ""
    status = _STATUS.search(" ".join(str(entry) for entry in told.logs()))
    return f"answered {status[1]}" if status else "not accepted"


class _StatusOnly(logging.Filter):
    """Of all that Apprise logs lets the status of an answer pass: at every level it writes whole URLs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place, or drop it."""
        status = _STATUS.search(record.getMessage())
        if status is None:
            return False
        record.msg, record.args, record.exc_info, record.exc_text = status[0], None, None, None
        return True


def _guard_logs() -> None:
    logger = logging.getLogger("apprise")
    if not any(isinstance(each, _StatusOnly) for each in logger.filters):
        logger.addFilter(_StatusOnly())
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it writes paths


def open_channel(settings: Mapping[str, str]) -> AppriseChannel:
    """Open the channel from an Apprise URL for each name of a target.

    Raises:
        ValueError: the library is not installed, or a URL cannot be used; the text names the target, never the URL.
    """
    try:
        from apprise import Apprise, AppriseAsset  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ValueError("MARSAD_APPRISE_FILE needs an extra: pip install 'marsad[apprise]'") from error
    _guard_logs()
    asset = AppriseAsset(secure_logging=True, http_redirects=False, app_id="Marsad", app_desc="Marsad")
    targets = {}
    for name, url in settings.items():
        scheme = url.partition("://")[0].lower() if "://" in url else ""
        if scheme not in SCHEMES:
            raise ValueError(
                f"apprise: {name}: {scheme or 'what has no scheme'}:// is not one of {', '.join(sorted(SCHEMES))}"
            )
        targets[name] = Apprise(asset=asset)
        if not targets[name].add(url):
            raise ValueError(f"apprise: {name}: not a {scheme}:// address as Apprise writes it")
    return AppriseChannel(targets)
